# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fact about the kernel, once: the public helper library. Nothing here prints.

Uses: boot, core, values.
"""
