# SPDX-License-Identifier: GPL-2.0-or-later
"""Compressed pages as the kernel keeps them in memory: LZ4 blocks and LZO-RLE, for which the decoders of dumps have no use, and all others by name.

Fields of journals are compressed by the same algorithms.
"""

from __future__ import annotations

from _pykd import decompress

END = "it ends too early"


def page(algorithm: str, data: bytes, size: int) -> bytes:
    """*data* as crypto's compressor of that name left it. :raises ValueError: it is not that, or the algorithm is not known."""
    if algorithm in ("lzo", "lzo-rle"):
        found = lzo_rle(data, size)
    elif algorithm in ("lz4", "lz4hc"):
        found = lz4(data, size)
    elif algorithm == "zstd":
        found = decompress("zstd", data, size)
    elif algorithm == "deflate":
        import zlib

        try:
            found = zlib.decompressobj(-15).decompress(data, size)
        except zlib.error as error:
            raise ValueError(str(error)) from None
    else:
        raise ValueError(f"compressed by {algorithm}")
    if len(found) != size:
        raise ValueError(f"it has {len(found)} bytes, not {size}")
    return found


def _match(out: bytearray, distance: int, count: int, size: int) -> None:
    """Append *count* bytes that begin *distance* before the end, which may be among them."""
    start = len(out) - distance
    if distance <= 0 or start < 0 or len(out) + count > size:
        raise ValueError("it refers to what is not there")
    if distance >= count:
        out += out[start : start + count]
    else:
        piece = bytes(out[start:])
        out += (piece * (count // distance + 1))[:count]


def lz4(data: bytes, size: int) -> bytes:
    """One LZ4 block of *size* bytes at most. :raises ValueError:"""
    out, at = bytearray(), 0

    def length(start: int) -> int:
        nonlocal at
        count = start
        if start == 15:
            while True:
                byte = data[at]
                at += 1
                count += byte
                if byte != 255:
                    break
        return count

    try:
        while True:
            token = data[at]
            at += 1
            count = length(token >> 4)
            if at + count > len(data) or len(out) + count > size:
                raise ValueError(END)
            out += data[at : at + count]
            at += count
            if at >= len(data):
                return bytes(out)
            distance = data[at] | data[at + 1] << 8
            at += 2
            _match(out, distance, length(token & 15) + 4, size)
    except IndexError:
        raise ValueError(END) from None


def lzo_rle(data: bytes, size: int) -> bytes:
    """LZO1X, and what the kernel makes of it for runs of zeros (45ec975efb17, in v5.1: a stream that begins with 17 and its version).

    :raises ValueError:
    """
    out, at, runs = bytearray(), 0, False

    def literals(count: int) -> None:
        nonlocal at
        if at + count > len(data) or len(out) + count > size:
            raise ValueError(END)
        out.extend(data[at : at + count])
        at += count

    def long(base: int) -> int:
        """A count that goes on in bytes of zero."""
        nonlocal at
        count = base
        while not data[at]:
            count += 255
            at += 1
        at += 1
        return count + data[at - 1]

    try:
        if len(data) >= 5 and data[0] == 17:
            runs, at = data[1] > 0, 2
        state = 0
        if data[at] > 17:
            count = data[at] - 17
            at += 1
            literals(count)
            state = count if count < 4 else 4
        while True:
            code = data[at]
            at += 1
            if code < 16 and not state:
                literals((code or long(15)) + 3)
                state = 4
                continue
            if code < 16:
                after = code & 3
                _match(out, 1 + (2048 if state == 4 else 0) + (code >> 2) + (data[at] << 2), 3 if state == 4 else 2, size)
                at += 1
            elif code >= 64:
                after = code & 3
                distance = 1 + (code >> 2 & 7) + (data[at] << 3)
                at += 1
                _match(out, distance, (code >> 5) + 1, size)
            elif code >= 32:
                count = (code & 31 or long(31)) + 2
                word = data[at] | data[at + 1] << 8
                at += 2
                after = word & 3
                _match(out, 1 + (word >> 2), count, size)
            else:
                word = data[at] | data[at + 1] << 8
                if runs and word & 0xFFFC == 0xFFFC and code & 0xF8 == 0x18:
                    count = (code & 7 | data[at + 2] << 3) + 4
                    at += 3
                    if len(out) + count > size:
                        raise ValueError(END)
                    out += bytes(count)
                else:
                    count = (code & 7 or long(7)) + 2
                    word = data[at] | data[at + 1] << 8
                    at += 2
                    distance = ((code & 8) << 11) + (word >> 2)
                    if not distance:
                        return bytes(out)
                    _match(out, distance + 0x4000, count, size)
                after = word & 3
            literals(after)
            state = after
    except IndexError:
        raise ValueError(END) from None
