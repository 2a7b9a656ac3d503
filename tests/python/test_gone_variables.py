# SPDX-License-Identifier: GPL-2.0-or-later
"""Variables that are no more, as programs read them."""
# ruff: noqa: F403, F405 (begins as PyKdump's programs do)

import unittest

import dumps
import pykd

dumps.have_one_open()

from pykd.core.walk import caught  # noqa: E402
from pykd.kernel.block.disks import for_each_disk  # noqa: E402
from pykdump.API import *  # noqa: E402


class Gone(unittest.TestCase):
    def test_block_devices_by_hash_and_driver(self):
        """The way to block devices from before v2.6.30 leads to all disks, and to the names of their drivers."""
        if crash.symbol_exists("bdev_hashtable") or member_offset("struct block_device", "bd_hash") == -1:
            dumps.need_another(self, "partitions are no block devices in this kernel")
            return
        disks = [disk for disk in caught(for_each_disk(pykd.current())) if not isinstance(disk, pykd.Error)]
        found = [device for head in readSymbol("bdev_hashtable") for device in readSUListFromHead(head, "bd_hash", "struct block_device")]
        drivers = readSymbol("blkdevs")
        if not found:
            self.skipTest("no disk can be read")
        self.assertLessEqual({int(device.bd_disk) for device in found}, {int(disk) for disk in disks})
        for device in found:
            major = device.bd_dev >> 20
            self.assertEqual(device.bd_disk.fops, drivers[major].bdops)
            self.assertTrue(drivers[major].name)

    def test_time(self):
        self.assertGreater(readSymbol("timekeeper").xtime_sec, 1_500_000_000)

    def test_no_type_is_told_from_no_symbol(self):
        """What is there and has no type says what to do."""
        untyped = next(name for name in ("__per_cpu_start", "_text", "_stext", "_end") if crash.symbol_exists(name) and not self.typed(name))
        with self.assertRaisesRegex(TypeError, f"<{untyped}> has no type here; declare it with --decl"):
            readSymbol(untyped)
        with self.assertRaisesRegex(TypeError, "There's no symbol <nosuch>"):
            readSymbol("nosuch")

    @staticmethod
    def typed(name):
        try:
            crash.gdb_whatis(name)
        except crash.error:
            return False
        return True


class OtherDumps(unittest.TestCase):
    def test_each(self):
        dumps.run_on_others("test_gone_variables.")


if __name__ == "__main__":
    unittest.main()
