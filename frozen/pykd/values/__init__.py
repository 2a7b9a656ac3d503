# SPDX-License-Identifier: GPL-2.0-or-later
"""C values and the text of them, without knowledge of the kernel.

Uses: boot, core.
"""
