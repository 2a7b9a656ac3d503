# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of thread states."""

import unittest
from types import SimpleNamespace

from pykd.kernel.task.state import LETTERS, StateNames, state_array, state_bits


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


class Array(unittest.TestCase):
    """The kernel's own texts, if they are all there."""

    TEXTS = ("R (running)", "S (sleeping)", "D (disk sleep)", "T (stopped)", "t (tracing stop)", "X (dead)", "Z (zombie)", "P (parked)", "I (idle)")

    def bits(self, *texts):
        class Dump:
            symbol = staticmethod(lambda *_: SimpleNamespace(address=0, size=8 * len(texts)))
            read_unsigned = staticmethod(lambda address: address + 8)
            read_string = staticmethod(lambda address, _: texts[address // 8 - 1].encode())

        return state_bits(state_array(Dump))

    def test_as_it_is(self):
        self.assertEqual(state_bits(), self.bits(*self.TEXTS))
        self.assertEqual(0x80, self.bits(*self.TEXTS[:7], "D (dreaming)", *self.TEXTS[7:])["TASK_PARKED"])

    def test_damaged(self):
        """A text that is another one, or is not there, is no state of this kernel's."""
        for number in range(8):
            for text in (self.TEXTS[number][:-2] + "~)", "~"):
                with self.subTest(number=number, text=text):
                    self.assertEqual(state_bits(), self.bits(*self.TEXTS[:number], text, *self.TEXTS[number + 1 :]))


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


class Letters(unittest.TestCase):
    def test_letters(self):
        letters = StateNames(state_bits()).letters
        for state, exit_state, expected in (
            (0, 0, "RU"), (1, 0, "IN"), (0x102, 0, "UN"), (0x402, 0, "ID"), (0x2402, 0, "ID"), (4, 0, "ST"), (8, 0, "TR"), (0x40, 0, "PA"),
            (0x80, 0x10, "DE"), (0x80, 0x30, "ZO"), (0x80, 0x20, "ZO"), (0x200, 0, "WA"), (0x800, 0, "NE"), (0x8000, 0, "FR"), (1 << 30, 0, "??"),
        ):  # fmt: skip
            with self.subTest(state=state, exit_state=exit_state):
                self.assertEqual(letters(state, exit_state), expected)

    def test_letters_follow_the_kernels_own_array(self):
        texts = ("running", "sleeping", "disk sleep", "stopped", "tracing stop", "dead", "zombie", "dreaming", "parked", "idle")
        self.assertEqual(StateNames(state_bits(texts)).letters(0x802), "ID")
        self.assertEqual(StateNames(state_bits(texts)).letters(0x80), "PA")

    def test_every_answer_is_listed(self):
        letters = StateNames(state_bits()).letters
        for bit in range(32):
            self.assertIn(letters(1 << bit), LETTERS)


if __name__ == "__main__":
    unittest.main()
