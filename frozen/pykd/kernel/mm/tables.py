# SPDX-License-Identifier: GPL-2.0-or-later
"""What the page tables of a process say, range by range, whatever the machine."""

from __future__ import annotations

from _pykd import FaultError
from pykd.core.record import NamedTuple
from pykd.kernel import machine
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from _pykd import Dump

    type Kind = Literal["mapped", "empty", "entry", "lost"]


class Range(NamedTuple):
    """[start, end) of addresses of one kind: ``mapped`` to pages, ``empty``, an ``entry`` that is neither (of one page or larger), or of
    tables that are ``lost``."""

    start: int
    end: int
    kind: Kind
    entry: int = 0
    """Its value; of a mapped range that of the first page"""
    reason: str = ""
    """Why it is lost, as :attr:`_pykd.FaultError.reason`"""


class PageTables:
    """The tables of one address space. :param pgd: physical address of the topmost."""

    def __init__(self, dump: Dump, pgd: int) -> None:
        self.dump = dump
        self.pgd = pgd
        self._machine = machine.of(dump)
        self._spans: dict[int, int] = {}
        self._order: str | None = None

    def ranges(self, start: int, end: int) -> Iterator[Range]:
        """All of [start, end), which are multiples of the page size, in order; neighbours may be of one kind."""
        at = start
        while at < end:
            for found in self._at(at, end):
                yield found
                at = found.end

    def _at(self, at: int, end: int) -> Iterator[Range]:
        steps, result = self.dump.walk(at, pgd=self.pgd)
        if not steps:
            yield Range(at, end, "lost", reason=result.reason if isinstance(result, FaultError) else "absent")
            return
        name, where, value, mapped = steps[-1]
        if name == "PTE" and not mapped > self.dump.page_size:
            yield from self._of_table(at, end, where, value, steps)
            return
        span = mapped if isinstance(result, int) and mapped else self._span(len(steps), at)
        stop = min(end, (at & -span) + span)
        if isinstance(result, int):
            yield Range(at, stop, "mapped", value)
        elif self._machine.is_none(value):
            yield Range(at, stop, "empty")
        elif result.reason != "untranslatable":
            yield Range(at, stop, "lost", reason=result.reason)
        else:
            yield Range(at, stop, "entry", value)

    def _of_table(self, at: int, end: int, where: int, value: int, steps: list[tuple[str, int, int, int]]) -> Iterator[Range]:
        """The rest of a lowest table, whose entries are read at once."""
        size = self.dump.page_size
        whole = self._span(len(steps) - 1, at) if len(steps) > 1 else size
        count = (min(end, (at & -whole) + whole) - at) // size
        try:
            data = self.dump.read_physical(where, 8 * count)
        except FaultError:
            data = b""
        order = self._byte_order(steps)
        entries = [value] if not data else words_of(self.dump, data).tolist()
        if data and order != self.dump.byteorder:
            entries = [int.from_bytes(data[place : place + 8], order) for place in range(0, len(data), 8)]  # type: ignore[arg-type]
        start, kind, first = at, "", 0
        of = self._machine
        for number, entry in enumerate(entries):
            now = "empty" if of.is_none(entry) else "mapped" if of.is_present(entry) else "entry"
            if now != kind or now == "entry":
                here = at + number * size
                if kind:
                    yield Range(start, here, kind, first)  # type: ignore[arg-type]
                start, kind, first = here, now, entry
        yield Range(start, at + len(entries) * size, kind, first)  # type: ignore[arg-type]

    def _byte_order(self, steps: list[tuple[str, int, int, int]]) -> str:
        """Of the entries, which is not that of memory on all machines: as the topmost entry, which is not empty, was understood."""
        if self._order is None:
            _, where, value, _ = steps[0]
            raw = self.dump.read_physical(where, 8)
            self._order = "little" if int.from_bytes(raw, "little") == value else "big"
        return self._order

    def _span(self, depth: int, at: int) -> int:
        """Bytes that an entry of the *depth*-th level maps, found out by how far it is the same entry."""
        known = self._spans.get(depth)
        if known is not None:
            return known
        where = self._entry_at(at, depth)
        span = size = self.dump.page_size
        while span < 1 << 62:
            low = at & -(2 * span)
            if self._entry_at(low, depth) != where or self._entry_at(low + 2 * span - size, depth) != where:
                break
            span *= 2
        self._spans[depth] = span
        return span

    def _entry_at(self, address: int, depth: int) -> int:
        steps = self.dump.walk(address, pgd=self.pgd)[0]
        return steps[depth - 1][1] if len(steps) >= depth else -1
