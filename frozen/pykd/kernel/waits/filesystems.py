# SPDX-License-Identifier: GPL-2.0-or-later
"""Which file system it is that threads wait for."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel import waitqueues
from pykd.kernel.waits.names import place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.waits.graph import Graph
    from pykd.kernel.waits.things import Thing

PAGE_MAPPING_FLAGS = 3
"""Bits of ``page.mapping``: it is of no file."""


class Queued(NamedTuple):
    """Who waits for a file system to be thawed, by its own queues."""

    tasks: tuple[int, ...]
    """task_structs, as far as the queues can be followed."""
    lost: Error | None
    """Why they cannot be followed to their end; None: they can."""

    @property
    def least(self) -> int:
        """How many wait at least."""
        return len(self.tasks) + (self.lost is not None)


def writers_queued(dump: Dump, block: Any) -> Queued:
    """Who is in the queues of ``super_block.s_writers.rw_sem``, which name the waiters where their stacks or the list of threads are lost.

    :raises Error: the super_block cannot be read, or the kernel has no such queues.
    """
    tasks: list[int] = []
    lost = None
    for lock in block.s_writers.rw_sem:
        queue = int(lock) + lock.fieldOffset("waiters")
        dump.read_unsigned(queue + dump.type("struct wait_queue_head").offset_of("head"))  # of a queue that is lost itself nothing is known
        try:
            tasks.extend(int(entry.private) for entry in waitqueues.for_each_waiter(dump, queue))
        except Error as error:
            lost = error
    return Queued(tuple(task for task in dict.fromkeys(tasks) if task), lost)


def superblock_of(dump: Dump, thing: Thing) -> int:
    """Address of the ``struct super_block`` whose lock, journal or page of a file a thing is; 0: of none, or not known. Never raises."""
    if not thing.address:
        return 0
    if (place := place_of(dump, thing.address)) is not None:
        return place.owner
    if thing.kind != "folio":
        return 0
    try:
        page: Any = dump.object("struct page", thing.address)
        mapping = int(page.mapping)
        return 0 if not mapping or mapping & PAGE_MAPPING_FLAGS else int(dump.object("struct address_space", mapping).host.i_sb)
    except Error:
        return 0


def waiters_by_superblock(found: Graph) -> dict[int, list[int]]:
    """task_structs of all who wait for a file system, themselves or through others, by its ``struct super_block``; the longest first."""
    waiting: dict[int, set[int]] = {}
    for thing in found.things:
        if block := superblock_of(found.dump, thing):
            waiting.setdefault(block, set()).update(task for task in thing.waiters if task in found.waits)
    for root in found.roots():
        if root.thing is not None and (block := superblock_of(found.dump, root.thing)):
            waiting.setdefault(block, set()).update(root.victims)
    return {block: sorted(tasks, key=lambda task: -found.seconds(task)) for block, tasks in waiting.items() if tasks}
