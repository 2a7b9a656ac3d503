# SPDX-License-Identifier: GPL-2.0-or-later
"""dis and x/i against what crash printed of the same dump."""

import unittest

from test_bt import run

from dumps import shared


class Dis(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dump = shared("vmcores", "vmcore-6.1-zstd")

    def test_equal(self):
        for command, name in (
            ("dis panic 20", "dis_panic_20"),
            ("dis -r panic+20", "dis_r_panic+20"),
            ("dis sysrq_handle_crash", "dis_sysrq_handle_crash"),
        ):
            with self.subTest(command), open(shared("oracle", "crash-6.1", name + ".txt")) as file:
                self.assertEqual(file.read(), run(self.dump, command)[0])

    def test_forward_ends_with_the_function(self):
        text, _ = run(self.dump, "dis -f schedule+119 10000")
        self.assertTrue(text.startswith("0xffffffffb7852e47 <schedule+119>:\tpop    %rbx\n"))
        self.assertNotIn("<schedule_", "".join(line.split(":\t")[0] for line in text.splitlines()))

    def test_reverse_with_count(self):
        text, _ = run(self.dump, "dis -r panic+19 2")
        self.assertEqual([line.split(":")[0] for line in text.splitlines()], [
            "0xffffffffb7801cc0 <panic+16>", "0xffffffffb7801cc3 <panic+19>",
        ])  # fmt: skip

    def test_expressions_and_radix(self):
        expected = "0xffffffffb7801cb6 <panic+0x6>:\tmov    %rsp,%rbp\n"
        for command in ("dis -x (panic+6)", "dis -x panic+6", "dis -x ffffffffb7801cb6", "dis -x 0xffffffffb7801cb6"):
            with self.subTest(command):
                self.assertEqual(run(self.dump, command)[0], expected)

    def test_examine(self):
        text, _ = run(self.dump, "gdb x/2i panic+5", "gdb show disassembly-flavor", "gdb show output-radix")
        self.assertEqual(text, (
            "   0xffffffffb7801cb5 <panic+5>:\tpush   %rbp\n"
            "   0xffffffffb7801cb6 <panic+6>:\tmov    %rsp,%rbp\n"
            'The disassembly flavor is "att".\n'
            "Default output radix for printing of values is 10.\n"
        ))  # fmt: skip

    def test_flavor(self):
        text, _ = run(self.dump, "gdb set disassembly-flavor intel", "gdb x/i panic+6")
        self.assertIn("mov    rbp,rsp", text)

    def test_errors(self):
        for command, message in (
            ("dis nosuchsymbol", "symbol not found: nosuchsymbol"),
            ("dis panic 0", "the count must be at least 1"),
            ("dis 1000", "not a kernel address"),
            ("dis -s panic", "take debuginfo"),
            ("dis", "a symbol or an address is missing"),
        ):
            with self.subTest(command):
                text, status = run(self.dump, command)
                self.assertIn(message, text)
                self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main()
