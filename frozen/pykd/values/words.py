# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes of a dump as numbers. ``dump.byteorder`` goes into ``int.from_bytes``; here is what an int alone does not say."""

from __future__ import annotations

import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from _pykd import Dump

    type Code = Literal["b", "B", "h", "H", "i", "I", "q", "Q"]


def words_of(dump: Dump, data: bytes | bytearray | memoryview, code: Code = "Q") -> memoryview[int]:
    """*data* as an array of numbers; bytes of the machine's own order are not copied.

    :param code: of one number, as ``memoryview.cast`` has it: ``Q`` unsigned long, ``i`` int ….
    :raises TypeError: the length is no multiple of a number's.
    """
    found: memoryview[int] = memoryview(data).cast(code)
    if dump.byteorder == sys.byteorder:
        return found
    from array import array  # brings collections along, which most dumps do without

    swapped = array(code, found)
    swapped.byteswap()
    return memoryview(swapped)


def bitmap(dump: Dump, data: bytes) -> int:
    """An array of unsigned long as the kernel's bitmaps use it: bit n of the number is bit n of the map. Bytes behind the last whole
    word do not count where the order is big, in which they are its upper ones."""
    if dump.byteorder == "little":
        return int.from_bytes(data, "little")
    return sum(word << 64 * number for number, word in enumerate(words_of(dump, data[: len(data) & ~7])))


def bit_field(dump: Dump, data: bytes, shift: int, bits: int) -> int:
    """A bit field in *data*, unsigned.

    :param shift: bits before it, counted as its compiler does: from the least significant bit of the first byte, or from the most
        significant one where the byte order is big.
    """
    number = int.from_bytes(data, dump.byteorder)
    if dump.byteorder == "big":
        shift = 8 * len(data) - shift - bits
    return number >> shift & (1 << bits) - 1


def unpack(dump: Dump, format: str, data: bytes) -> tuple[Any, ...]:
    """``struct.unpack`` without padding, *format* has no byte order of its own."""
    return struct.unpack(_order(dump) + format, data)


def pack(dump: Dump, format: str, *numbers: float) -> bytes:
    """``struct.pack``, likewise."""
    return struct.pack(_order(dump) + format, *numbers)


def _order(dump: Dump) -> str:
    return "<" if dump.byteorder == "little" else ">"
