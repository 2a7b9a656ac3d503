# SPDX-License-Identifier: GPL-2.0-or-later
"""``search``: values and text in memory."""

from __future__ import annotations

from _pykd import Dump, FaultError
from pykd.core import progress
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.task.table import Thread
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values import hexdump
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

STEP = 1 << 26
"""Bytes searched between two looks at the keyboard"""
CHARACTERS = 56
"""Of the text that is found, what is shown"""
OVERLAP = 4096
"""Bytes behind a step that text which begins in it may go on to"""
MAPPED_TIMES, MAPPED_MORE = 2, 1 << 30
"""Of memory outside the direct map so many times that of the machine is searched, and so many bytes of devices"""

Range = tuple[int, int]


class _Space:
    """What is searched: ranges of addresses, and how they are read."""

    def __init__(self, ranges: list[Range], *, physical: bool = False, pgd: int | None = None) -> None:
        self.ranges = ranges
        self.physical = physical
        self.pgd = pgd
        self.bar: progress.Bar | None = None
        self.offset = 0
        """What turns an address in the range under way into the number of bytes searched."""

    def reached(self, address: int) -> None:
        """The search has come to *address*: let the user see."""
        if self.bar is not None:
            self.bar.at(address + self.offset)

    def within(self, start: int | None, end: int | None) -> None:
        """Leave of the ranges what is in [start, end)."""
        low, high = start or 0, end if end is not None else 1 << 64
        self.ranges = [(max(first, low), min(last, high)) for first, last in self.ranges if first < high and last > low]


def _kernel_ranges(dump: Dump, options: Any) -> list[Range]:
    """The direct map, and what else the kernel's page tables map; the kernel's image goes with the direct map."""
    layout = dump.layout
    start = layout["page_offset"]
    direct = (start, min(layout["page_offset_end"] or 1 << 64, start + dump.max_pfn * dump.page_size))
    image = (dump.address_of("_text", default=0), dump.address_of("_end", default=0))
    plain, mapped = [direct], []
    for start, end, _, _ in dump.ranges(0 if dump.is_kernel(dump.page_size) else 1 << 63, (1 << 64) - dump.page_size):
        for first, last in _without((start, end), direct):
            if image[0] <= first and last <= image[1] + (1 << 21):
                plain.append((first, last))
            else:
                mapped.append((first, last))
    return _bounded(dump, sorted(([] if options.V else plain) + ([] if options.K else mapped)), direct)


def _bounded(dump: Dump, ranges: list[Range], direct: Range) -> list[Range]:
    """Damaged page tables may map the same memory over and over: no more is searched than a few times what there is."""
    left = MAPPED_TIMES * dump.max_pfn * dump.page_size + MAPPED_MORE
    found = []
    for start, end in ranges:
        if direct[0] <= start < direct[1]:
            found.append((start, end))
            continue
        size = min(end - start, left)
        left -= size
        if size:
            found.append((start, start + size))
    return found


def _without(one: Range, other: Range) -> list[Range]:
    parts = [(one[0], min(one[1], other[0])), (max(one[0], other[1]), one[1])]
    return [(start, end) for start, end in parts if start < end]


def _user_space(session: Session) -> _Space:
    from pykd.kernel.mm.areas import area_row, areas

    dump = session.dump
    pgd = context.user_pgd(session)
    task: Any = dump.object("struct task_struct", session.task)
    found = (area_row(dump, address) for address in areas(dump, int(task.mm)))
    return _Space([(area["start"], area["end"]) for area in found if area["end"]], pgd=pgd)


def _length(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise CommandError(f"not a valid number: {text}") from None


def _space(session: Session, options: Any) -> _Space:
    dump = session.dump
    start = to_address(dump, options.s) if options.s else None
    end = to_address(dump, options.e) if options.e else None
    if options.p:
        space = _Space([(0, dump.max_pfn * dump.page_size)], physical=True)
    elif options.u:
        space = _user_space(session)
    else:
        if start is not None and not dump.is_kernel(start):
            raise UsageError(f"invalid kernel virtual address: {start:x}")
        space = _Space(_kernel_ranges(dump, options))
    if options.l:
        if start is None:
            start = space.ranges[0][0] if space.ranges else 0
        end = start + _length(options.l)
    if start is not None and end is not None and end <= start:
        raise UsageError(f"invalid ending address: {end:x}")
    space.within(start, end)
    return space


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a value is missing")
    if sum(map(bool, (options.k or options.K or options.V, options.u, options.p, options.t, options.T))) > 1 or (options.K and options.V):
        raise UsageError("only one of -k -K -V -u -p -t -T can be given")
    if options.c and (options.x or options.w or options.h or options.m):
        raise UsageError("-x, -w, -h and -m do not go with -c")
    finder = _Text(options) if options.c else _Words(session, options)
    if options.t or options.T:
        return _stacks(session, finder, bool(options.T))
    return _found(session.dump, finder, _space(session, options))


def _found(dump: Dump, finder: _Text | _Words, space: _Space) -> Iterator[Row]:
    space.bar = progress.begin("search", sum(end - start for start, end in space.ranges))
    done = 0
    try:
        for start, end in space.ranges:
            space.offset = done - start
            done += end - start
            yield from finder.find(dump, start, end, space)
    finally:
        progress.end(space.bar)


def _stacks(session: Session, finder: _Text | _Words, active: bool) -> Iterator[Row]:
    """Matches in the kernel stacks of the tasks, each with its task."""
    dump = session.dump
    size = dump.type("union thread_union").size if dump.find_type("union", "thread_union") else 4 * dump.page_size
    threads: list[Thread] = [thread for thread in context.table(session) if thread.active or not active]
    stacks = dump.read_columns([thread.address for thread in threads], "struct task_struct", ("stack",))
    for thread, (stack,) in zip(threads, stacks, strict=True):
        if isinstance(stack, FaultError):
            yield context.identity(thread) | {"error": fault(stack)}
        elif stack:
            space = _Space([(stack, stack + size)])
            yield from (row | context.identity(thread) for row in _found(dump, finder, space))


class _Words:
    """Aligned words equal to one of the values, but for the bits of the mask."""

    def __init__(self, session: Session, options: Any) -> None:
        self.size = 4 if options.w else 2 if options.h else 8
        self.around = _count(options.x) if options.x else 0
        keep = ~_length(options.m) & ((1 << 8 * self.size) - 1) if options.m else (1 << 8 * self.size) - 1
        self.patterns, self.names = [], []
        for word in options.arguments:
            try:
                value, name = int(word, 16), ""
            except ValueError:
                value, name = _value(session, word), word if word.startswith("(") else f"({word})"
            if value >> 8 * self.size or value < 0:
                raise CommandError(f"{word}: does not fit in {8 * self.size} bits")
            self.patterns.append((value, keep))
            self.names.append(name)

    def find(self, dump: Dump, start: int, end: int, space: _Space) -> Iterator[Row]:
        at = start
        while at < end:
            space.reached(at)
            found, at = dump.find_words(at, min(end, at + STEP), self.patterns, self.size, physical=space.physical, pgd=space.pgd)
            for address, pattern, word in found:
                row: Row = {"address": address, "value": word, "size": self.size}
                if self.names[pattern]:
                    row["name"] = self.names[pattern]
                if self.around:
                    row["before"], row["after"] = self._context(dump, address, space)
                yield row

    def _context(self, dump: Dump, address: int, space: _Space) -> tuple[str, str]:
        length = self.around * self.size
        before, after = max(address - length, 0), address + self.size
        runs = dump.readable(before, min(after + length, 1 << 64), physical=space.physical, pgd=space.pgd)
        data = dict(runs)
        whole = next((bytes for at, bytes in data.items() if at <= address < at + len(bytes)), b"")
        start = next((at for at, bytes in data.items() if at <= address < at + len(bytes)), address)
        return whole[: address - start].hex(), whole[after - start :].hex()


def _value(session: Session, word: str) -> int:
    try:
        return to_address(session.dump, word)
    except CommandError:
        raise CommandError(f'invalid input: "{word}"') from None


def _count(text: str) -> int:
    try:
        count = int(text, 0)
    except ValueError:
        count = -1
    if not 0 < count <= 1 << 16:
        raise CommandError(f"not a valid number: {text}")
    return count


class _Text:
    """Strings, wherever they begin."""

    def __init__(self, options: Any) -> None:
        self.texts = [word.encode("utf-8", "surrogateescape") for word in options.arguments]
        if not all(self.texts):
            raise UsageError("an empty text is everywhere")

    def find(self, dump: Dump, start: int, end: int, space: _Space) -> Iterator[Row]:
        where: Any = {"physical": space.physical, "pgd": space.pgd}
        at = start
        while at < end:
            space.reached(at)
            # what begins before the step's end may go on behind it
            stop = min(end, at + STEP)
            try:
                found, at = dump.find_texts(at, stop, self.texts, beyond=min(end - stop, OVERLAP), **where)
            except ValueError as error:
                raise CommandError(str(error)) from None
            for address, _ in found:
                _, shown = dump.readable(address, min(end, address + CHARACTERS), **where)[0]
                yield {"address": address, "text": hexdump.printable(shown)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    task, first = None, True
    for row in rows:
        if "task" in row and row["task"] != task:
            if task is not None:
                yield ""
            task = row["task"]
            yield context.header(row)
        if "error" in row:
            yield mark(row)
        elif "text" in row:
            yield f"{row['address']:x}: {row['text']}"
        elif "before" in row:
            if not first:
                yield ""
            yield from _with_context(row, session.dump.byteorder)
        else:
            digits = 2 * row["size"] if row["size"] < 8 else 1
            yield f"{row['address']:x}: {row['value']:0{digits}x} {row.get('name', '')}"
        first = False
    if task is not None:
        yield ""


def _with_context(row: Row, byteorder: hexdump.Order) -> Iterator[str]:
    size = row["size"]
    before, after = bytes.fromhex(row["before"]), bytes.fromhex(row["after"])
    yield from hexdump.format_words(row["address"] - len(before), before, byteorder, size)
    yield f"{row['address']:016x}:  {row['value']:0{2 * size}x} {row.get('name', '')}"
    yield from hexdump.format_words(row["address"] + size, after, byteorder, size)


COMMAND = Command(
    name="search",
    summary="search memory",
    topic="memory",
    options=(
        Option("-k", help="kernel memory (default)"),
        Option("-K", help="of it the direct map of physical memory and the kernel's image only"),
        Option("-V", help="of it what else is mapped only: vmalloc, modules, the memory map"),
        Option("-u", help="the user space of the current context"),
        Option("-p", help="physical memory"),
        Option("-t", help="the kernel stacks of all tasks"),
        Option("-T", help="the kernel stacks of the tasks that were running"),
        Option("-s", "START", help="address to begin at"),
        Option("-e", "END", help="address to end at (exclusive)"),
        Option("-l", "LENGTH", help="bytes to search, hexadecimal"),
        Option("-m", "MASK", help="bits that need not be equal"),
        Option("-x", "COUNT", help="show so many words before and behind each"),
        Option("-c", help="text"),
        Option("-w", help="words of 32 bits"),
        Option("-h", help="words of 16 bits"),
    ),
    arguments="VALUE|(EXPRESSION)|SYMBOL|TEXT…",
    description="Values are aligned words. Pages that are not in the dump are passed over.",
    fields={
        "address": "where", "value": "the word", "text": "what begins there", "size": "bytes of the word", "name": "symbol or expression that was asked for",
        "before": "hexadecimal, with -x", "after": "likewise", "pid": "with -t and -T", "task": "likewise", "cpu": "likewise", "comm": "likewise",
    },
    examples=(("search -k deadbeefdeadbeef", ""), ('search -c "Kernel panic"', ""), ("search -t init_task", "who has its address on the stack")),
    may_be_empty=True,
    rows=rows,
    text=text,
)
