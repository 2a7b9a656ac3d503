# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of many threads, made of a small one by tools/crowd.py, and what commands may read of them."""

import os
import tempfile
import unittest

import crowd
import pykd
import scatter
from dumps import SAMPLE, opened
from pykd.kernel.task import table, threads
from pykd.session.session import Session

COUNT, OF_A_PROCESS = 250, 100


class Scattered(unittest.TestCase):
    """Dumps of much memory, made of a small one by tools/scatter.py."""

    def test_it_has_these_pages_and_the_old_ones(self):
        few = opened(SAMPLE)
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "vmcore")
        end = 1 << 23
        runs = scatter.write(SAMPLE, path, end, 5000, 6)
        dump = pykd.open(path)
        self.addCleanup(dump.close)
        self.assertEqual(5000, sum(nr for _, nr in runs))
        self.assertEqual(end, dump.max_pfn)
        self.assertTrue(dump.complete)
        self.assertEqual(threads.listed(few).all(), threads.listed(dump).all())
        present = {pfn for at, nr in runs for pfn in range(at, at + nr)}
        for pfn in {pfn + step for pfn in present for step in (-1, 0, 1) if few.max_pfn <= pfn + step < end}:
            self.assertEqual("present" if pfn in present else "absent", dump.page_status(pfn))
        self.assertEqual(bytes(4096), dump.read_physical(runs[-1][0] * 4096, 4096))


class Crowd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.few = opened(SAMPLE)
        path = os.path.join(cls.enterClassContext(tempfile.TemporaryDirectory()), "vmcore")
        crowd.main(SAMPLE, path, str(COUNT), str(OF_A_PROCESS))
        cls.dump = pykd.open(path)
        cls.session = Session(cls.dump)
        cls.addClassCleanup(cls.dump.close)

    def test_all_are_in_sound_lists(self):
        few, many = threads.listed(self.few), threads.listed(self.dump)
        self.assertEqual([], many.problems)
        self.assertEqual(few.expected + COUNT, many.expected)
        self.assertEqual(few.all(), many.all()[: len(few.all())])
        self.assertEqual([100, 100, 50], [len(group) + 1 for group in list(many.groups.values())[len(few.groups) :]])
        pids = [thread.pid for thread in table.threads(self.dump) if thread.pid]
        self.assertEqual(len(pids), len(set(pids)))

    def test_they_are_whole(self):
        """Each has a stack, memory, a state and a name, as what it is a copy of."""
        before = {row["pid"]: row for row in Session(self.few).rows("foreach bt")}
        kinds = {(row["comm"], tuple(frame["function"] for frame in row["frames"])) for row in before.values() if "frames" in row}
        new = [row for row in self.session.rows("foreach bt") if row["pid"] not in before]
        self.assertEqual(COUNT, len(new))
        for row in new:
            self.assertIn((row["comm"], tuple(frame["function"] for frame in row["frames"])), kinds)

    def test_files_that_tasks_share_are_read_once(self):
        """Of all at once as of each alone, and the table of one process is looked at for one of its threads."""
        together = {row["thread"]["task"]: row["rows"][0] for row in self.session.rows("foreach files")}
        alone = Session(self.few)
        for address in threads.listed(self.few).all():
            self.assertEqual([together[address]], list(alone.rows("files", f"{address:x}")))
        tables = {}
        for address, row in together.items():
            table_address = int(self.dump.object("struct task_struct", address).files)
            if row["files"]:
                self.assertIs(tables.setdefault(table_address, row["files"]), row["files"])
        self.assertLess(len(tables), len(together) - COUNT + 1)

    def test_one_thread_is_read_without_all(self):
        for command in ("bt -p", "bt -a", "bt", "task", "runq", "set 1"):
            with self.subTest(command):
                session = Session(self.dump)
                session.capture(command)
                self.assertEqual(command == "set 1", "threads" in session.state)

    def test_the_first_pids_are_found_without_all(self):
        found = threads._Pids(self.dump)
        self.assertEqual(int(threads.find(1, self.few)), found.find(1))
        self.assertLess(found._read, COUNT)
        self.assertIsNone(found.find(1 << 21))
        self.assertEqual(table.threads(self.dump)[-1].address, found.find(table.threads(self.dump)[-1].pid))

    def test_a_marked_thread_is_active_alone(self):
        session = Session(self.dump)
        leader = next(thread for thread in table.threads(self.dump) if thread.pid == crowd.Crowd(self.few, 1, 1).first_pid)
        before = [thread.address for thread in table.threads(self.dump) if thread.active and thread.cpu == leader.cpu]
        session.capture(f"set -a {leader.pid}")
        self.assertEqual([leader.address], [thread.address for thread in table.threads(self.dump) if thread.active and thread.cpu == leader.cpu])
        session.capture(f"set -a {before[0]:x}")
        self.assertEqual(before, [thread.address for thread in table.threads(self.dump) if thread.active and thread.cpu == leader.cpu])
