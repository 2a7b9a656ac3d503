# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands, a folder per topic of `help`: a declaration, rows() and a view.

Uses: session and the rooms under it. How a command is found by its name: pykd.session.command.
"""
