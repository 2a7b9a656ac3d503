# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs of dumps that lack the kernel's masks of them."""

import unittest

from dumps import opened, vmcores
from pykd.core.errors import CommandError
from pykd.kernel import cpus


class Without:
    """A dump in which some addresses cannot be read."""

    def __init__(self, dump, *addresses):
        self.dump = dump
        self.addresses = addresses
        self.remembered = {}

    def __getattr__(self, name):
        return getattr(self.dump, name)

    def read_upto(self, address, length):
        return b"" if address in self.addresses else self.dump.read_upto(address, length)

    def read_unsigned(self, address, size=8):
        return self.dump.read_unsigned(0 if address in self.addresses else address, size)


class Masks(unittest.TestCase):
    def test_possible(self):
        for path in vmcores():
            with self.subTest(path):
                dump = opened(path)
                mask, count = (dump.symbol(name, "").address for name in ("__cpu_possible_mask", "nr_cpu_ids"))
                self.assertEqual(cpus.possible(Without(dump, mask)), cpus.possible(dump))
                self.assertEqual(cpus.possible(Without(dump, mask, count)), [0])

    def test_bits_beyond_the_last(self):
        class Full(Without):
            def read_upto(self, address, length):
                return b"\xff" * length if address in self.addresses else self.dump.read_upto(address, length)

        dump = opened(vmcores()[0])
        full = Full(dump, dump.symbol("__cpu_possible_mask", "").address)
        self.assertEqual(cpus.possible(full), list(range(dump.read_unsigned(dump.symbol("nr_cpu_ids", "").address, 4))))


class Lists(unittest.TestCase):
    """What users write for CPUs, on a machine with 0, 1, 2 and 5."""

    def setUp(self):
        self.dump = opened(vmcores()[0])
        before = cpus.possible(self.dump)[:]
        self.addCleanup(cpus.possible(self.dump).__setitem__, slice(None), before)
        cpus.possible(self.dump)[:] = [0, 1, 2, 5]

    def test_lists(self):
        for text, expected in (("0", [0]), ("0-2", [0, 1, 2]), ("5,0-1", [5, 0, 1]), ("a", [0, 1, 2, 5]), ("2,all", [2, 0, 1, 5]), ("1,1", [1])):
            with self.subTest(text):
                self.assertEqual(cpus.parse_list(text, self.dump), expected)

    def test_no_lists(self):
        for text in ("", "x", "1-", "-1", "2-1", "1,,2", "1 2", "4", "2-5", "0-99999999999", "99999999999", "\u0661"):
            with self.subTest(text), self.assertRaises(CommandError):
                cpus.parse_list(text, self.dump)


class PerCpu(unittest.TestCase):
    def test_symbols(self):
        for path in vmcores():
            dump = opened(path)
            for name, expected in (("runqueues", True), ("init_task", False), ("no_such_symbol", False)):
                with self.subTest(path, name=name):
                    self.assertEqual(cpus.is_percpu(name, dump), expected)
            self.assertTrue(cpus.is_percpu(dump.symbol("runqueues").address, dump))


if __name__ == "__main__":
    unittest.main()
