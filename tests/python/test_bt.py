# SPDX-License-Identifier: GPL-2.0-or-later
"""bt and foreach against what crash printed of the same dump, to the character; and their options and errors."""

import json
import re
import subprocess
import unittest

from dumps import PYKD, SAMPLE, by_crash, opened, vmcores
from pykd.kernel.task import threads as tasks

PF_KTHREAD = 0x00200000


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
        for dump, expected in by_crash(command, name):
            with self.subTest(command, dump=dump):
                printed, status = run(dump, command)
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
            self.check(command, name)

    def test_raw_words(self):
        # crash names read-only data by symbols that only a vmlinux has (.LC0); kallsyms has others for them
        def without_data_names(text):
            return re.sub(r"(\.LC\d+|jumptable\.50|SIGMA2)\+\d+ *", "DATA ", text)

        self.check("bt -r", "bt_r", without_data_names)

    def test_lines_of_source_are_left_out(self):
        self.check("bt -l", "bt_l", lambda text: re.sub(r"^    \S+: \d+\n", "", text, flags=re.MULTILINE))


class Options(unittest.TestCase):
    dump = SAMPLE
    """What is in it: tests/sample/README.md and the guest's programs in tools/vmtest/guest."""

    def pids(self, command):
        return [int(pid) for pid in re.findall(r"^PID: (\d+)", run(self.dump, command)[0], re.MULTILINE)]

    def test_hexadecimal_offsets(self):
        decimal, hexadecimal = (re.findall(r"\] (\S+)\+(\w+) at", run(self.dump, command)[0]) for command in ("bt -s", "bt -sx"))
        self.assertEqual([(name, f"{int(offset):#x}") for name, offset in decimal], hexadecimal)
        self.assertIn("machine_kexec", dict(decimal))

    def test_threads_of_a_process(self):
        """Of any of its threads; the leader comes first."""
        threads = [int(match[1]) for match in re.finditer(r"^ +(\d+) +\d+ +\d+ .* kd-pool-\d+$", run(self.dump, "ps")[0], re.MULTILINE)]
        shown = self.pids(f"bt -g {threads[3]}")
        self.assertEqual({*threads}, {*shown[1:]})
        self.assertIn(f"  {shown[0]}  ", run(self.dump, "ps kd-pool")[0])

    def test_reference(self):
        every = run(self.dump, "foreach bt")[0].split("\n\n")
        expected = [int(stack.split()[1]) for stack in every if re.search(r"\] futex_wait_queue_me at", stack)]
        self.assertTrue(expected)
        self.assertEqual(expected, self.pids("foreach bt -R futex_wait_queue_me"))

    def test_start_from_registers(self):
        """A stack pointer alone: the frame that lies there, and those above it."""
        frames = re.findall(r"#\d+ \[(\w+)\] (\S+)", run(self.dump, "bt")[0])
        text, _ = run(self.dump, f"bt -S {frames[3][0]}")
        self.assertEqual(re.findall(r"#\d+ \[\w+\] (\S+)", text)[:2], [frames[3][1], frames[4][1]])

    def test_slab_objects(self):
        pid, task = re.search(r"^PID: (\d+) +TASK: (\w+)", run(self.dump, "foreach UN bt")[0]).groups()
        self.assertIn(f"[{task}:task_struct]", run(self.dump, f"bt -FF {pid}")[0])

    def test_specifications(self):
        rows = [line.lstrip("> ").split(None, 8) for line in run(self.dump, "ps")[0].splitlines()[1:]]
        self.assertEqual([int(row[0]) for row in rows if row[8].startswith("[kworker")], self.pids("foreach 'kworker' bt"))
        leaders = [int(task.pid) for task in tasks.threads(opened(self.dump)) if not task.flags & PF_KTHREAD and task.pid == task.tgid]
        self.assertEqual(sorted(leaders), sorted(self.pids("foreach user gleader bt")))
        self.assertEqual([int(row[0]) for row in rows if row[4] == "ST"], self.pids("foreach ST bt"))
        self.assertEqual([1, 2], self.pids("foreach 1 2 bt"))

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
                start = text.index('{"schema"')
                rows = json.loads(text[start:].splitlines()[0])["rows"]
                self.assertEqual(status, 0)
                self.assertGreater(len(rows), 20)
                for row in rows:
                    if row.keys() == {"error"}:
                        continue  # about the list of tasks, not about one of them
                    self.assertTrue(row["why"], row["pid"])
                    levels = [frame["level"] for frame in row["frames"] if frame["level"] is not None]
                    self.assertEqual(levels, list(range(len(levels))))


if __name__ == "__main__":
    unittest.main()
