# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of a process, wherever it is: in pages of its own, in the page cache, in the swap space, or nowhere yet."""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.kernel import machine
from pykd.kernel.mm import swapslots
from pykd.kernel.mm.areas import VM_EXEC, VM_HUGETLB, area_ranges, is_special, vdso_page
from pykd.kernel.mm.cachedfile import CachedFile
from pykd.kernel.mm.dumplevel import leaves_out_zeros_only
from pykd.kernel.mm.swap import swap_place
from pykd.kernel.mm.tables import PageTables
from pykd.kernel.task.memory import page_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.mm.contents import Run
    from pykd.kernel.mm.tables import Range

CHUNK = 1 << 20
"""Bytes read at once"""

UNCACHED = "uncached"
"""A page of a file that is not in memory: the file has it"""
SWAPPED = "swapped"
"""A page in a swap space that is not in memory"""
BEYOND = "beyond"
"""A page behind the end of its file: the process would have got SIGBUS"""
UNKNOWN = "unknown"
"""It is not mapped, and it is not known of what the area is"""
LOST = "lost"
"""The tree of the file's pages cannot be read"""
SPECIAL = "special"
"""A page that was being moved, or that only a device has"""
MAX_SPECIAL = 1024
"""Pages of an area that the kernel has made; there are fewer than ten"""


class Piece(NamedTuple):
    """*size* bytes from *start*: *data*; without it zeros, or, where *lost* says why, what nobody knows."""

    start: int
    size: int
    data: bytes | None = None
    lost: str = ""


@per_dump
def zero_pages(dump: Dump) -> frozenset[int]:
    """Physical addresses of the pages of zeros that the kernel maps where nothing was written yet."""
    found = set()
    address = dump.address_of("empty_zero_page", "", default=0)
    try:
        if address and dump.arch == "s390x":
            address = dump.read_unsigned(address)
        if address:
            found.add(dump.translate(address, pgd=0) & -dump.page_size)
    except Error:
        pass
    return frozenset(found)


class UserSpace:
    """
    :param mm: ``struct mm_struct``
    :raises FaultError: there is no way to its page tables.
    """

    def __init__(self, dump: Dump, mm: Any) -> None:
        self.dump = dump
        self.mm = mm
        self.pgd = page_table(mm, dump)
        self.tables = PageTables(dump, self.pgd)
        self._files: dict[int, CachedFile] = {}
        self._areas: list[tuple[int, int, Any]] | None = None

    def pieces(self, area: Any, start: int, end: int) -> Iterator[Piece]:
        """All of [start, end), which lies in the ``struct vm_area_struct`` *area*, in order.

        :param area: None: it cannot be read, and what is not mapped may be anywhere.
        """
        for found in self.tables.ranges(start, end):
            if found.kind == "mapped":
                yield from self._mapped(found)
            elif found.kind == "lost" and found.reason == "excluded" and area is not None and leaves_out_zeros_only(self.dump):
                yield from self._untouched(area, found.start, found.end)  # a page table of zeros
            elif found.kind == "empty" and area is None:
                yield Piece(found.start, found.end - found.start, lost=UNKNOWN)
            elif found.kind == "empty":
                yield from self._untouched(area, found.start, found.end)
            elif found.kind == "entry":
                yield self._elsewhere(found)
            else:
                yield Piece(found.start, found.end - found.start, lost=found.reason)

    def read(self, address: int, size: int) -> tuple[bytes, str]:
        """Up to *size* bytes from *address*, wherever they are, and why there are no more of them; "" where these are all."""
        page = self.dump.page_size
        result, end = bytearray(), address + size
        try:
            data = self.dump.read_upto(address, size, pgd=self.pgd)
            result += data
        except FaultError:
            pass
        while address + len(result) < end:
            at = address + len(result)
            area = self.area_at(at)
            if area is None:
                return bytes(result), "untranslatable"
            start = at & -page
            try:
                for piece in self.pieces(area, start, min(-(-end // page) * page, int(area.vm_end))):
                    if piece.lost:
                        return bytes(result), piece.lost
                    data = piece.data if piece.data is not None else bytes(piece.size)
                    result += data[address + len(result) - piece.start : end - piece.start]
            except Error as error:
                return bytes(result), error.reason if isinstance(error, FaultError) else LOST
        return bytes(result), ""

    def areas(self) -> list[tuple[int, int, Any]]:
        """(start, end, ``struct vm_area_struct``) of each area that can be found."""
        if self._areas is None:
            self._areas = []
            try:
                for found in area_ranges(self.dump, self.mm):
                    self._areas.append(found)  # what was found before an error stays
            except Error:
                pass  # those before are known
        return self._areas

    def area_at(self, address: int) -> Any:
        """``struct vm_area_struct`` of an address, or None."""
        return next((area for start, end, area in self.areas() if start <= address < end), None)

    def is_code(self, address: int) -> bool:
        """Whether what is mapped at an address may be run."""
        area = self.area_at(address)
        try:
            return area is not None and bool(int(area.vm_flags) & VM_EXEC)
        except Error:
            return True

    def file_of(self, file: Any) -> CachedFile:
        """What the page cache has of a ``struct file``. :raises FaultError:"""
        mapping = file.f_mapping
        key = int(mapping)
        if key not in self._files:
            self._files[key] = CachedFile(self.dump, mapping)
        return self._files[key]

    def _mapped(self, found: Range) -> Iterator[Piece]:
        size, at = self.dump.page_size, found.start
        while at < found.end:
            data = b""
            try:
                data = self.dump.read_upto(at, min(CHUNK, found.end - at), pgd=self.pgd)
            except FaultError:
                pass
            if whole := len(data) & -size:
                yield Piece(at, whole, data[:whole])
                at += whole
            if at < found.end and whole < CHUNK:
                yield self._unreadable(at)
                at += size

    def _unreadable(self, at: int) -> Piece:
        """A page that is mapped and was not read."""
        dump, size = self.dump, self.dump.page_size
        steps, result = dump.walk(at, pgd=self.pgd)
        try:
            if isinstance(result, FaultError):
                if result.reason != "untranslatable" or not steps:
                    return Piece(at, size, lost=result.reason)
                result = machine.of(dump).target(dump, steps[-1][2])  # without access: PROT_NONE
            physical = result & -size
            if physical in zero_pages(dump):
                return Piece(at, size)
            return Piece(at, size, dump.read_physical(physical, size))
        except FaultError as error:
            return self._left_out(at, error)

    def _left_out(self, at: int, error: FaultError) -> Piece:
        """A page of memory that cannot be read: of a dump without pages of zeros alone it is one."""
        zeros = error.reason == "excluded" and leaves_out_zeros_only(self.dump)
        return Piece(at, self.dump.page_size, lost="" if zeros else error.reason)

    def _elsewhere(self, found: Range) -> Piece:
        size = found.end - found.start
        number, offset = machine.of(self.dump).swap_entry(found.entry)
        return self._swapped(found.start, size, number, offset)

    def _swapped(self, start: int, size: int, number: int, offset: int) -> Piece:
        if size != self.dump.page_size or not swapslots.is_device(self.dump, number):
            return Piece(start, size, lost=SPECIAL)
        try:
            return Piece(start, size, swapslots.read(self.dump, number, offset))
        except swapslots.Elsewhere:
            return Piece(start, size, lost=SWAPPED)
        except FaultError as error:
            return Piece(start, size, lost=error.reason)
        except Error:
            return Piece(start, size, lost=SWAPPED)

    def _untouched(self, area: Any, start: int, end: int) -> Iterator[Piece]:
        file = self._file(area)
        if file is None:
            if not area.vm_file and is_special(self.dump, area):
                yield from self._of_kernel(area, start, end)
            else:
                yield Piece(start, end - start)
            return
        size = self.dump.page_size
        at, shift = start, int(area.vm_pgoff) - int(area.vm_start) // size
        last = -(-file.size // size)
        while at < end:
            index = at // size + shift
            if index >= last:
                yield Piece(at, end - at, lost=BEYOND)
                return
            run = file.run(index)
            if run is None:
                following = file.next_after(index)
                stop = min(end, ((last if following < 0 else min(following, last)) - shift) * size)
                yield Piece(at, stop - at, lost="" if file.in_memory else UNCACHED)
                at = stop
                continue
            yield self._of_file(file, run, index, at)
            at += size

    def _of_file(self, file: CachedFile, run: Run, index: int, at: int) -> Piece:
        size = self.dump.page_size
        if run.error is not None:
            return Piece(at, size, lost=LOST)
        if not run.page:
            if not file.in_memory:
                return Piece(at, size, lost=UNCACHED)
            return self._swapped(at, size, *swap_place(run.swap >> 1))  # xa_to_value()
        physical = file.physical(run, index)
        if physical is None:
            return Piece(at, size, lost=LOST)
        try:
            return Piece(at, size, self.dump.read_physical(physical, size))
        except FaultError as error:
            return self._left_out(at, error)

    def _of_kernel(self, area: Any, start: int, end: int) -> Iterator[Piece]:
        """Pages of the vDSO that the process has not used yet; of vvar there is no way to know them."""
        size = self.dump.page_size
        last = min(end, start + MAX_SPECIAL * size)
        for at in range(start, last, size):
            try:
                data = vdso_page(self.dump, area, (at - int(area.vm_start)) // size)
            except Error:
                data = b""
            yield Piece(at, size, data) if len(data) == size else Piece(at, size, lost=SPECIAL)
        if last < end:
            yield Piece(last, end - last, lost=SPECIAL)

    def _file(self, area: Any) -> CachedFile | None:
        """Of an area of a file what the page cache has of it; None of one without, and of huge pages, which are all mapped once they are used."""
        if not area.vm_file or int(area.vm_flags) & VM_HUGETLB:
            return None
        return self.file_of(area.vm_file)
