# SPDX-License-Identifier: GPL-2.0-or-later
"""x86-64."""

from __future__ import annotations

from operator import itemgetter

from pykd.kernel.machine.facts import Area, Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_BLOCK = """\
    RIP: %016x  RSP: %016x  RFLAGS: %08x
    RAX: %016x  RBX: %016x  RCX: %016x
    RDX: %016x  RSI: %016x  RDI: %016x
    RBP: %016x   R8: %016x   R9: %016x
    R10: %016x  R11: %016x  R12: %016x
    R13: %016x  R14: %016x  R15: %016x
    ORIG_RAX: %016x  CS: %04x  SS: %04x"""
"""One text for all: every task of a process has such a block"""
_REGISTERS = (
    "rip", "rsp", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    "orig_rax", "cs", "ss",
)  # fmt: skip
_NAMES = frozenset(_REGISTERS)
_in_order = itemgetter(*_REGISTERS)
_USER32_CS = 0x23
_TB = 1 << 40
_VMALLOC_SIZE = {4: 32 * _TB, 5: 12800 * _TB}
"""By levels of page tables, Documentation/arch/x86/x86_64/mm.rst"""
_VMEMMAP_SIZE = {4: _TB, 5: 512 * _TB}
_MODULES_END = 0xFFFFFFFFFF000000


class X86(Machine):
    """arch/x86"""

    pc, sp, fp = "rip", "rsp", "rbp"
    number = "orig_rax"
    arguments = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
    first_argument = "rdi"
    interrupts_off = ("rflags", 1 << 9, 0)
    kernel_table = "init_top_pgt"
    speed = "cpu_khz"
    processor = ("cpu_info", "cpuinfo_x86")
    table_line = False
    has_gates = has_memory_map = True
    longest_instruction = 15
    flags = (
        (0, "PRESENT"), (1, "RW"), (2, "USER"), (3, "PWT"), (4, "PCD"), (5, "ACCESSED"), (6, "DIRTY"), (7, "PSE"), (8, "GLOBAL"), (63, "NX"),
    )  # fmt: skip
    """arch/x86/include/asm/pgtable_types.h"""

    def known(self, values: dict[str, int]) -> dict[str, int]:
        """A missing one is 0, ORIG_RAX -1 as in an IRQ."""
        if values.keys() >= _NAMES:
            return dict(zip(_REGISTERS, _in_order(values), strict=True))
        shown = dict.fromkeys(_REGISTERS, 0)
        shown["orig_rax"] = (1 << 64) - 1
        shown.update((name, value) for name, value in values.items() if name in shown)
        return shown

    def user_lines(self, values: dict[str, int]) -> Iterator[str]:
        yield from (_BLOCK % _in_order(values)).split("\n")

    def kernel_lines(self, values: dict[str, int], where: str, back: str | None, first: bool) -> Iterator[str]:
        if not first and values["cs"] & 3 == 0:
            yield f"    [exception RIP: {where}]"
        yield from self.user_lines(values)

    def compat_call(self, values: dict[str, int]) -> tuple[str, tuple[str, ...]] | None:
        return ("orig_rax", ("rbx", "rcx", "rdx", "rsi", "rdi", "rbp")) if values.get("cs") == _USER32_CS else None

    dwarf_registers = ("rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
    preserved = (3, 6, 12, 13, 14, 15)
    user_record = (0, 8)
    elf_number = 62
    core_registers = (
        "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "rflags", "rsp",
        "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
    )  # fmt: skip
    """``struct user_regs_struct``, arch/x86/include/asm/user_64.h"""

    def core_general(self, dump: Dump, task: Any, values: dict[str, int]) -> bytes:
        """What pt_regs lacks is in ``struct thread_struct``."""
        thread = task.thread
        kept = {"fs_base": int(thread.fsbase), "gs_base": int(thread.gsbase), "ds": thread.ds, "es": thread.es, "fs": thread.fsindex, "gs": thread.gsindex}
        return super().core_general(dump, task, values | {name: value for name, value in kept.items() if not values.get(name)})

    def core_notes(self, dump: Dump, task: Any) -> Iterator[tuple[str, int, bytes]]:
        from pykd.kernel.machine.x86_fpu import notes

        yield from notes(dump, task)

    def target(self, dump: Dump, entry: int) -> int:
        """Of a page without access (PROT_NONE) the address is inverted, arch/x86/include/asm/pgtable-invert.h."""
        if entry & 0x101 == 0x100:
            entry = ~entry
        return entry & 0x000F_FFFF_FFFF_F000 & ~dump.layout["encrypted"]

    def is_present(self, entry: int) -> bool:
        return bool(entry & 0x101)

    def swap_entry(self, entry: int) -> tuple[int, int]:
        """5 bits of type above the inverted offset, pgtable_64.h."""
        return entry >> 59, (~entry & ((1 << 59) - 1)) >> 9

    def vmalloc(self, dump: Dump) -> Area:
        return _from(dump, "vmalloc_base", _VMALLOC_SIZE)

    def vmemmap(self, dump: Dump) -> Area:
        return _from(dump, "vmemmap_base", _VMEMMAP_SIZE)

    def modules(self, dump: Dump) -> Area:
        return dump.layout["image_end"], _MODULES_END

    def own_areas(self, dump: Dump) -> tuple[tuple[str, str], ...]:
        layout = dump.layout
        return ("phys_base", f"{layout['phys_base'] & (1 << 64) - 1:x}"), ("sme_mask", f"{layout['encrypted']:x}")


def _from(dump: Dump, variable: str, sizes: dict[int, int]) -> Area:
    start = dump.read_unsigned(dump.symbol(variable, "").address)
    return start, start + sizes[dump.layout["levels"] or 4]


MACHINE = X86("x86_64")
