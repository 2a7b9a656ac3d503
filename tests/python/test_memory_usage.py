# SPDX-License-Identifier: GPL-2.0-or-later
"""The command memory: against what the guest of the sample dump read in /proc/meminfo, and what adds up in every dump."""

import unittest

from dumps import SAMPLE, opened, vmcores
from pykd.core.errors import UsageError
from pykd.kernel.mm import usage
from pykd.session.session import Session
from truths import truth


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.said = {line.split(":")[0]: int(line.split()[1]) for line in truth("proc/meminfo").splitlines()}
        cls.session = Session(opened(SAMPLE))
        cls.rows = list(cls.session.rows("memory"))
        cls.parts = {row["name"]: row["bytes"] // 1024 for row in cls.rows if row["kind"] == "part"}

    def test_what_does_not_move(self):
        self.assertEqual(self.said["MemTotal"], self.rows[0]["bytes"] // 1024)
        for name, line in (("shared memory", "Shmem"), ("kernel stacks", "KernelStack"), ("per-CPU data", "Percpu")):
            with self.subTest(name):
                self.assertEqual(self.said[line], self.parts[name])

    def test_what_moves_a_little(self):
        """By what the guest did between its last look and its end."""
        for name, line in (("slab that can be reclaimed", "SReclaimable"), ("slab that cannot be reclaimed", "SUnreclaim"), ("page tables", "PageTables")):
            with self.subTest(name):
                self.assertAlmostEqual(self.said[line], self.parts[name], delta=256)
        self.assertAlmostEqual(self.said["VmallocUsed"], self.parts["vmalloc"] + self.parts["kernel stacks"], delta=256)

    def test_files(self):
        """The shared memory is these files, those that were deleted too."""
        files = [row for row in self.session.rows("memory -n 1000") if row["kind"] == "file"]
        self.assertEqual({"/kd-deleted": 4096}, {row["path"]: row["bytes"] for row in files if "deleted" in row["path"]})
        self.assertEqual(self.said["Shmem"] * 1024, sum(row["bytes"] for row in files if row["type"] in ("rootfs", "tmpfs", "devtmpfs")))

    def test_largest_first(self):
        for kind in ("process", "file", "cache", "vmalloc", "tables"):
            sizes = [row["bytes"] for row in self.rows if row["kind"] == kind]
            with self.subTest(kind):
                self.assertEqual(sorted(sizes, reverse=True), sizes)
                self.assertEqual(5, len(sizes))
        self.assertFalse([row for row in self.session.rows("memory -n 0") if row["kind"] not in ("total", "part")])
        with self.assertRaises(UsageError):
            list(self.session.rows("memory -n few"))


class Every(unittest.TestCase):
    def test_parts_are_the_whole(self):
        for path in vmcores():
            rows = list(Session(opened(path)).rows("memory"))
            with self.subTest(path):
                self.assertEqual(rows[0]["bytes"], sum(row["bytes"] for row in rows if row["kind"] == "part"))
                # 6.12's lacks pages of directory entries
                self.assertFalse([row for row in rows if "error" in row and not (row["kind"] == "file" and row["error"]["reason"] == "excluded" and not row["path"])])

    def test_callers_of_vmalloc(self):
        """Stacks are what the fork of threads asked for: as much as the counter of stacks says, or a few more that are kept for the next."""
        for path in vmcores():
            dump = opened(path)
            stacks = usage.usage(dump).parts["kernel stacks"] * dump.page_size
            callers = {dump.symbol_at(caller).name: size for size, _, caller in usage.vmalloc_callers(dump)}
            whole = callers.get("kernel_clone", 0) + callers.get("dup_task_struct", 0)
            with self.subTest(path):
                if sum(callers.values()) > 2 * 1024 * 1024:
                    self.assertLess(abs(whole - stacks), 0.1 * stacks)


if __name__ == "__main__":
    unittest.main()
