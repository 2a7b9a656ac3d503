# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw memory as text: what ``rd`` and ``struct -r`` print."""

from __future__ import annotations

from _pykd import Dump, FaultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    type Order = Literal["little", "big"]

WIDTH = 16
"""Bytes in a line"""


def printable(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


DECIMAL_WIDTHS = {("d", 1): 3, ("d", 2): 5, ("d", 4): 12, ("d", 8): 15, ("D", 1): 3, ("D", 2): 5, ("D", 4): 12, ("D", 8): 20}
"""crash's columns; of -d bytes and words of 16 bits are unsigned too"""


def format_words(
    address: int, data: bytes, byteorder: Order, size: int = 8, *, text: bool = True, decimal: str = "", place: str = "016x", swapped: bool = False
) -> Iterator[str]:
    """Lines ``ADDRESS:  WORD WORD   ascii``.

    :param byteorder: of the dump.
    :param size: bytes of a word: 1, 2, 4 or 8.
    :param decimal: ``d`` signed, ``D`` unsigned, both without text; empty: hexadecimal.
    :param place: format of the address.
    :param swapped: words are in network byte order, but those of 8 bytes.
    """
    width = DECIMAL_WIDTHS[decimal, size] if decimal else 2 * size
    full = WIDTH // size * (width + 1)
    if swapped and size in (2, 4):
        byteorder = "big"
    for at in range(0, len(data), WIDTH):
        chunk = data[at : at + WIDTH]
        words = []
        for i in range(0, len(chunk), size):
            number = int.from_bytes(chunk[i : i + size], byteorder, signed=decimal == "d" and size >= 4)
            words.append(f"{number:>{width}}" if decimal else f"{number:0{width}x}")
        line = " ".join(words) + " "
        if text and not decimal:
            line = line.ljust(full) + "  " + printable(chunk)
        yield f"{address + at:{place}}:  {line}"


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
    yield from format_words(address, data, dump.byteorder)
    if error is not None:
        yield f"<{error.reason} {error.address:#x}>"
