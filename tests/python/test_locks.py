# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks: who holds and who waits, and wait queues."""

import unittest

from dumps import opened, vmcores
from pykd.kernel import locks, waitqueues
from pykd.kernel.task import threads


class Words:
    """A dump in which some words have other values."""

    def __init__(self, dump, words):
        self.dump = dump
        self.words = words

    def __getattr__(self, name):
        return getattr(self.dump, name)

    def read_unsigned(self, address, size=8):
        value = self.words.get(address)
        return self.dump.read_unsigned(address, size) if value is None else value & (1 << 8 * size) - 1


class Held(unittest.TestCase):
    def setUp(self):
        self.dump = opened(vmcores()[0])
        self.task = int(threads.find(1, self.dump))
        self.lock = self.dump.symbol("init_task", "").address  # any place that can be read

    def with_words(self, struct, **words):
        offsets = self.dump.type(struct)
        return Words(self.dump, {self.lock + offsets.offset_of(name): word for name, word in words.items()})

    def test_mutex(self):
        for word, text in ((0, "nobody"), (self.task, "PID 1 ("), (self.task | 7, "PID 1 ("), (8, "a task that exists no more, 0x8")):
            with self.subTest(hex(word)):
                self.assertIn(text, locks.held_by(self.with_words("struct mutex", owner=word), "mutex", self.lock))

    def test_rwsem(self):
        for owner, count, text, holder in (
            (0, 0, "nobody", 0),
            (self.task, 1, "writer PID 1 (", self.task),
            (0, 1, "a writer", 0),
            (self.task | 3, 0x200, "2 readers, the last to come PID 1 (", 0),
            (self.task | 1, 0x100, "1 reader, the last", 0),
            (self.task | 1, 0, "nobody", 0),
        ):
            with self.subTest(owner=hex(owner), count=hex(count)):
                dump = self.with_words("struct rw_semaphore", owner=owner, count=count)
                self.assertIn(text, locks.held_by(dump, "rwsem", self.lock))
                self.assertEqual(locks.owner_of(dump, "rwsem", self.lock), holder)

    def test_spinlock(self):
        for word, state in ((0, (0, False, None)), (0x101, (1, True, None)), (0x0005_0001, (1, False, 0)), (0x000D_0001, (1, False, 2))):
            with self.subTest(hex(word)):
                self.assertEqual(locks.qspinlock_state(Words(self.dump, {self.lock: word}), self.lock), state)


class Queues(unittest.TestCase):
    def test_who_waits(self):
        """Whoever has an element of a wait queue on its stack is among those of the queue."""
        for path in vmcores():
            dump = opened(path)
            found = 0
            for task in threads.threads(dump):
                queue, waiters = waitqueues.queue_of(dump, int(task))
                if not queue:
                    continue
                found += 1
                entries = list(waitqueues.for_each_waiter(dump, queue))
                tasks = [waitqueues.waiting_task(dump, entry) for entry in entries]
                with self.subTest(path, pid=task.pid):
                    self.assertIn(int(task), waiters)
                    self.assertEqual([one for one in tasks if one in waiters], waiters)
            self.assertGreater(found, 2, path)


if __name__ == "__main__":
    unittest.main()
