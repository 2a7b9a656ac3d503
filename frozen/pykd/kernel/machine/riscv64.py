# SPDX-License-Identifier: GPL-2.0-or-later
"""riscv64."""

from __future__ import annotations

from pykd.kernel.machine.facts import NT_PRFPREG, Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_GENERAL = (
    "epc", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
    "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
)  # fmt: skip
_PRESENT, _PROT_NONE = 1, 1 << 5
_FRAME_NUMBER = (1 << 44) - 1


class RiscV(Machine):
    """arch/riscv"""

    pc, sp, fp = "epc", "sp", "s0"
    number = "a7"
    arguments = ("orig_a0", "a1", "a2", "a3", "a4", "a5")
    first_argument = "a0"
    interrupts_off = ("status", 1 << 5, 0)
    frame_is_record = True
    flags = (
        (0, "PRESENT"), (1, "READ"), (2, "WRITE"), (3, "EXEC"), (4, "USER"), (5, "GLOBAL"), (6, "ACCESSED"), (7, "DIRTY"), (8, "SOFT"),
    )  # fmt: skip
    """arch/riscv/include/asm/pgtable-bits.h"""

    def user_lines(self, values: dict[str, int]) -> Iterator[str]:
        yield f"     PC: {values['epc']:016x}   RA: {values.get('ra', 0):016x}   SP: {values['sp']:016x}"
        yield f"     ORIG_A0: {values.get('orig_a0', 0):016x}   SYSCALLNO: {values.get('a7', 0):016x}"
        yield from _general(values)

    def kernel_lines(self, values: dict[str, int], where: str, back: str | None, first: bool) -> Iterator[str]:
        yield f"     PC: {values['epc']:016x}  [{where}]"
        yield f"     RA: {values.get('ra', 0):016x}  [{back or 'unknown or invalid address'}]"
        yield f"     SP: {values['sp']:016x}  CAUSE: {values.get('cause', 0):016x}"
        yield from _general(values)

    def link(self, values: dict[str, int]) -> int | None:
        return values.get("ra")

    dwarf_registers = ("zero", *_GENERAL[1:])
    preserved = (1, 2, 8, 9, *range(18, 28))
    user_record = (-16, -8)
    elf_number = 243
    elf_flags = 5  # EF_RISCV_RVC, EF_RISCV_FLOAT_ABI_DOUBLE
    core_registers = _GENERAL

    def core_notes(self, dump: Dump, task: Any) -> Iterator[tuple[str, int, bytes]]:
        """NT_PRFPREG, ``struct __riscv_d_ext_state``."""
        state = task.thread.fstate
        yield "CORE", NT_PRFPREG, dump.read(int(state), len(state))

    def target(self, dump: Dump, entry: int) -> int:
        return (entry >> 10 & _FRAME_NUMBER) << 12

    def is_present(self, entry: int) -> bool:
        return bool(entry & (_PRESENT | _PROT_NONE))

    def swap_entry(self, entry: int) -> tuple[int, int]:
        """5 bits of type at 7 and the offset at 12, arch/riscv/include/asm/pgtable.h."""
        return entry >> 7 & 0x1F, entry >> 12

    def own_areas(self, dump: Dump) -> tuple[tuple[str, str], ...]:
        info = dump.vmcoreinfo
        names = (("phys_base", "phys_ram_base"), ("va_kernel_pa_offset", "va_kernel_pa_offset"), ("kernel_link_addr", "KERNEL_LINK_ADDR"))
        found = [(name, f"{int(info[f'NUMBER({key})'], 0):x}") for name, key in names if f"NUMBER({key})" in info]
        return (*found, ("va_bits", info.get("NUMBER(VA_BITS)", "?")))


def _general(values: dict[str, int]) -> Iterator[str]:
    for at in range(0, len(_GENERAL), 3):
        yield " ".join(f"{name:>3} : {values.get(name, 0):016x}" if len(name) < 3 or name == "epc" else f"{name:>3}: {values.get(name, 0):016x}" for name in _GENERAL[at : at + 3])
    yield f" status: {values.get('status', 0):016x} badaddr: {values.get('badaddr', 0):016x}"
    yield f"  cause: {values.get('cause', 0):016x} orig_a0: {values.get('orig_a0', 0):016x}"


MACHINE = RiscV("riscv64")
