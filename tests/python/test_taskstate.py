# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of thread states."""

import unittest

from pykd.kernel.task.state import StateNames, state_bits


class Bits(unittest.TestCase):
    def test_bits_are_those_of_the_kernel(self):
        # include/linux/sched.h of 6.12
        bits = state_bits()
        self.assertEqual(bits["TASK_INTERRUPTIBLE"], 0x1)
        self.assertEqual(bits["__TASK_TRACED"], 0x8)
        self.assertEqual(bits["EXIT_ZOMBIE"], 0x20)
        self.assertEqual(bits["TASK_PARKED"], 0x40)
        self.assertEqual(bits["TASK_DEAD"], 0x80)
        self.assertEqual(bits["TASK_NEW"], 0x800)
        self.assertEqual(bits["TASK_RTLOCK_WAIT"], 0x1000)
        self.assertEqual(bits["TASK_FROZEN"], 0x8000)
        self.assertEqual(bits["TASK_IDLE"], 0x402)

    def test_a_new_reported_state_moves_those_above_it(self):
        texts = ("running", "sleeping", "disk sleep", "stopped", "tracing stop", "dead", "zombie", "dreaming", "parked", "idle")
        bits = state_bits(texts)
        self.assertEqual(bits["TASK_PARKED"], 0x80)
        self.assertEqual(bits["TASK_DEAD"], 0x100)
        self.assertEqual(bits["TASK_IDLE"], 0x802)


class Names(unittest.TestCase):
    def setUp(self):
        self.names = StateNames(state_bits())

    def test_simple_and_combined(self):
        for state, name in (
            (0, "TASK_RUNNING"),
            (1, "TASK_INTERRUPTIBLE"),
            (0x102, "TASK_UNINTERRUPTIBLE|TASK_WAKEKILL"),
            (0x402, "TASK_IDLE"),
            (0x104, "__TASK_STOPPED|TASK_WAKEKILL"),
            (0x8, "__TASK_TRACED"),
            (0x40, "TASK_PARKED"),
            (0x200, "TASK_WAKING"),
            (0x8000, "TASK_FROZEN"),
        ):
            self.assertEqual(self.names.name(state), name)

    def test_freezable_is_no_state_of_its_own(self):
        self.assertEqual(self.names.name(0x2001), "TASK_INTERRUPTIBLE")
        self.assertEqual(self.names.name(0x2402), "TASK_IDLE")
        self.assertEqual(self.names.name(0x4002), "TASK_UNINTERRUPTIBLE")

    def test_exit_state_wins(self):
        self.assertEqual(self.names.name(0, 0x20), "TASK_DEAD")
        self.assertEqual(self.names.name(0x80, 0x10), "TASK_DEAD")

    def test_unknown_bits_are_shown_as_a_number(self):
        self.assertEqual(self.names.name(1 << 30), f"state:{1 << 30}")


if __name__ == "__main__":
    unittest.main()
