# SPDX-License-Identifier: GPL-2.0-or-later
"""Files, paths, mounts, superblocks.

Uses: kernel.lists.
"""
