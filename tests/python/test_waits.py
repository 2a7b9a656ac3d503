# SPDX-License-Identifier: GPL-2.0-or-later
"""Who waits for whom: on real dumps, and on copies in which a deadlock, a lost wake-up and a holder that is gone were planted."""

import unittest

from altered import Altered, Tasks, sleeping_users
from dumps import PAGE, SAMPLE, busy, opened, vmcores
from pykd.kernel import cpus
from pykd.kernel.waits import scan, sites
from pykd.kernel.waits.graph import graph
from pykd.kernel.waits.things import Finder


class Real(unittest.TestCase):
    """The dumps have parents of vfork(), whose wait the child itself names, and writers to a file system that is frozen; the busy one has who
    waits for a mutex that such a writer has, and no vfork()."""

    def test_every_wait_is_resolved_exactly(self):
        for path in vmcores():
            dump = opened(path)
            found = graph(dump)
            with self.subTest(path):
                self.assertGreater(len(found.blocked), 0)
                for task in found.blocked:
                    wait = found.waits[task]
                    self.assertEqual((wait.proof, wait.thing.proof), ("exact", "exact"))
                    self.assertIn(task, wait.thing.waiters)
                    self.assertIn(wait.thing.kind, ("mutex", "percpu_rwsem") if path == busy() else ("completion", "percpu_rwsem"))

    def test_vfork(self):
        for path in vmcores():
            dump = opened(path)
            found = graph(dump)
            parents = [task for task in found.blocked if found.waits[task].thing.kind == "completion"]
            self.assertEqual(len(parents), 0 if path == busy() else 1, path)
            for parent in parents:
                (child,) = found.holders(parent)
                self.assertEqual(int(dump.object("struct task_struct", child).real_parent), parent)

    def test_frozen_file_system(self):
        for path in vmcores():
            dump = opened(path)
            found = graph(dump)
            frozen = [thing for thing in found.things if thing.outside == "frozen file system"]
            with self.subTest(path):
                self.assertEqual(len(frozen), 0 if path == SAMPLE else 1)
                for thing in frozen:
                    count, disk = (1, "dm-0") if path == busy() else (2, "vdb")
                    self.assertEqual(len(thing.waiters), count)
                    self.assertIn(f"ext4 on /dev/{disk}", thing.held)
                    self.assertIn("s_writers.rw_sem[0]", thing.name)
                    (root,) = [root for root in found.roots() if root.thing is thing]
                    self.assertEqual((root.kind, root.proof), ("thing", "exact"))


    def test_frozen_file_system_whose_readers_are_lost(self):
        """Who holds it is the freeze, however many readers the counters on other pages have."""
        for path in vmcores():
            dump = opened(path)
            for thing in graph(dump).things:
                if thing.outside != "frozen file system":
                    continue
                altered = Altered(path)
                counts = int(dump.object("struct percpu_rw_semaphore", thing.address).read_count)
                altered.exclude(dump.translate(cpus.address_on(counts, 0, dump)) // PAGE)
                found = next(one for one in graph(altered.open(self)).things if one.key == thing.key)
                with self.subTest(path):
                    self.assertEqual((thing.held, thing.waiters, thing.outside), (found.held, found.waiters, found.outside))


class Planted(unittest.TestCase):
    def setUp(self):
        self.altered = Altered(SAMPLE)
        self.tasks = Tasks(self.altered)
        self.dump = self.altered.dump
        self.first, self.second, self.third = sleeping_users(self.dump, 3)
        self.rtnl, self.cgroup = (self.dump.address_of(name) for name in ("rtnl_mutex", "cgroup_mutex"))

    def test_deadlock(self):
        self.tasks.wait_for_mutex(self.rtnl, self.first, self.second, self.third)
        self.tasks.wait_for_mutex(self.cgroup, self.second, self.first)
        found = graph(self.altered.open(self))
        self.assertEqual([set(cycle) for cycle in found.cycles()], [{self.first, self.second}])
        root = found.roots()[0]
        self.assertEqual((root.kind, set(root.victims), root.proof), ("cycle", {self.first, self.second, self.third}, "exact"))
        self.assertEqual({thing.name: thing.waiters for thing in found.things if thing.kind == "mutex"}, {
            "rtnl_mutex": [self.second, self.third], "cgroup_mutex": [self.first],
        })  # fmt: skip

    def test_nobody_holds_it(self):
        self.tasks.wait_for_mutex(self.rtnl, 0, self.first)
        found = graph(self.altered.open(self))
        (thing,) = [thing for thing in found.things if thing.address == self.rtnl]
        self.assertTrue(thing.free)
        self.assertEqual((thing.holders, thing.waiters, found.cycles()), ([], [self.first], []))

    def test_a_holder_that_sleeps(self):
        self.tasks.wait_for_mutex(self.rtnl, self.first, self.second)
        found = graph(self.altered.open(self))
        (root,) = [root for root in found.roots() if root.thing and root.thing.address == self.rtnl]
        self.assertEqual((root.kind, root.tasks, root.victims), ("task", (self.first,), (self.second,)))

    def test_writer_that_waits_for_readers(self):
        """A percpu_rwsem names the writer right before its queue: that is no one who waits in the queue, which has a head all the same."""
        semaphore = self.dump.address_of("cgroup_threadgroup_rwsem")
        layout, entry = self.dump.type("struct percpu_rw_semaphore"), self.dump.type("struct wait_queue_entry")
        head = semaphore + layout.offset_of("waiters.head")
        node = self.tasks.top(self.first)
        link = node + entry.offset_of("entry")
        self.altered.word(node + entry.offset_of("private"), self.first)
        self.altered.word(node + entry.offset_of("func"), self.dump.symbol("percpu_rwsem_wake_function").address)
        self.altered.word(link, head, head)
        self.altered.word(head, link, link)
        self.altered.word(semaphore + layout.offset_of("writer.task"), self.second)
        self.altered.word(self.tasks.top(self.second), semaphore)
        self.tasks.put_to_sleep(self.first)
        dump = self.altered.open(self)
        found = graph(dump)
        thing = found.waits[self.first].thing
        self.assertEqual((thing.kind, thing.address, thing.holders), ("percpu_rwsem", semaphore, [self.second]))
        self.assertEqual(Finder(dump)._drained(self.second, scan.stack(dump, self.second)), semaphore)
        self.assertEqual(Finder(dump)._drained(self.first, scan.stack(dump, self.first)), 0)

    def test_without_its_page(self):
        """What cannot be read is not known; it is not free."""
        self.tasks.wait_for_mutex(self.rtnl, 0, self.first)
        self.altered.exclude(self.dump.translate(self.rtnl) // 4096)
        found = graph(self.altered.open(self))
        self.assertFalse([thing for thing in found.things if thing.free and thing.kind == "mutex"])


class Sites(unittest.TestCase):
    def test_locks(self):
        for functions, kind in (
            ("__schedule schedule schedule_preempt_disabled __mutex_lock rtnl_lock", "mutex"),
            ("__schedule schedule rwsem_down_write_slowpath down_write do_mmap", "rwsem"),
            ("__schedule schedule schedule_timeout __down_common __down down", "semaphore"),
            ("__schedule schedule percpu_rwsem_wait __percpu_down_read mnt_want_write", "percpu_rwsem"),
            ("__schedule schedule io_schedule folio_wait_bit_common __mutex_lock", ""),
        ):
            with self.subTest(functions):
                self.assertEqual(sites.lock_kind(functions.split())[0], kind)

    def test_purposes(self):
        for functions, key in (
            ("__schedule schedule io_schedule bit_wait_io __wait_on_bit out_of_line_wait_on_bit __wait_on_buffer ext4_read_bh", "buffer"),
            ("__schedule schedule schedule_timeout __wait_for_common __flush_work lru_add_drain_all", "work"),
            ("__schedule schedule request_wait_answer __fuse_simple_request fuse_lookup", "fuse"),
            ("__schedule schedule schedule_timeout io_schedule_timeout balance_dirty_pages", "dirty"),
        ):
            with self.subTest(functions):
                self.assertEqual(sites.purpose(functions.split())[0].key, key)


if __name__ == "__main__":
    unittest.main()
