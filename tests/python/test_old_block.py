# SPDX-License-Identifier: GPL-2.0-or-later
"""The block layer under the names of older kernels: bits of tags, hosts of disks, and what programs compare them with."""
# ruff: noqa: F403, F405 (begins as PyKdump's programs do)

import unittest

import dumps
import pykd

dumps.have_one_open()

from pykd.core.walk import caught  # noqa: E402
from pykd.kernel.block.disks import for_each_disk  # noqa: E402
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
            dumps.need_another(self, "no filesystem on a disk with tags is mounted")

    def test_word_of_nothing(self):
        if member_size("struct sbitmap_word", "depth") == -1:
            self.assertEqual(64, readSU("struct sbitmap_word", 0xFFFFFFFF00000000).depth)


class Busy(unittest.TestCase):
    def test_commands_of_a_host(self):
        """Each command under way has a bit of its device's budget."""
        if not struct_exists("struct Scsi_Host") or member_offset("struct scsi_device", "budget_map") == -1:
            dumps.need_another(self, "no types of scsi_mod")
            return
        hosts = 0
        for node in readSUListFromHead(readSymbol("shost_class").p.klist_devices.k_list, "n_node", "struct klist_node"):
            device = container_of(node, "struct device_private", "knode_class").device
            host = container_of(device, "struct Scsi_Host", "shost_dev")
            devices = readSUListFromHead(Addr(host, "__devices"), "siblings", "struct scsi_device")
            self.assertLessEqual(atomic_t(host.host_busy), sum(atomic_t(device.device_busy) for device in devices))
            hosts += 1
        self.assertGreater(hosts, 0)


class Partitions(unittest.TestCase):
    def test_table(self):
        """The whole disk comes first, and each partition has its number."""
        if member_size("struct block_device", "bd_nr_sectors") == -1:
            dumps.need_another(self, "a partition is no block_device")
            return
        seen = 0
        for disk in caught(for_each_disk(pykd.current())):
            if isinstance(disk, pykd.Error):
                continue
            try:
                parts = list(enumerate(disk.part_tbl.part))
                self.assertEqual(len(parts), disk.part_tbl.len)
                self.assertEqual(disk.part0, parts[0][1])
                for number, part in parts:
                    self.assertTrue(not part or (part.bd_partno == number and part.bd_disk == disk))
            except pykd.FaultError:
                continue
            seen += 1
        if not seen:
            dumps.need_another(self, "no disk, or its table is not in the dump")


class Devices(unittest.TestCase):
    def test_devices_by_inode(self):
        found = 0
        for inode in readSUListFromHead(readSymbol("blockdev_superblock").s_inodes, "i_sb_list", "struct inode"):
            device = inode.i_bdev
            try:
                if device and device.bd_disk:
                    self.assertTrue(device.bd_disk.disk_name)
                    found += 1
            except pykd.FaultError:
                continue
        root = readSU("struct task_struct", pid_to_task(1)).fs.root.dentry.d_inode
        if type(root).PYT_type.member("i_bdev") is None:  # else it shares its place with other things
            self.assertFalse(root.i_bdev)
        if not found:
            dumps.need_another(self, "no disk")

    def test_disk_of_its_device(self):
        """What lay inside the disk leads back to it."""
        for block in readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block"):
            if block.s_bdev:
                disk = block.s_bdev.bd_disk
                device = disk.part0.__dev
                self.assertEqual(disk.part0.nr_sects, readSU("struct hd_struct", disk.part0).nr_sects)
                self.assertEqual(disk, container_of(device, "struct gendisk", "part0.__dev"))
                self.assertEqual(disk, container_of(device.kobj, "struct gendisk", "part0.__dev.kobj"))


class Mounts(unittest.TestCase):
    def test_mounts_of_a_super_block(self):
        """Every mount of the first namespace is on the list of its super_block."""
        seen = 0
        for block in readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block"):
            links = readListByHead(block.s_mounts)
            mounts = [container_of(link, "struct mount", "mnt_instance") for link in links]
            self.assertEqual(mounts, readSUListFromHead(block.s_mounts, "mnt_instance", "struct mount"))
            for mount in mounts:
                try:
                    self.assertEqual(block, mount.mnt.mnt_sb)
                    seen += 1
                except pykd.FaultError:
                    continue
        self.assertGreater(seen, 3)

    def test_waiters_for_a_frozen_one(self):
        """Who waits is on a queue, whose entries go by their old name."""
        for block in readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block"):
            for link in readListByHead(block.s_writers.wait_unfrozen.task_list):
                waiter = container_of(link, "wait_queue_t", "task_list")
                self.assertGreater(readSU("struct task_struct", waiter.private).pid, 0)
        self.assertEqual(struct_size("struct wait_queue_entry"), len(readSU("wait_queue_t", 0)))
        self.assertEqual(-1, member_offset("struct no_such", "task_list"))
        self.assertRaises(TypeError, readSU, "struct no_such", 0)

    def test_items(self):
        for block in readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block"):
            try:
                node = block.s_dentry_lru.node
                self.assertGreaterEqual(node.nr_items, 0)
                return
            except pykd.FaultError:
                continue


class NfsServers(unittest.TestCase):
    def test_pages_of_writes(self):
        """As the pages of reads, of which the kernel keeps the number."""
        if not struct_exists("struct nfs_server"):
            dumps.need_another(self, "no types for modules")
            return
        page = pykd.current().page_size
        for block in readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block"):
            if block.s_type.name in ("nfs", "nfs4"):
                server = readSU("struct nfs_server", block.s_fs_info)
                self.assertEqual((server.wsize + page - 1) // page, server.wpages)
                self.assertEqual((server.rsize + page - 1) // page, server.rpages)
                return
        dumps.need_another(self, "nothing is mounted by NFS")


class Types(unittest.TestCase):
    """Variables of modules are declared, if the kernel has types for modules."""

    def test_scsi(self):
        if not struct_exists("struct scsi_device"):
            dumps.need_another(self, "no types for modules")
            return
        if symbol_exists("scsi_device_types"):
            self.assertEqual("Direct-Access    ", readSymbol("scsi_device_types")[0])


class OtherDumps(unittest.TestCase):
    def test_each(self):
        dumps.run_on_others("test_old_block.")


if __name__ == "__main__":
    unittest.main()
