# SPDX-License-Identifier: GPL-2.0-or-later
"""The areas of an address space: ``struct vm_area_struct``."""

from __future__ import annotations

from _pykd import Dump, Error, NotFoundError, RangeError
from pykd.core.members import offset_of
from pykd.core.memo import per_dump
from pykd.core.rows import Row, fault
from pykd.kernel.fs.paths import d_path, dentry_name, is_unhashed
from pykd.kernel.lists import mapletree
from pykd.kernel.mm.pages import physical_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MAX_AREAS = 1 << 20
MAX_KNOWN = 1 << 12
"""Values of ``vm_flags`` whose names are remembered"""
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
    known = _known_flags(dump)
    names = known.get(flags)
    if names is None:
        names = [name for bit, name in _flag_bits(dump) if flags >> bit & 1]
        if len(known) < MAX_KNOWN:
            known[flags] = names
    return names.copy()


@per_dump
def _known_flags(dump: Dump) -> dict[int, list[str]]:
    """Names of the bits by ``vm_flags``: many areas have the same."""
    del dump
    return {}


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
    offset = offset_of(dump.struct_class("struct vm_area_struct"), "vm_next")
    found, why = dump.follow(first, offset, stop=0, limit=MAX_AREAS)
    yield from found
    if why is not None:
        raise why if isinstance(why, Error) else Error(f"the list of areas does not end properly ({why})")


def area_ranges(dump: Dump, mm: Any) -> Iterator[tuple[int, int, Any]]:
    """(start, end, ``struct vm_area_struct``) of each area of a ``struct mm_struct``, by address; of one that cannot be read the tree of areas has
    start and end, where there is one, else it ends the walk. :raises FaultError: the rest cannot be read."""
    kind: Any = dump.struct_class("struct vm_area_struct")
    if mm.hasField("mm_mt"):
        for first, last, entry in mapletree.entries(dump, int(mm) + mm.fieldOffset("mm_mt")):
            yield first, last + 1, kind(entry)
        return
    for area in for_each_vma(dump, mm):
        yield int(area.vm_start), int(area.vm_end), area


def for_each_vma(dump: Dump, mm: Any) -> Iterator[Any]:
    """Each ``struct vm_area_struct`` of a ``struct mm_struct``, by address. :raises FaultError: the rest cannot be read."""
    kind: Any = dump.struct_class("struct vm_area_struct")
    yield from map(kind, areas(dump, int(mm)))


def find_vma(dump: Dump, mm: Any, address: int) -> Any:
    """The ``struct vm_area_struct`` of a ``struct mm_struct`` that has *address*; None: it is not mapped. :raises FaultError:"""
    return next((area for start, end, area in area_ranges(dump, mm) if start <= address < end), None)


def gate_area(dump: Dump) -> Any:
    """``struct vm_area_struct`` of the page of old system calls that every process of x86-64 sees; None where there is none. :raises FaultError:"""
    gate, mode = (dump.address_of(name, "", default=0) for name in ("gate_vma", "vsyscall_mode"))
    if not gate or not mode or dump.read_unsigned(mode, 4) == 2:  # NONE
        return None
    return dump.object("struct vm_area_struct", gate)


def area_row(dump: Dump, address: int) -> Row:
    area: Any = dump.object("struct vm_area_struct", address)
    row: Row = {"vma": address, "start": 0, "end": 0}
    try:
        row |= {"start": area.vm_start, "end": area.vm_end, "flag_bits": (bits := int(area.vm_flags)), "flags": vm_flag_names(dump, bits), "file": ""}
        file = area.vm_file
        if file:
            row["offset"] = area.vm_pgoff * dump.page_size
            row["file"] = d_path(dump, file.f_path)
    except Error as error:
        row["error"] = fault(error)
    return row


VM_READ, VM_WRITE, VM_EXEC, VM_SHARED = 1, 2, 4, 8
VM_PFNMAP, VM_IO, VM_HUGETLB, VM_DONTDUMP = 0x400, 0x4000, 0x400000, 0x4000000


def is_of_device(flags: int) -> bool:
    """Whether what is mapped with such ``vm_flags`` is no memory that a process has: that of devices, and what the kernel shows it of its own."""
    return bool(flags & (VM_IO | VM_PFNMAP))


def permissions(flags: int) -> str:
    """``rw-p`` as /proc/PID/maps has it, of ``vm_flags``."""
    letters = zip("rwx", (VM_READ, VM_WRITE, VM_EXEC), strict=True)
    return "".join(letter if flags & bit else "-" for letter, bit in letters) + ("s" if flags & VM_SHARED else "p")


def area_name(dump: Dump, area: Any) -> str:
    """What /proc/PID/maps calls a ``struct vm_area_struct``: the path of its file, ``[heap]``, ``[stack]``, ``[vdso]``, ``[anon:NAME]``; "" of others.
    :raises FaultError:"""
    if area.vm_file:
        return mapped_path(dump, area.vm_file)
    mm = area.vm_mm
    start, end = int(area.vm_start), int(area.vm_end)
    if special := _special_name(dump, area):
        return special
    if not mm:
        return "[vsyscall]"  # gate_vma
    if start < int(mm.brk) and end > int(mm.start_brk):
        return "[heap]"
    if start <= int(mm.start_stack) <= end:
        return "[stack]"
    return _anonymous_name(dump, area)


def mapped_path(dump: Dump, file: Any) -> str:
    """The path of a ``struct file`` as the kernel prints it: with `` (deleted)`` behind one that has no name any more. :raises FaultError:"""
    dentry = file.f_path.dentry
    kind = str(dentry.d_sb.s_type.name)
    if dentry.d_parent == dentry and kind in ("anon_inodefs", "secretmem"):
        return f"anon_inode:{dentry_name(dump, dentry)}"
    if dentry.d_parent == dentry and kind == "sockfs":
        return f"socket:[{file.f_inode.i_ino}]"
    path = d_path(dump, file.f_path)
    if dentry.d_parent == dentry and kind in ("tmpfs", "hugetlbfs", "dax", "drm"):
        return path if path == "/" else f"/{path} (deleted)"
    if dentry.d_parent != dentry and is_unhashed(dentry):
        return f"{path} (deleted)"
    return path


def is_special(dump: Dump, area: Any) -> bool:
    """Whether the kernel made an area, with pages of its own: the vDSO and its data. :raises FaultError:"""
    return int(area.vm_ops or 0) in _special_operations(dump) and bool(area.vm_private_data)


def vdso_page(dump: Dump, area: Any, number: int) -> bytes:
    """A page of the vDSO that an area is of, as the kernel has it. :raises Error: it is no vDSO, or has no such page.

    x86 has images, other machines pages.
    """
    size = dump.page_size
    context = area.vm_mm.context
    if context.hasField("vdso_image"):
        image = context.vdso_image
        if _special_name(dump, area) != "[vdso]" or not 0 <= number < int(image.size) // size:
            raise RangeError(f"no page {number} of the vDSO")
        return dump.read(int(image.Eval("data")) + number * size, size)
    mapping = dump.object("struct vm_special_mapping", int(area.vm_private_data))
    page = dump.read_unsigned(int(mapping.pages) + 8 * number) if mapping.pages else 0
    physical = physical_of(dump, page) if page else None
    if physical is None or not 0 <= number < (int(area.vm_end) - int(area.vm_start)) // size:
        raise RangeError(f"no page {number} of the vDSO")
    return dump.read_physical(physical, size)


def _special_name(dump: Dump, area: Any) -> str:
    """Of an area that the kernel made: ``struct vm_special_mapping``'s name."""
    if is_special(dump, area):
        name = dump.object("struct vm_special_mapping", int(area.vm_private_data)).name
        return str(name) if name else ""
    return ""


@per_dump
def _special_operations(dump: Dump) -> frozenset[int]:
    names = ("special_mapping_vmops", "legacy_special_mapping_vmops")
    return frozenset(filter(None, (dump.address_of(name, "", default=0) for name in names)))


def _anonymous_name(dump: Dump, area: Any) -> str:
    """9a10064f5625 ("mm: add a field to store names for private anonymous memory") (in v5.17)"""
    name = area.anon_name if area.hasField("anon_name") else None
    if not name:
        return ""
    text = dump.read_string(int(name) + name.fieldOffset("name"), 80).decode("utf-8", "backslashreplace")
    return f"[anon:{text}]"
