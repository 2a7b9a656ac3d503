# SPDX-License-Identifier: GPL-2.0-or-later
"""The command rcu: the grace periods of the dumps at hand, a stall that was planted, a reader that sleeps."""

import unittest

from altered import Altered, sleeping_users
from dumps import opened, vmcores
from planting import Planting
from pykd.kernel import rcu, timekeeping
from pykd.session.session import Session


class Real(unittest.TestCase):
    def test_state(self):
        """All of them ended within a grace period that had just begun; its thread has RCU's name."""
        for path in vmcores():
            rows = list(Session(opened(path)).rows("rcu"))
            state = rows[0]
            with self.subTest(path):
                self.assertEqual((False, state["name"]), (state["stalled"], state["thread"]["comm"]))
                self.assertLess(state["age"], 1)
                self.assertEqual([0, 1], [row["cpu"] for row in rows if row["kind"] == "cpu"])
                self.assertEqual(state["in_progress"], any(row["waited_for"] for row in rows if row["kind"] == "cpu"))
                self.assertFalse([row for row in rows if row["kind"] in ("reader", "error")])


class Planted(Planting):
    def test_stall(self):
        state = int(rcu.state(self.dump))
        (leaf,) = rcu.leaves(self.dump)
        self.set("rcu_state", state, "gp_seq", 0x401)
        self.set("rcu_state", state, "gp_start", timekeeping.jiffies(self.dump) - 30 * timekeeping.hz(self.dump))
        self.set("rcu_node", int(leaf), "qsmask", 2)
        rows = list(Session(self.altered.open(self)).rows("rcu"))
        self.assertEqual((True, True, 0x401, 30.0), tuple(rows[0][key] for key in ("stalled", "in_progress", "sequence", "age")))
        self.assertEqual([False, True], [row["waited_for"] for row in rows if row["kind"] == "cpu"])
        self.assertIn("CPU 1: NOT REPORTED", Session(self.altered.open(self)).capture("rcu")[0])


class Reader(unittest.TestCase):
    def test_blocked_reader(self):
        for path in vmcores():
            dump = opened(path)
            member = dump.type("struct task_struct").member("rcu_node_entry")
            if member is None:
                continue  # without PREEMPT_RCU no reader is ever put aside
            altered = Altered(path)
            (leaf,) = rcu.leaves(dump)
            task = sleeping_users(dump, 1)[0] if sleeping_users(dump, 1) else dump.symbol("init_task").address
            entry, head = task + member.offset, int(leaf) + leaf.fieldOffset("blkd_tasks")
            altered.word(head, entry, entry)
            altered.word(entry, head, head)
            altered.word(int(leaf) + leaf.fieldOffset("gp_tasks"), entry)
            with self.subTest(path):
                rows = Session(altered.open(self)).rows("rcu")
                self.assertEqual([task], [row["task"] for row in rows if row["kind"] == "reader"])


if __name__ == "__main__":
    unittest.main()
