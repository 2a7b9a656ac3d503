#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Seal an executable: write hashes of its own content into it (src/main/seal.h), which pykd --self-test checks.

usage: seal.py FILE

Both are sha256 with the place of both hashes zero: of the whole file, and of the segments that are loaded and never written,
one after another. The second can be checked in memory, where the file cannot be read.
"""

import hashlib
import struct
import sys
from pathlib import Path

MAGIC = b"pykd" + b" seal v1\n\x7f\x1a\x00"
HASH_LEN = 32

PT_LOAD = 1
PF_W = 2


def read_only_segments(data: bytes) -> list[tuple[int, int]]:
    """(offset, length) in an ELF file of 64 bits, of what is loaded from it and never written."""
    if data[:5] != b"\x7fELF\x02":
        raise ValueError("not an ELF file of 64 bits")
    order = "<" if data[5] == 1 else ">"
    (table,) = struct.unpack_from(order + "Q", data, 32)
    size, number = struct.unpack_from(order + "HH", data, 54)
    found = []
    for index in range(number):
        kind, flags, offset, _, _, length = struct.unpack_from(order + "IIQQQQ", data, table + index * size)
        if kind == PT_LOAD and not flags & PF_W:
            found.append((offset, length))
    return found


def sealed(data: bytes) -> bytes:
    """The same file with its hashes in place."""
    if data.count(MAGIC) != 1:
        raise ValueError(f"{data.count(MAGIC)} seals in the file, not one")
    place = data.index(MAGIC) + len(MAGIC)
    blank = data[:place] + bytes(2 * HASH_LEN) + data[place + 2 * HASH_LEN :]
    image = hashlib.sha256()
    for offset, length in read_only_segments(blank):
        image.update(blank[offset : offset + length])
    hashes = hashlib.sha256(blank).digest() + image.digest()
    return blank[:place] + hashes + blank[place + len(hashes) :]


def main(name: str) -> None:
    path = Path(name)
    path.write_bytes(sealed(path.read_bytes()))


if __name__ == "__main__":
    main(*sys.argv[1:])
