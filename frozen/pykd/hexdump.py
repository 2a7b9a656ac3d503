# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw memory as text: what ``rd`` and ``struct -r`` print."""

from __future__ import annotations

from collections.abc import Iterator

from _pykd import Dump, FaultError

WIDTH = 16
"""Bytes in a line"""


def printable(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def format_words(address: int, data: bytes, size: int = 8, *, text: bool = True, decimal: str = "", digits: int = 16) -> Iterator[str]:
    """Lines ``ADDRESS:  WORD WORD   ascii``.

    :param size: bytes of a word: 1, 2, 4 or 8.
    :param decimal: ``d`` signed, ``D`` unsigned; empty: hexadecimal.
    """
    width = {"": 2 * size, "d": {1: 4, 2: 6, 4: 11, 8: 20}[size], "D": {1: 3, 2: 5, 4: 10, 8: 20}[size]}[decimal]
    per_line = WIDTH // size
    full = per_line * (width + 1)
    for at in range(0, len(data), WIDTH):
        chunk = data[at : at + WIDTH]
        words = []
        for i in range(0, len(chunk), size):
            number = int.from_bytes(chunk[i : i + size], "little", signed=decimal == "d")
            words.append(f"{number:>{width}}" if decimal else f"{number:0{width}x}")
        line = f"{address + at:0{digits}x}:  " + " ".join(words) + " "
        if text:
            line = line.ljust(digits + 3 + full) + "  " + printable(chunk)
        yield line


def read(dump: Dump, address: int, size: int) -> tuple[bytes, FaultError | None]:
    """As much as can be read, and what ended it."""
    data = dump.read_upto(address, size)
    if len(data) == size:
        return data, None
    try:
        dump.read(address + len(data), 1)
    except FaultError as error:
        return data, error
    return data, None


def lines(dump: Dump, address: int, size: int) -> Iterator[str]:
    """Words of 8 bytes with their text; ends with a line that says why, where memory ends."""
    data, error = read(dump, address, size)
    yield from format_words(address, data)
    if error is not None:
        yield f"<{error.reason} {error.address:#x}>"
