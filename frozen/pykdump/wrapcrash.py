# SPDX-License-Identifier: GPL-2.0-or-later
"""The name under which older programs look for what is in :mod:`pykdump.highlevel`."""

from .highlevel import *  # noqa: F403 (a name of it)
