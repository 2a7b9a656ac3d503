# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs: the kernel's masks of them, what users write for them, per-CPU symbols."""

import unittest

import dumps
import pykd
from dumps import opened, vmcores
from pykd.core.errors import CommandError
from pykd.kernel import cpus


class Masks(unittest.TestCase):
    """What the C core and Python say of masks whose kernel's count of CPUs, or whose page, is damaged."""

    def cpus(self, count, mask, more=""):
        """(possible, online, those that the core lists) of a kernel made for 128 CPUs; what lies behind its masks is all ones."""
        path, _ = dumps.made(self, f"""
types
    struct cpumask {{ unsigned long bits[2]; }};
data
    unsigned int nr_cpu_ids = {count};
    struct cpumask __cpu_online_mask = {{ {{ 0x5 }} }};
data at 0xffffffff81a00000
    struct cpumask __cpu_possible_mask = {{ {mask} }};
    unsigned long behind[62] = {{ {", ".join(["0xffffffffffffffff"] * 62)} }};
symbols
    ffffffff81a00000 D __cpu_possible_mask
{more}""")
        dump = pykd.Dump(path)
        return cpus.possible(dump), cpus.online(dump), [(cpu.nr, cpu.online) for cpu in dump.cpus()]

    def test_sound(self):
        self.assertEqual(([0, 1, 2, 70], [0, 2], [(0, True), (1, False), (2, True), (70, False)]), self.cpus(71, "{ 7, 0x40 }"))

    def test_bits_beyond_the_last(self):
        """A CPU of each would be looked for."""
        self.assertEqual([0, 1, 2], self.cpus(3, "{ 0xff, 0xff }")[0])

    def test_count_beyond_the_mask(self):
        """Nothing behind the mask is a CPU."""
        for count in (129, 4096, 0xFFFFFFFF, 0):
            with self.subTest(count):
                possible, online, listed = self.cpus(count, "{ 3, 0x8000000000000000 }")
                self.assertEqual(([0, 1, 127], [0, 2]), (possible, online))
                self.assertEqual(possible, [nr for nr, _ in listed])

    def test_bits_of_cpus_without_an_area(self):
        """Each CPU has its own; a mask that is all ones does not make 128 of the three that there are."""
        offsets = """data
    unsigned long __per_cpu_offset[128] = { 0xffff888007a00000, 0xffff888007a40000, 0xffff888007a80000 };
"""
        possible, _, listed = self.cpus(128, "{ 0xffffffffffffffff, 0xffffffffffffffff }", offsets)
        self.assertEqual([0, 1, 2, 3], possible)
        self.assertEqual(possible, [nr for nr, _ in listed])

    def test_no_mask(self):
        for count, expected in ((3, [0, 1, 2]), (0xFFFFFFFF, [0])):
            for mask, more in (("{ 0 }", ""), ("{ 7 }", "absent 0xffffffff81a00000")):
                with self.subTest(count=count, mask=mask):
                    possible, _, listed = self.cpus(count, mask, more)
                    self.assertEqual((expected, expected), (possible, [nr for nr, _ in listed]))

    def test_kernel_without(self):
        path, _ = dumps.made(self, "types\n    struct cpumask { unsigned long bits[2]; };\ndata\n    int alone = 1;")
        dump = pykd.Dump(path)
        self.assertEqual(([0], [(0, True)]), (cpus.possible(dump), [(cpu.nr, cpu.online) for cpu in dump.cpus()]))
        with self.assertRaises(pykd.NotFoundError):
            cpus.online(dump)


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
