# SPDX-License-Identifier: GPL-2.0-or-later
"""Netfilter under PyKdump's names: :mod:`pykd.kernel.net.netfilter`, ``nftables``, ``conntrack``."""

from __future__ import annotations

import pprint
from itertools import groupby

import pykd
from LinuxDump.inet import get_ns_net
from pykd.core.rows import Row, fault, mark
from pykd.kernel.net import netfilter
from pykdump import API
from pykdump.tparser import CDefine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

NF_HOOKS = CDefine({f"NF_IP_{name}": number for number, name in enumerate(netfilter.INET_HOOKS[:5])})
pp = pprint.PrettyPrinter(indent=4)


def hook_rows(dump: pykd.Dump, net: Any) -> Iterator[Row]:
    """A :func:`pykd.kernel.net.netfilter.hook_row` of each hook of a ``struct net``."""
    for hook in netfilter.for_each_hook(dump, net):
        try:
            yield {"error": fault(hook)} if isinstance(hook, pykd.Error) else netfilter.hook_row(dump, hook)
        except pykd.Error as error:
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


def nf() -> None:
    """Print the hooks of the namespace."""
    for line in hook_lines(hook_rows(pykd.current(), get_ns_net())):
        print(line)


__all__ = ["NF_HOOKS", "hook_lines", "hook_rows", "nf", "pp"]
__all__ += API.hand_on(globals())
