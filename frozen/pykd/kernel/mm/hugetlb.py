# SPDX-License-Identifier: GPL-2.0-or-later
"""Huge pages that are set aside (hugetlbfs), by their sizes."""

from __future__ import annotations

from _pykd import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_SIZES = 16
"""HUGE_MAX_HSTATE of the machines that have most"""
MAX_ORDER = 40
"""A page of 4 KiB << 40 is more than there can be."""


def for_each_hstate(dump: Dump) -> Iterator[Any]:
    """Each ``struct hstate``: ``order`` (``unsigned int``), ``nr_huge_pages`` and ``free_huge_pages`` (``unsigned long``, of its size), ``name``; none
    of a kernel without hugetlbfs. :raises FaultError:"""
    table = dump.address_of("hstates", "", default=0)
    if table:
        count = min(dump.read_unsigned(dump.symbol("hugetlb_max_hstate", "").address, 4), MAX_SIZES)
        first: Any = dump.object("struct hstate", table)
        yield from (first[number] for number in range(count))


def huge_page_size(dump: Dump, state: Any) -> int:
    """Bytes of one page of a ``struct hstate``. :raises FaultError: :raises Error: its order is damaged"""
    if state.order > MAX_ORDER:
        raise Error(f"struct hstate at {int(state):#x} is damaged: order {state.order}")
    return int(dump.page_size << state.order)


def huge_pages(dump: Dump) -> tuple[int, int]:
    """Huge pages of all sizes, and those that are free, in pages of the normal size. :raises Error:"""
    total = free = 0
    for state in for_each_hstate(dump):
        normal = huge_page_size(dump, state) // dump.page_size
        total, free = total + state.nr_huge_pages * normal, free + state.free_huge_pages * normal
    return total, free
