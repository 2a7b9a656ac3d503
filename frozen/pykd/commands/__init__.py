# SPDX-License-Identifier: GPL-2.0-or-later
"""The built-in commands, a file each; see :mod:`pykd.command`."""
