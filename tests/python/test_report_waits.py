# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the report about threads that wait, asked about waits that were made up: of those that no dump at hand has."""

import types
import unittest
import unittest.mock

from altered import sleeping_users
from dumps import SAMPLE, opened
from planting import Planting
from pykd.kernel import timekeeping
from pykd.kernel.block.disks import for_each_disk
from pykd.kernel.fs.files import for_each_file
from pykd.kernel.task import threads
from pykd.kernel.waits.graph import Root
from pykd.kernel.waits.things import Thing, Wait
from pykd.report import findings
from pykd.report.facts import Facts
from pykd.report.finding import CONSEQUENCE
from pykd.report.findings import n_outside
from pykd.report.sections import blocked


def found_by(name, facts):
    """What the rule of a file finds."""
    return list(findings.find(name).rule(facts))


class MadeUp(unittest.TestCase):
    def waiting(self, seconds, *waits, roots=()):
        """Facts of the sample, of which these wait for so long."""
        facts = Facts(opened(SAMPLE))
        graph = types.SimpleNamespace(waits={wait.task: wait for wait in waits}, blocked=[wait.task for wait in waits], roots=lambda: list(roots), unsure=None)
        facts.__dict__["_graph"] = graph
        facts.seconds = lambda task: seconds
        return facts

    def test_reclaim(self):
        """A thread that waits for long inside reclaim; one that waits elsewhere, or shortly, is none."""
        task = sleeping_users(opened(SAMPLE), 1)[0]
        for functions, seconds, told in ((("schedule", "shrink_node", "try_to_free_pages", "alloc_pages"), 30.0, True),
                                         (("schedule", "shrink_node", "try_to_free_pages"), 2.0, False), (("schedule", "alloc_pages"), 30.0, False)):  # fmt: skip
            found = found_by("g16_reclaim", self.waiting(seconds, Wait(task, None, "guess", functions[0], None, functions)))
            with self.subTest(functions, seconds=seconds):
                self.assertEqual(told, bool(found))

    def test_loop_device(self):
        """Its requests follow from what its worker waits for; those of a disk, or of one whose worker does not wait, do not."""
        planting = Planting()
        task = sleeping_users(opened(SAMPLE), 1)[0]
        for name, functions, level in ((b"loop7", ("percpu_rwsem_wait", "lo_rw_aio"), CONSEQUENCE), (b"vdz", ("percpu_rwsem_wait", "lo_rw_aio"), 0), (b"loop7", ("down",), 0)):
            planting.setUp()
            disk = next(disk for disk in for_each_disk(planting.dump) if str(disk.disk_name) == "vda")
            request = planting.in_flight(disk, 0)
            jiffies, hz = timekeeping.jiffies(planting.dump), timekeeping.hz(planting.dump)
            for member, value in (("start_time_ns", 0), ("timeout", 30 * hz), ("deadline", jiffies - 70 * hz)):
                planting.set("request", request, member, value)
            planting.altered.write(int(disk) + disk.fieldOffset("disk_name"), name + bytes(1))
            facts = self.waiting(30.0, Wait(task, None, "guess", functions[0], None, functions))
            facts.dump = planting.altered.open(self)
            every = found_by("h1_io", facts)
            self.assertEqual([], facts.skipped)
            (found,) = [one for one in every if name.decode() in one.text]
            with self.subTest(name, functions=functions):
                self.assertEqual(level, found.level)

    def test_server_of_fuse(self):
        """Threads first wait for it so that a signal ends that; who has its file open is the server."""
        facts = self.waiting(30.0)
        task = sleeping_users(facts.dump, 1)[0]
        files: dict[int, set[int]] = {}
        for process in threads.threads(facts.dump):
            if process.mm and int(process.pid) == int(process.tgid):
                for _, file in for_each_file(facts.dump, process):
                    files.setdefault(int(file.f_op), set()).add(int(process.pid))
        operations, (server,) = next((address, pids) for address, pids in files.items() if len(pids) == 1)
        facts.__dict__["stacks"] = {task: ("schedule", "request_wait_answer", "fuse_lookup")}
        with unittest.mock.patch.dict(n_outside.SERVES, {"fuse": facts.dump.symbol_at(operations).name}):
            self.assertEqual([], found_by("n_outside", facts))  # nothing of FUSE is mounted
            with unittest.mock.patch.object(n_outside, "filesystem_type", lambda block: "fuse.sshfs"):
                (found,) = found_by("n_outside", facts)
                self.assertIn(f"1 thread waits for the answer of a FUSE server (a signal would end that); most likely that is PID {server} (", found.text)
                self.assertEqual(2, found.severity)
                facts.seconds = lambda task: 5.0
                self.assertEqual([], found_by("n_outside", facts))

    def test_many_that_wait_for_one_thing(self):
        """The picture names some of them, and has the others as one; nobody is left out."""
        tasks = [int(task) for task in threads.threads(opened(SAMPLE))][:20]
        for count, boxes in ((6, 6), (20, 6)):
            thing = Thing("mutex", 0xffff888000000000, "kd")
            edges = list(blocked._edges(self.waiting(3.0, *(Wait(task, thing, "exact", "__mutex_lock", None, ()) for task in tasks[:count]))))
            with self.subTest(count):
                self.assertEqual(boxes, len(edges))
                self.assertEqual("15 more threads" if count == 20 else edges[-1]["from"], edges[-1]["from"])

    def test_holder_that_is_not_recorded(self):
        """A semaphore that is not free: who sleeps in the code that takes it may hold it."""
        first, second = sleeping_users(opened(SAMPLE), 2)
        for free, seconds, told in ((False, 30.0, True), (True, 30.0, False), (False, 2.0, False)):
            thing = Thing("semaphore", 0xffff888000000000, "kd_sem")
            thing.free = free
            taker = Wait(first, thing, "exact", "__down", None, ("schedule", "__down", "down", "kd_take"))
            other = Wait(second, None, "guess", "kd_stay", None, ("schedule", "kd_stay", "down", "kd_take"))
            found = found_by("d11_unrecorded", self.waiting(seconds, taker, other, roots=[Root("thing", (), thing, (first,), "exact")]))
            with self.subTest(free=free, seconds=seconds):
                self.assertEqual(told, bool(found))
                self.assertTrue(not told or ("perhaps PID" in found[0].text and found[0].severity == 2))


if __name__ == "__main__":
    unittest.main()
