# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the dump of a machine with very much memory of a small one, to see how pykd bears its bitmap.

    ./pykd --run tools/scatter.py DUMP OUT [TIB [PAGES [RUN]]]

*DUMP* is a kdump-compressed file of an x86-64 kernel, not a flattened one; *OUT* is of a machine with TIB tebibytes (default 16), of which
PAGES more pages (default 20 million) are there, all of zeros, in runs of 1 to 2 * RUN - 1 (default 40) with gaps of any length between them.
The same arguments make the same file, whose holes take no place.
"""

from __future__ import annotations

import os
import random
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 4096
DESCRIPTOR = struct.Struct("<QIIQ")
NOT_COMPRESSED = 0
BITMAP_BLOCKS, MAX_PFN, MAX_PFN_64 = 436, 440, PAGE + 96
"""Where ``struct disk_dump_header`` and ``struct kdump_sub_header`` have them"""
BATCH = 1 << 16


def runs(first: int, end: int, pages: int, run: int) -> Iterator[tuple[int, int]]:
    """(page number, how many) of *pages* in [first, end), in runs of about *run*."""
    choice = random.Random(1)
    gap = max(1, (end - first - pages) // max(1, pages // run))
    at = first
    while pages and at < end:
        count = min(choice.randint(1, 2 * run - 1), pages, end - at)
        yield at, count
        pages -= count
        at += count + choice.randint(1, 2 * gap - 1)


def bits(first: int, count: int) -> tuple[int, bytes]:
    """(offset, bytes) in a bitmap of *count* bits from *first* on."""
    shift = first % 8
    return first // 8, ((1 << count) - 1 << shift).to_bytes((shift + count + 7) // 8, "little")


def write(path: str, out: str, end: int, pages: int, run: int) -> list[tuple[int, int]]:
    """Make *out* of *path*; the :func:`runs` of new pages, which end before the page number *end*."""
    with open(path, "rb") as file:
        source = file.read()
    sub_blocks, blocks = struct.unpack_from("<II", source, BITMAP_BLOCKS - 4)
    start, half = (1 + sub_blocks) * PAGE, blocks * PAGE // 2
    bitmap, table = source[start + half : start + 2 * half], start + 2 * half
    present = int.from_bytes(bitmap, "little").bit_count()
    new_half = -(-end // (8 * PAGE)) * PAGE
    more = list(runs(len(bitmap) * 8, end, pages, run))
    count = sum(nr for _, nr in more)
    new_table = start + 2 * new_half
    data = new_table + DESCRIPTOR.size * (present + count)
    old_data = table + DESCRIPTOR.size * present
    head = bytearray(source[:start])
    struct.pack_into("<II", head, BITMAP_BLOCKS, 2 * new_half // PAGE, min(end, 0xFFFFFFFF))
    struct.pack_into("<Q", head, MAX_PFN_64, end)
    zeros = DESCRIPTOR.pack(data + len(source) - old_data, PAGE, NOT_COMPRESSED, 0)
    with open(out, "wb") as file:
        file.write(head)
        for place in (start, start + new_half):
            file.seek(place)
            file.write(bitmap)
            last = b""
            at = -1
            for first, nr in more:
                offset, found = bits(first, nr)
                if offset == at:  # the byte in which the run before ends
                    found = bytes([found[0] | last[-1]]) + found[1:]
                file.seek(place + offset)
                file.write(found)
                at, last = offset + len(found) - 1, found
        file.seek(new_table)
        for number in range(present):
            offset, *rest = DESCRIPTOR.unpack_from(source, table + DESCRIPTOR.size * number)
            file.write(DESCRIPTOR.pack(offset + data - old_data, *rest))
        for done in range(0, count, BATCH):
            file.write(zeros * min(BATCH, count - done))
        file.write(source[old_data:])
        file.write(bytes(PAGE))
    return more


def main(path: str, out: str, tib: str = "16", pages: str = "20000000", run: str = "40") -> None:
    if os.path.exists(out):
        sys.exit(f"{out} is there already")
    write(path, out, int(float(tib) * (1 << 40)) // PAGE, int(pages), int(run))


if __name__ == "__main__":
    main(*sys.argv[1:])
