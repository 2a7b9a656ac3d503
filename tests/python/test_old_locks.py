# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks under their old names: owner, count and waiters, made up from the words that a lock of today holds."""
# ruff: noqa: F403, F405 (begins as PyKdump's programs do)

import unittest
from unittest import mock

import dumps
import pykd

dumps.have_one_open()

from pykd.compat import standins  # noqa: E402
from pykd.compat.old import locks as oldlocks  # noqa: E402
from pykd.kernel.lists import rbtree  # noqa: E402
from pykdump.API import *  # noqa: E402

INIT = sym2addr("init_task")


class Word(unittest.TestCase):
    """A dump in front of the real one, in which one word is another."""

    def with_owner(self, name, word):
        lock = readSU(f"struct {name}", INIT)
        place = int(lock) + lock.fieldOffset("owner")

        class Dump:
            struct_class = staticmethod(pykd.current().struct_class)

            @staticmethod
            def read_unsigned(address, size=8):
                self.assertEqual(place, address)
                return word

        original = oldlocks._dump_of
        self.addCleanup(setattr, oldlocks, "_dump_of", original)
        oldlocks._dump_of = lambda obj: Dump
        return lock

    def test_mutex(self):
        for word, count, owner in ((0, 1, 0), (INIT, 0, INIT), (INIT | 1, -1, INIT), (INIT | 5, -1, INIT), (INIT | 4, 0, INIT)):
            with self.subTest(hex(word)):
                mutex = self.with_owner("mutex", word)
                self.assertEqual(count, oldlocks.mutex_count(mutex).counter)
                self.assertEqual(owner, oldlocks.mutex_owner(mutex))
                self.assertEqual(word, oldlocks.mutex_owner(mutex).counter)
        self.assertEqual(0, oldlocks.mutex_owner(self.with_owner("mutex", INIT)).pid)

    def test_rw_semaphore(self):
        for word, owner in ((0, 0), (INIT, INIT), (INIT | 1, 1), (INIT | 2, INIT), (1, 1)):
            with self.subTest(hex(word)):
                self.assertEqual(owner, oldlocks.rwsem_owner(self.with_owner("rw_semaphore", word)))


class Realtime(unittest.TestCase):
    """What an rt kernel has in place of locks: a word for the readers of a rw_semaphore, a tree of those who wait."""

    def read(self, function, word):
        place = 0x1000

        class Lock(int):
            @staticmethod
            def fieldOffset(name):
                return 0x10

        class Dump:
            struct_class = staticmethod(pykd.current().struct_class)

            @staticmethod
            def read_unsigned(address, size=8):
                self.assertEqual(place + 0x10, address)
                return word & (1 << 8 * size) - 1

        with mock.patch.object(oldlocks, "_dump_of", lambda obj: Dump):
            return function(Lock(place))

    def test_count(self):
        for word, count in ((1 << 31, 0), (1 << 31 | 3, 3), (1 << 30, -1), (2, 2), (0, 0)):
            self.assertEqual(count, self.read(oldlocks.rt_count, word))
            self.assertEqual(count, self.read(oldlocks.rt_count, word).counter)

    def test_owner(self):
        for word, owner in ((0, 0), (INIT, INIT), (INIT | 1, INIT)):
            self.assertEqual(owner, self.read(oldlocks.rt_owner, word))
            self.assertEqual(word, self.read(oldlocks.rt_owner, word).counter)

    def test_waiters(self):
        with mock.patch.object(rbtree, "nodes", lambda dump, root: iter([(0x2000, ""), (0x3000, "l")])):
            found = self.read(oldlocks.rt_waiters, 0)
        self.assertEqual([0x2000, 0x3000], readList(Addr(found), inchead=False))
        self.assertTrue(found.hasField("prev"))
        self.assertEqual((0x2000, 0x3000), (found.next, found.prev))


class Kernel(unittest.TestCase):
    def test_free_mutex(self):
        mutex = readSU("struct mutex", sym2addr("uts_sem") and sym2addr("module_mutex"))
        self.assertEqual((1, 0, False), (mutex.count.counter, mutex.owner.counter, bool(mutex.owner)))
        self.assertEqual([], readList(Addr(mutex.wait_list), inchead=False))
        self.assertTrue(mutex.hasField("wait_list"))
        self.assertTrue(mutex.wait_list.hasField("prev"))
        self.assertIn(getStructInfo("struct mutex")["wait_list"].ti.ptrlev, (None, 1))

    def test_inode(self):
        self.assertGreaterEqual(member_offset("struct inode", "i_mutex"), 0)


class Waiters(unittest.TestCase):
    """A ring that a lock points into: as a list with a head it has all of them."""

    def test_ring(self):
        tasks = readSymbol("init_task").tasks  # some ring of list_heads
        links = pykd.current().follow(int(tasks), limit=100000)[0]

        class Lock:
            class first_waiter(int):
                def fieldOffset(self, name):
                    return 0

            PYT_dump = pykd.current()

        lock = Lock()
        lock.first_waiter = Lock.first_waiter(int(tasks))
        waiters = oldlocks.waiters(lock)
        self.assertEqual(links, readList(Addr(waiters), inchead=False))
        self.assertEqual(links[0], waiters.next)
        self.assertEqual(links[1], waiters.next.next)
        self.assertEqual(links[-1], waiters.prev)
        offset = member_offset("struct task_struct", "tasks")
        self.assertEqual([link - offset for link in links], readSUListFromHead(Addr(waiters), "tasks", "struct task_struct"))
        self.assertEqual(len(links), len(ListHead(waiters, "struct task_struct").tasks))
        lock.first_waiter = Lock.first_waiter(0)
        self.assertEqual(([], 0), (readList(oldlocks.waiters(lock)), oldlocks.waiters(lock).next))
        self.assertIsInstance(oldlocks.waiters(lock), standins.Elements)


class OtherDumps(unittest.TestCase):
    def test_each(self):
        dumps.run_on_others("test_old_locks.")


if __name__ == "__main__":
    unittest.main()
