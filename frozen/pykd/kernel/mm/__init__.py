# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory: pages, zones, slabs, areas of a process, counters.

Uses: kernel.lists, kernel.cpus.
"""
