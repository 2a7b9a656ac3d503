# SPDX-License-Identifier: GPL-2.0-or-later
"""Loaded modules."""

from __future__ import annotations

import pykd
from pykdump import API

__all__ = ["lsmod"]
__all__ += API.hand_on(globals())


def lsmod() -> dict[str, int]:
    """Address of the ``struct module`` of each loaded module, by name."""
    return {module.name: module.address for module in reversed(pykd.current().modules())}
