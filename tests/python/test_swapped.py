# SPDX-License-Identifier: GPL-2.0-or-later
"""Swapped-out pages that are in memory all the same: decoders of compressed pages, and where they are found."""

import os
import random
import struct
import unittest

from _pykd import decompress
from dumps import SHARED
from pykd.values import compression

PAGE = 4096


class Lzo(unittest.TestCase):
    def test_pages_of_a_dump(self):
        """A dump that is compressed with LZO has thousands of real pages, which the core's decoder reads too."""
        path = os.path.join(SHARED, "vmcores", "vmcore-6.12-lzo")
        if not os.path.exists(path):
            self.skipTest("../shared has no such dump here")
        with open(path, "rb") as file:
            head = file.read(8192)
            sub_blocks, bitmap_blocks = struct.unpack_from("<II", head, 432)
            first = (1 + sub_blocks + bitmap_blocks) * PAGE
            file.seek(first)
            table = file.read(24 * 7000)
            checked = 0
            for at in range(0, len(table), 24 * 70):
                offset, size, flags, _ = struct.unpack_from("<QIIQ", table, at)
                if flags != 2:  # DUMP_DH_COMPRESSED_LZO
                    continue
                file.seek(offset)
                data = file.read(size)
                self.assertEqual(decompress("lzo", data, PAGE), compression.page("lzo", data, PAGE))
                checked += 1
        self.assertGreater(checked, 20)

    def test_runs_of_zeros(self):
        """17, version 1; 4 literals; a run of 8 zeros and 1 literal behind it; a match; the end."""
        run = bytes((0x18 | (8 - 4) & 7, 0xFC | 1, 0xFF, (8 - 4) >> 3))
        stream = bytes((17, 1, 17 + 4)) + b"abcd" + run + b"x" + bytes((0x20 | 3, 12 << 2, 0)) + bytes((17, 0, 0))
        self.assertEqual(b"abcd" + bytes(8) + b"x" + b"abcd\0", compression.lzo_rle(stream, 64)[:18])
        long = 2047 + 4  # the longest
        run = bytes((0x18 | (long - 4) & 7, 0xFC, 0xFF, (long - 4) >> 3))
        self.assertEqual(long, compression.lzo_rle(bytes((17, 1, 17 + 4)) + b"abcd" + run + bytes((17, 0, 0)), PAGE).count(0))

    def test_damaged(self):
        dice = random.Random(3)
        good = bytes((17, 1, 17 + 4)) + b"abcd" + bytes((0x1C, 0xFD, 0xFF, 0)) + b"x" + bytes((0x23, 48, 0)) + bytes((17, 0, 0))
        for _ in range(3000):
            data = bytearray(good * 3)
            for _ in range(dice.randrange(1, 8)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            for decoder in (compression.lzo_rle, compression.lz4):
                try:
                    self.assertLessEqual(len(decoder(bytes(data), PAGE)), PAGE)
                except ValueError:
                    pass


class Lz4(unittest.TestCase):
    def test_block(self):
        """Literals, a match that overlaps itself, counts of several bytes, literals at the end."""
        self.assertEqual(b"abcabcabcabcX", compression.lz4(b"\x35abc\x03\x00\x10X", 64))
        self.assertEqual(b"a" * 4096, compression.lz4(b"\x1fa\x01\x00" + b"\xff" * 15 + bytes((4096 - 1 - 19 - 15 * 255,)) + b"\x00", 4096))
        self.assertEqual(b"q" * 20, compression.lz4(b"\xf0\x05" + b"q" * 20, 64))

    def test_wrong(self):
        for data in (b"", b"\x10", b"\x10a\x00\x00", b"\x10a\x05\x00", b"\x1fa\x01\x00" + b"\xff" * 100, b"\xf0"):
            with self.subTest(data), self.assertRaises(ValueError):
                compression.lz4(data, 4096)


class Names(unittest.TestCase):
    def test_by_name(self):
        import zlib

        text = bytes(range(256)) * 16
        packer = zlib.compressobj(6, zlib.DEFLATED, -12)
        self.assertEqual(text, compression.page("deflate", packer.compress(text) + packer.flush(), PAGE))
        with self.assertRaisesRegex(ValueError, "842"):
            compression.page("842", b"", PAGE)
        with self.assertRaisesRegex(ValueError, "not 4096"):
            compression.page("lz4", b"\x10a", PAGE)


if __name__ == "__main__":
    unittest.main()
