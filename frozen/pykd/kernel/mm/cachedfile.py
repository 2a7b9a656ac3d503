# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of a file in the page cache, by their number in the file: for who asks for one after the other."""

from __future__ import annotations

from bisect import bisect_right

from _pykd import Error
from pykd.kernel.mm import contents
from pykd.kernel.mm.pages import physical_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


class CachedFile:
    """What the page cache holds of one ``struct address_space``.

    :ivar in_memory: the file has no other place than memory and the swap space.
    :ivar size: bytes of the file.
    :raises FaultError: the file cannot be read.
    """

    def __init__(self, dump: Dump, mapping: Any) -> None:
        self._dump = dump
        self.in_memory = contents.is_in_memory(mapping.host)
        self.size = int(mapping.host.i_size)
        self._runs = list(contents.runs(dump, mapping))
        self._starts = [run.first for run in self._runs]

    def run(self, index: int) -> contents.Run | None:
        """What there is for a page: of pages, a number, or an error; None: nothing."""
        place = bisect_right(self._starts, index) - 1
        if place >= 0 and index < self._runs[place].first + self._runs[place].pages:
            return self._runs[place]
        return None

    def next_after(self, index: int) -> int:
        """The index of the first page behind *index* for which there is something; -1 if there is none."""
        place = bisect_right(self._starts, index)
        return self._starts[place] if place < len(self._starts) else -1

    def physical(self, run: contents.Run, index: int) -> int | None:
        """The physical address of a page of a run of pages."""
        return physical_of(self._dump, run.page + (index - run.first) * self._dump.type("struct page").size)

    def read(self, offset: int, size: int) -> bytes:
        """Up to *size* bytes, up to the first page that is not there. Never raises."""
        page = self._dump.page_size
        result, end = b"", min(offset + size, self.size)
        while offset < end:
            run = self.run(offset // page)
            physical = self.physical(run, offset // page) if run is not None and run.page else None
            if physical is None:
                break
            try:
                result += self._dump.read_physical(physical + offset % page, count := min(page - offset % page, end - offset))
            except Error:
                break
            offset += count
        return result
