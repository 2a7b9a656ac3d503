# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests of blk-mq that drivers have not finished."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import cpus, timekeeping
from pykd.kernel.block.sbitmap import Sbitmap
from pykd.kernel.lists.xarray import xa_entries
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_TAGS = 1 << 16
"""Of one hardware queue"""
MAX_QUEUES = 4096
"""Hardware queues of one set of tags"""

MQ_RQ_IDLE, MQ_RQ_IN_FLIGHT, MQ_RQ_COMPLETE = 0, 1, 2
"""``request.state``"""
REQ_OP_MASK = 0xFF
"""The bits of ``request.cmd_flags`` that say what is asked for; the lowest says that data goes to the device."""
OPERATIONS = {
    0: "READ", 1: "WRITE", 2: "FLUSH", 3: "DISCARD", 5: "SECURE_ERASE", 7: "ZONE_APPEND", 9: "WRITE_ZEROES", 10: "ZONE_OPEN", 11: "ZONE_CLOSE",
    12: "ZONE_FINISH", 34: "DRV_IN", 35: "DRV_OUT",
}  # fmt: skip
"""REQ_OP_* of include/linux/blk_types.h whose numbers have not changed since v5.10"""


def tag_sets(dump: Dump, tag_set: Any) -> Iterator[Any]:
    """The ``struct blk_mq_tags`` of the hardware queues of a ``struct blk_mq_tag_set``, each once. :raises FaultError:"""
    table = int(tag_set.tags)
    if not table:
        return  # of a host whose queues were never set up
    pointers = [dump.read_unsigned(table + 8 * number) for number in range(min(tag_set.nr_hw_queues, MAX_QUEUES))]
    for address in filter(None, dict.fromkeys(pointers)):
        yield dump.object("struct blk_mq_tags", address)


def busy_tags(dump: Dump, tags: Any) -> list[int]:
    """Numbers in use of a ``struct blk_mq_tags``: the reserved ones first.

    Where queues share them (until v5.15 by pointers to one bitmap, since e155b0c238b2 ("blk-mq: Use shared tags for shared sbitmap
    support") by one ``blk_mq_tags``) those of all queues.

    :raises FaultError:
    """
    reserved = tags.nr_reserved_tags
    first = list(Sbitmap(dump, int(tags.breserved_tags.sb)).busy()) if reserved else []
    return [*first, *(reserved + bit for bit in Sbitmap(dump, int(tags.bitmap_tags.sb)).busy())]


def started_requests(dump: Dump, tag_set: Any) -> Iterator[Any]:
    """Each ``struct request`` of a ``struct blk_mq_tag_set`` that has a tag and that its driver has not finished, and the errors of those
    that cannot be read.

    :raises FaultError: the rest of the tags cannot be read.
    """
    kind: Any = dump.struct_class("struct request")
    seen: set[int] = set()
    for tags in tag_sets(dump, tag_set):
        table = words_of(dump, dump.read(int(tags.rqs), 8 * min(tags.nr_tags, MAX_TAGS)))
        seen.update(table[number] for number in busy_tags(dump, tags) if number < len(table))
    addresses = sorted(seen - {0})
    for address, (state,) in zip(addresses, dump.read_columns(addresses, "struct request", ("state",)), strict=True):
        if isinstance(state, Error):
            yield state
        elif int(state) != MQ_RQ_IDLE:
            yield kind(address)


def inflight_requests(dump: Dump, queue: Any) -> Iterator[Any]:
    """Each ``struct request`` of a ``struct request_queue`` that its driver has not finished, by its tags, and the errors met on the way.
    A queue without blk-mq (of a driver that takes bios) has none.

    :raises FaultError: the rest of the tags cannot be read.
    """
    tag_set = queue.tag_set
    if not tag_set or not queue.mq_ops:
        return
    for request in started_requests(dump, tag_set):
        try:
            if isinstance(request, Error) or int(request.q) == int(queue):
                yield request
        except Error as error:
            yield error


def hardware_contexts(dump: Dump, queue: Any) -> Iterator[Any]:
    """Each ``struct blk_mq_hw_ctx`` of a ``struct request_queue``.

    4e5cc99e1e48 ("blk-mq: manage hctx map via xarray") (in v5.18): ``queue_hw_ctx``, an array of pointers, before.

    :raises FaultError:
    """
    kind: Any = dump.struct_class("struct blk_mq_hw_ctx")
    if queue.hasField("hctx_table"):
        for _, entry in xa_entries(dump, int(queue) + queue.fieldOffset("hctx_table")):
            yield kind(entry)
        return
    table = int(queue.queue_hw_ctx)
    for number in range(min(queue.nr_hw_queues, MAX_QUEUES)):
        if context := dump.read_unsigned(table + 8 * number):
            yield kind(context)


def references(request: Any) -> int:
    """How many hold a ``struct request``; 0: it is free.

    0a467d0fdd95 ("block: switch to atomic_t for request references") (in v5.17): a ``refcount_t`` before.

    :raises FaultError:
    """
    return int(request.ref.counter if request.ref.hasField("counter") else request.ref.refs.counter)


def allocated_requests(dump: Dump, queue: Any) -> Iterator[Any]:
    """Each ``struct request`` of a ``struct request_queue`` that somebody holds: given to the driver, or waiting in the scheduler, by the tags
    of both; and the errors met on the way. A queue without blk-mq has none.

    :raises FaultError: the rest of the tags cannot be read.
    """
    if not queue.tag_set or not queue.mq_ops:
        return
    kind: Any = dump.struct_class("struct request")
    seen: set[int] = set()
    sets = [(tags, "rqs") for tags in tag_sets(dump, queue.tag_set)]
    for context in hardware_contexts(dump, queue):
        if context.sched_tags:
            sets.append((context.sched_tags, "static_rqs"))
    for tags, member in sets:
        table = words_of(dump, dump.read(int(getattr(tags, member)), 8 * min(tags.nr_tags, MAX_TAGS)))
        for number in busy_tags(dump, tags):
            address = table[number] if number < len(table) else 0
            if not address or address in seen:
                continue
            seen.add(address)
            try:
                request = kind(address)
                if int(request.q) == int(queue) and references(request):
                    yield request
            except Error as error:
                yield error


def is_write(request: Any) -> bool:
    """Whether data goes to the device (op_is_write()). :raises FaultError:"""
    return bool(int(request.cmd_flags) & REQ_OP_MASK & 1)


def operation(request: Any) -> str:
    """``READ``, ``WRITE``…; the number of one that changed between kernels. :raises FaultError:"""
    number = int(request.cmd_flags) & REQ_OP_MASK
    return OPERATIONS.get(number, str(number))


def request_age(dump: Dump, request: Any) -> int | None:
    """Nanoseconds since a ``struct request`` was made; where the kernel did not note that (no statistics, no scheduler) since it was given
    to the driver, which set ``deadline`` by jiffies. None: neither is known.

    :raises FaultError:
    """
    if request.start_time_ns:
        return max(timekeeping.ktime(dump) - int(request.start_time_ns), 0)
    if not request.deadline:
        return None
    jiffies = timekeeping.jiffies(dump)
    # blk_add_timer(): deadline = jiffies + timeout
    passed = jiffies - (int(request.deadline) - int(request.timeout))
    return max(passed, 0) * (1_000_000_000 // timekeeping.hz(dump))


def sector(request: Any) -> int | None:
    """Where the rest of a ``struct request`` begins, in units of 512 bytes; None: it carries no data. :raises FaultError:"""
    bio = request.bio
    return int(bio.bi_iter.bi_sector) if bio else None


def elevator(queue: Any) -> str | None:
    """Name of the I/O scheduler of a ``struct request_queue``; None: none. :raises FaultError:"""
    return str(queue.elevator.type.elevator_name) if queue.elevator else None


def counts_dispatched(dump: Dump) -> bool:
    """Whether the kernel counts what each CPU gave to drivers and what of it came back, asynchronous and synchronous requests apart (until
    v5.15)."""
    context = dump.find_type("struct", "blk_mq_ctx")
    return context is not None and context.member("rq_dispatched") is not None


def dispatched(dump: Dump, queue: Any) -> tuple[int, int]:
    """(asynchronous, synchronous) requests of a ``struct request_queue`` that came not back, where :func:`counts_dispatched`.

    :raises FaultError:
    """
    kind = dump.type("struct blk_mq_ctx")
    sums = [0, 0]
    for cpu in cpus.possible(dump):
        context = cpus.address_on(int(queue.queue_ctx), cpu, dump)
        for way in (0, 1):
            sent, done = (dump.read_unsigned(context + kind.offset_of(name) + 8 * way) for name in ("rq_dispatched", "rq_completed"))
            sums[way] += sent - done
    return sums[0], sums[1]
