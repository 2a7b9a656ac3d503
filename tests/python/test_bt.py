# SPDX-License-Identifier: GPL-2.0-or-later
"""bt and foreach against what crash printed of the same dump, to the character; and their options and errors."""

import json
import re
import subprocess
import unittest

from dumps import PYKD, shared, vmcores


def run(dump, *commands):
    """What commands print, and their exit status."""
    words = [word for command in commands for word in ("-c", command)]
    result = subprocess.run(
        [PYKD, "--isolated", dump, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
    )
    return result.stdout.decode(), result.returncode


class Crash(unittest.TestCase):
    maxDiff = 2000

    def check(self, command, name, edit=lambda text: text):
        with open(shared("oracle", "crash-6.1", name + ".txt")) as file:
            expected = file.read()
        printed, status = run(shared("vmcores", "vmcore-6.1-zstd"), command)
        self.assertEqual(status, 0)
        self.assertEqual(edit(expected), edit(printed))

    def test_equal(self):
        for command, name in (
            ("bt", "bt"),
            ("bt -a", "bt_a"),
            ("bt -f", "bt_f"),
            ("bt -s", "bt_s"),
            ("bt -t", "bt_t"),
            ("foreach bt", "foreach_bt"),
            ("foreach bt -t", "foreach_bt_t"),
            ("foreach UN bt", "foreach_UN_bt"),
        ):
            with self.subTest(command):
                self.check(command, name)

    def test_raw_words(self):
        # crash names read-only data by symbols that only a vmlinux has (.LC0); kallsyms has others for them
        def without_data_names(text):
            return re.sub(r"(\.LC\d+|jumptable\.50|SIGMA2)\+\d+ *", "DATA ", text)

        self.check("bt -r", "bt_r", without_data_names)

    def test_lines_of_source_are_left_out(self):
        self.check("bt -l", "bt_l", lambda text: re.sub(r"^    \S+: \d+\n", "", text, flags=re.MULTILINE))


class Options(unittest.TestCase):
    def setUp(self):
        self.dump = shared("vmcores", "vmcore-6.1-zstd")

    def test_hexadecimal_offsets(self):
        self.assertIn(" machine_kexec+0x1bf at ", run(self.dump, "bt -sx")[0])

    def test_threads_of_a_process(self):
        text, _ = run(self.dump, "bt -g 254")
        self.assertEqual(re.findall(r"^PID: (\d+)", text, re.MULTILINE)[0], "155")
        self.assertIn("PID: 254 ", text)

    def test_reference(self):
        text, _ = run(self.dump, "foreach bt -R percpu_rwsem_wait")
        self.assertEqual(re.findall(r"^PID: (\d+)", text, re.MULTILINE), ["256", "257"])

    def test_start_from_registers(self):
        text, _ = run(self.dump, "bt -S ffffd3bc80013c00")
        self.assertEqual(re.findall(r"#\d+ \[\w+\] (\S+)", text)[:2], ["__handle_sysrq.cold", "write_sysrq_trigger"])

    def test_slab_objects(self):
        self.assertIn("[ffff8b26c680a100:task_struct]", run(self.dump, "bt -FF 250")[0])

    def test_specifications(self):
        names = "foreach 'kworker' bt", "foreach user gleader bt", "foreach ST bt", "foreach 1 2 bt"
        counts = [run(self.dump, command)[0].count("PID: ") for command in names]
        self.assertEqual(counts, [14, 23, 1, 2])

    def test_errors(self):
        for command, message in (
            ("bt nosuchtask", "invalid task or pid value: nosuchtask"),
            ("bt -c 99 -a", "invalid cpu number: 99"),
            ("foreach nosuchtask bt", 'unknown argument: "nosuchtask"'),
            ("foreach UN", "a command is missing"),
            ("bt -I 1", "-I needs -S"),
        ):
            with self.subTest(command):
                text, status = run(self.dump, command)
                self.assertIn(message, text)
                self.assertEqual(status, 1)


class EveryDump(unittest.TestCase):
    def test_all_stacks_have_an_end(self):
        for dump in vmcores():
            with self.subTest(dump):
                text, status = run(dump, "foreach bt --json")
                start = text.index('{"command"')
                rows = json.loads(text[start:].splitlines()[0])["rows"]
                self.assertEqual(status, 0)
                self.assertGreater(len(rows), 20)
                for row in rows:
                    self.assertTrue(row["why"], row["pid"])
                    levels = [frame["level"] for frame in row["frames"] if frame["level"] is not None]
                    self.assertEqual(levels, list(range(len(levels))))


if __name__ == "__main__":
    unittest.main()
