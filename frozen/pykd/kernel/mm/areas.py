# SPDX-License-Identifier: GPL-2.0-or-later
"""The areas of an address space: ``struct vm_area_struct``."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.rows import Row, fault
from pykd.kernel.fs.paths import d_path
from pykd.kernel.lists import mapletree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MAX_AREAS = 1 << 20


def areas(dump: Dump, mm: int) -> Iterator[int]:
    """Addresses of the ``struct vm_area_struct`` of an address space.

    763ecb035029 ("mm: remove the vma linked list") (in v6.1). :raises FaultError: where the rest cannot be read.
    """
    space: Any = dump.object("struct mm_struct", mm)
    if space.hasField("mm_mt"):
        for _, _, entry in mapletree.entries(dump, mm + space.fieldOffset("mm_mt")):
            yield entry
        return
    first = int(space.mmap)
    if not first:
        return
    offset = dump.struct_class("struct vm_area_struct").member_offset("vm_next") or 0
    found, why = dump.follow(first, offset, stop=0, limit=MAX_AREAS)
    yield from found
    if why is not None:
        raise why if isinstance(why, Error) else Error(f"the list of areas does not end properly ({why})")


def for_each_vma(dump: Dump, mm: Any) -> Iterator[Any]:
    """Each ``struct vm_area_struct`` of a ``struct mm_struct``, by address. :raises FaultError: the rest cannot be read."""
    kind: Any = dump.struct_class("struct vm_area_struct")
    yield from map(kind, areas(dump, int(mm)))


def area_row(dump: Dump, address: int) -> Row:
    area: Any = dump.object("struct vm_area_struct", address)
    row: Row = {"vma": address, "start": 0, "end": 0}
    try:
        row |= {"start": area.vm_start, "end": area.vm_end, "flags": int(area.vm_flags), "file": ""}
        file = area.vm_file
        if file:
            row["offset"] = area.vm_pgoff * dump.page_size
            row["file"] = d_path(dump, file.f_path)
    except Error as error:
        row["error"] = fault(error)
    return row
