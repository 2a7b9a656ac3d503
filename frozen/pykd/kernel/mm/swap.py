# SPDX-License-Identifier: GPL-2.0-or-later
"""Swap devices."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault
from pykd.kernel.fs.paths import d_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

SWP_USED = 1
MAX_SWAPFILES = 32
USAGE_OFFLIST = 1 << 62
"""SWAP_USAGE_OFFLIST_BIT: the device is in no list of those with room."""


def swap_place(entry: int) -> tuple[int, int]:
    """(number of the device, page in it) of a ``swp_entry_t``: SWP_TYPE_SHIFT is BITS_PER_XA_VALUE - MAX_SWAPFILES_SHIFT.

    Entries of page tables are no such; :meth:`pykd.kernel.machine.facts.Machine.swap_entry` knows them.
    """
    return entry >> 58, entry & (1 << 58) - 1


def for_each_swap(dump: Dump) -> Iterator[Any]:
    """Each ``struct swap_info_struct`` in use, and the errors of those that cannot be read. :raises FaultError: the table cannot."""
    count = min(dump.read_unsigned(dump.symbol("nr_swapfiles").address, 4), MAX_SWAPFILES)
    start = dump.symbol("swap_info").address
    for number in range(count):
        address = dump.read_unsigned(start + 8 * number)
        if not address:
            continue
        info: Any = dump.object("struct swap_info_struct", address)
        try:
            if info.flags & SWP_USED:
                yield info
        except Error as error:
            yield error


def swap_used(info: Any) -> int:
    """Pages of a ``struct swap_info_struct`` that are in use. :raises FaultError:

    64cf264c7c53 ("mm/swap: inuse_pages all atomic operation") (in v6.14): an atomic one, with a bit that is no page.
    """
    used = info.inuse_pages
    return used if type(used) is int else int(used.counter) & USAGE_OFFLIST - 1


def swap_row(dump: Dump, info: Any) -> Row:
    """address, number, size and used (KiB), priority, type (PARTITION, FILE), file, as far as they can be read; ``error``."""
    kilobytes = dump.page_size // 1024
    row: Row = {"address": int(info)}
    try:
        row["number"] = int(info.type)
        row |= {"size": info.pages * kilobytes, "used": swap_used(info) * kilobytes, "priority": info.prio}
        row["type"] = "PARTITION" if info.bdev and info.swap_file.f_inode.i_mode >> 12 == 6 else "FILE"
        row["file"] = d_path(dump, info.swap_file.f_path)
    except Error as error:
        row["error"] = fault(error)
    return row


def swap_rows(dump: Dump) -> Iterator[Row]:
    """A row for each swap device in use, see :func:`swap_row`. :raises FaultError: the table cannot be read."""
    for info in for_each_swap(dump):
        yield {"error": fault(info)} if isinstance(info, Error) else swap_row(dump, info)
