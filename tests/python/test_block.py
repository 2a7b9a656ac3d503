# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests in flight, on a kernel made for it, and the disks of the sample against its guest's /proc/partitions."""

import os
import unittest

import dumps
import pykd
from pykd.core.walk import caught
from pykd.kernel.block.disks import dev_numbers, for_each_disk, partitions, sectors
from pykd.kernel.block.requests import inflight_requests, is_write, operation, request_age
from pykd.kernel.block.sbitmap import Sbitmap

# /proc/partitions of the guest: minor, blocks of 1 KiB, name
PARTITIONS = [(0, 65536, "vda"), (16, 393216, "vdb"), (32, 65536, "vdc"), (48, 327680, "vdd"), (64, 131072, "vde")]

KERNEL = """
uts release=6.1.0-test
types
    struct sbitmap_word { unsigned long word; unsigned long cleared; };
    struct sbitmap { unsigned int depth; unsigned int shift; unsigned int map_nr; struct sbitmap_word *map; };
    struct sbitmap_queue { struct sbitmap sb; };
    struct request { struct request_queue *q; unsigned int cmd_flags; int state; unsigned long start_time_ns; unsigned long deadline; unsigned int timeout; };
    struct blk_mq_tags { unsigned int nr_tags; unsigned int nr_reserved_tags; struct sbitmap_queue bitmap_tags; struct sbitmap_queue breserved_tags;
                         struct request **rqs; };
    struct blk_mq_tag_set { unsigned int nr_hw_queues; struct blk_mq_tags **tags; };
    struct request_queue { void *mq_ops; struct blk_mq_tag_set *tag_set; };
    struct clocksource { unsigned int mult; unsigned int shift; };
data
    struct clocksource clocksource_jiffies = { 1000000, 0 };
    unsigned long jiffies_64 = 50000;
    struct request_queue mine = { 1, &set }, other = { 1, &set }, bios = { 0, 0 };
    struct blk_mq_tag_set set = { 2, tables };
    struct blk_mq_tags *tables[] = { &tags, &tags };
    struct blk_mq_tags tags = { 67, 1, { { 66, 6, 2, words } }, { { 1, 6, 1, reserved } }, requests };
    struct sbitmap_word words[] = { { 0xb, 2 }, { 0xfe, 0 } }, reserved[] = { { 1, 0 } };
    struct request *requests[67] = { &kept, &read, &given_back, &stale, &theirs, [66] = &written };
    struct request kept = { &mine, 2, 1, 0, 0, 0 }, read = { &mine, 0, 1, 0, 40000 + 30000, 30000 }, given_back = { &mine, 0, 1, 0, 0, 0 };
    struct request stale = { &mine, 0, 1, 0, 0, 0 }, theirs = { &other, 0, 1, 0, 0, 0 }, written = { &mine, 0x801, 2, 0, 0, 0 };
"""


class Requests(unittest.TestCase):
    def setUp(self):
        path, self.names = dumps.made(self, KERNEL)
        self.dump = dumps.opened(path)

    def of(self, queue):
        return list(inflight_requests(self.dump, self.dump.object("struct request_queue", self.names[queue])))

    def test_bits_in_use(self):
        """Those that are cleared but not given back are free, and bits beyond the depth mean nothing."""
        bitmap = Sbitmap(self.dump, self.names["tags"] + self.dump.type("struct blk_mq_tags").offset_of("bitmap_tags.sb"))
        self.assertEqual([0, 3, 65], list(bitmap.busy()))
        self.assertEqual(1, bitmap.cleared())

    def test_requests_with_tags(self):
        """Not what a free tag still points to, nor those of another queue with the same tags; each once."""
        found = {int(one): one for one in self.of("mine")}
        names = ("kept", "read", "written")
        self.assertEqual(sorted(self.names[name] for name in names), sorted(found))
        self.assertEqual(["FLUSH", "READ", "WRITE"], [operation(found[self.names[name]]) for name in names])
        self.assertEqual([False, False, True], [is_write(found[self.names[name]]) for name in names])
        self.assertEqual([self.names["theirs"]], list(map(int, self.of("other"))))
        self.assertEqual([], self.of("bios"))

    def test_age_by_the_deadline(self):
        """10,000 ticks of a millisecond: it was given to the driver at jiffy 40,000."""
        request = self.dump.object("struct request", self.names["read"])
        self.assertEqual(10_000_000_000, request_age(self.dump, request))
        self.assertIsNone(request_age(self.dump, self.dump.object("struct request", self.names["kept"])))


class Disks(unittest.TestCase):
    def test_sample(self):
        dump = dumps.opened(os.path.join(dumps.ROOT, "tests", "sample", "vmcore"))
        found = []
        for disk in caught(for_each_disk(dump)):
            self.assertNotIsInstance(disk, pykd.Error)
            self.assertEqual([0], list(partitions(dump, disk)))
            found.append((disk.first_minor, sectors(disk.part0) // 2, str(disk.disk_name)))
        self.assertEqual(PARTITIONS, sorted(found))
        self.assertEqual((254, 16), dev_numbers(254 << 20 | 16))


if __name__ == "__main__":
    unittest.main()
