# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of names that scripts/kallsyms.c of the kernel would make, in every layout that there was."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

Symbol = tuple[int, str, str]
"""Address, type's letter, name."""

ENCODINGS = ("percpu", "relative", "place", "absolute")
"""Negative beyond the base and absolute below it; from the base; from the entry's own place; whole addresses."""

# Codes that are no character of names stand for these, the rest for strings that occur nowhere.
_COMMON = ("sched_", "__func__.", "init", "T__", "t_", "_", "str", "read")


@dataclass
class Layout:
    encoding: str = "percpu"
    offsets_last: bool = True  # since 6.4
    seqs: bool = True  # numbers in the order of names, since 6.2


def _tokens() -> list[str]:
    common = iter(_COMMON)
    plain = {*range(ord("0"), ord("9") + 1), *range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1), ord("_"), ord(".")}
    return [chr(code) if code in plain else next(common, f"unused{code}") for code in range(256)]


_TOKENS = _tokens()
_CODES = {token: bytes((code,)) for code, token in enumerate(_TOKENS)}
_LONGEST = re.compile("|".join(re.escape(token) for token in sorted(_TOKENS, key=len, reverse=True)))


def _codes(text: str) -> bytes:
    found = _LONGEST.findall(text)
    if sum(map(len, found)) != len(text):
        raise ValueError(f"{text[1:]!r}: a name is made of letters, digits, _ and .")
    return b"".join(_CODES[token] for token in found)


class _Tables:
    def __init__(self, start: int, mark: str, align: int) -> None:
        self.start, self.mark, self.align = start, mark, align
        self.data = bytearray()
        self.places: dict[str, int] = {}

    def label(self, name: str) -> None:
        self.data += bytes(-len(self.data) % self.align)
        self.places[f"kallsyms_{name}"] = self.start + len(self.data)

    def pack(self, kinds: str, *values: int) -> None:
        self.data += struct.pack(self.mark + kinds, *values)


def make(symbols: list[Symbol], start: int, base: int, mark: str, layout: Layout) -> tuple[bytes, dict[str, int]]:
    """The tables of *symbols*, which are in the order of their addresses, at the address *start*; and where each begins.

    *base* is what offsets count from (_text); *mark* the byte order as module struct has it.
    """
    tables = _Tables(start, mark, 4 if layout.encoding == "place" else 8)
    if not layout.offsets_last:
        _offsets(tables, symbols, base, layout.encoding)
    _names(tables, symbols)
    if not layout.offsets_last and layout.seqs:
        _seqs(tables, symbols)
    tables.label("token_table")
    index = []
    at = 0
    for token in _TOKENS:
        index.append(at)
        tables.data += token.encode() + b"\0"
        at += len(token) + 1
    tables.label("token_index")
    tables.pack("256H", *index)
    if layout.offsets_last:
        _offsets(tables, symbols, base, layout.encoding)
        if layout.seqs:
            _seqs(tables, symbols)
    return bytes(tables.data), tables.places


def _offsets(tables: _Tables, symbols: list[Symbol], base: int, encoding: str) -> None:
    tables.label("addresses" if encoding == "absolute" else "offsets")
    for address, _, _ in symbols:
        match encoding:
            case "absolute":
                tables.pack("Q", address)
            case "place":
                tables.pack("i", address - (tables.start + len(tables.data)))
            case "percpu":
                tables.pack("i", base - 1 - address if address >> 63 else address)
            case _:
                tables.pack("I", address - base)
    if encoding in ("percpu", "relative"):
        tables.label("relative_base")
        tables.pack("Q", base)


def _names(tables: _Tables, symbols: list[Symbol]) -> None:
    tables.label("num_syms")
    tables.pack("I", len(symbols))
    tables.label("names")
    first = len(tables.data)
    markers = []
    for number, (_, letter, name) in enumerate(symbols):
        codes = _codes(letter + name)
        if number % 256 == 0:
            markers.append(len(tables.data) - first)
        # Two bytes of length since 6.1.
        tables.data += bytes((len(codes),)) if len(codes) < 0x80 else bytes((len(codes) & 0x7F | 0x80, len(codes) >> 7))
        tables.data += codes
    tables.label("markers")
    tables.pack(f"{len(markers)}I", *markers)


def _seqs(tables: _Tables, symbols: list[Symbol]) -> None:
    tables.label("seqs_of_names")
    for number in sorted(range(len(symbols)), key=lambda each: (symbols[each][2], each)):
        tables.data += number.to_bytes(3, "big")
