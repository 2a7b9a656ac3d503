# SPDX-License-Identifier: GPL-2.0-or-later
"""What every room above relies on and no room owns: errors, rows, memory per dump, the host, where output goes.

Uses: boot.
"""
