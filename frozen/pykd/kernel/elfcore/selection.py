# SPDX-License-Identifier: GPL-2.0-or-later
"""What of a process's memory goes into its core: the rules of the kernel's ``vma_dump_size()``, by the bits that crash's gcore has for them."""

from __future__ import annotations

from pykd.kernel.mm.areas import VM_DONTDUMP, VM_HUGETLB, VM_SHARED, area_name, is_of_device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

ANONYMOUS_PRIVATE, ANONYMOUS_SHARED, FILE_PRIVATE, FILE_SHARED, ELF_HEADERS, HUGE_PRIVATE, HUGE_SHARED, DONT_DUMP = (1 << bit for bit in range(8))
KINDS = (
    (ANONYMOUS_PRIVATE, "anonymous private memory"), (ANONYMOUS_SHARED, "anonymous shared memory"), (FILE_PRIVATE, "private mappings of files"),
    (FILE_SHARED, "shared mappings of files"), (ELF_HEADERS, "first pages of mapped ELF files"), (HUGE_PRIVATE, "private huge pages"),
    (HUGE_SHARED, "shared huge pages"), (DONT_DUMP, "areas with MADV_DONTDUMP"),
)  # fmt: skip
ALL = 255
USUAL = ALL & ~DONT_DUMP


def selected(dump: Dump, area: Any, level: int) -> int:
    """How many bytes of a ``struct vm_area_struct`` go into the core, from its start. :raises FaultError:

    :param level: the sum of the bits above.
    """
    flags, length = int(area.vm_flags), int(area.vm_end) - int(area.vm_start)

    def whole(bit: int) -> int:
        return length if level & bit else 0

    if is_of_device(flags):
        return 0
    if not area.vm_file and area_name(dump, area) == "[vdso]":
        return length
    if flags & VM_DONTDUMP and not level & DONT_DUMP:
        return 0
    if flags & VM_HUGETLB:
        return whole(HUGE_SHARED if flags & VM_SHARED else HUGE_PRIVATE)
    if flags & VM_SHARED:
        named = area.vm_file and int(area.vm_file.f_inode.i_nlink)
        return whole(FILE_SHARED if named else ANONYMOUS_SHARED)
    if not area.vm_file or (area.anon_vma and level & ANONYMOUS_PRIVATE):
        return whole(ANONYMOUS_PRIVATE)
    if level & FILE_PRIVATE:
        return length
    return dump.page_size if level & ELF_HEADERS and not area.vm_pgoff else 0
