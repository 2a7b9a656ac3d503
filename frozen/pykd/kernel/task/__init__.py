# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads and processes: how they are found, what they are, what state they are in.

Uses: kernel.lists, kernel.cpus.
"""
