# SPDX-License-Identifier: GPL-2.0-or-later
"""s390x."""

from __future__ import annotations

from _pykd import NotFoundError
from pykd.kernel.machine.facts import NT_PRFPREG, Area, Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_GENERAL = tuple(f"r{number}" for number in range(16))
_PER_LINE = 4
_INVALID, _PRESENT = 1 << 10, 1
_ADDRESS = (1 << 64) - (1 << 12)
_IO_OFF, _EXTERNAL_OFF = 1 << 57, 1 << 56


class S390x(Machine):
    """arch/s390"""

    pc, sp, fp = "psw_addr", "r15", "r11"
    number = "r1"
    arguments = ("orig_gpr2", "r3", "r4", "r5", "r6", "r7")
    first_argument = "r2"
    interrupts_off = ("psw_mask", _IO_OFF | _EXTERNAL_OFF, 0)
    return_slot = 136
    longest_instruction = 6
    flags = (
        (0, "PRESENT"), (1, "YOUNG"), (2, "DIRTY"), (3, "READ"), (4, "WRITE"), (5, "SPECIAL"), (6, "UNUSED"), (8, "NOEXEC"), (9, "PROTECT"), (10, "INVALID"),
    )  # fmt: skip
    """arch/s390/include/asm/pgtable.h: the lower half is Linux's own"""

    def user_lines(self, values: dict[str, int]) -> Iterator[str]:
        yield from _block(values, "user space")

    def kernel_lines(self, values: dict[str, int], where: str, back: str | None, first: bool) -> Iterator[str]:
        yield from _block(values, where)

    def link(self, values: dict[str, int]) -> int | None:
        return values.get("r14")

    dwarf_registers = _GENERAL
    preserved = (*range(6, 16),)
    elf_number = 22
    core_registers = ("psw_mask", "psw_addr", *_GENERAL)

    def core_general(self, dump: Dump, task: Any, values: dict[str, int]) -> bytes:
        """``s390_regs``: the 16 access registers of 32 bits and ``orig_gpr2`` follow."""
        thread = task.thread
        access = dump.read(int(thread) + thread.fieldOffset("acrs"), 64)
        return super().core_general(dump, task, values) + access + values.get("orig_gpr2", 0).to_bytes(8, "big")

    def core_notes(self, dump: Dump, task: Any) -> Iterator[tuple[str, int, bytes]]:
        """NT_PRFPREG, ``s390_fp_regs``: the upper halves of the first 16 vector registers."""
        thread = task.thread
        state = thread.ufpu if thread.hasField("ufpu") else thread.fpu  # 8c09871a950a ("s390/fpu: limit save and restore to used registers") (in v6.9)
        vectors = dump.read(int(state) + state.fieldOffset("vxrs"), 16 * 16) if state.hasField("ufpu") or thread.hasField("ufpu") else bytes(256)
        floats = b"".join(vectors[16 * number : 16 * number + 8] for number in range(16))
        yield "CORE", NT_PRFPREG, int(state.fpc).to_bytes(4, "big") + bytes(4) + floats

    def is_none(self, entry: int) -> bool:
        """Without an address, and invalid: ``_PAGE_INVALID``, ``_SEGMENT_ENTRY_EMPTY``, ``_REGION_ENTRY_INVALID``."""
        return not entry >> 12 and bool(entry & (_INVALID | 1 << 5))

    def target(self, dump: Dump, entry: int) -> int:
        return entry & _ADDRESS

    def is_present(self, entry: int) -> bool:
        return bool(entry & _PRESENT or not entry & _INVALID)

    def swap_entry(self, entry: int) -> tuple[int, int]:
        """5 bits of type at 2; the offset is at 12, arch/s390/include/asm/pgtable.h."""
        return entry >> 2 & 0x1F, entry >> 12

    def vmalloc(self, dump: Dump) -> Area:
        """From its start, which VMCOREINFO has, to that of the modules right below the image."""
        start = dump.vmcoreinfo.get("NUMBER(VMALLOC_START)")
        if start is None:
            raise NotFoundError("the dump does not say where VMALLOC is")
        return int(start, 0), self.modules(dump)[0]

    def vmemmap(self, dump: Dump) -> Area:
        """It ends where vmalloc begins, or before."""
        start = dump.vmcoreinfo.get("SYMBOL(vmemmap)")
        if start is None:
            raise NotFoundError("the dump does not say where VMEMMAP is")
        return int(start, 16), self.vmalloc(dump)[0]

    def modules(self, dump: Dump) -> Area:
        """The 2 GiB below the image (MODULES_LEN), which ends at a multiple of 1 MiB."""
        if not (image := dump.layout["image_start"]):
            raise NotFoundError("the dump does not say where MODULES is")
        end = image & -(1 << 20)
        return end - (2 << 30), end

    def virtual_base(self, dump: Dump) -> int:
        return dump.layout["page_offset"]

    def user_top(self, dump: Dump) -> int:
        """Four levels of tables; a process begins with three, and gets the fourth where it asks for more."""
        return 1 << 53

    def own_areas(self, dump: Dump) -> tuple[tuple[str, str], ...]:
        info = dump.vmcoreinfo
        names = (("identity_base", "IDENTITYBASE"), ("kaslr_offset", "KERNELOFFSET"), ("kaslr_offset_phys", "KERNELOFFPHYS"))
        return tuple((name, info[key]) for name, key in names if key in info)


def _block(values: dict[str, int], where: str) -> Iterator[str]:
    yield f" PSW:  {values.get('psw_mask', 0):016x} {values['psw_addr']:016x} ({where})"
    for at in range(0, len(_GENERAL), _PER_LINE):
        label = " GPRS:" if not at else "      "
        yield f"{label} " + " ".join(f"{values.get(name, 0):016x}" for name in _GENERAL[at : at + _PER_LINE])


MACHINE = S390x("s390x")
