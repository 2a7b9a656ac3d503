# SPDX-License-Identifier: GPL-2.0-or-later
"""Swapped-out pages that are in memory all the same: decoders of compressed pages, and where they are found."""

import os
import random
import re
import struct
import unittest

from _pykd import Error, decompress
from dumps import SHARED, made, opened, with_texts
from pykd.kernel.mm import swapslots
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


PAGE_A = bytes(range(256)) * 4 + bytes(3072)
"""A page whose first quarter is 0, 1, 2…"""
PACKED = bytes((0xFF,)) + b"\xff" * 3 + bytes((1025 - 15 - 3 * 255,)) + PAGE_A[:1025] + b"\x01\x00" + b"\xff" * 11 + bytes((3071 - 4 - 15 - 11 * 255 - 5,)) + b"\x50" + bytes(5)
"""The same as an LZ4 block: 1025 literals, zeros as a match, 5 literals"""

TEXT = """
uts release=6.1.0-test
memory 32M
types
    struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right; struct rb_node *rb_left; };
    struct rb_root { struct rb_node *rb_node; };
    struct list_head { struct list_head *next, *prev; };
    struct page { unsigned long flags; struct list_head lru; void *mapping; unsigned long index; unsigned long private; unsigned long rest[2]; };
    struct block_device_operations { void *open; };
    struct gendisk { struct block_device_operations *fops; void *private_data; };
    struct block_device { struct gendisk *bd_disk; };
    struct swap_info_struct { unsigned long flags; signed char type; unsigned int pages; unsigned long *zeromap; struct block_device *bdev; };
    struct size_class { int size; int objs_per_zspage; int pages_per_zspage; };
    struct zs_pool { char *name; struct size_class *size_class[3]; };
    struct zspage { unsigned int huge : 1; unsigned int fullness : 2; unsigned int class : 9; unsigned int isolated : 3; unsigned int magic : 8; };
    enum zram_pageflags { ZRAM_LOCK = 13, ZRAM_SAME, ZRAM_WB, ZRAM_UNDER_WB, ZRAM_HUGE };
    struct zram_table_entry { unsigned long handle; unsigned long flags; };
    struct zram { struct zram_table_entry *table; struct zs_pool *mem_pool; char compressor[16]; };
    struct zpool_driver { char *type; };
    struct zpool { struct zpool_driver *driver; void *pool; };
    struct zswap_pool { struct zpool *zpool; char tfm_name[16]; };
    struct zswap_entry { struct rb_node rbnode; unsigned long offset; unsigned int length; struct zswap_pool *pool; unsigned long handle; unsigned long value; };
    struct zswap_tree { struct rb_root rbroot; };
    struct task_struct { unsigned int __state; int pid; char comm[16]; struct list_head tasks; };
text
    swapin  c3
data
    unsigned long vmemmap_base = pages;
    unsigned int nr_swapfiles = 2;
    struct swap_info_struct *swap_info[] = { &on_zram, &on_disk };
    struct swap_info_struct on_zram = { 1, 0, 100, zeros, &zram0 }, on_disk = { 1, 1, 100, 0, &sda };
    unsigned long zeros[] = { 0x80, 0 };
    struct block_device zram0 = { &zram_disk }, sda = { &sda_disk };
    struct gendisk zram_disk = { &zram_devops, &the_zram }, sda_disk = { &sd_fops, 0 };
    struct block_device_operations zram_devops = { 0 }, sd_fops = { 0 };
    struct zram the_zram = { slots, &pool, "lz4" };
    struct zram_table_entry slots[] = { { 0, 0 }, { &crossing, PACKED }, { 0x4141414141414141, 1 << 14 }, { &whole, 4096 | 1 << 17 }, { 5, 1 << 15 },
                                        { &nowhere, 64 }, { &crossing, 0x1fff }, { 0, 0 }, { &untagged, PACKED },
                                        { &strange, 64 } };
    struct zs_pool pool = { $"zram0", { 0, &three, &four } };
    struct size_class three = { 3072, 4, 3 }, four = { 4096, 1, 1 };
    unsigned long crossing = (0x100 << 23 | 1) << 1, whole = (0x103 << 23) << 1, nowhere = (0x104 << 23) << 1;
    unsigned long untagged = 0x101 << 24 | 2, strange = (0x102 << 23 | 3) << 1;
    struct zspage packed = { 0, 0, 1, 0, 0x58 }, single = { 1, 0, 2, 0, 0x58 }, wrong = { 0, 0, 1, 0, 0x57 };
    struct page pages[] = { [0x100] = { .index = &pages[0x101], .private = &packed }, [0x101] = { .private = &packed }, [0x102] = { .private = &packed },
                            [0x103] = { .private = &single }, [0x104] = { .private = &wrong } };
    struct zswap_tree *zswap_trees[] = { 0, &tree };
    struct zswap_tree tree = { { &two.rbnode } };
    struct zswap_entry two = { { 0, &four_.rbnode, &one.rbnode }, 2, PACKED, &zp, &blob, 0 }, one = { { &two.rbnode }, 1, 0, &zp, 0, 0x4242424242424242 };
    struct zswap_entry four_ = { { &two.rbnode }, 4, 64, &odd, 0, 0 };
    struct zswap_pool zp = { &zbud, "lz4" }, odd = { &z3fold, "lz4" };
    struct zpool zbud = { &zbud_driver, 0 }, z3fold = { &z3fold_driver, 0 };
    struct zpool_driver zbud_driver = { $"zbud" }, z3fold_driver = { $"z3fold" };
    unsigned char blob[] = { BLOB };
bytes physical 0x100c00
    CROSSING FIRST
bytes physical 0x101000
    SECOND
bytes physical 0x101800
    UNTAGGED THIRD
bytes physical 0x102000
    00
bytes physical 0x103000
    PAGE_OF_WORDS
"""


class Devices(unittest.TestCase):
    """zram and zswap on a kernel made for them."""

    def setUp(self):
        text = TEXT.replace("PACKED", f"{len(PACKED)}").replace("BLOB", ", ".join(map(str, PACKED)))
        text = text.replace("FIRST", PACKED[:1016].hex(" ")).replace("SECOND", PACKED[1016:].hex(" ")).replace("PAGE_OF_WORDS", (b"wholepag" * 512).hex(" "))
        text = text.replace("THIRD", PACKED.hex(" "))

        def with_heads(names):
            """An object begins with its handle, and a bit that says that it is one."""
            words = {name: (names.get(name.lower(), 0) | 1).to_bytes(8, "little").hex(" ") for name in ("CROSSING", "UNTAGGED")}
            return made(self, with_texts(re.sub("|".join(words), lambda match: words[match[0]], text)))

        path, _ = with_heads(with_heads({})[1])
        self.dump = opened(path)

    def test_packed(self):
        """The block says what it is of, and no decoder but ours has seen it."""
        self.assertEqual(PAGE_A, compression.lz4(PACKED, PAGE))

    def test_zram(self):
        self.assertEqual(PAGE_A, swapslots.read(self.dump, 0, 1))
        self.assertEqual(b"A" * PAGE, swapslots.read(self.dump, 0, 2))
        self.assertEqual(b"wholepag" * 512, swapslots.read(self.dump, 0, 3))
        self.assertEqual(bytes(PAGE), swapslots.read(self.dump, 0, 7), "known to be zeros")
        with self.assertRaises(swapslots.Elsewhere):  # written back
            swapslots.read(self.dump, 0, 4)
        self.assertEqual(PAGE_A, swapslots.read(self.dump, 0, 8), "as 6.12 has it, where the handle's lowest bit is no tag")
        for slot, why in ((5, "leads to no object"), (6, "in a class of 3072"), (9, "leads to no object")):
            with self.assertRaisesRegex(Error, why):
                swapslots.read(self.dump, 0, slot)

    def test_zswap(self):
        self.assertEqual(PAGE_A, swapslots.read(self.dump, 1, 2))
        self.assertEqual(b"B" * PAGE, swapslots.read(self.dump, 1, 1))
        with self.assertRaises(swapslots.Elsewhere):
            swapslots.read(self.dump, 1, 3)
        with self.assertRaisesRegex(Error, "z3fold"):
            swapslots.read(self.dump, 1, 4)

    def test_marks_of_other_kinds(self):
        self.assertEqual([True, True, False], [swapslots.is_device(self.dump, number) for number in (0, 1, 31)])


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
