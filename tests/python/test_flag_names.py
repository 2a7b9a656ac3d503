# SPDX-License-Identifier: GPL-2.0-or-later
"""Flags as lists of names, beside the word that they are in."""

import unittest

import dumps
import pykd
from dumps import opened, vmcores
from pykd.kernel.mm.areas import vm_flag_names
from pykd.session.session import Session

DENYWRITE = 1 << 11


class Areas(unittest.TestCase):
    def test_of_macros(self):
        """Bit 11 has had two meanings; only the old one is where the kernel has no enumerators."""
        path, _ = dumps.made(self, "data\n    int alone = 1;")
        self.assertEqual(["READ", "EXEC", "DENYWRITE"], vm_flag_names(pykd.Dump(path), 5 | DENYWRITE))

    def test_of_enumerators(self):
        path, _ = dumps.made(self, """
types
    enum { VMA_READ_BIT = 0, VMA_MAYBE_GUARD_BIT = 11, VMA_STACK_BIT = 8, VMA_GROWSDOWN_BIT = 8, NUM_VMA_FLAG_BITS = 128, };
data
    int alone = 1;""")  # fmt: skip
        self.assertEqual(["READ", "STACK", "MAYBE_GUARD"], vm_flag_names(pykd.Dump(path), 1 | 1 << 8 | DENYWRITE | 1 << 40))


class Rows(unittest.TestCase):
    """Of the first process: what /proc/1/maps and /proc/1/status say of it."""

    @classmethod
    def setUpClass(cls):
        cls.session = Session(opened(vmcores()[0]))

    def row(self, *words):
        (row,) = self.session.rows(*words)
        return row

    def test_vm(self):
        text = self.row("vm", "1")["areas"][0]
        self.assertLessEqual({"READ", "MAYREAD"}, set(text["flags"]))

    def test_sig(self):
        row = self.row("sig", "1")
        interrupt = row["actions"][1]
        self.assertEqual(["SA_RESTORER"], interrupt["flags"])
        self.assertNotIn("SIGKILL", interrupt["mask"])
        self.assertIn("SIGTERM", interrupt["mask"])
        self.assertEqual([], row["blocked"])

    def test_mach(self):
        rows = {row["name"]: row for row in self.session.rows("mach") if "name" in row}
        self.assertEqual((4096, 250, 2), (rows["PAGE SIZE"]["bytes"], rows["HZ"]["hz"], rows["CPUS"]["count"]))
        self.assertEqual(rows["KERNEL START MAP"]["value"], f"{rows['KERNEL START MAP']['address']:016x}")


if __name__ == "__main__":
    unittest.main()
