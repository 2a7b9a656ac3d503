# SPDX-License-Identifier: GPL-2.0-or-later
"""Queueing disciplines of network devices."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.lists.linked import hash_for_each_entry
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_QUEUES = 1 << 16
MAX_RING = 1 << 20
"""Packets that a band may hold: txqueuelen"""
HASH_SIZE = 16
"""``net_device.qdisc_hash``"""
TCQ_F_CPUSTATS, TCQ_F_NOLOCK = 0x20, 0x100
"""``Qdisc.flags``"""
QUEUE = ("qlen", "backlog", "drops", "requeues", "overlimits")
"""Of ``struct gnet_stats_queue``: packets, bytes, packets, times, times"""


class Counted(NamedTuple):
    """What a qdisc counted: packets and bytes that went through, then :data:`QUEUE`."""

    packets: int
    bytes: int
    qlen: int
    backlog: int
    drops: int
    requeues: int
    overlimits: int


def handle_text(handle: int) -> str:
    """``8001:``, ``1:2``, ``root``"""
    if handle == 0xFFFFFFFF:
        return "root"
    return f"{handle >> 16:x}:{handle & 0xFFFF or '':{'x' if handle & 0xFFFF else ''}}"


def name(qdisc: Any) -> str:
    """``fq_codel`` of a ``struct Qdisc``; "" of one without operations. :raises FaultError:"""
    return str(qdisc.ops.id) if qdisc.ops else ""


def for_each_tx_queue(dump: Dump, device: Any) -> Iterator[Any]:
    """Each ``struct netdev_queue`` that a ``struct net_device`` sends with."""
    step, first = dump.type("struct netdev_queue").size, int(device._tx)
    for i in range(min(device.real_num_tx_queues, MAX_QUEUES) if first else 0):
        yield dump.object("struct netdev_queue", first + i * step)


def for_each_qdisc(dump: Dump, device: Any) -> Iterator[Any]:
    """Each ``struct Qdisc`` of a ``struct net_device`` once: the root's, its classes', those of the queues, that for what comes in; and the
    errors met on the way."""
    seen: set[int] = set()
    for found in caught(_qdiscs(dump, device)):
        if isinstance(found, Error) or int(found) not in seen:
            seen.add(int(found) if not isinstance(found, Error) else 0)
            yield found


def _qdiscs(dump: Dump, device: Any) -> Iterator[Any]:
    if device.qdisc:
        yield device.qdisc
    if device.hasField("qdisc_hash"):
        yield from hash_for_each_entry(dump, int(device) + device.fieldOffset("qdisc_hash"), HASH_SIZE, "struct Qdisc", "hash")
    for queue in for_each_tx_queue(dump, device):
        if queue.qdisc_sleeping:
            yield queue.qdisc_sleeping
    if device.ingress_queue and device.ingress_queue.qdisc_sleeping:
        yield device.ingress_queue.qdisc_sleeping


def counted(dump: Dump, qdisc: Any) -> Counted:
    """Of a ``struct Qdisc``. :raises FaultError:"""
    queue = [int(getattr(qdisc.qstats, member)) for member in QUEUE]
    queue[0] += int(qdisc.q.qlen)
    packets, size = _basic(dump, int(qdisc) + qdisc.fieldOffset("bstats"))
    if qdisc.flags & TCQ_F_CPUSTATS:
        kinds = dump.type("struct gnet_stats_queue")
        for cpu in cpus.possible(dump):
            if qdisc.cpu_qstats:
                at = cpus.address_on(int(qdisc.cpu_qstats), cpu, dump)
                # what one CPU put in another may have taken out
                queue = [one + dump.read_signed(at + kinds.offset_of(member), 4) for one, member in zip(queue, QUEUE, strict=True)]
            if qdisc.cpu_bstats:
                more = _basic(dump, cpus.address_on(int(qdisc.cpu_bstats), cpu, dump))
                packets, size = packets + more[0], size + more[1]
    return Counted(packets, size, *(one & 0xFFFFFFFF for one in queue))


def _basic(dump: Dump, address: int) -> tuple[int, int]:
    """(packets, bytes) of a ``struct gnet_stats_basic_sync`` (50dc9a8572aa, in v5.16), before ``gnet_stats_basic_packed``, with which those
    of CPUs began."""
    found = dump.find_type("struct", "gnet_stats_basic_sync") or dump.type("struct gnet_stats_basic_packed")
    packets, size = found.member("packets"), found.member("bytes")
    if not packets or not size:
        return 0, 0
    return dump.read_unsigned(address + packets.offset, packets.type.size), dump.read_unsigned(address + size.offset, size.type.size)


def bands(dump: Dump, qdisc: Any) -> list[tuple[int, int]]:
    """(address, packets) of the queues by priority of a ``pfifo_fast``, whose own data are three ``struct skb_array``; else empty.

    c5ad119fb6c0 ("net: sched: pfifo_fast use skb_array") (in v4.16). :raises FaultError:
    """
    if name(qdisc) != "pfifo_fast" or not dump.find_type("struct", "skb_array"):
        return []
    kinds = dump.type("struct skb_array")
    # qdisc_priv(): the flexible array at the end since v5.7
    start = int(qdisc) + (qdisc.fieldOffset("privdata") if qdisc.hasField("privdata") else (len(qdisc) + 63) // 64 * 64)
    found = []
    for i in range(3):
        ring: Any = dump.object("struct skb_array", start + i * kinds.size).ring
        size = min(int(ring.size), MAX_RING)
        slots = words_of(dump, dump.read(int(ring.queue), 8 * size)) if ring.queue and size else ()
        found.append((start + i * kinds.size, sum(1 for slot in slots if slot)))
    return found
