# SPDX-License-Identifier: GPL-2.0-or-later
"""User processes as ELF cores, as the kernel and gdb's ``gcore`` write them.

Uses: kernel.machine for notes, kernel.mm, kernel.task.
"""
