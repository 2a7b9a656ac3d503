# SPDX-License-Identifier: GPL-2.0-or-later
"""Members of many structs read by columns, and what is kept of them."""

import unittest

import pykd
from dumps import SAMPLE, have_one_open, opened
from pykd.kernel.task import members, threads

TASK = "struct task_struct"
NOWHERE = 0x1230
"""No struct is there."""
MEMBERS = ("pid", "comm", "mm", "parent.pid", "group_leader", "thread.sp", "tasks", "flags", "mm.pgd", "prio", "thread_info.flags", "start_time")


def plain(value):
    """What read_plain() makes of what read_columns() gives."""
    if isinstance(value, pykd.Error):
        return str(value)
    return str(value) if isinstance(value, str) else int(value)


class Plain(unittest.TestCase):
    def setUp(self):
        before = have_one_open()
        self.dump = pykd.open(SAMPLE)
        pykd.set_current(before)
        self.addCleanup(self.dump.close)
        first = self.dump.symbol("init_task", "").address
        head = self.dump.type(TASK).offset_of("tasks")
        links, _ = self.dump.follow(first + head)
        self.addresses = [link - head for link in links]

    def both(self, addresses):
        rows = self.dump.read_columns(addresses, TASK, MEMBERS)
        columns = self.dump.read_plain(addresses, TASK, MEMBERS)
        self.assertEqual([[plain(value) for value in column] for column in zip(*rows, strict=True)], [[plain(value) for value in one] for one in columns])
        for value in columns[0] + columns[2] + columns[4]:
            self.assertIn(type(value), (int, pykd.FaultError))
        self.assertEqual({str}, {type(value) for value in columns[1] if not isinstance(value, pykd.Error)})
        return columns

    def test_values_are_those_of_read_columns(self):
        self.both(self.addresses)
        self.assertEqual([[] for _ in MEMBERS], self.dump.read_plain([], TASK, MEMBERS))

    def test_what_is_kept_is_the_same(self):
        """Also of structs that cannot be read, or only in part, and asked for in another order."""
        page = self.addresses[1] & -self.dump.page_size
        odd = [NOWHERE, self.addresses[0], page - 8, page + self.dump.page_size - 2420, (1 << 64) - 100]
        self.dump.keep(TASK, [*MEMBERS, "stack"])
        for _ in range(2):
            self.both(self.addresses + odd)
            self.both(odd + self.addresses[::-1])

    def test_of_equal_neighbours_there_is_one(self):
        comms = self.dump.read_plain([self.addresses[1]] * 3, TASK, ("comm",))[0]
        self.assertIs(comms[0], comms[2])

    def test_paths(self):
        with self.assertRaises(pykd.MemberError):
            self.dump.read_plain([], TASK, ("no_such",))
        with self.assertRaises(pykd.MemberError):
            self.dump.keep(TASK, ("no_such",))

    def test_a_closed_dump_keeps_nothing(self):
        self.dump.keep(TASK, ("pid",))
        self.dump.read_plain(self.addresses, TASK, ("pid",))
        self.dump.close()
        self.assertRaises(pykd.Error, self.dump.read_plain, self.addresses, TASK, ("pid",))

    def test_lists_of_threads_keep_what_commands_ask(self):
        """All of it is found in this kernel, or in none."""
        threads.listed(self.dump)
        for path in (*members.paths(self.dump).values(), *members.KEPT):
            with self.subTest(path):
                try:
                    (values,) = self.dump.read_plain(self.addresses, TASK, (path,))
                except pykd.MemberError:
                    continue
                self.assertEqual([plain(value) for value, in self.dump.read_columns(self.addresses, TASK, (path,))], [plain(value) for value in values])


class Code(unittest.TestCase):
    def test_code_on_a_stack_is_that_of_its_text(self):
        dump = opened(SAMPLE)
        some = 0
        for task in threads.addresses(dump):
            try:
                low, high = dump.stack_of_task(task)
            except pykd.Error:
                continue
            code = dump.stack_code(low, high)
            self.assertEqual(tuple(pc for _, pc, _ in dump.stack_text(low, high)[0]), code)
            some += bool(code)
        self.assertGreater(some, 10)
