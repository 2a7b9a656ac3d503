# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of a made-up machine: physical pages, the kernel's page tables, and where things are put."""

from __future__ import annotations

from .machines import Machine


class Memory:
    """Pages come to be when they are written to. Physical memory below the image is given out from 2 MiB up."""

    POOL = 2 << 20

    def __init__(self, machine: Machine, image_len: int) -> None:
        self.machine = machine
        self.pages: dict[int, bytearray] = {}
        self._pool = self.POOL // machine.page_size
        self._image_len = image_len
        self._mapped: dict[int, int] = {}  # virtual page numbers beside image and direct map: physical ones
        self._tables: dict[int, int] = {}  # by the address of the entry that leads there
        self.top = 0  # physical address of the top table

    def take(self, nr: int = 1) -> int:
        """Physical address of fresh pages, which are zeroed."""
        first = self._pool
        self._pool += nr
        if self._pool * self.machine.page_size > self.machine.image_physical:
            raise ValueError("too much in this fixture: the memory below the kernel is full")
        for pfn in range(first, first + nr):
            self.page(pfn)
        return first * self.machine.page_size

    def page(self, pfn: int) -> bytearray:
        return self.pages.setdefault(pfn, bytearray(self.machine.page_size))

    def write_physical(self, address: int, data: bytes) -> None:
        size = self.machine.page_size
        at = 0
        while at < len(data):
            offset = (address + at) % size
            part = data[at : at + size - offset]
            self.page((address + at) // size)[offset : offset + len(part)] = part
            at += len(part)

    def write(self, address: int, data: bytes) -> None:
        """To a virtual address; a page that nothing maps is made."""
        size = self.machine.page_size
        at = 0
        while at < len(data):
            length = size - (address + at) % size
            self.write_physical(self.physical(address + at), data[at : at + length])
            at += length

    def physical(self, address: int) -> int:
        """Where a virtual address lies; a fresh page if nowhere yet."""
        machine = self.machine
        if machine.image <= address < machine.image + self._image_len:
            return address - machine.image + machine.image_physical
        if machine.direct <= address < machine.direct + (1 << 40):
            return address - machine.direct
        number = address >> machine.page_shift
        if number not in self._mapped:
            self.map(address, self.take())
        return self._mapped[number] << machine.page_shift | address & (machine.page_size - 1)

    def map(self, address: int, physical: int, allowed: str = "w", shift: int | None = None) -> None:
        """Enter a page into the tables, a large one with the *shift* of its level; *allowed* are letters of "wx"."""
        machine = self.machine
        last = machine.page_shift if shift is None else shift
        if last == machine.page_shift:
            self._mapped[address >> last] = physical >> last
        table = self.top
        for level, (level_shift, bits) in enumerate(machine.levels):
            place = table + 8 * (address >> level_shift & (1 << bits) - 1)
            pfn, offset = divmod(place, machine.page_size)
            page = self.page(pfn)
            if level_shift == last:
                new = machine.entry(physical, "page" if last == machine.page_shift else "large", allowed, level_shift)
                page[offset : offset + 8] = machine.encode(new)
                return
            if place not in self._tables:
                self._tables[place] = self.take(machine.table_len(level + 1) // machine.page_size)
                self.clear_table(self._tables[place], level + 1)
                page[offset : offset + 8] = machine.encode(machine.entry(self._tables[place], "table", "wx", level_shift))
            table = self._tables[place]

    def clear_table(self, table: int, level: int) -> None:
        """A table of that level with entries that lead nowhere."""
        shift, bits = self.machine.levels[level]
        self.write_physical(table, self.machine.encode(self.machine.empty(shift)) * (1 << bits))

    def map_large(self, address: int, physical: int, length: int, allowed: str) -> None:
        """By the largest pages but those that a whole table of would be needed for."""
        shift = self.machine.levels[-2][0]
        for at in range(0, length, 1 << shift):
            self.map(address + at, physical + at, allowed, shift)
