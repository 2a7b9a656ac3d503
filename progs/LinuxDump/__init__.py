# SPDX-License-Identifier: GPL-2.0-or-later
"""Helpers for kernel data, one module per subsystem. They yield and raise; only what PyKdump's interface says prints, prints.

Every module hands on the names of :mod:`pykdump.API`, because programs rely on it.
"""

__version__ = "0.3"

from pykdump.API import *

__pykd__ = True
"""pykd's own: its programs can use a copy of this in a user's folder."""
