# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's containers: trees, arrays, lists.

Uses: core.
"""
