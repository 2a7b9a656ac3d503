# SPDX-License-Identifier: GPL-2.0-or-later
"""Netfilter as rows and lines."""

from __future__ import annotations

from itertools import groupby

from _pykd import Error, NotFoundError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.net import conntrack, netfilter, nftables, xtables

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


def table_rows(dump: Dump, net: Any) -> Iterator[Row]:
    """Tables with chains and rules of a ``struct net``: kind is ``nftables`` or ``xtable``. None where the modules are not there."""
    if nftables.is_there(dump):
        for found in caught(nftables.for_each_table(dump, net)):
            yield {"kind": "nftables"} | ({"error": fault(found)} if isinstance(found, Error) else nftables.table_row(dump, *found))
    if dump.find_type("struct", "xt_table"):
        for table in caught(xtables.for_each_xtable(dump, net)):
            if not isinstance(table, NotFoundError):
                yield {"kind": "xtable"} | ({"error": fault(table)} if isinstance(table, Error) else xtables.table_row(dump, table))


def connection_rows(dump: Dump, net: Any) -> Iterator[Row]:
    """Connections that are tracked in a ``struct net``. None where the module is not there."""
    for found in caught(conntrack.for_each_connection(dump)):
        if isinstance(found, NotFoundError):
            continue
        row = {"error": fault(found)} if isinstance(found, Error) else conntrack.connection_row(dump, found)
        if row.get("net", int(net)) == int(net):
            yield {"kind": "conntrack"} | row


def all_rows(dump: Dump, net: Any, details: int = 0) -> Iterator[Row]:
    """Hooks (kind ``hook``); with *details* the tables, and above 1 the connections too."""
    yield from ({"kind": "hook"} | row for row in hook_rows(dump, net))
    if details:
        yield from table_rows(dump, net)
    if details > 1:
        yield from connection_rows(dump, net)


# ---- lines


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
    return line + (f" table {row['table_name']} chain {row['chain']}" if "chain" in row else "")


def more_lines(rows: Iterable[Row]) -> Iterator[str]:
    """What :func:`table_rows` and :func:`connection_rows` yield."""
    for row in rows:
        maker = {"nftables": _nft_lines, "xtable": _xtable_lines, "conntrack": _connection_lines}[row["kind"]]
        yield from maker(row)
        if "error" in row:
            yield f"\t{mark(row)}"


def _nft_lines(row: Row) -> Iterator[str]:
    """As ``nft list ruleset`` has them, with expressions as ``nft --debug=netlink`` writes these."""
    if "nftable" not in row:
        return
    yield f"table {row.get('family', '')} {row.get('name', '')} {{"
    for chain in row.get("chains", ()):
        yield f"\tchain {chain.get('name', '')} {{"
        if "hook" in chain:
            yield f"\t\ttype {chain['type']} hook {_nft_hook(chain['hook'])} priority {chain['priority']}; policy {chain['policy']};"
        for rule in chain.get("rules", ()):
            yield f"\t\t{' '.join(map(_expression, rule.get('expressions', ())))} {mark(rule)}".rstrip()
        yield "\t}" + (f" {mark(chain)}" if "error" in chain else "")
    yield "}"


def _nft_hook(name: str) -> str:
    """The word of nftables for a hook of the kernel's."""
    word = name.removeprefix("LOCAL_").lower().replace("_", "")
    return {"in": "input", "out": "output"}.get(word, word)


def _expression(one: Row) -> str:
    if "packets" in one:
        return f"counter packets {one['packets']} bytes {one['bytes']}"
    if "verdict" in one:
        return f"{one['verdict']} {one.get('chain', '')}".rstrip()
    return f"[ {one['does']} ]" if "does" in one else str(one["name"])


def _xtable_lines(row: Row) -> Iterator[str]:
    """As ``iptables -nvL`` has them."""
    if "xtable" not in row:
        return
    yield f"Table {row.get('name', '')} ({row.get('family', '')}, {row.get('count', '?')} rules) {','.join(row.get('hooks', ()))}"
    if row["rules"]:
        yield "    pkts      bytes target     prot in       out      source               destination"
    for rule in row["rules"]:
        target = rule["target"] or rule.get("verdict", "")
        yield (
            f"{rule['packets']:>8} {rule['bytes']:>10} {target:<10} {rule['protocol']:<4} {rule['in']:<8} {rule['out']:<8} {rule['source']:<20} "
            f"{rule['destination']:<20} {' '.join(rule['matches'])}"
        ).rstrip()


def _connection_lines(row: Row) -> Iterator[str]:
    """As /proc/net/nf_conntrack has them."""
    if "reply" not in row:
        return
    left = f"{row['expires_ms'] // 1000}" if "expires_ms" in row else "-"
    ends = []
    for way in (row["original"], row["reply"]):
        ports = f"sport={way['source_port']} dport={way['destination_port']}" if "source_port" in way else f"type={way['type']} code={way['code']} id={way['id']}"
        ends.append(f"src={way['source']} dst={way['destination']} {ports}")
    state = f"{row['state']} " if "state" in row else ""
    yield f"{row['protocol']:<8} {left} {state}{ends[0]} {ends[1]} [{'|'.join(row['status'])}] mark={row.get('mark', 0)}"
