# SPDX-License-Identifier: GPL-2.0-or-later
"""``rd``: raw memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, FaultError
from pykd import context, hexdump
from pykd.command import Command, CommandError, Option, Row, UsageError
from pykd.expression import address as to_address
from pykd.session import Session

TEXT_LINE = 60
"""Characters of a line of ``rd -a``"""


def _word_size(options: Any) -> int:
    for flag, size in (("8", 1), ("16", 2), ("32", 4), ("64", 8)):
        if getattr(options, flag):
            return size
    return 4 if options.N else 8


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("an address is missing")
    dump = session.dump
    start = to_address(dump, options.arguments[0]) + (int(options.o, 0) if options.o else 0)
    size = _word_size(options)
    try:
        count = int(options.arguments[1], 0) if len(options.arguments) > 1 else 1
    except ValueError:
        raise CommandError(f"invalid count: {options.arguments[1]}") from None
    if options.e:
        end = to_address(dump, options.e)
        if end <= start:
            raise CommandError("the ending address is not above the starting one")
        length = end - start
    elif options.a:
        length = count if len(options.arguments) > 1 else _text_length(session, start, options)
    else:
        length = abs(count) * size
    if count < 0 and not options.e:
        start -= length - size  # memory up to the address
    if length > 1 << 30:
        raise CommandError(f"{length} bytes are more than can be shown")
    data, error = _read(session, start, length, options)
    if error is not None and not data:
        raise error
    row: Row = {"address": start, "size": length, "word": size, "data": data.hex()}
    if error is not None:
        row["error"] = str(error)
    yield row


def _read(session: Session, start: int, length: int, options: Any) -> tuple[bytes, FaultError | None]:
    dump = session.dump
    if options.p:
        try:
            return dump.read_physical(start, length), None
        except FaultError as error:
            return b"", error
    if options.u:
        pgd = context.user_pgd(session)
        data = dump.read_upto(start, length, pgd=pgd)
        if len(data) < length:
            try:
                dump.read(start + len(data), 1, pgd=pgd)
            except FaultError as error:
                return data, error
        return data, None
    return hexdump.read(dump, start, length)


def _text_length(session: Session, start: int, options: Any) -> int:
    """Of the printable text at an address."""
    length = 0
    while length < 1 << 20:
        data, _ = _read(session, start + length, 4096, options)
        for i, byte in enumerate(data):
            if not (32 <= byte < 127 or byte in (9, 10)):
                return length + i
        length += len(data)
        if len(data) < 4096:
            break
    return max(length, 1)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        data = bytes.fromhex(row["data"])
        if options.r:
            with open(options.r, "wb") as file:
                file.write(data)
            yield f"{len(data)} bytes copied from {row['address']:#x} to {options.r}"
        elif options.a:
            yield from _text_lines(row["address"], data)
        elif options.s or options.S:
            yield from _symbol_lines(session.dump, row["address"], data)
        else:
            decimal = "d" if options.d else "D" if options.D else ""
            if options.N:
                swapped = [data[i : i + row["word"]][::-1] for i in range(0, len(data), row["word"])]
                data = b"".join(swapped)
            yield from hexdump.format_words(row["address"], data, row["word"], decimal=decimal)
        if "error" in row:
            yield f"rd: {row['error']}"


def _text_lines(address: int, data: bytes) -> Iterator[str]:
    """Printable text, a new line of output at least every 60 characters and at each line end."""
    at = 0
    while at < len(data):
        chunk = data[at : at + TEXT_LINE]
        newline = chunk.find(b"\n")
        end = newline + 1 if newline >= 0 else len(chunk)
        yield f"{address + at:016x}:  {hexdump.printable(chunk[:end].rstrip(b'\n'))}"
        at += end


def _symbol_lines(dump: Dump, address: int, data: bytes) -> Iterator[str]:
    """Two words a line, by name where they are addresses of the kernel's symbols."""
    for at in range(0, len(data), hexdump.WIDTH):
        cells = []
        for i in range(at, min(at + hexdump.WIDTH, len(data) - 7), 8):
            word = int.from_bytes(data[i : i + 8], "little")
            symbol = dump.symbol_at(word) if word >> 63 else None
            if symbol is None:
                cells.append(f"{word:016x}")
            else:
                offset = word - symbol.address
                cells.append(f"{symbol.name + (f'+{offset}' if offset else ''):<16}")
        yield f"{address + at:016x}:  " + " ".join(cells) + " "


COMMAND = Command(
    name="rd",
    summary="read memory",
    topic="memory",
    options=(
        Option("-a", help="as text"),
        Option("-d", help="signed decimal"),
        Option("-D", help="unsigned decimal"),
        Option("-s", help="addresses of symbols by name"),
        Option("-S", help="as -s"),
        Option("-u", help="ADDRESS is in the user space of the current context"),
        Option("-p", help="ADDRESS is physical"),
        Option("-x", help="accepted for crash's sake"),
        Option("-m", help="accepted for crash's sake"),
        Option("-f", help="accepted for crash's sake"),
        Option("-N", help="network byte order"),
        Option("-R", help="accepted for crash's sake"),
        Option("-8", help="words of 8 bits"),
        Option("-16", help="words of 16 bits"),
        Option("-32", help="words of 32 bits"),
        Option("-64", help="words of 64 bits (default)"),
        Option("-o", "OFFSET", help="begin that many bytes further on"),
        Option("-e", "ADDRESS", help="end (exclusive)"),
        Option("-r", "FILE", help="write the bytes to a file"),
    ),
    arguments="ADDRESS|SYMBOL [COUNT]",
    description="A negative COUNT shows the memory up to the address.",
    fields={"address": "first byte", "size": "bytes asked for", "word": "bytes of a word", "data": "hexadecimal"},
    examples=(("rd -a linux_banner", "text"), ("rd -s init_task 8", "words, by name where they are symbols")),
    rows=rows,
    text=text,
)
