# SPDX-License-Identifier: GPL-2.0-or-later
"""One open dump with its settings and context: lines become commands or programs, and their answers text or JSON.

Uses: kernel, compat, pykdump and the rooms under them; commands only by their names.
"""
