# SPDX-License-Identifier: GPL-2.0-or-later
"""What a fixture must know of a machine: byte order, where the kernel lies, page tables, notes. Another machine is another row."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from .cdecl import TextError


@dataclass(frozen=True)
class Machine:
    """Addresses are the kernel's defaults without KASLR."""

    name: str  # as uname -m has it
    elf: int  # e_machine
    order: str  # "little" or "big"
    page_shift: int
    image: int  # virtual address of the first byte of the kernel's text
    image_physical: int
    direct: int  # virtual address of physical address 0
    vmalloc: int
    top: str  # the symbol of the kernel's table
    levels: tuple[tuple[int, int], ...]  # shift and bits of the index, top first
    entry: Callable[[int, str, str, int], int]  # physical address; "table", "page" or "large"; what of "wx" is allowed; shift
    registers: tuple[str, ...]  # of NT_PRSTATUS, in their order
    vmcoreinfo: Callable[[Machine], dict[str, str]]  # where the kernel is
    qemu: Callable[[dict[str, int]], bytes] | None = None  # the state of a CPU in QEMU's notes, out of control registers
    empty: Callable[[int], int] = lambda shift: 0  # an entry that leads nowhere, of a level with this shift
    entry_order: str = ""  # of tables, where it is another one than that of memory

    @property
    def mark(self) -> str:
        """Of module struct."""
        return "<" if self.order == "little" else ">"

    @property
    def page_size(self) -> int:
        return 1 << self.page_shift

    def table_len(self, level: int) -> int:
        """Bytes of a table of that level, in whole pages."""
        return max(8 << self.levels[level][1], self.page_size)

    def encode(self, entry: int) -> bytes:
        return entry.to_bytes(8, self.entry_order or self.order)  # type: ignore[arg-type]

    def prstatus(self, values: dict[str, int]) -> bytes:
        """struct elf_prstatus of 64-bit machines: 112 bytes with the pid, the registers, one word."""
        head = bytearray(112)
        struct.pack_into(self.mark + "i", head, 32, values.get("pid", 0))
        unknown = values.keys() - {"pid", *self.registers}
        if unknown:
            raise TextError(f"{self.name} has no register {', '.join(sorted(unknown))}")
        registers = (values.get(name, 0) & (1 << 64) - 1 for name in self.registers)
        return bytes(head) + struct.pack(f"{self.mark}{len(self.registers)}Q", *registers) + bytes(8)


def _x86_entry(target: int, kind: str, allowed: str, _shift: int) -> int:
    return target | 1 | ("w" in allowed) << 1 | (kind == "large") << 7 | ("x" not in allowed) << 63


def _x86_vmcoreinfo(machine: Machine) -> dict[str, str]:
    return {
        "NUMBER(phys_base)": f"{machine.image_physical - (machine.image - 0xFFFFFFFF80000000)}",
        "NUMBER(pgtable_l5_enabled)": f"{int(len(machine.levels) == 5)}",
        "KERNELOFFSET": "0",
        "NUMBER(KERNEL_IMAGE_SIZE)": f"{1 << 30}",
    }


def _x86_qemu(registers: dict[str, int]) -> bytes:
    """QEMUCPUState, version 1: its size, 18 registers, 10 segments of 24 bytes, CR0 to CR4, one word."""
    control = (registers.get(f"cr{number}", 0) for number in range(5))
    return struct.pack("<II", 1, 440) + bytes(18 * 8 + 10 * 24) + struct.pack("<5QQ", *control, 0)


def _x86(levels: tuple[tuple[int, int], ...], direct: int, vmalloc: int) -> Machine:
    registers = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"
    return Machine("x86_64", 62, "little", 12, 0xFFFFFFFF81000000, 0x1000000, direct, vmalloc, "init_top_pgt", levels, _x86_entry,
                   tuple(registers.split()), _x86_vmcoreinfo, _x86_qemu)  # fmt: skip


_S390_TYPES = {53: 3, 42: 2, 31: 1, 20: 0}


def _s390_entry(target: int, kind: str, allowed: str, shift: int) -> int:
    """Of region and segment tables: their kind, and 3 for all of a table's length; 0x400: a large page."""
    denied = ("w" not in allowed) << 9 | ("x" not in allowed) << 8
    if kind == "table":
        return target | _S390_TYPES[shift] << 2 | (3 if shift > 20 else 0)
    return target | denied | (0x400 if kind == "large" else 0)


def _s390_empty(shift: int) -> int:
    return _S390_TYPES[shift] << 2 | 0x20 if shift > 12 else 0x400


def _s390_vmcoreinfo(machine: Machine) -> dict[str, str]:
    return {
        "SYMBOL(lowcore_ptr)": f"{machine.image:x}",
        "IDENTITYBASE": "0",
        "KERNELOFFSET": f"{machine.image:x}",
        "KERNELOFFPHYS": f"{machine.image_physical:x}",
    }


def _ppc64_entry(target: int, kind: str, allowed: str, _shift: int) -> int:
    if kind == "table":
        return 1 << 63 | target
    return 3 << 62 | target | 4 | ("w" in allowed) << 1 | ("x" in allowed)


def _ppc64(page_shift: int, last: tuple[int, int]) -> Machine:
    registers = " ".join(f"r{number}" for number in range(32)) + " nip msr or3 ctr lr xer ccr softe trap dar dsisr result x0 x1 x2 x3"
    return Machine("ppc64le", 21, "little", page_shift, 0xC000000001000000, 0x1000000, 0xC000000000000000, 0xC008000000000000, "swapper_pg_dir",
                   ((39, 13), (30, 9), (21, 9), last), _ppc64_entry, tuple(registers.split()),
                   lambda machine: {"NUMBER(RADIX_MMU)": "1", "SYMBOL(mmu_psize_defs)": f"{machine.image:x}", "KERNELOFFSET": "0"},
                   entry_order="big")  # fmt: skip


MACHINES = {
    "x86_64": _x86(((39, 9), (30, 9), (21, 9), (12, 9)), 0xFFFF888000000000, 0xFFFFC90000000000),
    "s390x": Machine(
        "s390x", 22, "big", 12, 0x3FFE0000000, 0x1000000, 0, 0x30000000000, "swapper_pg_dir", ((31, 11), (20, 11), (12, 8)), _s390_entry,
        ("psw_mask", "psw_addr", *(f"r{number}" for number in range(16)), *(f"acrs{number}" for number in range(8)), "orig_gpr2"),
        _s390_vmcoreinfo, empty=_s390_empty,
    ),
    "ppc64le": _ppc64(12, (12, 9)),
    "ppc64le-64k": _ppc64(16, (16, 5)),
    "x86_64-5level": _x86(((48, 9), (39, 9), (30, 9), (21, 9), (12, 9)), 0xFF11000000000000, 0xFFA0000000000000),
}
