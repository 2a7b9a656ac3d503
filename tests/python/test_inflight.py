# SPDX-License-Identifier: GPL-2.0-or-later
"""The command inflight: requests that were planted, with who waits for them; nothing where nothing is."""

import unittest

from altered import Altered
from dumps import SAMPLE, opened, vmcores
from planting import Planting
from pykd.core.errors import UsageError
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.block import dm
from pykd.kernel.block.disks import for_each_disk
from pykd.kernel.waits.graph import graph
from pykd.session.session import Session


class Planted(Planting):
    def disk(self, name):
        return next(disk for disk in for_each_disk(self.dump) if str(disk.disk_name) == name)

    def rows(self, options=""):
        return list(Session(self.altered.open(self)).rows(f"inflight {options}"))

    def test_request_and_its_waiter(self):
        waits = graph(self.dump).waits
        task, wait = next((task, wait) for task, wait in waits.items() if wait.thing is not None and wait.thing.kind == "completion")
        request = self.in_flight(self.disk("vdb"), 5, end=wait.thing.address)
        (row,) = self.rows()
        self.assertEqual(("block", "vdb", request, "WRITE", 4096, "driver"), tuple(row[key] for key in ("kind", "device", "request", "operation", "bytes", "state")))
        self.assertAlmostEqual(5, row["age"], delta=0.001)
        self.assertEqual([task], [waiter["task"] for waiter in row["waiters"]])
        self.assertEqual([], self.rows("-t 6"))
        self.assertEqual([], self.rows("-r"))

    def test_request_that_nobody_waits_for(self):
        self.in_flight(self.disk("vda"), 1)
        self.assertEqual([[]], [row["waiters"] for row in self.rows("-b")])

    def test_oldest_first(self):
        for name, seconds in (("vda", 3), ("vdb", 9), ("vdc", 6)):
            self.in_flight(self.disk(name), seconds)
        self.assertEqual(["vdb", "vdc", "vda"], [row["device"] for row in self.rows()])
        text = Session(self.altered.open(self)).capture("inflight")[0]
        self.assertRegex(text, r"(?m)^ +9\.000  block vdb +[0-9a-f]{16} WRITE +4096$")


class Bios(unittest.TestCase):
    def test_what_the_mapper_holds(self):
        """Of a disk without requests there is a count: of all CPUs, some of which count what others began."""
        for path in vmcores():
            dump = opened(path)
            for disk in caught(for_each_disk(dump)):
                if isinstance(disk, Exception) or not str(disk.disk_name).startswith("dm-") or dump.find_type("struct", "mapped_device") is None:
                    continue
                device = dm.device_of_disk(dump, disk)
                if not device.hasField("pending_io"):
                    continue
                altered = Altered(path)
                for cpu, count in ((0, 7), (1, -2)):
                    altered.word(cpus.address_on(int(device.pending_io), cpu, dump), count)
                session = Session(altered.open(self))
                with self.subTest(path):
                    self.assertEqual([("bio", str(disk.disk_name), 5)], [(row["kind"], row["device"], row["count"]) for row in session.rows("inflight") if "count" in row])
                    self.assertIn("5 by the disk's own count", session.capture("inflight")[0])


class Nothing(unittest.TestCase):
    def test_sample(self):
        session = Session(opened(SAMPLE))
        self.assertEqual([], list(session.rows("inflight")))
        self.assertIn("nothing is in flight for 30 seconds", session.capture("inflight -t 30")[0])
        with self.assertRaises(UsageError):
            list(session.rows("inflight -t soon"))


if __name__ == "__main__":
    unittest.main()
