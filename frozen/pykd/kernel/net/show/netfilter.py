# SPDX-License-Identifier: GPL-2.0-or-later
"""Netfilter as rows and lines"""

from __future__ import annotations

from itertools import groupby

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel.net import netfilter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump


def hook_rows(dump: Dump, net: Any) -> Iterator[Row]:
    """A :func:`pykd.kernel.net.netfilter.hook_row` of each hook of a ``struct net``."""
    for hook in netfilter.for_each_hook(dump, net):
        try:
            yield {"error": fault(hook)} if isinstance(hook, Error) else netfilter.hook_row(dump, hook)
        except Error as error:
            yield {"error": fault(error)}


def hook_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Hooks by family and place, in the order in which they are called."""
    is_empty = True
    for family, in_family in groupby(rows, lambda row: row.get("family")):
        is_empty = False
        if family is not None:
            yield f"=====PROTO= {family}"
        for (hook, device), found in groupby(in_family, lambda row: (row.get("hook"), row.get("device"))):
            if hook is not None:
                yield f"    {hook}" + (f" of {device}" if device else "")
            for row in found:
                yield _line(row)
    if is_empty:
        yield "  No netfilter hooks"


def _line(row: Row) -> str:
    if "function" not in row:
        return f"\t{mark(row)}"
    priority = f"prio={row['priority']}" + (f" ({row['meaning']})" if row.get("meaning") else "") if "priority" in row else "prio=?"
    line = f"\t{priority},  hook={row['function']}" + (f" [{row['module']}]" if row["module"] else "")
    return line + (f" table {row['table']} chain {row['chain']}" if "chain" in row else "")
