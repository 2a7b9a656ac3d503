# SPDX-License-Identifier: GPL-2.0-or-later
"""Compress the pages of a kdump-compressed file again: with zstd at its best level, with snappy or with LZO; or not at all.

makedumpfile compresses fast; a dump that lives in a repository should be small. And Debian's makedumpfile
is built without snappy, its QEMU without snappy and LZO. The file stays an ordinary one: the same headers and
bitmaps, only page data and its descriptors are written anew. One of QEMU's is flattened before and after.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
import sys
import zlib
from collections.abc import Collection
from pathlib import Path

# Layout of makedumpfile's IMPLEMENTATION: disk_dump_header, kdump_sub_header, two bitmaps, one
# page_desc a dumped page, page data.
BLOCK = 4096
COUNTS = 424            # offset of status, block_size, sub_hdr_size, bitmap_blocks, max_mapnr
DESCRIPTOR = struct.Struct("<qIIQ")
ZLIB, LZO, SNAPPY, ZSTD = 0x1, 0x2, 0x4, 0x20
ANY = ZLIB | LZO | SNAPPY | ZSTD
# The flattened form: a header of one block, then records (offset, length, data), all numbers big-endian.
FLAT = b"makedumpfile\0\0\0\0" + struct.pack(">qq", 1, 1)
RECORD = struct.Struct(">qq")
CHUNK = 1 << 16


class Zstd:
    """The two calls of libzstd that are needed here."""

    flag = ZSTD

    def __init__(self) -> None:
        self._library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
        for name in ("ZSTD_compress", "ZSTD_decompress"):
            getattr(self._library, name).restype = ctypes.c_size_t
        self._buffer = ctypes.create_string_buffer(2 * BLOCK)

    def compress(self, page: bytes) -> bytes:
        """``page`` at level 22."""
        length = self._library.ZSTD_compress(self._buffer, len(self._buffer), page, len(page), 22)
        return self._buffer.raw[:length]

    def decompress(self, data: bytes) -> bytes:
        """One page; ValueError when ``data`` is not one."""
        if self._library.ZSTD_decompress(self._buffer, BLOCK, data, len(data)) != BLOCK:
            raise ValueError("a page of another length")
        return self._buffer.raw[:BLOCK]


class Snappy:
    """libsnappy, which is C++ and needs its runtime: ``folder`` holds both."""

    flag = SNAPPY

    def __init__(self, folder: Path) -> None:
        ctypes.CDLL(str(folder / "libstdc++.so.6"), ctypes.RTLD_GLOBAL)
        self._library = ctypes.CDLL(str(folder / "libsnappy.so.1"))
        self._buffer = ctypes.create_string_buffer(2 * BLOCK)

    def compress(self, page: bytes) -> bytes:
        """``page`` compressed."""
        length = ctypes.c_size_t(len(self._buffer))
        if self._library.snappy_compress(page, ctypes.c_size_t(len(page)), self._buffer, ctypes.byref(length)):
            raise ValueError("snappy_compress")
        return self._buffer.raw[:length.value]


class Lzo:
    """lzo1x-1 of the liblzo2 in ``folder``."""

    flag = LZO

    def __init__(self, folder: Path) -> None:
        self._library = ctypes.CDLL(str(folder / "liblzo2.so.2"))
        self._buffer = ctypes.create_string_buffer(2 * BLOCK)
        self._memory = ctypes.create_string_buffer(16384 * 8)

    def compress(self, page: bytes) -> bytes:
        """``page`` compressed."""
        length = ctypes.c_size_t(len(self._buffer))
        if self._library.lzo1x_1_compress(page, ctypes.c_size_t(len(page)), self._buffer, ctypes.byref(length), self._memory):
            raise ValueError("lzo1x_1_compress")
        return self._buffer.raw[:length.value]


class Plain:
    """No compression of pages: the file as a whole is compressed then, which is smaller by a third."""

    flag = 0

    def compress(self, page: bytes) -> bytes:
        """``page`` itself."""
        return page


Codec = Zstd | Snappy | Lzo | Plain


def flattened(source: bytes, codec: Codec) -> bytes:
    """The same for a flattened dump, as QEMU writes it."""
    plain = bytearray()
    at = BLOCK
    while True:
        offset, length = RECORD.unpack_from(source, at)
        at += RECORD.size
        if offset < 0:
            break
        if len(plain) < offset + length:
            plain += bytes(offset + length - len(plain))
        plain[offset:offset + length] = source[at:at + length]
        at += length
    result = repack(bytes(plain), codec)
    out = bytearray(FLAT.ljust(BLOCK, b"\0"))
    for offset in range(0, len(result), CHUNK):
        data = result[offset:offset + CHUNK]
        out += RECORD.pack(offset, len(data)) + data
    return bytes(out + RECORD.pack(-1, -1))


def repack(source: bytes, codec: Codec | None = None, left_out: Collection[int] = ()) -> bytes:
    """The same dump with its zstd or zlib pages compressed by ``codec`` (default: zstd), without the page frames ``left_out``; ValueError for
    another format."""
    status, block, sub, bitmap = struct.unpack_from("<IIII", source, COUNTS)
    if source[:8] != b"KDUMP   " or block != BLOCK:
        raise ValueError("not a kdump-compressed file with 4 KiB pages")
    second = (1 + sub + bitmap // 2) * BLOCK
    first_descriptor = (1 + sub + bitmap) * BLOCK
    bitmap = bytearray(source[second:first_descriptor])
    frames = [8 * place + bit for place, byte in enumerate(bitmap) if byte for bit in range(8) if byte >> bit & 1]
    gone = frozenset(left_out)
    for frame in gone:
        bitmap[frame // 8] &= ~(1 << frame % 8)
    first_data = first_descriptor + sum(frame not in gone for frame in frames) * DESCRIPTOR.size
    zstd = Zstd()
    codec = codec or zstd
    moved: dict[int, tuple[int, int, int]] = {}
    descriptors, data = bytearray(), bytearray()
    for index, frame in enumerate(frames):
        if frame in gone:
            continue
        offset, length, flags, extra = DESCRIPTOR.unpack_from(source, first_descriptor + index * DESCRIPTOR.size)
        if offset not in moved:     # zero pages share one offset
            stored = source[offset:offset + length]
            if flags & ANY in (ZSTD, ZLIB):
                page = zstd.decompress(stored) if flags & ANY == ZSTD else zlib.decompress(stored)
                stored = codec.compress(page)
                flags = flags & ~ANY | codec.flag
                if len(stored) >= BLOCK:
                    stored, flags = page, flags & ~ANY
            elif flags & ANY:
                raise ValueError(f"a page with compression flags {flags & ANY:#x}, neither zstd nor zlib")
            moved[offset] = first_data + len(data), len(stored), flags
            data += stored
        descriptors += DESCRIPTOR.pack(*moved[offset], extra)
    headers = bytearray(source[:second]) + bitmap
    struct.pack_into("<I", headers, COUNTS, status & ~ANY | codec.flag)
    return bytes(headers + descriptors + data)


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(repack(Path(sys.argv[1]).read_bytes()))
