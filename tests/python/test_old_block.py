# SPDX-License-Identifier: GPL-2.0-or-later
"""The block layer under the names of older kernels: bits of tags, hosts of disks, and what programs compare them with."""

import unittest

import dumps
import pykd

dumps.have_one_open()

from pykdump.API import *  # noqa: E402


class Bitmaps(unittest.TestCase):
    def setUp(self):
        self.queues = []
        for block in readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block"):
            if block.s_bdev and block.s_bdev.bd_disk.queue.nr_hw_queues:
                self.queues.append(block.s_bdev.bd_disk.queue)

    def test_words_have_depths(self):
        seen = 0
        for queue in self.queues:
            for i in range(queue.nr_hw_queues):
                tags = queue.queue_hw_ctx[i].tags
                if not tags:
                    continue
                bits = tags.bitmap_tags.sb
                try:
                    depths = [bits.map[j].depth for j in range(bits.map_nr)]
                except pykd.FaultError:
                    continue
                self.assertEqual(bits.depth, sum(depths))
                self.assertTrue(all(depth == 1 << bits.shift for depth in depths[:-1]))
                seen += 1
        if not seen:
            self.skipTest("no filesystem on a disk with tags is mounted")

    def test_word_of_nothing(self):
        if member_size("struct sbitmap_word", "depth") == -1:
            self.assertEqual(64, readSU("struct sbitmap_word", 0xFFFFFFFF00000000).depth)


class Types(unittest.TestCase):
    """Variables of modules are declared, if the kernel has types for modules."""

    def test_scsi(self):
        if not struct_exists("struct scsi_device"):
            self.skipTest("no types for modules")
        if symbol_exists("scsi_device_types"):
            self.assertEqual("Direct-Access    ", readSymbol("scsi_device_types")[0])


class OtherDumps(unittest.TestCase):
    def test_each(self):
        dumps.run_on_others("test_old_block.")


if __name__ == "__main__":
    unittest.main()
