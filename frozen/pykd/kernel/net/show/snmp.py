# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters of the protocols as rows and lines"""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.net import snmp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump

TABLES = {f"{name}_statistics": name for name in ("ip", "icmp", "tcp", "udp", "net")}
"""PyKdump's names of those of :data:`pykd.kernel.net.snmp.TABLES`"""


def table_rows(dump: Dump, net: Any, *, every: bool = False) -> Iterator[Row]:
    """name, counters of each table of a ``struct net``: those that PyKdump shows, or all that the kernel has."""
    names = TABLES | ({f"{name}_statistics": name for name in snmp.TABLES if name not in TABLES.values()} if every else {})
    for shown, name in names.items():
        lost: list[Error] = []
        try:
            counted = snmp.counters(dump, net, name, lost)
            if name == "icmpmsg" and not counted and not lost:
                continue  # no message has come or gone
            yield {"name": shown, "counters": counted} | ({"error": fault(lost[0], partial=True)} if lost else {})
        except NotFoundError:
            yield {"name": shown, "counters": {}}
        except Error as error:
            yield {"name": shown, "error": fault(error)}


def rows_lines(rows: Iterable[Row]) -> Iterator[str]:
    """What :func:`table_rows` yields."""
    for row in rows:
        yield ""
        yield from table_lines(row["name"], row.get("counters", {}).items(), mark(row))
        yield ""


def table_lines(name: str, body: Iterable[tuple[str, int]] | None, instead: str = "") -> Iterator[str]:
    """A table with its title, and what is said of one that is not there, or not whole."""
    yield f"{'-' * 20} {name} {'-' * 20} "
    yield ""
    if not body:
        yield f"  {instead or 'not in this kernel'}"
        return
    for counter, value in body:
        yield f"   {counter:>25} {value:20d}"
    if instead:
        yield f"  {instead}"
