# SPDX-License-Identifier: GPL-2.0-or-later
"""Where modules come from, before anything else: the importer, the library's data files, lazy modules, reloading.

Uses: nothing of pykd but itself.
"""
