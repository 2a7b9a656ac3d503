# SPDX-License-Identifier: GPL-2.0-or-later
"""The areas of an address space: ``struct vm_area_struct``."""

from __future__ import annotations

from _pykd import Dump, Error, NotFoundError
from pykd.core.memo import per_dump
from pykd.core.rows import Row, fault
from pykd.kernel.fs.paths import d_path
from pykd.kernel.lists import mapletree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MAX_AREAS = 1 << 20
_FLAGS = (
    "READ WRITE EXEC SHARED MAYREAD MAYWRITE MAYEXEC MAYSHARE GROWSDOWN UFFD_MISSING PFNMAP DENYWRITE UFFD_WP LOCKED IO SEQ_READ RAND_READ"
    " DONTCOPY DONTEXPAND LOCKONFAULT ACCOUNT NORESERVE HUGETLB SYNC ARCH_1 WIPEONFORK DONTDUMP SOFTDIRTY MIXEDMAP HUGEPAGE NOHUGEPAGE MERGEABLE"
).split()
"""Bits of ``vm_area_struct.vm_flags`` (``unsigned long``), macros in include/linux/mm.h; DENYWRITE up to v5.14, then not in use"""


@per_dump
def _flag_bits(dump: Dump) -> list[tuple[int, str]]:
    """(bit, name). Enumerators since v6.19 ("mm: declare VMA flags by bit"): ``VMA_READ_BIT``; of several for a bit the first."""
    try:
        enumerators = dump.enumerator_type("VMA_READ_BIT").enumerators()
    except NotFoundError:
        return list(enumerate(_FLAGS))
    named: dict[int, str] = {}
    for name, bit in enumerators:
        if name.startswith("VMA_") and name.endswith("_BIT"):
            named.setdefault(bit, name[len("VMA_") : -len("_BIT")])
    return sorted(named.items())


def vm_flag_names(dump: Dump, flags: int) -> list[str]:
    """Names of the bits that are set in ``vm_area_struct.vm_flags``, without ``VM_``, lowest first."""
    return [name for bit, name in _flag_bits(dump) if flags >> bit & 1]


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
        row |= {"start": area.vm_start, "end": area.vm_end, "flags": (flags := int(area.vm_flags)), "names": vm_flag_names(dump, flags), "file": ""}
        file = area.vm_file
        if file:
            row["offset"] = area.vm_pgoff * dump.page_size
            row["file"] = d_path(dump, file.f_path)
    except Error as error:
        row["error"] = fault(error)
    return row
