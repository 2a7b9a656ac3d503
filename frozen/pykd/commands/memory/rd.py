# SPDX-License-Identifier: GPL-2.0-or-later
"""``rd``: raw memory."""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.core import output
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values import hexdump
from pykd.values.address import address as to_address
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from _pykd import Dump

TEXT_LINE = 60
"""Characters of a line of ``rd -a``"""
CHUNK = 1 << 16
"""Bytes of a row"""


def _word_size(options: Any) -> int:
    for flag, size in (("8", 1), ("16", 2), ("32", 4), ("64", 8)):
        if getattr(options, flag):
            return size
    return 8


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise CommandError(f"not a valid number: {text}") from None


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("an address is missing")
    if options.m:
        raise CommandError("-m option only applies to xen architecture")
    size = _word_size(options)
    if (options.s or options.S) and size != 8:
        raise UsageError(f"-{'s' if options.s else 'S'} option is only allowed with 64-bit display")
    start = to_address(session.dump, options.arguments[0])
    options.user = options.u or not (session.dump.is_kernel(start) or options.p or options.f)
    start += _number(options.o) if options.o else 0
    count = _number(options.arguments[1]) if len(options.arguments) > 1 else 1
    if options.e:
        end = to_address(session.dump, options.e)
        if end <= start:
            raise CommandError(f"invalid ending address: {options.e}")
        length = end - start
    elif options.a and len(options.arguments) == 1:
        length = 0
    else:
        length = abs(count) * (1 if options.a or options.r else size)
    if (count < 0 or options.R) and not options.e:
        start -= length - size  # memory up to the address
    found = _pieces(_reader(session, options), start, length, size, options)
    return map(_Names(session, options.S).add, found) if options.s or options.S else found


def _pieces(read: Callable[[int, int], bytes], start: int, length: int, size: int, options: Any) -> Iterator[Row]:
    """Rows of up to CHUNK bytes, until the end or the first that cannot be read; without a length, of the text that is there."""
    at, end = start, start + length if length else start + (1 << 20)
    while at < end:
        wanted = min(CHUNK, end - at)
        data = read(at, wanted)
        stop = None if length else next((i for i, byte in enumerate(data) if not _is_text(byte)), None)
        row: Row = {"address": at, "size": wanted, "word": size, "data": (data if stop is None else data[:stop]).hex()}
        if stop is not None or len(data) == wanted:
            yield row
            if stop is not None:
                return
            at += wanted
            continue
        error, problem = _problem(read, at + len(data), options)
        if not data and at == start:
            raise CommandError(problem) from (error if isinstance(error, Error) else None)
        yield row | {"error": fault(error, problem, partial=True)}
        return


def _reader(session: Session, options: Any) -> Callable[[int, int], bytes]:
    dump = session.dump
    if options.f:
        from pykd.session import dumpfile

        return dumpfile.memory(dump).read_upto  # type: ignore[no-any-return]
    if options.user:
        return context.memory(session, True).read_upto
    if not options.p:
        return dump.read_upto

    def physical(start: int, length: int) -> bytes:
        parts = []
        while length:
            step = min(length, dump.page_size - start % dump.page_size)
            try:
                parts.append(dump.read_physical(start, step))
            except FaultError as error:
                physical.error = error  # type: ignore[attr-defined]
                break
            start, length = start + step, length - step
        return b"".join(parts)

    return physical


def _problem(read: Callable[[int, int], bytes], address: int, options: Any) -> tuple[FaultError | None, str]:
    """Why there is no byte at *address*: the error, and what crash says."""
    if options.f:
        return None, f"the file ends before offset {address:x}"
    found: FaultError | None = getattr(read, "error", None)
    dump = getattr(read, "__self__", None)
    try:
        if dump is not None:
            dump.read(address, 1)
    except FaultError as error:
        found = error
    reason = "" if found is None else found.reason
    kind, name = ("physical", "PHYSADDR") if options.p else ("user virtual", "UVADDR") if options.user else ("kernel virtual", "KVADDR")
    said = {"excluded": f"page excluded: {kind} address", "untranslatable": f"invalid {kind} address", "absent": f"seek error: {kind} address"}
    what = "ascii" if options.a else f"{8 * _word_size(options)}-bit {name}"
    return found, f'{said.get(reason, f"{reason}: {kind} address")}: {address:x}  type: "{what}"'


def _is_text(byte: int) -> bool:
    return 32 <= byte < 127 or byte in (9, 10)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.r:
        yield from _to_file(rows, options.r)
        return
    place = ">16x" if options.p or options.f or options.user else "016x"
    for row in rows:
        data = bytes.fromhex(row["data"])
        if options.a:
            yield from _text_lines(row["address"], data, place)
        elif "names" in row:
            yield from _name_lines(session.dump, row, data, place, options.S)
        else:
            decimal = "d" if options.d else "D" if options.D else ""
            yield from hexdump.format_words(
                row["address"], data, session.dump.byteorder, row["word"], decimal=decimal, text=not options.x, place=place, swapped=bool(options.N)
            )
        if "error" in row:
            yield f"rd: {row['error']['message']}"


def _to_file(rows: Iterable[Row], path: str) -> Iterator[str]:
    length, start, problem = 0, None, None
    with open(output.opened(path), "wb") as file:
        for row in rows:
            start = row["address"] if start is None else start
            length += file.write(bytes.fromhex(row["data"]))
            problem = row["error"]["message"] if "error" in row else problem
    yield f"{length} bytes copied from {start or 0:#x} to {path}"
    if problem:
        yield f"rd: {problem}"


def _text_lines(address: int, data: bytes, place: str) -> Iterator[str]:
    """Runs of printable text, a new line of output at least every 60 characters and at each line end."""
    at = 0
    while at < len(data):
        if not _is_text(data[at]):
            at += 1
            continue
        end = at
        while end < min(len(data), at + TEXT_LINE) and _is_text(data[end]) and data[end] != 10:
            end += 1
        yield f"{address + at:{place}}:  {hexdump.printable(data[at:end])}"
        at = end + (end < len(data) and data[end] == 10)


class _Names:
    """What the words of a row are the addresses of: symbols or, with *slabs*, objects in slab caches."""

    def __init__(self, session: Session, slabs: int) -> None:
        self.dump = session.dump
        self.caches = None
        if slabs:
            from pykd.kernel.mm.slabname import SlabNames

            self.caches = SlabNames(session.dump)

    def add(self, row: Row) -> Row:
        data = bytes.fromhex(row["data"])
        return row | {"names": [self._name(word) for word in words_of(self.dump, data[: len(data) // 8 * 8])]}

    def _name(self, word: int) -> Row | None:
        symbol = self.dump.symbol_at(word) if self.dump.is_kernel(word) else None
        if symbol is not None:
            return {"symbol": symbol.name, "offset": word - symbol.address}
        cache = self.caches.cache_of(word) if self.caches is not None else None
        return None if cache is None else {"cache": str(cache)}


def _name_lines(dump: Dump, row: Row, data: bytes, place: str, slabs: int) -> Iterator[str]:
    """Two words a line, by name where they have one.

    :param slabs: 1: ``[CACHE]``; more: ``[ADDRESS:CACHE]``.
    """
    for at in range(0, len(data), hexdump.WIDTH):
        words = words_of(dump, data[at : at + hexdump.WIDTH][: (len(data) - at) // 8 * 8])
        cells = map(_cell, words, row["names"][at // 8 : at // 8 + 2], (slabs, slabs))
        yield f"{row['address'] + at:{place}}:  " + " ".join(cells) + " "


def _cell(word: int, name: Row | None, slabs: int) -> str:
    if name is None:
        return f"{word:016x}"
    if "symbol" in name:
        return f"{name['symbol'] + (f'+{name["offset"]}' if name['offset'] else ''):<16}"
    return f"{f'[{name["cache"]}]' if slabs == 1 else f'[{word:x}:{name["cache"]}]':<16}"


COMMAND = Command(
    name="rd",
    summary="read memory",
    topic="memory",
    options=(
        Option("-a", help="as text"),
        Option("-d", help="signed decimal (bytes and 16 bits: unsigned)"),
        Option("-D", help="unsigned decimal"),
        Option("-s", help="addresses of symbols by name"),
        Option("-S", help="as -s, and objects of slab caches as [CACHE]; -SS: as [ADDRESS:CACHE]"),
        Option("-u", help="ADDRESS is in the user space of the current context"),
        Option("-p", help="ADDRESS is physical"),
        Option("-x", help="without the text"),
        Option("-m", help="refused: of Xen's machine addresses"),
        Option("-f", help="ADDRESS is an offset in the dump's file"),
        Option("-N", help="words of 16 and 32 bits in network byte order"),
        Option("-R", help="the memory up to ADDRESS"),
        Option("-8", help="words of 8 bits"),
        Option("-16", help="words of 16 bits"),
        Option("-32", help="words of 32 bits"),
        Option("-64", help="words of 64 bits (default)"),
        Option("-o", "OFFSET", help="begin that many bytes further on"),
        Option("-e", "ADDRESS", help="end (exclusive)"),
        Option("-r", "FILE", help="write the bytes to a file"),
    ),
    arguments="ADDRESS|SYMBOL [COUNT]",
    description="A negative COUNT shows the memory up to the address. An address below the kernel's is one of the current context's user space. With -r and -a COUNT is of bytes.",
    fields={
        "address": "first byte", "size": "bytes asked for", "word": "bytes of a word", "data": "hexadecimal",
        "names": "-s, -S, by word: symbol and offset, or cache; null of others",
    },
    examples=(("rd -a linux_banner", "text"), ("rd -s init_task 8", "words, by name where they are symbols")),
    writes=("-r",),
    rows=rows,
    text=text,
)
