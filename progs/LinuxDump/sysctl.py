# SPDX-License-Identifier: GPL-2.0-or-later
"""Sysctls: :mod:`pykd.kernel.sysctl` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.kernel import sysctl
from pykdump import API
from pykdump.API import get_nsproxy
from pykdump.highlevel import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["getCtlData", "getCtlTables"]
__all__ += API.hand_on(globals())


def getCtlTables() -> dict[str, Any]:
    """The ``struct ctl_table`` of each sysctl by its dotted name, ``net.ipv4.ip_forward``."""
    tables: dict[str, Any] = {}
    for found in sysctl.for_each_sysctl(pykd.current(), get_nsproxy()):
        if isinstance(found, pykd.Error):
            pylog.warning(f"some sysctls cannot be read: {found}")
        else:
            name, table = found
            tables[name] = table
    return tables


def getCtlData(ctl: Any) -> int | str | list[Any]:
    """Value of a sysctl: an int, a list, text; ``(?)`` where only the kernel's own function could tell.

    :raises FaultError:
    """
    return sysctl.sysctl_value(pykd.current(), ctl)
