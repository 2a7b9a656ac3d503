# SPDX-License-Identifier: GPL-2.0-or-later
"""LinuxDump.scsi and LinuxDump.Dev: what they print and return of the dump at hand, and of others against PyKdump."""

import contextlib
import io
import unittest

import dumps

dumps.have_one_open()

import pykd  # noqa: E402
from LinuxDump import Dev, scsi, specialcases  # noqa: E402
from pykdump.API import crash, readSU, symbol_exists  # noqa: E402


def printed(function, *arguments):
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        function(*arguments)
    return output.getvalue()


class Disks(unittest.TestCase):
    def setUp(self):
        dumps.as_pykdump(self)
        try:
            self.known = Dev.get_blkdev_tables()
        except pykd.FaultError as error:
            self.skipTest(str(error))

    def test_by_major(self):
        """As the theirs prints it where that is at hand; else what it says of itself."""
        text = printed(Dev.print_blkdevs)
        for dump, wanted in dumps.theirs("pykdump-5.10", "vmcore-5.10-zlib", "crashinfo___blkdevs"):
            if dump == pykd.current().path:
                self.assertEqual(wanted.split("\n\n")[0] + "\n", text)
        names, found = self.known
        for line in text.splitlines():
            major = int(line[:3])
            self.assertEqual(names[major], line[5:].split()[0])
            self.assertEqual(major in found, "fops=" in line)

    def test_all(self):
        disks = Dev.get_gendisks()
        self.assertEqual(sorted(dev for dev, _ in disks), [dev for dev, _ in disks])
        for dev, disk in disks:
            self.assertEqual((dev >> 20, dev & 0xFFFFF), (disk.major, disk.first_minor))
        by_major, by_device = Dev.get_blkdevs()
        for dev, device in by_device.items():
            major, _ = Dev.decode_devt(dev)
            self.assertIn(device, [one for _, one in by_major[major].bdevs])
            self.assertRegex(by_major[major].shortstr(), r"^driver=[\w-]+, bdops=<\w+>$")
        text = printed(Dev.print_gendisk, 1)
        for _, disk in disks:
            self.assertIn(str(disk.disk_name), text)

    def test_devt(self):
        self.assertEqual((8, 1), Dev.decode_devt(0x801))
        self.assertEqual((259, 70000), Dev.decode_devt(259 << 20 | 70000))

    def test_requests(self):
        """Three ways to count the same."""
        total, active, found = Dev.get_blkreq_info()
        self.assertEqual(total, sum(count for *_, count, _ in found))
        self.assertEqual(total, len(Dev.get_blkreq_fromslab()))
        self.assertLessEqual(active, total)
        if total:
            self.assertIn(f"Count={total}", printed(Dev.print_request_queues, -1))
        self.assertIn(f" -- Request Queues Analysis:     Count={total}, in_flight={active}\n", printed(Dev.print_request_queues, 0))
        self.assertIn(f"Count={total}, STARTED={active}", printed(Dev.print_request_slab, 0))
        self.assertIn(" -- Requests on blk_cpu_done:    Count=", printed(Dev.print_blk_cpu_done, 0))

    def test_mapped_devices(self):
        text = printed(Dev.print_dm_devices, 1)
        if not pykd.current().find_type("struct", "mapped_device"):
            self.assertEqual("To decode DeviceMapper structures, you need a debuggable dm_mod\n", text)
        elif symbol_exists("name_rb_tree"):
            self.assertIn(" ========== Devicemapper devices ============", text)


class Scsi(unittest.TestCase):
    def test_types(self):
        text = printed(scsi.scsi_debuginfo_OK)
        self.assertEqual(text == "", scsi.scsi_debuginfo_OK(False))
        self.assertEqual("CD-ROM           ", scsi.scsi_device_type(5))
        self.assertEqual("Well-known LUN   ", scsi.scsi_device_type(0x1E))

    def test_hosts_and_devices(self):
        if not scsi.scsi_debuginfo_OK(False) or not symbol_exists("shost_class"):
            dumps.need_another(self, "no SCSI, or no types of it")
            return
        hosts, devices = list(scsi.get_Scsi_Hosts_from_class()), scsi.get_SCSI_devices()
        found = scsi.get_all_SCSI()
        self.assertEqual(sorted(hosts), sorted(found["scsi_host_type"]))
        self.assertEqual(sorted(devices), sorted(found["scsi_dev_type"]))
        for device in devices:
            self.assertTrue(scsi.scsi_target(device).isNamed("struct scsi_target"))
            self.assertIsNone(scsi.starget_to_rport(scsi.scsi_target(device)))
        text = printed(scsi.print_SCSI_devices, 2)
        self.assertIn(f"   -- {len(devices)} SCSI Devices, ", text)
        for host in hosts:
            self.assertIn(f" *scsi{host.host_no}*  {host}", text)
            self.assertEqual({"last_reset", "host_busy", "host_failed", "host_eh_scheduled"}, set(scsi.get_shost_states(host)))
        self.assertEqual("SHOST_RUNNING", scsi.enum_shost_state.getnam(2))

    def test_names(self):
        """All that a star brings, that of modules which the original hands on too."""
        for module, wanted in ((scsi, ("readSU", "klistAll", "gendev2sd", "sysfs_fullpath", "j_delay", "OrderedDict")), (Dev, ("readSU", "list_fill", "I_BDEV"))):
            brought = {}
            exec(f"from {module.__name__} import *", brought)
            for name in wanted:
                self.assertIn(name, brought)
        self.assertIs(crash.error, scsi.crash.error)
        self.assertIs(readSU, Dev.readSU)

    def test_special_cases(self):
        self.assertEqual([], [line for line in printed(specialcases.check_specialcases).splitlines() if "+++WARNING+++" not in line])


class Others(unittest.TestCase):
    def test_on_the_other_dumps(self):
        if pykd.current().path == dumps.SAMPLE:
            dumps.run_on_others("test_linuxdump_storage")


if __name__ == "__main__":
    unittest.main()
