# SPDX-License-Identifier: GPL-2.0-or-later
"""The lists of free pages of a zone (the buddy allocator)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_FREE = 1 << 22
"""Blocks in a list"""


class FreeList(NamedTuple):
    """The free blocks of one size and migrate type."""

    order: int
    """Each is 2**order pages"""
    head: int
    """Address of the ``struct list_head``"""
    blocks: list[int]
    """Address of the first ``struct page`` of each"""
    error: Error | None
    """Why there may be more"""


def free_lists(dump: Dump, zone: Any) -> Iterator[FreeList]:
    """The lists of a ``struct zone``: of each order, one for each migrate type. :raises FaultError:

    What CPUs keep for themselves (``struct per_cpu_pages``) is in none of them.
    """
    link = dump.type("struct page").offset_of("lru")
    area = dump.type("struct free_area")
    lists = area.member("free_list")
    if lists is None or lists.type.length is None:
        return
    first = int(zone) + zone.fieldOffset("free_area")
    for order in range(len(zone.free_area)):
        for kind in range(lists.type.length):
            head = first + order * area.size + lists.offset + 16 * kind
            try:
                links, why = dump.follow(head, limit=MAX_FREE)
                yield FreeList(order, head, [one - link for one in links[1:]], None if why is None else ended(why, "a list of free pages"))
            except Error as error:
                yield FreeList(order, head, [], error)
