# SPDX-License-Identifier: GPL-2.0-or-later
"""What used to be a table or a struct of the kernel, made anew of what there is now: a file per subsystem.

Uses: compat.parts, and kernel. The tables in compat.names, compat.moved and compat.standins name what is here.
"""
