# SPDX-License-Identifier: GPL-2.0-or-later
"""A network device whole, as a row: what ``ip -s address`` and ``tc qdisc`` tell of it."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault
from pykd.kernel.net import multicast, qdiscs, stacked
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.devices import (
    HARDWARE_TYPES,
    OPERSTATES,
    device_hardware,
    feature_names,
    flag_names,
    for_each_address,
    for_each_address6,
    last_transmitted,
)
from pykd.kernel.net.devstats import lstats_each, statistics
from pykd.kernel.timekeeping import hz, jiffies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row


def interface_row(dump: Dump, device: Any, *, details: bool = True) -> Row:
    """Of a ``struct net_device``: name, index, mtu (bytes), type, hardware, addresses, addresses6, flags, features, operstate, master, stacked;
    with *details* multicast, link_state, open, stats (functions), promiscuity, idle_ms (since it last sent), statistics, per_cpu, qdiscs.

    A part that cannot be read is not there; the first such is told under ``error``.
    """
    row: Row = {"device": int(device)}
    parts: list[Callable[[Dump, Any], Row]] = [_named, _link, _addresses, _addresses6, _features, _above]
    if details:
        parts += [_groups_of_link, _groups, _groups6, _driver, _idle, _counters, _queues]
    for part in parts:
        try:
            row |= part(dump, device)
        except Error as error:
            row.setdefault("error", fault(error, partial=True))
    return row


def _named(dump: Dump, device: Any) -> Row:
    return {"name": str(device.name), "index": int(device.ifindex), "mtu": int(device.mtu), "type": HARDWARE_TYPES.get(device.type, str(int(device.type)))}


def _link(dump: Dump, device: Any) -> Row:
    flags, state = int(device.flags), int(device.operstate)
    row: Row = {"flags": flag_names(flags), "flag_bits": flags, "operstate": OPERSTATES[state] if state < len(OPERSTATES) else str(state)}
    row["hardware"] = device_hardware(dump, device).hex(":")
    return row


def _addresses(dump: Dump, device: Any) -> Row:
    return {
        "addresses": [
            {"address": ip_text(one.address), "prefix": one.prefix, "mask": ip_text(one.mask), "label": one.label}
            for one in for_each_address(dump, device)
        ]
    }


def _addresses6(dump: Dump, device: Any) -> Row:
    return {"addresses6": [{"address": ip_text(one.address), "prefix": one.prefix} for one in for_each_address6(dump, device)]}


def _features(dump: Dump, device: Any) -> Row:
    bits = int(device.features)
    return {"feature_bits": bits, "features": feature_names(dump, bits)}


def _above(dump: Dump, device: Any) -> Row:
    above = stacked.master(dump, device)
    return {"master": str(above.name) if above is not None else None, "stacked": stacked.details(dump, device)}


def _groups_of_link(dump: Dump, device: Any) -> Row:
    return {"multicast_link": [one.hex(":") for one in multicast.for_each_link_group(dump, device)]}


def _groups(dump: Dump, device: Any) -> Row:
    return {"multicast": [{"address": address, "users": users} for address, users in multicast.for_each_group(dump, device)]}


def _groups6(dump: Dump, device: Any) -> Row:
    return {"multicast6": [{"address": address, "users": users} for address, users in multicast.for_each_group6(dump, device)]}


def _driver(dump: Dump, device: Any) -> Row:
    operations = device.netdev_ops
    names = {}
    for key, member in (("open", "ndo_open"), ("stats", "ndo_get_stats")):
        function = int(getattr(operations, member)) if operations else 0
        symbol = dump.symbol_at(function) if function else None
        names[key] = symbol.name if symbol else None
    return {"link_state": int(device.state), "promiscuity": int(device.promiscuity), **names}


def _idle(dump: Dump, device: Any) -> Row:
    sent = last_transmitted(device)
    return {"idle_ms": (jiffies(dump) - sent) * 1000 // hz(dump) if sent else None}


def _counters(dump: Dump, device: Any) -> Row:
    found = statistics(dump, device)
    row: Row = {"statistics": found.counters, "is_whole": found.is_whole}
    operations = device.netdev_ops
    symbol = dump.symbol_at(int(operations.ndo_get_stats64)) if operations and operations.ndo_get_stats64 else None
    if symbol and symbol.name == "loopback_get_stats64":
        row["per_cpu"] = [{"packets": packets, "bytes": size} for packets, size in lstats_each(dump, device)]
    return row


def qdisc_row(dump: Dump, qdisc: Any) -> Row:
    """Of a ``struct Qdisc``: name, handle, parent, packets, bytes, qlen, backlog …, functions. :raises FaultError:"""
    row: Row = {"qdisc": int(qdisc), "name": qdiscs.name(qdisc), "handle": qdiscs.handle_text(qdisc.handle), "parent": qdiscs.handle_text(qdisc.parent)}
    for key in ("enqueue", "dequeue"):
        function = int(getattr(qdisc, key))
        symbol = dump.symbol_at(function) if function else None
        row[key] = symbol.name if symbol else None
    row |= qdiscs.counted(dump, qdisc)._asdict()
    if bands := qdiscs.bands(dump, qdisc):
        row["bands"] = [{"address": address, "qlen": length} for address, length in bands]
    return row


def _queues(dump: Dump, device: Any) -> Row:
    queues = []
    for number, queue in enumerate(qdiscs.for_each_tx_queue(dump, device)):
        queues.append({"queue": number, "qdisc": int(queue.qdisc)})
    rows = []
    for one in qdiscs.for_each_qdisc(dump, device):
        if isinstance(one, Error):
            rows.append({"error": fault(one)})
        else:
            rows.append(qdisc_row(dump, one))
    return {"queues": queues, "qdiscs": rows}
