# SPDX-License-Identifier: GPL-2.0-or-later
"""Stacks of user mode: ELF images as they lie in the memory of a process, their unwind tables, and the frames.

Uses: kernel.mm, for the memory of processes.
"""
