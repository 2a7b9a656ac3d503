# SPDX-License-Identifier: GPL-2.0-or-later
"""The file: an ELF header, the memory, the notes, and at the end the program headers, when it is known what could be read.

What is missing has no header: a debugger then says that it is not there, or takes it from the program's file. Of a header with fewer bytes in the file
than in memory gdb shows zeros.
"""

from __future__ import annotations

import os

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel import machine
from pykd.kernel.elfcore import notes
from pykd.kernel.elfcore.selection import selected
from pykd.kernel.mm.areas import VM_EXEC, VM_READ, VM_WRITE, area_name, area_ranges, permissions
from pykd.kernel.mm.userspace import UserSpace
from pykd.kernel.task import process
from pykd.values.words import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.mm.userspace import Piece

_EHDR, _PHDR, _SHDR = 64, 56, 64
_PT_LOAD, _PT_NOTE, _ET_CORE = 1, 4, 4
_PN_XNUM = 0xFFFF
MAX_PIECES = 4096
"""Program headers of one mapping; where it has more holes, the smaller ones are zeros in the file"""


class Segment(NamedTuple):
    """What one PT_LOAD is of: its bytes are all in the file."""

    start: int
    size: int
    offset: int


class AreaReport:
    """What became of one mapping."""

    def __init__(self, start: int, end: int, name: str, allowed: str) -> None:
        self.start, self.end, self.name, self.allowed = start, end, name, allowed
        self.written = 0
        """Bytes that the core has, zeros among them"""
        self.missing: dict[str, int] = {}
        """Bytes that should be there, by why they are not"""
        self.zeroed = 0
        """Of the missing ones those that are zeros in the file, since there were too many holes"""
        self.error: Error | None = None


class Core:
    """Writes one. The file must be new: what is not written is a hole.

    :param task: ``struct task_struct`` of the process's leader.
    :param level: see :mod:`pykd.kernel.elfcore.selection`.
    :raises FaultError: there is no way to its memory.
    """

    def __init__(self, dump: Dump, task: Any, mm: Any, level: int) -> None:
        self.dump, self.task, self.mm, self.level = dump, task, mm, level
        self.space = UserSpace(dump, mm)
        self.threads: list[notes.ThreadState] = []
        self.reports: list[AreaReport] = []
        self.problem: Error | None = None
        """Why there are fewer threads or mappings than there should be"""
        self._segments: list[tuple[Segment, int]] = []
        self._at = dump.page_size

    def write(self, descriptor: int | None, at: Callable[[int], None] = lambda done: None) -> int:
        """Write it to an open, empty file; None: only find out what there is.

        :param at: is told how many bytes of memory were looked at.
        :return: the file's size.
        :raises OSError:
        """
        areas = []
        try:
            for start, end, area in area_ranges(self.dump, self.mm):
                areas.append(area)
                self._area(descriptor, start, end, area, at)
        except Error as error:
            self.problem = error
        try:
            self.threads.extend(notes.thread_state(self.dump, task) for task in self._tasks())
        except Error as error:
            self.problem = error
        return self._finish(descriptor, b"".join(self._notes(areas)))

    def _tasks(self) -> Iterator[Any]:
        """The threads that have not ended; what a debugger shows first, the leader, is the first."""
        for task in process.for_each_thread(self.dump, self.task):
            if task.mm:
                yield task

    def _area(self, descriptor: int | None, start: int, end: int, area: Any, at: Callable[[int], None]) -> None:
        try:
            flags = int(area.vm_flags)
            report = AreaReport(start, end, area_name(self.dump, area), permissions(flags))
            length = selected(self.dump, area, self.level)
        except Error as error:  # what is mapped there is known all the same
            flags, length = VM_READ | VM_WRITE | VM_EXEC, end - start
            report = AreaReport(start, end, "", "????")
            report.error = error
        self.reports.append(report)
        found: list[Segment] = []
        try:
            for piece in self.space.pieces(None if report.error else area, start, start + length):
                # What was only reserved, as terabytes may be, is nothing that a debugger could ask for.
                if piece.data is not None or piece.lost or flags & (VM_READ | VM_WRITE | VM_EXEC):
                    self._piece(descriptor, piece, report, found)
                at(piece.size)
        except Error as error:
            report.error = error
        allowed = (flags & 1) << 2 | flags & 2 | flags >> 2 & 1  # PF_R is 4, PF_X is 1
        self._segments += [(segment, allowed) for segment in found]

    def _piece(self, descriptor: int | None, piece: Piece, report: AreaReport, found: list[Segment]) -> None:
        size = piece.size
        if piece.lost:
            report.missing[piece.lost] = report.missing.get(piece.lost, 0) + size
            if len(found) < MAX_PIECES:
                return
            report.zeroed += size
        else:
            report.written += size
        if piece.data is not None:
            _write(descriptor, piece.data, self._at, self.dump.page_size)
        if found and found[-1].start + found[-1].size == piece.start:
            found[-1] = Segment(found[-1].start, found[-1].size + size, found[-1].offset)
        else:
            found.append(Segment(piece.start, size, self._at))
        self._at += size

    def _notes(self, areas: list[Any]) -> Iterator[bytes]:
        dump = self.dump
        try:
            arguments = dump.read_upto(int(self.mm.arg_start), min(max(int(self.mm.arg_end) - int(self.mm.arg_start), 0), notes.ARGUMENTS), pgd=self.space.pgd)
        except Error:
            arguments = b""
        first = True
        for thread in self.threads:
            found = notes.of_thread(dump, thread)
            yield next(found)
            if first:  # as the kernel has them: behind the first thread's status
                first = False
                yield notes.prpsinfo(dump, self.task, arguments)
                yield next(found)
                try:
                    yield notes.auxv(dump, self.mm)
                except Error as error:
                    self.problem = error
                yield notes.files(dump, areas)
            yield from found

    def _finish(self, descriptor: int | None, text: bytes) -> int:
        """Notes, headers, and their number."""
        dump, at = self.dump, self._at
        _all(descriptor, text, at)
        table = at + len(text) + -len(text) % 8
        headers = [self._header(_PT_NOTE, 0, at, 0, len(text), 4)]
        headers += [self._header(_PT_LOAD, allowed, one.offset, one.start, one.size, dump.page_size) for one, allowed in self._segments]
        count = len(headers)
        data = b"".join(headers)
        sections = 0
        if count >= _PN_XNUM:  # the first section header has the number
            sections = table + len(data)
            data += b"".join((bytes(40), bytes(4), count.to_bytes(4, dump.byteorder), bytes(16)))
        _all(descriptor, data, table)
        _all(descriptor, self._elf_header(table, count, sections), 0)
        return table + len(data)

    def _header(self, kind: int, flags: int, offset: int, address: int, size: int, align: int) -> bytes:
        return pack(self.dump, "IIQQQQQQ", kind, flags, offset, address, 0, size, size if kind == _PT_LOAD else 0, align)

    def _elf_header(self, table: int, count: int, sections: int) -> bytes:
        ident = b"\x7fELF" + bytes((2, 1 if self.dump.byteorder == "little" else 2, 1, 0)) + bytes(8)
        of = machine.of(self.dump)
        head = pack(self.dump, "HHIQQQI", _ET_CORE, of.elf_number, 1, 0, table, sections, of.elf_flags)
        return ident + head + pack(self.dump, "HHHHHH", _EHDR, _PHDR, min(count, _PN_XNUM), _SHDR if sections else 0, 1 if sections else 0, 0)


def _all(descriptor: int | None, data: bytes, offset: int) -> None:
    if descriptor is None:
        return
    view = memoryview(data)
    while view:
        done = os.pwrite(descriptor, view, offset)
        view, offset = view[done:], offset + done


def _write(descriptor: int | None, data: bytes, offset: int, page: int) -> None:
    """All but pages of zeros, which are holes."""
    zeros = bytes(page)
    start = 0
    while start < len(data):
        end = start
        while end < len(data) and data[end : end + page] != zeros:
            end += page
        if end > start:
            _all(descriptor, data[start:end], offset + start)
        start = end + page
