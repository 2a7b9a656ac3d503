# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs of dumps that lack the kernel's masks of them."""

import unittest

from dumps import opened, vmcores
from pykd.kernel import cpus


class Without:
    """A dump in which some addresses cannot be read."""

    def __init__(self, dump, *addresses):
        self.dump = dump
        self.addresses = addresses

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


if __name__ == "__main__":
    unittest.main()
