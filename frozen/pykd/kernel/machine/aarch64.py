# SPDX-License-Identifier: GPL-2.0-or-later
"""arm64."""

from __future__ import annotations

from pykd.kernel.machine.facts import NT_PRFPREG, Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_GENERAL = tuple(f"x{number}" for number in range(29, -1, -1))
_ADDRESS = (1 << 48) - 1
_LARGE_PAGE = 1 << 16
_READ_ONLY, _NOT_GLOBAL, _WRITE, _PXN, _UXN = 1 << 7, 1 << 11, 1 << 51, 1 << 53, 1 << 54
_INVALID = _NOT_GLOBAL | _PXN | _UXN
"""What PROT_NONE leaves of a page without the valid bit, since "arm64/mm: Move PTE_PRESENT_INVALID to overlay PTE_NG" (in v6.11)"""


class Arm64(Machine):
    """arch/arm64"""

    pc, sp, fp = "pc", "sp", "x29"
    number = "syscallno"
    arguments = ("orig_x0", "x1", "x2", "x3", "x4", "x5")
    first_argument = "x0"
    interrupts_off = ("pstate", 1 << 7, 1 << 7)
    frame_is_record = True
    call_size = 4
    open_flags = ("DIRECTORY", "NOFOLLOW", "DIRECT", "LARGEFILE")
    processor = ("cpu_data", "cpuinfo_arm64")
    flags = (
        (0, "VALID"), (58, "PROT_NONE"), (6, "USER"), (7, "RDONLY"), (8, "SHARED"), (10, "AF"), (11, "NG"), (53, "PXN"), (54, "UXN"),
        (55, "DIRTY"), (56, "SPECIAL"),
    )  # fmt: skip
    """arch/arm64/include/asm/pgtable-hwdef.h, pgtable-prot.h"""

    def user_lines(self, values: dict[str, int]) -> Iterator[str]:
        yield f"     PC: {values['pc']:016x}   LR: {values.get('lr', 0):016x}   SP: {values['sp']:016x}"
        yield from _general(values)
        yield (
            f"    ORIG_X0: {values.get('orig_x0', 0):016x}  SYSCALLNO: {values.get('syscallno', 0) & 0xFFFF_FFFF:x}"
            f"  PSTATE: {values.get('pstate', 0):08x}"
        )

    def kernel_lines(self, values: dict[str, int], where: str, back: str | None, first: bool) -> Iterator[str]:
        yield f"     PC: {values['pc']:016x}  [{where}]"
        yield f"     LR: {values.get('lr', 0):016x}  [{back or 'unknown or invalid address'}]"
        yield f"     SP: {values['sp']:016x}  PSTATE: {values.get('pstate', 0):08x}"
        yield from _general(values)

    def link(self, values: dict[str, int]) -> int | None:
        return values.get("lr")

    dwarf_registers = (*(f"x{number}" for number in range(30)), "lr", "sp")
    preserved = (*range(19, 31),)
    user_record = (0, 8)

    def plain_pc(self, value: int) -> int:
        """Without the signature of pointer authentication."""
        return value & _ADDRESS

    elf_number = 183
    core_registers = (*(f"x{number}" for number in range(30)), "lr", "sp", "pc", "pstate")
    """``struct user_pt_regs``"""

    def core_notes(self, dump: Dump, task: Any) -> Iterator[tuple[str, int, bytes]]:
        """NT_PRFPREG of ``struct user_fpsimd_state``, and NT_ARM_TLS."""
        user = task.thread.uw
        state = user.fpsimd_state
        yield "CORE", NT_PRFPREG, dump.read(int(state), len(state))
        yield "LINUX", 0x401, int(user.tp_value).to_bytes(8, dump.byteorder)

    def target(self, dump: Dump, entry: int) -> int:
        """Of more than 48 bits of address the highest are further down."""
        layout = dump.layout
        where = entry & _ADDRESS & -dump.page_size
        if dump.page_size == _LARGE_PAGE:
            return where | (entry >> 12 & 0xF) << 48
        if layout["pgdir_shift"] + layout["pgd_entries"].bit_length() - 1 > 48:
            return where | entry & 3 << 48 | (entry >> 8 & 3) << 50
        return where

    def user_top(self, dump: Dump) -> int:
        """All that the tables map: the kernel has tables of its own."""
        return 2 * super().user_top(dump)

    def virtual_base(self, dump: Dump) -> int:
        """By the bits that the kernel was configured for, though the hardware may have fewer."""
        layout = dump.layout
        base = (1 << 64) - (1 << int(dump.vmcoreinfo.get("NUMBER(VA_BITS)", "48")))
        return base if layout["page_offset"] < layout["image_start"] else layout["page_offset"]

    def is_present(self, entry: int) -> bool:
        return bool(entry & 1 or entry >> 58 & 1 or entry & _INVALID == _INVALID)

    def swap_entry(self, entry: int) -> tuple[int, int]:
        """5 bits of type at 6 and the offset at 12, as since the same change."""
        return entry >> 6 & 0x1F, entry >> 12 & (1 << 50) - 1

    def own_areas(self, dump: Dump) -> tuple[tuple[str, str], ...]:
        info = dump.vmcoreinfo
        names = (("phys_offset", "PHYS_OFFSET"), ("kimage_voffset", "kimage_voffset"), ("VA_BITS_ACTUAL", "TCR_EL1_T1SZ"), ("VA_BITS", "VA_BITS"))
        found = []
        for name, key in names:
            if (text := info.get(f"NUMBER({key})")) is not None:
                found.append((name, f"{64 - int(text, 0)}" if key == "TCR_EL1_T1SZ" else text if key == "VA_BITS" else f"{int(text, 0):x}"))
        return tuple(found)


def _general(values: dict[str, int]) -> Iterator[str]:
    for at in range(0, len(_GENERAL), 3):
        yield "    " + "  ".join(f"{name.upper():>3}: {values.get(name, 0):016x}" for name in _GENERAL[at : at + 3])


MACHINE = Arm64("aarch64")
