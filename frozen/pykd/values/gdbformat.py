# SPDX-License-Identifier: GPL-2.0-or-later
"""gdb's formats: the letters of ``p/x`` and ``x/4gx``, and the text of ``printf`` and ``echo``."""

from __future__ import annotations

import re

from _pykd import Dump, FaultError
from pykd.core.errors import CommandError
from pykd.values.cformat import Formatter, quoted
from pykd.values.expression import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LETTERS = "xduotcazsif"
SIZES = {"b": 1, "h": 2, "w": 4, "g": 8}
MAX_STRING = 200
"""Characters of a string that ``x/s`` shows, as gdb's ``print elements``"""
MAX_UNITS = 1 << 20
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\033", "\n": ""}
_CONVERSION = re.compile(r"%([-+ #0]*)(\d*)(?:\.(\d+))?(hh|h|ll|l|z|j|t)?([diouxXcsp%])")


class Format:
    """``/4gx``: *count* units of *size* bytes, each shown as *letter*; empty or 0 where the text does not say."""

    __slots__ = ("count", "letter", "size")

    def __init__(self, text: str) -> None:
        """:raises CommandError:"""
        match = re.fullmatch(rf"(\d*)([{LETTERS}bhwg]*)", text)
        if match is None:
            raise CommandError(f"invalid format: /{text}")
        self.count = int(match[1] or 1)
        self.letter, self.size = "", 0
        for c in match[2]:
            if c in SIZES:
                self.size = SIZES[c]
            else:
                self.letter = c
        if self.count > MAX_UNITS:
            raise CommandError(f"{self.count} units are more than can be shown")


def examine(dump: Dump, formatter: Formatter, address: int, format: Format) -> Iterator[str]:
    """Lines of ``x``: ``0xADDR <symbol+off>:``, and as many units as fit a line, behind tabs. :raises FaultError:"""
    if format.letter == "s":
        for _ in range(format.count):
            text = dump.read_string(address, MAX_STRING + 1)
            cut = "..." if len(text) > MAX_STRING else ""
            yield f"{_place(formatter, address)}:\t{quoted(text[:MAX_STRING])}{cut}"
            address += len(text[:MAX_STRING]) + (not cut)
        return
    size = format.size or (8 if format.letter == "a" else 1 if format.letter == "c" else 4)
    letter = {"": "x", "f": "d"}.get(format.letter, format.letter)
    shower = Formatter(formatter.dump, letter="z" if letter == "x" else letter)
    per_line = {"t": {1: 8, 2: 8, 4: 2, 8: 1}, "c": {1: 8}, "a": {8: 2}}.get(letter, {1: 8, 2: 8, 4: 4, 8: 2}).get(size, 1)
    for first in range(0, format.count, per_line):
        count = min(per_line, format.count - first)
        start = address + first * size
        data = dump.read_upto(start, count * size)
        cells = [shower.lettered(int.from_bytes(data[i : i + size], dump.byteorder), 8 * size) for i in range(0, len(data) - size + 1, size)]
        if letter == "t":
            cells = [cell.zfill(8 * size) for cell in cells]
        if cells:
            yield f"{_place(formatter, start)}:" + "".join("\t" + cell for cell in cells)
        if len(cells) < count:
            try:
                dump.read(start + len(cells) * size, size)
            except FaultError as error:
                raise CommandError(f"Cannot access memory at address {start + len(cells) * size:#x} ({error.reason})") from error


def _place(formatter: Formatter, address: int) -> str:
    return formatter.pointer(address)


def unescape(text: str) -> str:
    """``\\n`` and the like, octal codes too."""
    return re.sub(r"\\([0-7]{1,3}|.|\n)", lambda match: chr(int(match[1], 8)) if match[1][0] in "01234567" else _ESCAPES.get(match[1], match[1]), text)


def split_arguments(text: str) -> list[str]:
    """At the commas outside quotes and parentheses."""
    found, depth, quote, start = [], 0, "", 0
    for i, c in enumerate(text):
        if quote:
            if c == quote and text[i - 1] != "\\":
                quote = ""
        elif c in "\"'":
            quote = c
        elif c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        elif c == "," and not depth:
            found.append(text[start:i].strip())
            start = i + 1
    return [*found, text[start:].strip()]


def printf(dump: Dump, format: str, values: list[Value]) -> str:
    """C's printf() of integers, characters, strings and pointers. :raises CommandError, FaultError:"""
    rest = list(values)

    def convert(match: re.Match[str]) -> str:
        flags, width, precision, length, letter = match.groups()
        if letter == "%":
            return "%"
        if not rest:
            raise CommandError("Bad format string, missing argument")
        value = rest.pop(0)
        if letter == "s":
            return f"%{flags}{width}{'.' + precision if precision else ''}s" % _string(dump, value)
        number = value.integer()
        if letter == "c":
            return f"%{flags}{width}s" % chr(number & 0xFF)
        if letter == "p":
            return f"%{flags}{width}s" % (f"{number & (1 << 64) - 1:#x}" if number else "(nil)")
        bits = {"hh": 8, "h": 16, None: 32}.get(length, 64)
        number &= (1 << bits) - 1
        if letter in "di" and number >> (bits - 1):
            number -= 1 << bits
        if letter == "o" and "#" in flags:
            flags, number_text = flags.replace("#", ""), f"0{number:o}"
            return f"%{flags}{width}s" % number_text
        return f"%{flags}{width}{'.' + precision if precision else ''}{'d' if letter in 'diu' else letter}" % number

    text = _CONVERSION.sub(convert, unescape(format))
    if rest:
        raise CommandError("Wrong number of arguments for specified format-string")
    return text


def _string(dump: Dump, value: Value) -> str:
    if value.data is not None:
        return value.data.rstrip(b"\0").decode("utf-8", "replace")
    kind = value.type.strip()
    if kind.kind == "array" and kind.length:
        return dump.read(value.integer(), kind.length).partition(b"\0")[0].decode("utf-8", "replace")
    return dump.read_string(value.integer() & (1 << 64) - 1).decode("utf-8", "replace")
