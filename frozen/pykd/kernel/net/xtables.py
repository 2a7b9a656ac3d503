# SPDX-License-Identifier: GPL-2.0-or-later
"""iptables, ip6tables: tables of rules that lie one behind the other."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.members import has_member
from pykd.core.rows import Row, fault
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.netfilter import FAMILIES, INET_HOOKS, generic
from pykd.kernel.net.skbuffs import PROTOCOLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_TABLES = 1024
MAX_RULES = 1 << 20
MAX_SIZE = 1 << 28
"""Bytes of a table"""
ENTRIES = {2: ("struct ipt_entry", "ip", 4), 10: ("struct ip6t_entry", "ipv6", 16)}
"""By family: a rule, its member with what packets it is for, bytes of an address"""
VERDICTS = {-1: "DROP", -2: "ACCEPT", -4: "QUEUE", -5: "RETURN"}
"""Of the standard target; others are the offset of a rule to go on with"""


def for_each_xtable(dump: Dump, net: Any) -> Iterator[Any]:
    """Each ``struct xt_table`` of a ``struct net``, and the errors met on the way. The lists are the module's own since v5.13, of ``struct net`` before.

    :raises NotFoundError: the module is not there.
    """
    if net.hasField("xt") and has_member(net.xt, "tables"):
        heads = net.xt.tables
    else:
        own = generic(dump, net, "xt_pernet_id")
        heads = dump.object("struct xt_pernet", own).tables if own else ()
    # As many as there are families: 13 until DECnet went in v6.1.
    for head in heads:
        yield from caught(list_for_each_entry(dump, int(head), "struct xt_table", "list", limit=MAX_TABLES))


def for_each_entry(dump: Dump, table: Any) -> Iterator[Any]:
    """Each rule of a ``struct xt_table`` of IPv4 or IPv6. :raises FaultError, NotFoundError: :raises LimitError: they do not fill it."""
    private = table.private
    struct = ENTRIES[int(table.af)][0]
    start = int(private) + private.fieldOffset("entries")
    at, end = start, start + min(int(private.size), MAX_SIZE)
    for _ in range(MAX_RULES):
        if at >= end:
            return
        entry: Any = dump.object(struct, at)
        step = int(entry.next_offset)
        if step < len(entry) or at + step > end:
            raise LimitError(f"a rule of the table at {int(table):#x} has {step} bytes")
        yield entry
        at += step


def entry_row(dump: Dump, table: Any, entry: Any) -> Row:
    """Of a rule: source, destination (ADDRESS/MASK), protocol, in, out (devices), matches, target, verdict, packets, bytes. :raises FaultError:"""
    _, member, size = ENTRIES[int(table.af)]
    what = getattr(entry, member)
    row: Row = {"rule": int(entry)}
    for key, name, mask in (("source", "src", "smsk"), ("destination", "dst", "dmsk")):
        found = [dump.read(int(what) + what.fieldOffset(part), size) for part in (name, mask)]
        row[key] = f"{ip_text(found[0])}/{int.from_bytes(found[1], 'big').bit_count()}"
    number = int(what.proto)
    row |= {"protocol": PROTOCOLS.get(number, str(number)) if number else "all", "in": str(what.iniface) or "*", "out": str(what.outiface) or "*"}
    row["matches"] = [_named(dump, at, "struct xt_entry_match", "match") for at in _matches(dump, entry)]
    target: Any = dump.object("struct xt_entry_target", int(entry) + int(entry.target_offset))
    row["target"] = _named(dump, int(target), "struct xt_entry_target", "target")
    if not row["target"]:
        verdict = int(dump.object("struct xt_standard_target", int(target)).verdict)
        row["verdict"] = VERDICTS.get(verdict, f"+{verdict:#x}" if verdict >= 0 else str(verdict))
    return row | _counted(dump, entry.counters)


def _matches(dump: Dump, entry: Any) -> Iterator[int]:
    at, end = int(entry) + entry.fieldOffset("elems"), int(entry) + int(entry.target_offset)
    for _ in range(MAX_TABLES):
        if at >= end:
            return
        yield at
        size = int(dump.object("struct xt_entry_match", at).u.match_size)
        if size <= 0:
            raise LimitError(f"a match of the rule at {int(entry):#x} has {size} bytes")
        at += size


def _named(dump: Dump, address: int, struct: str, member: str) -> str:
    found = getattr(dump.object(struct, address).u.kernel, member)
    return str(found.name) if found else ""


def _counted(dump: Dump, counters: Any) -> Row:
    """On machines with several CPUs ``pcnt`` is a per-CPU pointer to the counters (since v4.2)."""
    online = cpus.possible(dump)
    if len(online) < 2:
        return {"packets": int(counters.pcnt), "bytes": int(counters.bcnt)}
    kinds = dump.type("struct xt_counters")
    found = {"packets": 0, "bytes": 0}
    for cpu in online:
        at = cpus.address_on(int(counters.pcnt), cpu, dump)
        found["packets"] += dump.read_unsigned(at + kinds.offset_of("pcnt"))
        found["bytes"] += dump.read_unsigned(at + kinds.offset_of("bcnt"))
    return dict(found)


def table_row(dump: Dump, table: Any, *, rules: bool = True) -> Row:
    """xtable (address), name, family, hooks, count, size (bytes), and its rules, of a ``struct xt_table``."""
    row: Row = {"xtable": int(table), "rules": []}
    try:
        family, valid = int(table.af), int(table.valid_hooks)
        row |= {"name": str(table.name), "family": FAMILIES.get(family, str(family)), "hooks": [name for bit, name in enumerate(INET_HOOKS) if valid >> bit & 1]}
        row |= {"count": int(table.private.number), "size": int(table.private.size)}
        for entry in for_each_entry(dump, table) if rules and family in ENTRIES else ():
            row["rules"].append(entry_row(dump, table, entry))
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row
