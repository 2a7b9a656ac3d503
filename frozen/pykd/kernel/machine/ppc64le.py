# SPDX-License-Identifier: GPL-2.0-or-later
"""ppc64le."""

from __future__ import annotations

from _pykd import NotFoundError
from pykd.kernel.machine.facts import NT_PRFPREG, Area, Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_PRESENT, _INVALID = 1 << 63, 1 << 61
_PAGE = (1 << 57) - (1 << 12)
_VMALLOC, _IO, _VMEMMAP = 0xC008 << 48, 0xC00A << 48, 0xC00C << 48
_TRAPS = {
    0x100: "System Reset", 0x200: "Machine Check", 0x300: "Data Access", 0x380: "Data SLB Access", 0x400: "Instruction Access",
    0x480: "Instruction SLB Access", 0x500: "Hardware Interrupt", 0x600: "Alignment", 0x700: "Program Check", 0x800: "FPU Unavailable",
    0x900: "Decrementer", 0x980: "Hypervisor Decrementer", 0xA00: "Doorbell", 0xC00: "System Call", 0xD00: "Single Step",
    0xE40: "Emulation Assist", 0xE60: "HMI", 0xE80: "Hypervisor Doorbell", 0xEA0: "Hypervisor Virtualization", 0xF00: "Performance Monitor",
    0xF20: "Altivec Unavailable", 0xF40: "VSX Unavailable", 0xF60: "Facility Unavailable", 0x3000: "System Call Vectored",
}  # fmt: skip


class Power(Machine):
    """arch/powerpc, 64 bits"""

    pc, sp, fp = "nip", "r1", "r31"
    number = "r0"
    arguments = ("or3", "r4", "r5", "r6", "r7", "r8")
    first_argument = "r3"
    return_slot = 16
    open_flags = ("DIRECTORY", "NOFOLLOW", "LARGEFILE", "DIRECT")
    interrupts_off = ("msr", 1 << 15, 0)
    flags = (
        (0, "EXEC"), (1, "WRITE"), (2, "READ"), (3, "PRIVILEGED"), (4, "NO_CACHE"), (7, "DIRTY"), (8, "ACCESSED"), (61, "INVALID"), (62, "PTE"), (63, "PRESENT"),
    )  # fmt: skip
    """arch/powerpc/include/asm/book3s/64/pgtable.h"""

    def user_lines(self, values: dict[str, int]) -> Iterator[str]:
        yield _title(values)
        yield from _block(values)

    def kernel_lines(self, values: dict[str, int], where: str, back: str | None, first: bool) -> Iterator[str]:
        if not first:
            yield _title(values)
        yield from _block(values)
        yield f" [NIP  : {where}]"
        yield f" [LR   : {back or 'unknown or invalid address'}]"

    def link(self, values: dict[str, int]) -> int | None:
        return values.get("lr")

    dwarf_registers = (*(f"r{number}" for number in range(32)), *("",) * 33, "lr")
    preserved = (1, *range(14, 32), 65)
    elf_number = 21
    elf_flags = 2  # ELFv2
    core_registers = (
        *(f"r{number}" for number in range(32)), "nip", "msr", "or3", "ctr", "lr", "xer", "ccr", "softe", "trap", "dar", "dsisr", "result",
        "", "", "", "",
    )  # fmt: skip
    """``elf_gregset_t``, 48 words"""

    def core_notes(self, dump: Dump, task: Any) -> Iterator[tuple[str, int, bytes]]:
        """NT_PRFPREG: the upper halves of ``thread_fp_state.fpr``, and fpscr."""
        state = task.thread.fp_state
        data = dump.read(int(state), len(state))
        yield "CORE", NT_PRFPREG, b"".join(data[16 * number + 8 : 16 * number + 16] for number in range(32)) + data[512:520]

    def target(self, dump: Dump, entry: int) -> int:
        return entry & _PAGE

    def is_present(self, entry: int) -> bool:
        return bool(entry & (_PRESENT | _INVALID))

    def swap_entry(self, entry: int) -> tuple[int, int]:
        """5 bits of type at 0, the offset from 12 on, arch/powerpc/include/asm/book3s/64/pgtable.h."""
        return entry & 0x1F, (entry & _PAGE) >> 12

    def vmalloc(self, dump: Dump) -> Area:
        """Since Linux 5.3 the same with and without the radix tree of page tables, but for its length."""
        start = dump.vmcoreinfo.get("NUMBER(VMALLOC_START)")
        return (int(start, 0), _IO) if start is not None else (_VMALLOC, _IO)

    def vmemmap(self, dump: Dump) -> Area:
        start = dump.vmcoreinfo.get("SYMBOL(vmemmap)")
        if start is None:
            raise NotFoundError("the dump does not say where VMEMMAP is")
        return int(start, 16), _VMEMMAP + (1 << 49)

    def modules(self, dump: Dump) -> Area:
        """They are in vmalloc memory."""
        return self.vmalloc(dump)

    def user_top(self, dump: Dump) -> int:
        """TASK_SIZE_USER64: 4 PiB."""
        return 1 << 52


def _title(values: dict[str, int]) -> str:
    trap = values.get("trap", 0) & ~0xF
    return f" {_TRAPS.get(trap, 'Unknown')} [{trap:x}] exception frame:"


def _block(values: dict[str, int]) -> Iterator[str]:
    def cell(label: str, name: str) -> str:
        return f" {label + ':':<4} {values.get(name, 0):016x}"

    for at in range(0, 32, 3):
        yield "   ".join(cell(f"R{number}", f"r{number}") for number in range(at, min(at + 3, 32)))
    yield "   ".join((cell("NIP", "nip"), cell("MSR", "msr"), cell("OR3", "or3")))
    yield "   ".join((cell("CTR", "ctr"), cell("LR", "lr"), cell("XER", "xer")))
    yield "   ".join((cell("CCR", "ccr"), cell("DAR", "dar")))
    yield f" DSISR: {values.get('dsisr', 0):016x}     Syscall Result: {values.get('result', 0):016x}"


MACHINE = Power("ppc64le")
