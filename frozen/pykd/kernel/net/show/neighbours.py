# SPDX-License-Identifier: GPL-2.0-or-later
"""Neighbours (ARP, NDISC) as rows and lines"""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.net import skbuffs
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.devices import (
    HARDWARE_TYPES,
    for_each_neighbour,
    for_each_neighbour_table,
    for_each_proxy,
    hardware_address,
    neighbour_address,
    nud_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump

MAX_KEY = 32
_FAMILIES = {2: "PF_INET", 10: "PF_INET6", 12: "PF_DECnet"}


def table_row(dump: Dump, table: Any) -> Row:
    """table (address of the ``struct neigh_table``), family, name, neighbours, proxies."""
    row: Row = {"table": int(table), "neighbours": [], "proxies": []}
    try:
        family, size = int(table.family), min(int(table.key_len), MAX_KEY)
        symbol = dump.symbol_at(int(table))
        row |= {"family": _FAMILIES.get(family, str(family)), "name": symbol.name if symbol else ""}
        row["neighbours"] = [_neighbour(dump, one, size) for one in caught(for_each_neighbour(dump, table))]
        row["proxies"] = [_proxy(dump, one, size) for one in caught(for_each_proxy(dump, table))]
    except Error as error:
        row["error"] = fault(error)
    return row


def _key(dump: Dump, data: bytes) -> str:
    return ip_text(data) if len(data) in (4, 16) else "???"


def _neighbour(dump: Dump, found: Any, size: int) -> Row:
    if isinstance(found, Error):
        return {"error": fault(found)}
    row: Row = {"neighbour": int(found)}
    try:
        row["address"] = neighbour_address(dump, found, size) if size in (4, 16) else "???"
        row |= {"type": HARDWARE_TYPES.get(found.dev.type, str(found.dev.type)), "hardware": hardware_address(dump, found).hex(":")}
        row |= {"device": str(found.dev.name), "state": nud_text(found.nud_state), "queued": int(found.arp_queue.qlen)}
        if row["queued"]:
            queue = skbuffs.for_each_skb(dump, int(found) + found.fieldOffset("arp_queue"))
            row["packets"] = [{"skb": int(skb), "shared": int(skbuffs.shared_info(dump, skb))} for skb in queue]
    except Error as error:
        row["error"] = fault(error)
    return row


def _proxy(dump: Dump, found: Any, size: int) -> Row:
    if isinstance(found, Error):
        return {"error": fault(found)}
    row: Row = {"proxy": int(found)}
    try:
        row["address"] = _key(dump, dump.read(int(found) + found.fieldOffset("key"), size))
        device = found.dev
        row |= {"device": str(device.name) if device else None, "type": HARDWARE_TYPES.get(device.type, str(device.type)) if device else None}
    except Error as error:
        row["error"] = fault(error)
    return row


def table_rows(dump: Dump) -> Iterator[Row]:
    """A :func:`table_row` of each table."""
    for table in caught(for_each_neighbour_table(dump)):
        yield {"error": fault(table)} if isinstance(table, Error) else table_row(dump, table)


def table_lines(row: Row, v: int = 0) -> Iterator[str]:
    """A table with its title."""
    yield "IP ADDRESS        HW TYPE    HW ADDRESS           DEVICE  STATE"
    yield "----------        -------    ----------           ------  -----"
    for one in row["neighbours"]:
        if "state" not in one:
            yield f"{one.get('address', ''):<16}  {mark(one)}"
            continue
        yield f"{one['address']:<16}  {one['type']:<10} {one['hardware']:<20} {one['device']:<7} {one['state'] if one['state'] != 'NONE' else ''}"
        if v:
            yield f"   <struct neighbour {one['neighbour']:#x}>  arp_queue_len={one['queued']}"
            if v > 1:
                for packet in one.get("packets", ()):
                    yield f"\t<struct sk_buff {packet['skb']:#x}>\n\t\t<struct skb_shared_info {packet['shared']:#x}>"
            yield "-" * 78
    for one in row["proxies"]:
        yield f"{one.get('address', ''):<16}  {one.get('type') or '':<10} {'':<20} {one.get('device') or '':<7} {mark(one) or 'PROXY'}"
    yield mark(row)


def info_lines(rows: Iterable[Row], v: int = 0) -> Iterator[str]:
    """What :func:`table_rows` yields."""
    for row in rows:
        if "table" not in row:
            yield mark(row)
            continue
        yield f"=== <struct neigh_table {row['table']:#x}> {row.get('family', '')} {row.get('name', '')}"
        yield from table_lines(row, v)
