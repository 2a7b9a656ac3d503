# SPDX-License-Identifier: GPL-2.0-or-later
"""Old programs on new kernels: old names of members and variables that are gone.

Uses: kernel and the rooms under it.
"""
