# SPDX-License-Identifier: GPL-2.0-or-later
"""dis and x/i against what crash printed of the same dump."""

import re
import unittest

from test_bt import run

from dumps import SAMPLE, by_crash


class Dis(unittest.TestCase):
    maxDiff = 2000
    dump = SAMPLE

    def lines(self, *commands):
        return run(self.dump, *commands)[0].splitlines()

    def test_equal(self):
        for command, name in (
            ("dis panic 20", "dis_panic_20"),
            ("dis -r panic+20", "dis_r_panic+20"),
            ("dis sysrq_handle_crash", "dis_sysrq_handle_crash"),
        ):
            for dump, expected in by_crash(command, name):
                with self.subTest(command, dump=dump):
                    self.assertEqual(expected, run(dump, command)[0])

    def test_forward_ends_with_the_function(self):
        whole = self.lines("dis schedule")
        address, name = whole[9].split(":")[0].split()
        text = self.lines(f"dis -f {name[1:-1]} 10000")
        self.assertTrue(text[0].startswith(f"{address} {name}:\t"))
        # Behind the last instruction there may be padding.
        self.assertEqual(whole[9:], text[: len(whole) - 9])
        self.assertEqual({"schedule"}, {re.split(r"[<+>]", line.split(":\t")[0])[1] for line in text})

    def test_reverse_with_count(self):
        whole = self.lines("dis panic 20")
        name = whole[7].split()[1].strip("<>:")
        self.assertEqual(whole[6:8], self.lines(f"dis -r {name} 2"))

    def test_expressions_and_radix(self):
        address, name, *rest = self.lines("dis panic 20")[3].split(None, 2)
        symbol, offset = name.strip("<>:").split("+")
        expected = f"{address} <{symbol}+{int(offset):#x}>:\t{rest[0]}"
        for place in (f"({symbol}+{offset})", f"{symbol}+{offset}", address[2:], address):
            with self.subTest(place):
                self.assertEqual([expected], self.lines(f"dis -x {place}"))

    def test_examine(self):
        first, second = self.lines("dis panic 20")[2:4]
        place = first.split()[1].strip("<>:")
        self.assertEqual(self.lines(f"gdb x/2i {place}", "gdb show disassembly-flavor", "gdb show output-radix"), [
            f"   {first}", f"   {second}", 'The disassembly flavor is "att".', "Default output radix for printing of values is 10.",
        ])  # fmt: skip

    def test_flavor(self):
        att = next(line for line in self.lines("dis panic 20") if line.endswith("mov    %rsp,%rbp"))
        text = self.lines("gdb set disassembly-flavor intel", f"gdb x/i {att.split()[1].strip('<>:')}")
        self.assertIn("mov    rbp,rsp", text[-1])

    def test_errors(self):
        for command, message in (
            ("dis nosuchsymbol", "symbol not found: nosuchsymbol"),
            ("dis panic 0", "the count must be at least 1"),
            ("dis 1000", "not a kernel address"),
            ("dis -s panic", "no vmlinux with debug info was given"),
            ("dis", "a symbol or an address is missing"),
        ):
            with self.subTest(command):
                text, status = run(self.dump, command)
                self.assertIn(message, text)
                self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main()
