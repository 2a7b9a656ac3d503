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
    entry: Callable[[int, str, str], int]  # physical address; "table", "page" or "large"; what of "wx" is allowed
    registers: tuple[str, ...]  # of NT_PRSTATUS, in their order
    vmcoreinfo: Callable[[Machine], dict[str, str]]  # where the kernel is
    qemu: Callable[[dict[str, int]], bytes] | None = None  # the state of a CPU in QEMU's notes, out of control registers

    @property
    def mark(self) -> str:
        """Of module struct."""
        return "<" if self.order == "little" else ">"

    @property
    def page_size(self) -> int:
        return 1 << self.page_shift

    def prstatus(self, values: dict[str, int]) -> bytes:
        """struct elf_prstatus of 64-bit machines: 112 bytes with the pid, the registers, one word."""
        head = bytearray(112)
        struct.pack_into(self.mark + "i", head, 32, values.get("pid", 0))
        unknown = values.keys() - {"pid", *self.registers}
        if unknown:
            raise TextError(f"{self.name} has no register {', '.join(sorted(unknown))}")
        registers = (values.get(name, 0) & (1 << 64) - 1 for name in self.registers)
        return bytes(head) + struct.pack(f"{self.mark}{len(self.registers)}Q", *registers) + bytes(8)


def _x86_entry(target: int, kind: str, allowed: str) -> int:
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


MACHINES = {
    "x86_64": _x86(((39, 9), (30, 9), (21, 9), (12, 9)), 0xFFFF888000000000, 0xFFFFC90000000000),
    "x86_64-5level": _x86(((48, 9), (39, 9), (30, 9), (21, 9), (12, 9)), 0xFF11000000000000, 0xFFA0000000000000),
}
