# SPDX-License-Identifier: GPL-2.0-or-later
"""sys, log, help and the names of things as commands; against crash where its output is at hand."""

import json
import re
import subprocess
import unittest

from dumps import PYKD, by_crash, vmcores
from pykd.kernel.sysinfo import panic_line


def run(dump, *commands):
    words = [PYKD, "--isolated", dump]
    for command in commands:
        words += ["-c", command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


class Oracle(unittest.TestCase):
    """Equal to crash's output of the same dump."""

    maxDiff = None

    def check(self, command, name, edit=lambda text: text):
        for dump, expected in by_crash(command, name):
            with self.subTest(command, dump=dump):
                result = run(dump, command)
                self.assertEqual(edit(expected), edit(result.stdout + result.stderr))

    def test_log(self):
        for options in ("", " -T", " -t", " -m", " -d"):
            self.check("log" + options, f"log{options.replace(' -', '_')}")

    def test_sys(self):
        def without_paths(text):
            # Where types come from and where the dump lies is another matter here.
            lines = text.splitlines()
            return [line for line in lines if not line.lstrip().startswith(("KERNEL:", "DUMPFILE:"))]

        self.check("sys", "sys", without_paths)

    def test_sys_options(self):
        self.check("sys -t", "sys_t")
        self.check("sys -i", "sys_i")
        self.check("sys config", "sys_config")

    def test_system_calls(self):
        def without_lines(text):
            # Source lines are in DWARF, which a dump does not have.
            # Several names lead to the function for numbers without a system call.
            return [re.sub("__(ia32|do)_", "__x64_", line).split()[:2] for line in text.splitlines()[1:]]

        self.check("sys -c", "sys_c", without_lines)


class Commands(unittest.TestCase):
    def setUp(self):
        self.dump = vmcores()[0]

    def test_json(self):
        rows = json.loads(run(self.dump, "sys --json").stdout)["rows"]
        fields = {row["field"]: row["value"] for row in rows}
        self.assertIn("RELEASE", fields)
        self.assertIn(fields["RELEASE"], run(self.dump, "sys").stdout)
        first = json.loads(run(self.dump, "log --json").stdout)["rows"][0]
        self.assertIn("Linux version", first["text"])
        self.assertEqual(first["level"], 5)

    def test_one_system_call(self):
        self.assertEqual(run(self.dump, "sys -c 0").stdout.splitlines()[1:], ["  0  __x64_sys_read"])
        self.assertIn("no system call nosuch", run(self.dump, "sys -c nosuch").stderr)

    def test_panic_refused(self):
        result = run(self.dump, "sys -panic")
        self.assertEqual((result.returncode, result.stderr), (1, "sys: cannot panic a dumpfile!\n"))

    def test_help(self):
        lines = run(self.dump, "help").stdout.split("pykd version")[0].split("\n")
        cells = [[line[i : i + 15].strip() for line in lines] for i in range(0, 75, 15)]
        names = [name for column in cells for name in column if name]
        self.assertEqual(names[-1], "q")
        self.assertEqual(names[:-1], sorted(names[:-1]))
        for name in ("sys", "log", "help", "taskinfo"):
            self.assertIn(name, names)
        page = run(self.dump, "man log").stdout
        self.assertIn("NAME\n  log - the kernel's message buffer\n\nSYNOPSIS\n  log [-T]", page)
        self.assertEqual(page, run(self.dump, "help log").stdout)
        self.assertEqual(run(self.dump, "help nosuch").returncode, 1)

    def test_every_command_has_a_page(self):
        result = run(self.dump, "help all")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for line in run(self.dump, "help commands").stdout.splitlines():
            if line.startswith("  "):
                self.assertIn(f"  {line.split()[0]} - ", result.stdout)

    def test_names_as_commands(self):
        for word, command in (
            ("jiffies_64", "p jiffies_64"),
            ("list_head", "struct list_head"),
            ("enum pid_type", "whatis enum pid_type"),
            ("pid_t", "whatis pid_t"),
            ("u64 jiffies_64", "rd -64 jiffies_64"),
        ):
            with self.subTest(word):
                result = run(self.dump, command)
                self.assertEqual((result.returncode, run(self.dump, word).stdout), (0, result.stdout))
        self.assertIn("command not found: nosuch", run(self.dump, "nosuch").stderr)


class PanicLine(unittest.TestCase):
    def test_panic(self):
        panic = "Kernel panic - not syncing: sysrq triggered crash"
        log = ["BUG: scheduling while atomic", panic, f"---[ end {panic} ]---"]
        self.assertEqual(panic_line(log), log[1])

    def test_oops(self):
        log = [
            "BUG: kernel NULL pointer dereference, address: 0000000000000000",
            "#PF: supervisor write access in kernel mode",
            "Oops: 0002 [#1] PREEMPT SMP NOPTI",
            "---[ end trace 0 ]---",
        ]
        self.assertEqual(panic_line(log), log[0])
        self.assertEqual(panic_line([*log, "Kernel panic - not syncing: Fatal exception in interrupt"]), log[0])
        self.assertEqual(panic_line([*log, "Kernel panic - not syncing: hung_task: blocked tasks"])[-13:], "blocked tasks")
        fault = "general protection fault, probably for non-canonical address 0x1: 0000 [#2] SMP"
        self.assertEqual(panic_line([*log, fault]), fault)
        self.assertEqual(panic_line(["nothing"]), "")
        # 5.10 with PREEMPT_RT
        self.assertEqual(
            panic_line(["Kernel panic - not syncing:", "sysrq triggered crash", "CPU: 1"]), "Kernel panic - not syncing: sysrq triggered crash"
        )


if __name__ == "__main__":
    unittest.main()
