# SPDX-License-Identifier: GPL-2.0-or-later
"""Helpers for kernel data, one module per subsystem. They yield and raise; only what PyKdump's interface says prints, prints.

Every module hands on the names of :mod:`pykdump.API`, because programs rely on it.
"""

from pykdump import API

__version__ = "0.3"
__all__ = API.hand_on(globals())

__pykd__ = True
"""pykd's own: its programs can use a copy of this in a user's folder."""
