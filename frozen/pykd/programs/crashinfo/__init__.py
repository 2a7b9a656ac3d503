# SPDX-License-Identifier: GPL-2.0-or-later
"""crashinfo: the first look at a dump. A module for each of its subjects, which makes rows of them and text of the rows.

Uses: kernel, session, and of commands their rows.
"""
