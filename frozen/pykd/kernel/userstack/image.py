# SPDX-License-Identifier: GPL-2.0-or-later
"""An ELF image that a process has mapped: its segments, its symbols, where its unwind table is.

What the process has mapped is read from its memory (which the page cache is part of); section headers and .symtab, which are not mapped, from the page
cache alone, as far as it has them.
"""

from __future__ import annotations

from bisect import bisect_right

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel.mm.areas import area_name
from pykd.kernel.userstack import cfi
from pykd.values.words import unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.mm.userspace import UserSpace

    type Reader = Callable[[int, int], bytes]

PT_LOAD, PT_DYNAMIC, PT_GNU_EH_FRAME = 1, 2, 0x6474E550
SHT_SYMTAB = 2
DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_GNU_HASH = 4, 5, 6, 10, 0x6FFFFEF5
MAX_HEADERS = 256
MAX_TABLE = 64 << 20
"""Bytes of a table of symbols, or of their names"""
MAX_BUCKETS = 1 << 20


class Symbol(NamedTuple):
    """A function."""

    address: int
    size: int
    name: str


class Image:
    """One that is mapped at *bias* plus the addresses that it has in its file.

    :param memory: reads the process's memory.
    :param file: reads its file; None: it has none.
    :param start: where its first page is mapped.
    :raises Error: there is no ELF image.
    """

    def __init__(self, dump: Dump, name: str, start: int, memory: Reader, file: Reader | None) -> None:
        self.dump, self.name, self._memory, self._file = dump, name, memory, file
        header = memory(start, 64)
        if len(header) < 64 or header[:5] != b"\x7fELF\x02":
            raise Error(f"no ELF image of 64 bits at {start:#x}")
        table, self._sections = unpack(dump, "QQ", header[32:48])
        size, count, self._section_size, self._section_count, self._names = unpack(dump, "HHHHH", header[54:64])
        if size != 56 or not 0 < count <= MAX_HEADERS:
            raise Error(f"the program headers of {name} are damaged")
        data = memory(start + table, 56 * count)
        # type, flags, offset, address, physical address, bytes in the file, bytes in memory, alignment
        self._headers = [unpack(dump, "IIQQQQQQ", data[at : at + 56]) for at in range(0, len(data) - 55, 56)]
        loads = [one for one in self._headers if one[0] == PT_LOAD]
        if not loads:
            raise Error(f"{name} has no segments")
        first = min(loads, key=lambda one: one[2])
        self.bias = start - (first[3] - first[2])
        self._symbols: list[Symbol] | None = None
        self._starts: list[int] = []
        self._functions: list[tuple[int, int, int]] | None = None

    def _eh_frame_hdr(self) -> tuple[int, int] | None:
        """(address, bytes) of ``.eh_frame_hdr`` in the process; None: it has none."""
        return next(((self.bias + one[3], one[6]) for one in self._headers if one[0] == PT_GNU_EH_FRAME), None)

    def rules(self, pc: int) -> cfi.Rules | None:
        """What restores the registers of the caller at *pc*; None: no unwind table has it. :raises Error:"""
        order = self.dump.byteorder
        if where := self._eh_frame_hdr():
            return cfi.find(self._memory, *where, pc, order)
        if self._functions is None:
            place = self._eh_frame()
            self._functions = cfi.index(self._memory, *place, order) if place else []
        return cfi.find_in(self._memory, self._functions, pc, order)

    def symbol_at(self, pc: int) -> Symbol | None:
        """The function that *pc* is in; without a size up to the next one."""
        if self._symbols is None:
            found: dict[int, Symbol] = {}
            for symbol in (*self._dynamic(), *self._static()):
                known = found.get(symbol.address)
                if known is None or (symbol.size and not known.size):
                    found[symbol.address] = symbol
            self._symbols = [found[address] for address in sorted(found)]
            self._starts = [symbol.address for symbol in self._symbols]
        place = bisect_right(self._starts, pc) - 1
        if place < 0:
            return None
        symbol = self._symbols[place]
        return symbol if not symbol.size or pc < symbol.address + symbol.size else None

    def _table(self, symbols: bytes, names: bytes) -> Iterator[Symbol]:
        """The functions in a table of ``Elf64_Sym``."""
        for at in range(0, len(symbols) - 23, 24):
            name, info, _, section, value, size = unpack(self.dump, "IBBHQQ", symbols[at : at + 24])
            if info & 0xF in (2, 10) and section and name < len(names):  # STT_FUNC, STT_GNU_IFUNC; defined
                yield Symbol(self.bias + value, size, names[name : names.find(b"\0", name)].decode("utf-8", "backslashreplace"))

    def _dynamic(self) -> Iterator[Symbol]:
        """Those of .dynsym."""
        where = next((one for one in self._headers if one[0] == PT_DYNAMIC), None)
        if where is None:
            return
        data = self._memory(self.bias + where[3], min(where[6], 1 << 16))
        found: dict[int, int] = {}
        for at in range(0, len(data) - 15, 16):
            tag, value = unpack(self.dump, "QQ", data[at : at + 16])
            if not tag:
                break
            found.setdefault(tag, value)

        def place(tag: int) -> int:
            # ld.so replaces offsets by addresses, but not in the vDSO
            return found[tag] if found[tag] >= self.bias else found[tag] + self.bias

        if DT_SYMTAB not in found or DT_STRTAB not in found:
            return
        count = self._gnu_count(place(DT_GNU_HASH)) if DT_GNU_HASH in found else self._words(place(DT_HASH), 2)[1] if DT_HASH in found else 0
        symbols = self._memory(place(DT_SYMTAB), min(24 * count, MAX_TABLE))
        yield from self._table(symbols, self._memory(place(DT_STRTAB), min(found.get(DT_STRSZ, 0), MAX_TABLE)))

    def _words(self, address: int, count: int) -> tuple[int, ...]:
        data = self._memory(address, 4 * count)
        return unpack(self.dump, f"{len(data) // 4}I", data[: len(data) // 4 * 4]) + (0,) * (count - len(data) // 4)

    def _gnu_count(self, address: int) -> int:
        """Symbols of which a DT_GNU_HASH knows: one more than the last of its chains has."""
        buckets, first, bloom, _ = self._words(address, 4)
        if not 0 < buckets <= MAX_BUCKETS:
            return 0
        start = address + 16 + 8 * bloom
        last = max(self._words(start, buckets))
        if last < first:
            return first
        chain = start + 4 * buckets + 4 * (last - first)
        for number, value in enumerate(self._words(chain, 1024)):
            if value & 1:
                return last + number + 1
        return last + 1

    def _eh_frame(self) -> tuple[int, int] | None:
        """(address, bytes) of ``.eh_frame`` in the process, as the section headers have it; None: they are not there, or have none."""
        if self._file is None:
            return None
        sections = self._section_headers()
        names = sections[self._names] if self._names < len(sections) else None
        text = self._file(names[4], min(names[5], MAX_TABLE)) if names else b""
        for section in sections:
            if text[section[0] : section[0] + 10] == b".eh_frame\0":
                return self.bias + section[3], section[5]
        return None

    def _section_headers(self) -> list[tuple[int, ...]]:
        """name, type, flags, address, offset, size, link, info, alignment, size of an entry of each, as far as the page cache has them."""
        if self._file is None or self._section_size != 64 or not self._sections:
            return []
        data = self._file(self._sections, 64 * min(self._section_count, MAX_HEADERS))
        return [unpack(self.dump, "IIQQQQIIQQ", data[at : at + 64]) for at in range(0, len(data) - 63, 64)]

    def _static(self) -> Iterator[Symbol]:
        """Those of .symtab, as far as the page cache has it."""
        if self._file is None:
            return
        sections = self._section_headers()
        for section in sections:
            if section[1] == SHT_SYMTAB and section[6] < len(sections):
                names = sections[section[6]]
                symbols = self._file(section[4], min(section[5], MAX_TABLE))
                yield from self._table(symbols, self._file(names[4], min(names[5], MAX_TABLE)))


class Images:
    """Those of one address space, each read once."""

    def __init__(self, space: UserSpace) -> None:
        self._space = space
        self._known: dict[tuple[int, int], Image | None] = {}
        self._by_area: dict[int, tuple[Image | None, str]] = {}

    def at(self, pc: int) -> tuple[Image | None, str]:
        """The image that an address is in, and the name of its mapping. Never raises; of an image that cannot be read None."""
        area = self._space.area_at(pc)
        if area is None:
            return None, ""
        if int(area) not in self._by_area:
            self._by_area[int(area)] = self._of(area)
        return self._by_area[int(area)]

    def _of(self, area: Any) -> tuple[Image | None, str]:
        """The image that a ``struct vm_area_struct`` is of, and its name."""
        space = self._space
        try:
            name = area_name(space.dump, area)
            start, file = self._first(area)
            key = start, int(file or 0)
        except Error:
            return None, ""
        if key not in self._known:
            try:
                self._known[key] = Image(space.dump, name, start, self._memory, space.file_of(file).read if file else None)
            except Error:
                self._known[key] = None
        return self._known[key], name

    def _first(self, area: Any) -> tuple[int, Any]:
        """(where the beginning of the file is mapped, ``struct file``) of an area; of the vDSO its start."""
        file = area.vm_file
        if not file:
            return int(area.vm_start), None
        inode, best = int(file.f_inode), None
        for start, _, other in self._space.areas():
            if start > int(area.vm_start):
                break
            if other.vm_file and int(other.vm_file.f_inode) == inode and not other.vm_pgoff:
                best = start
        if best is None:
            raise Error("the beginning of the file is not mapped")
        return best, file

    def _memory(self, address: int, size: int) -> bytes:
        return self._space.read(address, size)[0]
