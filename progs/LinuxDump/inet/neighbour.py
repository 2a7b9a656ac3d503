# SPDX-License-Identifier: GPL-2.0-or-later
"""Neighbours (ARP, NDISC) under PyKdump's names: :mod:`pykd.kernel.net.devices`."""

from __future__ import annotations

import pykd
from pykd.kernel.net.devices import NUD_STATES
from pykd.kernel.net.show.neighbours import info_lines, table_lines, table_row, table_rows
from pykdump import API
from pykdump.tparser import CDefine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NUD = CDefine({f"NUD_{name}": 1 << bit for bit, name in enumerate(NUD_STATES)} | {"NUD_NONE": 0})
def print_neighbour_info(v: int = 0) -> None:
    """Print the tables of all families."""
    for line in info_lines(table_rows(pykd.current()), v):
        print(line)


def print_neighbour_table(tbl: Any, v: int = 0) -> None:
    """Print a ``struct neigh_table``."""
    for line in table_lines(table_row(pykd.current(), tbl), v):
        print(line)


__all__ = ["NUD", "print_neighbour_info", "print_neighbour_table"]
__all__ += API.hand_on(globals())
