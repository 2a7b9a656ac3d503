# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads are found when the kernel's lists are damaged."""

import unittest

import pykd
from dumps import opened, vmcores
from pykd.kernel.task.threadlist import ThreadList


class Damaged:
    """A dump that lacks the memory in some ranges, as if makedumpfile had left it out, or that has other values there."""

    def __init__(self, dump, holes=(), pointers=None):
        self.dump = dump
        self.holes = holes
        self.pointers = pointers or {}

    def __getattr__(self, name):
        return getattr(self.dump, name)

    def fault(self, address):
        try:
            self.dump.read(0, 1)
        except pykd.FaultError as err:
            err.address = address
            err.reason = "excluded"
            return err
        raise AssertionError("address 0 can be read")

    def hidden(self, address):
        return any(start <= address < end for start, end in self.holes)

    def follow(self, start, offset=0, *, stop=None, limit=10000):
        nodes = []
        stop = start if stop is None else stop
        node = start
        while True:
            nodes.append(node)
            if len(nodes) > limit:
                return nodes, "limit"
            if self.hidden(node):
                return nodes, self.fault(node)
            try:
                node = self.pointers.get(node + offset) or self.dump.read_unsigned(node + offset)
            except pykd.FaultError as err:
                return nodes, err
            if node in (0, stop):
                return nodes, None
            if node in nodes:
                return nodes, "cycle"

    def read_plain(self, addresses, type, members):
        fault = self.fault(0)
        return [
            [fault if self.hidden(address) else value for address, value in zip(addresses, column, strict=True)]
            for column in self.dump.read_plain(addresses, type, members)
        ]


class Partly(Damaged):
    """A dump that lacks one member of one thread."""

    def __init__(self, dump, victim, member, pointers):
        super().__init__(dump, pointers=pointers)
        self.victim = victim
        self.member = member

    def read_plain(self, addresses, type, members):
        columns = super().read_plain(addresses, type, members)
        if self.member in members and self.victim in addresses:
            columns[members.index(self.member)][addresses.index(self.victim)] = self.fault(0)
        return columns


class Complete(unittest.TestCase):
    """On a dump whose lists are whole."""

    @classmethod
    def setUpClass(cls):
        for path in vmcores():
            cls.dump = opened(path)
            cls.whole = ThreadList(cls.dump)
            if not cls.whole.problems and cls.whole.expected:
                task = cls.dump.type("struct task_struct")
                cls.tasks = task.member("tasks").offset
                # Not the whole size: the kernel allocates less than struct fpu could take, and the next task follows.
                cls.size = task.member("thread_node").offset + 16
                return
        raise unittest.SkipTest("no dump with a whole task list is at hand")

    def test_all_threads_are_found(self):
        self.assertEqual(len(self.whole.all()) - 1, self.whole.expected)
        self.assertEqual(len(set(self.whole.all())), len(self.whole.all()))

    def test_groups_are_those_of_the_kernel(self):
        columns = self.dump.read_columns(self.whole.all(), "struct task_struct", ("tgid", "group_leader"))
        leaders = dict(zip(self.whole.all(), columns, strict=True))
        for leader, threads in self.whole.groups.items():
            for thread in threads:
                self.assertEqual(leaders[thread][1], leader)
            others = self.whole.others_of(threads[0]) if threads else []
            self.assertEqual(set(others), {leader, *threads[1:]} if threads else set())

    def test_a_missing_task_costs_only_itself(self):
        leaders = [leader for leader, threads in self.whole.groups.items() if not threads]
        victim = leaders[len(leaders) // 2]
        found = ThreadList(Damaged(self.dump, [(victim, victim + self.size)]))
        self.assertEqual(set(found.all()), set(self.whole.all()) - {victim})
        self.assertIn(victim, found.unreadable)
        self.assertTrue(any(f"of {self.whole.expected} threads" in problem for problem in found.problems))

    def test_a_missing_leader_leaves_its_threads(self):
        victim = next((leader for leader, threads in self.whole.groups.items() if len(threads) > 2), None)
        if not victim:
            self.skipTest("the dump has no process of several threads")
        found = ThreadList(Damaged(self.dump, [(victim, victim + self.size)]))
        self.assertEqual(set(found.all()), set(self.whole.all()) - {victim})
        first, *rest = sorted(self.whole.groups[victim], key=lambda a: self.dump.read_columns([a], "struct task_struct", ("pid",)))
        self.assertEqual(sorted(found.groups[first]), sorted(rest))

    def test_a_thread_of_which_a_page_is_missing(self):
        """Its links can be read, its PID or its leader cannot."""
        leaders = list(self.whole.groups)
        victim = leaders[len(leaders) // 2]
        for member in ("pid", "group_leader"):
            with self.subTest(member):
                # The shortcut makes the count wrong, so that all other lists are asked.
                found = ThreadList(Partly(self.dump, victim, member, {leaders[-9] + self.tasks: leaders[-4] + self.tasks}))
                self.assertEqual(set(found.all()) | {victim}, set(self.whole.all()))

    def test_a_leader_of_which_a_page_is_missing(self):
        """What is told of its list of threads is the page, whichever of the words lay on it."""
        victim = list(self.whole.groups)[3]
        for member in ("signal", "thread_node.next", "thread_node.prev"):
            with self.subTest(member):
                found = ThreadList(Partly(self.dump, victim, member, {}))
                self.assertEqual(set(found.all()), set(self.whole.all()))
                self.assertTrue(any("cannot be followed: cannot read" in problem for problem in found.problems), found.problems)

    def test_most_tasks_missing(self):
        leaders = list(self.whole.groups)
        holes = [(a, a + self.size) for a in leaders[2:] if leaders.index(a) % 3]
        found = ThreadList(Damaged(self.dump, holes))
        readable = set(self.whole.all()) - {start for start, _ in holes}
        self.assertEqual(set(found.all()), readable)

    def test_a_circle_that_leaves_tasks_out(self):
        leaders = list(self.whole.groups)
        early, late = leaders[3] + self.tasks, leaders[-3] + self.tasks
        found = ThreadList(Damaged(self.dump, pointers={late: early, leaders[5] + self.tasks + 8: leaders[7] + self.tasks}))
        self.assertEqual(set(found.all()), set(self.whole.all()))
        self.assertTrue(any("circle" in problem for problem in found.problems))

    def test_a_shortcut_in_the_list_is_noticed_by_the_count(self):
        leaders = list(self.whole.groups)
        found = ThreadList(Damaged(self.dump, pointers={leaders[4] + self.tasks: leaders[9] + self.tasks}))
        self.assertEqual(set(found.all()), set(self.whole.all()))
        self.assertTrue(found.problems)

    def test_a_list_that_leads_into_garbage(self):
        leaders = list(self.whole.groups)
        text = self.dump.symbol("_stext", "").address
        found = ThreadList(Damaged(self.dump, pointers={leaders[4] + self.tasks: text}))
        self.assertEqual(set(found.all()), set(self.whole.all()))
        self.assertTrue(any("is broken after" in problem for problem in found.problems))


class EveryDump(unittest.TestCase):
    def test_what_is_found_is_said(self):
        for path in vmcores():
            with self.subTest(path):
                threads = ThreadList(opened(path))
                if len(threads.all()) - 1 < threads.expected:
                    self.assertTrue(threads.problems)


if __name__ == "__main__":
    unittest.main()
