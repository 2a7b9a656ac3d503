# SPDX-License-Identifier: GPL-2.0-or-later
"""What only somebody who sits at a terminal needs: prompt, editor, completion, pager, banner.

Uses: commands, session and the rooms under them.
"""
