# SPDX-License-Identifier: GPL-2.0-or-later
"""Writers of images of memory, each from its format's own documentation: what pykd reads is made by nothing that pykd has."""

import struct

PAGE = 4096


def ranges_of(dump):
    """The memory of a dump that is in its file: (address, bytes) of each run of pages, in ascending order."""
    found, start = [], None
    for pfn in range(dump.max_pfn + 1):
        present = pfn < dump.max_pfn and dump.page_status(pfn) == "present"
        if present and start is None:
            start = pfn
        elif not present and start is not None:
            found.append((start * PAGE, dump.read_physical(start * PAGE, (pfn - start) * PAGE)))
            start = None
    return found


def padded(ranges):
    """Raw memory from address 0 on, zeros in its holes, as ``insmod lime.ko format=padded`` writes it."""
    out = bytearray(max(start + len(data) for start, data in ranges))
    for start, data in ranges:
        out[start : start + len(data)] = data
    return bytes(out)


def lime(ranges):
    """LiME's own format, version 1."""
    return b"".join(struct.pack("<4sIQQ8x", b"EMiL", 1, start, start + len(data) - 1) + data for start, data in ranges)


def crc32c(pages):
    """CRC-32C of each of many pages: all of them a byte at a time, since Python does that for all at once."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    parts = [bytes(value >> shift & 0xFF for value in table) for shift in (0, 8, 16, 24)]
    number = len(pages) // PAGE

    def xor(a, b):
        return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(number, "little")

    state = [b"\xff" * number] * 4
    for place in range(PAGE):
        index = xor(state[0], pages[place::PAGE])
        above = [*state[1:], bytes(number)]
        state = [xor(index.translate(part), byte) for part, byte in zip(parts, above, strict=True)]
    return [value ^ 0xFFFFFFFF for (value,) in struct.iter_unpack("<I", b"".join(map(bytes, zip(*state, strict=True))))]


def snappy(data):
    """A raw stream of snappy's: a page that is one byte over and over as a literal and copies of it, others as literals."""
    length = struct.pack("BB", len(data) & 0x7F | 0x80, len(data) >> 7) if len(data) < 1 << 14 else b""
    if data == data[:1] * len(data):
        rest, tail = divmod(len(data) - 1, 64)
        return length + b"\0" + data[:1] + b"\xfe\1\0" * rest + (bytes([(tail - 1) << 2 | 2]) + b"\1\0" if tail else b"")
    return length + b"\xf4" + struct.pack("<H", len(data) - 1) + data


def avml(ranges):
    """AVML's compressed format, version 2: snappy's framing format in each range, here with a page in each chunk."""
    out = []
    sums = iter(crc32c(b"".join(data for _, data in ranges)))
    for start, data in ranges:
        chunks = [b"\xff\6\0\0sNaPpY"]
        for at in range(0, len(data), PAGE):
            page, crc = data[at : at + PAGE], next(sums)
            packed = snappy(page)
            kind, body = (0, packed) if len(packed) < PAGE else (1, page)
            masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
            chunks.append(struct.pack("<I", kind | (len(body) + 4) << 8) + struct.pack("<I", masked) + body)
        stream = b"".join(chunks)
        out += [struct.pack("<4sIQQ8x", b"AVML", 2, start, start + len(data) - 1), stream, struct.pack("<Q", len(stream))]
    return b"".join(out)
