# SPDX-License-Identifier: GPL-2.0-or-later
"""I/O that the limits of cgroups hold back before any driver sees it (block/blk-throttle.c; io.max, blkio.throttle.*)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_GROUPS = 1 << 16
"""Cgroups that one queue knows"""
DIRECTIONS = ("reads", "writes")


class Held(NamedTuple):
    """What the limits of one cgroup hold back of the I/O of one queue."""

    group: Any
    """``struct cgroup``"""
    bios: tuple[int, int]
    """Reads and writes that wait."""
    limits: tuple[str, ...]
    """``writes to 1000 bytes/s``"""


def for_each_held(dump: Dump, queue: Any) -> Iterator[Held | Error]:
    """For each cgroup that has I/O of a ``struct request_queue`` waiting, and the errors met on the way.

    :raises NotFoundError: the kernel has no limits for I/O. :raises FaultError, LimitError:
    """
    policy: Any = dump.object("struct blkcg_policy", dump.symbol("blkcg_policy_throtl", "").address)
    number = int(policy.plid)
    head = int(queue) + queue.fieldOffset("blkg_list")
    for blkg in list_for_each_entry(dump, head, "struct blkcg_gq", "q_node", limit=MAX_GROUPS, what="the cgroups of a queue"):
        try:
            data = int(blkg.pd[number])
            if not data:
                continue
            group: Any = dump.object("struct throtl_grp", data)  # its first member
            bios = _waiting(group.service_queue)
            if any(bios):
                yield Held(blkg.blkcg.css.cgroup, bios, tuple(_limits(dump, group)))
        except Error as error:
            yield error


def _waiting(queue: Any) -> tuple[int, int]:
    # One counter in 6.12, two in 7.2.
    parts = [queue.nr_queued] if queue.hasField("nr_queued") else [queue.nr_queued_bps, queue.nr_queued_iops]
    reads, writes = (sum(int(part[i]) for part in parts) for i in range(2))
    return reads, writes


def _limits(dump: Dump, group: Any) -> Iterator[str]:
    for name, unit in (("bps", "bytes"), ("iops", "requests")):
        member = type(group).PYT_type.member(name)
        if member is None:
            continue
        # Until 6.1 at least (CONFIG_BLK_DEV_THROTTLING_LOW) each has a lower limit, io.low, before it.
        each = member.type.strip().size // 2
        size = 8 if name == "bps" else 4
        for i, direction in enumerate(DIRECTIONS):
            value = dump.read_unsigned(int(group) + member.offset + (i + 1) * each - size, size)
            if value != (1 << 8 * size) - 1:
                yield f"{direction} to {value} {unit}/s"
