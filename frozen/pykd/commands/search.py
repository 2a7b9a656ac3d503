# SPDX-License-Identifier: GPL-2.0-or-later
"""``search``: values and text in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from _pykd import Dump
from pykd.command import Command, CommandError, Option, Row, UsageError
from pykd.expression import address as to_address
from pykd.session import Session

CHUNK = 1 << 20
CONTEXT = 64
"""Characters of text shown"""


def _ranges(session: Session, options: Any) -> Iterator[tuple[int, int]]:
    """Of kernel virtual memory to search, or of physical memory."""
    dump = session.dump
    if options.s or options.e or options.l:
        start = to_address(dump, options.s) if options.s else 0
        end = to_address(dump, options.e) if options.e else 0
        if options.l:
            end = start + int(options.l, 0)
        yield start, end or (dump.max_pfn * dump.page_size if options.p else 1 << 64)
        return
    if options.p:
        yield 0, dump.max_pfn * dump.page_size
        return
    layout = dump.layout
    direct = (layout["page_offset"], layout["page_offset_end"])
    if not options.V:
        yield direct
    if not options.K:
        for start, end, _, _ in dump.ranges(direct[1], (1 << 64) - 4096):
            yield start, end


def _chunks(dump: Dump, start: int, end: int, physical: bool) -> Iterator[tuple[int, bytes]]:
    """What can be read of [start, end), a run of present pages at a time."""
    page = dump.page_size
    read: Callable[[int, int], bytes] = dump.read_physical if physical else lambda at, size: dump.read(at, size, pgd=0)
    layout = dump.layout
    run = bytearray()
    run_start = start
    at = start
    while at < end:
        size = min(page - at % page, end - at)
        present = True
        if physical or layout["page_offset"] <= at < layout["page_offset_end"]:
            pfn = (at if physical else at - layout["page_offset"]) // page
            present = dump.page_status(pfn) == "present"
        data = b""
        if present:
            try:
                data = read(at, size)
            except Exception:
                data = b""
        if not data and run:
            yield run_start, bytes(run)
            run.clear()
        if data:
            if not run:
                run_start = at
            run += data
            if len(run) >= CHUNK:
                yield run_start, bytes(run)
                # what follows may begin in the last bytes of this run
                run_start, run = at + size - 256, run[-256:]
        at += size
    if run:
        yield run_start, bytes(run)


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a value is missing")
    matchers = [_text_pattern(word) for word in options.arguments] if options.c else [_number_pattern(session, word, options) for word in options.arguments]
    size = 1 if options.c else 4 if options.w else 2 if options.h else 8
    limit = int(options.x, 0) if options.x else 0
    seen: set[int] = set()
    for start, end in _ranges(session, options):
        for base, data in _chunks(session.dump, start, end, bool(options.p)):
            for matcher in matchers:
                for offset in matcher(data, base % size and size - base % size):
                    if base + offset in seen:
                        continue
                    seen.add(base + offset)
                    yield _found(base + offset, data, offset, size, options)
                    if limit and len(seen) >= limit:
                        return


def _found(address: int, data: bytes, offset: int, size: int, options: Any) -> Row:
    if options.c:
        shown = data[offset : offset + CONTEXT]
        return {"address": address, "text": "".join(chr(c) if 32 <= c < 127 else "." for c in shown)}
    return {"address": address, "value": int.from_bytes(data[offset : offset + size], "little"), "size": size}


def _text_pattern(word: str) -> Callable[[bytes, int], Iterator[int]]:
    pattern = re.compile(re.escape(word.encode()))
    return lambda data, skew: (match.start() for match in pattern.finditer(data))


def _number_pattern(session: Session, word: str, options: Any) -> Callable[[bytes, int], Iterator[int]]:
    """Aligned words equal to the value in the bits that the mask leaves."""
    value = to_address(session.dump, word)
    size = 4 if options.w else 2 if options.h else 8
    if value >> 8 * size:
        raise CommandError(f"{word} has more than {size * 8} bits")
    if options.m:
        mask = int(options.m, 16)
        keep = ~mask & ((1 << 8 * size) - 1)
        wanted = value & keep

        def masked(data: bytes, skew: int) -> Iterator[int]:
            for offset in range(skew, len(data) - size + 1, size):
                if int.from_bytes(data[offset : offset + size], "little") & keep == wanted:
                    yield offset

        return masked
    needle = value.to_bytes(size, "little")

    def plain(data: bytes, skew: int) -> Iterator[int]:
        offset = data.find(needle)
        while offset >= 0:
            if (offset - skew) % size == 0:
                yield offset
            offset = data.find(needle, offset + 1)

    return plain


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "text" in row:
            yield f"{row['address']:x}: {row['text']}"
        else:
            yield f"{row['address']:x}: {row['value']:0{2 * row['size']}x}" if row["size"] < 8 else f"{row['address']:x}: {row['value']:x}"


COMMAND = Command(
    name="search",
    summary="search memory",
    topic="memory",
    options=(
        Option("-k", help="kernel memory (default)"),
        Option("-K", help="kernel memory of the direct map only"),
        Option("-V", help="kernel memory outside the direct map only"),
        Option("-p", help="physical memory"),
        Option("-s", "START", help="address to begin at"),
        Option("-e", "END", help="address to end at"),
        Option("-l", "LENGTH", help="bytes to search"),
        Option("-m", "MASK", help="bits that need not be equal"),
        Option("-x", "COUNT", help="end after so many"),
        Option("-c", help="text"),
        Option("-w", help="words of 32 bits"),
        Option("-h", help="words of 16 bits"),
    ),
    arguments="VALUE|(EXPRESSION)|SYMBOL|TEXT…",
    fields={"address": "where", "value": "the word", "text": "what begins there", "size": "bytes of the word"},
    examples=(("search -k deadbeefdeadbeef", ""), ("search -c 'Kernel panic'", "")),
    rows=rows,
    text=text,
)
