# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages and notes as files: ELF, kdump-compressed as makedumpfile and QEMU write it, flattened."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from .machines import Machine

COMPRESSIONS = ("none", "zlib")
INCOMPLETE = 8
"""The header's mark of a dump that ended early."""


@dataclass
class Contents:
    """What goes into a file. A page of the memory is in *pages*, or in *absent* (no memory there), or it is left out."""

    machine: Machine
    pages: dict[int, bytes]
    absent: set[int]
    page_nr: int
    notes: bytes
    cpu_nr: int
    uts: list[str]  # sysname, nodename, release, version, machine, domainname
    info: tuple[int, int] = (0, 0)  # offset and length of vmcoreinfo in the notes
    status: int = 0
    part: tuple[int, int] | None = None  # of a split set: first page, and behind the last
    level: int = field(default=31)


def note(machine: Machine, name: str, type_: int, data: bytes) -> bytes:
    raw = name.encode() + b"\0"
    header = struct.pack(machine.mark + "III", len(raw), len(data), type_)
    return header + raw + bytes(-len(raw) % 4) + data + bytes(-len(data) % 4)


def elf(contents: Contents) -> bytes:
    """One PT_LOAD for each run of memory: pages of the file, and behind them those that were left out."""
    machine, size = contents.machine, contents.machine.page_size
    segments = [(4, 0, 0, len(contents.notes), 0)]
    body = [contents.notes]
    at = 0
    while at < contents.page_nr:
        if at in contents.absent:
            at += 1
            continue
        start = at
        while at in contents.pages:
            body.append(contents.pages[at])
            at += 1
        filled = at - start
        while at < contents.page_nr and at not in contents.pages and at not in contents.absent:
            at += 1
        segments.append((1, machine.direct + start * size, start * size, filled * size, (at - start) * size))
    offset = 64 + 56 * len(segments)
    head = b"\x7fELF\2" + bytes((1 if machine.order == "little" else 2, 1)) + bytes(9)
    head += struct.pack(machine.mark + "HHIQQQIHHHHHH", 4, machine.elf, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    for type_, virtual, physical, filled, length in segments:
        align = 4 if type_ == 4 else size
        head += struct.pack(machine.mark + "IIQQQQQQ", type_, 7, offset, virtual, physical, filled, length, align)
        offset += filled
    return head + b"".join(body)


def kdump(contents: Contents, compression: str = "none") -> bytes:
    """As makedumpfile -d writes it, header version 6; pages that do not shrink are kept as they are."""
    size, mark = contents.machine.page_size, contents.machine.mark
    start, end = contents.part or (0, contents.page_nr)
    note_blocks = -(-len(contents.notes) // size)
    bitmap_blocks = 2 * -(-contents.page_nr // (8 * size))
    header = bytearray(size)
    header[:12] = struct.pack(mark + "8si", b"KDUMP   ", 6)
    for number, text in enumerate(contents.uts):
        header[12 + 65 * number : 12 + 65 * number + len(text)] = text.encode()
    flags = contents.status | (compression == "zlib")
    struct.pack_into(mark + "IiiiI", header, 424, flags, size, 1 + note_blocks, bitmap_blocks, contents.page_nr)
    struct.pack_into(mark + "i", header, 460, contents.cpu_nr)
    sub = bytearray(size)
    struct.pack_into(mark + "ii", sub, 8, contents.level, contents.part is not None)
    struct.pack_into(mark + "6Q", sub, 16, start, end, 2 * size + contents.info[0] if contents.info[1] else 0, contents.info[1],
                     2 * size, len(contents.notes))  # fmt: skip
    struct.pack_into(mark + "3Q", sub, 80, start, end, contents.page_nr)

    pages = [pfn for pfn in sorted(contents.pages) if pfn not in contents.absent and pfn < contents.page_nr]
    bitmaps = [bytearray(bitmap_blocks // 2 * size) for _ in range(2)]
    for pfn in range(contents.page_nr):
        bitmaps[0][pfn // 8] |= (pfn not in contents.absent) << pfn % 8
    for pfn in pages:
        bitmaps[1][pfn // 8] |= 1 << pfn % 8
    head = bytes(header) + bytes(sub) + contents.notes + bytes(-len(contents.notes) % size) + bytes(bitmaps[0]) + bytes(bitmaps[1])
    own = [pfn for pfn in pages if start <= pfn < end]
    offset = len(head) + 24 * len(own)
    descriptors, body = b"", []
    for pfn in own:
        data, packed = contents.pages[pfn], 0
        if compression == "zlib" and len(shorter := zlib.compress(data, 1)) < size:
            data, packed = shorter, 1
        descriptors += struct.pack(mark + "QIIQ", offset, len(data), packed, 0)
        body.append(data)
        offset += len(data)
    return head + descriptors + b"".join(body)


def flattened(data: bytes, length: int = 1 << 16) -> bytes:
    """As makedumpfile -F: blocks that say where they belong, the first block first, the others from the last on."""
    out = struct.pack(">16sQQ", b"makedumpfile", 1, 1).ljust(4096, b"\0")
    for at in (0, *range((len(data) - 1) // length * length, 0, -length)):
        block = data[at : at + length]
        out += struct.pack(">QQ", at, len(block)) + block
    return out + b"\xff" * 16
