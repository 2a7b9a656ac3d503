# SPDX-License-Identifier: GPL-2.0-or-later
"""What is asked of a machine."""

from __future__ import annotations

from _pykd import NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_WORD = (1 << 64) - 1
NT_PRFPREG = 2
Area = tuple[int, int]
"""(first address, one more than the last)"""


class Machine:
    """One without names of registers, whose page tables nobody knows; the modules of this package make better ones."""

    pc = sp = fp = ""
    """Names of registers: the program counter, the stack pointer, the frame pointer"""
    number: str = ""
    """The register with the number of a system call"""
    arguments: tuple[str, ...] = ()
    """Registers with its arguments"""
    first_argument: str = ""
    """Of a function of the kernel, at its start"""
    interrupts_off: tuple[str, int, int] = ("", 0, 0)
    """(register, bits of it, their value) where a CPU does not take interrupts"""
    frame_is_record = False
    """A frame is shown by the address of its frame record, which is its stack pointer; else by the place of its return address."""
    return_slot = -8
    """Bytes from a function's stack pointer to where it finds that it is returned to: behind what the call took away, or inside its frame"""
    call_size = 0
    """A frame is shown by the address of its call, which is that many bytes before the one that it returns to"""
    kernel_table = "swapper_pg_dir"
    """Symbol of the kernel's topmost page table"""
    speed = ""
    """Symbol of the processors' frequency in kHz; "" where the kernel does not know it"""
    processor: tuple[str, str] = ("", "")
    """(per-CPU variable, its struct) with what the kernel knows of a processor"""
    table_line = True
    """``vtop`` of a kernel address shows where the topmost table is, and its entry as those of the others"""
    has_gates = has_memory_map = False
    """There is an interrupt descriptor table; a memory map of the firmware"""
    longest_instruction = 4
    """Bytes"""
    open_flags = ("DIRECT", "LARGEFILE", "DIRECTORY", "NOFOLLOW")
    """What O_* of 040000, 0100000, 0200000 and 0400000 mean"""
    flags: tuple[tuple[int, str], ...] = ()
    """(bit, name) of an entry of a page table"""

    def __init__(self, name: str) -> None:
        self.name = name

    # ---- registers

    def known(self, values: dict[str, int]) -> dict[str, int]:
        """All registers that a block shows, of those that are known."""
        return values

    def user_lines(self, values: dict[str, int]) -> Iterator[str]:
        """crash's block of the registers of user mode."""
        pairs = [f"{name}: {value:016x}" for name, value in values.items()]
        for at in range(0, len(pairs), 3):
            yield "    " + "  ".join(pairs[at : at + 3])

    def kernel_lines(self, values: dict[str, int], where: str, back: str | None, first: bool) -> Iterator[str]:
        """crash's block of the registers of a function that was interrupted.

        :param where: the function, ``panic+317``.
        :param back: where it returns to, if a register says so.
        :param first: the trace begins with it.
        """
        del where, back, first
        yield from self.user_lines(values)

    def link(self, values: dict[str, int]) -> int | None:
        """The address that a register says a function returns to; None where that is on the stack."""
        del values
        return None

    def compat_call(self, values: dict[str, int]) -> tuple[str, tuple[str, ...]] | None:
        """The registers with number and arguments of a call of a 32-bit process; None if it is none, or they are the same."""
        del values
        return None

    # ---- stacks of user mode

    dwarf_registers: tuple[str, ...] = ()
    """Names of registers by DWARF's numbers; empty where user stacks cannot be walked"""
    preserved: tuple[int, ...] = ()
    """Numbers of those that a called function leaves as they are"""
    user_record: tuple[int, int] | None = None
    """Where, from the frame pointer, the caller's frame pointer and the return address are; None: there is no such convention"""

    def plain_pc(self, value: int) -> int:
        """A return address without marks in it."""
        return value

    # ---- cores of processes

    elf_number = 0
    """``e_machine`` of its ELF files; 0 where cores of its processes cannot be written"""
    elf_flags = 0
    """``e_flags`` of these"""
    core_registers: tuple[str, ...] = ()
    """Those of ``elf_gregset_t``, 8 bytes each, in its order; "" for what is always 0"""

    def core_general(self, dump: Dump, task: Any, values: dict[str, int]) -> bytes:
        """``pr_reg`` of ``struct elf_prstatus``. :raises FaultError:

        :param task: ``struct task_struct``
        :param values: the registers with which it entered the kernel.
        """
        del task
        return b"".join((values.get(name, 0) & _WORD).to_bytes(8, dump.byteorder) for name in self.core_registers)

    def core_notes(self, dump: Dump, task: Any) -> Iterator[tuple[str, int, bytes]]:
        """(name, type, contents) of the notes about a ``struct task_struct``'s other registers, as it had them when it was last not on a CPU.
        :raises FaultError:"""
        del dump, task
        yield from ()

    # ---- page tables

    def flag_names(self, entry: int) -> list[str]:
        """Names of the bits of an entry of a page table."""
        return [name for bit, name in self.flags if entry >> bit & 1]

    def target(self, dump: Dump, entry: int) -> int:
        """The physical address of the page that a last entry maps."""
        return entry & ((1 << 52) - dump.page_size)

    def is_present(self, entry: int) -> bool:
        """Whether a last entry maps a page."""
        return bool(entry & 1)

    def is_none(self, entry: int) -> bool:
        """Whether an entry of any level says that nothing is there."""
        return not entry

    def swap_entry(self, entry: int) -> tuple[int, int]:
        """(number of the swap device, page in it) of an entry that is not present."""
        return entry & 0x1F, entry >> 5

    # ---- the kernel's address space

    def vmalloc(self, dump: Dump) -> Area:
        """Memory that is mapped page by page. :raises NotFoundError: it is not known"""
        return _area(dump, "VMALLOC")

    def vmemmap(self, dump: Dump) -> Area:
        """The array of ``struct page``. :raises NotFoundError:"""
        return _area(dump, "VMEMMAP")

    def modules(self, dump: Dump) -> Area:
        """Modules. :raises NotFoundError:"""
        return _area(dump, "MODULES", "VADDR")

    def virtual_base(self, dump: Dump) -> int:
        """The lowest address of the kernel's."""
        return dump.layout["page_offset"]

    def user_top(self, dump: Dump) -> int:
        """The end of user memory."""
        return 1 << (dump.layout["pgdir_shift"] + dump.layout["pgd_entries"].bit_length() - 2)

    def own_areas(self, dump: Dump) -> tuple[tuple[str, str], ...]:
        """(crash's name, text) of what ``help -m`` tells of this machine alone."""
        del dump
        return ()


def _area(dump: Dump, name: str, start: str = "START") -> Area:
    try:
        return tuple(int(dump.vmcoreinfo[f"NUMBER({name}_{end})"], 0) for end in (start, "END"))  # type: ignore[return-value]
    except (KeyError, ValueError):
        raise NotFoundError(f"the dump does not say where {name} is") from None
