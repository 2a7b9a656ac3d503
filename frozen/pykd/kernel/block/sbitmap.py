# SPDX-License-Identifier: GPL-2.0-or-later
"""Scalable bitmaps (``include/linux/sbitmap.h``), with which the block layer numbers requests."""

from __future__ import annotations

from _pykd import Error, FaultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_WORDS = 1 << 16


class Sbitmap:
    """Words of a ``struct sbitmap``: bits that are set, and of these the ones that are cleared but not yet given back.

    :ivar sb: the ``struct sbitmap``.
    :ivar words: (word, cleared) as far as they can be read.
    :ivar error: what cannot be read of them.
    """

    def __init__(self, dump: Dump, address: int) -> None:
        self.sb: Any = dump.object("struct sbitmap", address)
        self.depth: int = self.sb.depth
        self.bits: int = 1 << min(self.sb.shift, 6)
        self.map_nr: int = min(self.sb.map_nr, MAX_WORDS) if self.depth else 0
        word: Any = dump.struct_class("struct sbitmap_word")
        step = word.PYT_type.size
        first = int(self.sb.map)
        self.words: list[tuple[int, int]] = []
        self.error: Error | None = None
        for number in range(self.map_nr):
            try:
                one = word(first + number * step)
                self.words.append((one.word, one.cleared if one.hasField("cleared") else 0))
            except FaultError as error:
                self.error = error
                break

    def width(self, number: int) -> int:
        """How many bits of a word count."""
        return int(max(min(self.bits, self.depth - number * self.bits), 0))

    def busy(self) -> Iterator[int]:
        """Numbers that are in use, ascending."""
        for number, (word, cleared) in enumerate(self.words):
            used = word & ~cleared & (1 << self.width(number)) - 1
            while used:
                bit = used & -used
                used ^= bit
                yield number * self.bits + bit.bit_length() - 1

    def cleared(self) -> int:
        """How many are to be given back."""
        return sum((cleared & (1 << self.width(number)) - 1).bit_count() for number, (_, cleared) in enumerate(self.words))

    def data(self) -> bytes:
        """The bits in use, without gaps between words."""
        value = 0
        for number, (word, cleared) in enumerate(self.words):
            value |= (word & ~cleared & (1 << self.width(number)) - 1) << number * self.bits
        return value.to_bytes((self.depth + 7) // 8, "little")
