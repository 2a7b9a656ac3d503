# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, devices, sockets.

Uses: kernel.lists, kernel.cpus, kernel.task, kernel.fs.
"""
