# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: how it is taken apart, exit statuses, messages."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from dumps import PYKD, SAMPLE, vmcores
from pykd.app import cli


def run(*words, **options):
    return subprocess.run([PYKD, *words], capture_output=True, text=True, check=False, timeout=60, **options)


class AsCrash(unittest.TestCase):
    """What crash's users type from habit."""

    def test_a_vmlinux_of_another_build_is_refused(self):
        program, dump = shutil.which("true"), vmcores()[0]
        build_id = run("--build-id", dump).stdout.strip()
        for words in ((program, dump), (dump, program), ("-c", "p 6 * 7", program, dump), ("--vmlinux", program, dump), (f"--vmlinux={program}", dump)):
            with self.subTest(words):
                result = run(*words, "-c", "p 6 * 7")
                self.assertEqual((result.returncode, result.stdout), (cli.EXIT_NO_DUMP, ""))
                self.assertRegex(result.stderr, f"its build-id is [0-9a-f]{{16,}}, the dump's is {build_id}")
        self.assertIn("give the vmcore", run(program).stderr)
        self.assertIn("give the vmcore", run("id", program).stdout)

    def test_notes(self):
        self.assertRegex(run("--osrelease", vmcores()[0]).stdout, r"^\d+\.\d+\.\S+\n$")
        self.assertIn("Linux version", run("--log", vmcores()[0]).stdout)


class Parse(unittest.TestCase):
    def test_dump_and_commands(self):
        arguments = cli.parse(["-c", "ps", "vmcore", "-c", "bt 1", "--json"])
        self.assertEqual(arguments.paths, ["vmcore"])
        self.assertEqual(arguments.commands, ["ps", "bt 1"])
        self.assertTrue(arguments.json)
        self.assertEqual(arguments.program, [])

    def test_what_follows_the_script_is_its_own(self):
        arguments = cli.parse(["vmcore", "--isolated", "script.py", "-c", "--json", "--help"])
        self.assertEqual(arguments.program, ["script.py", "-c", "--json", "--help"])
        self.assertEqual((arguments.commands, arguments.json, arguments.action), ([], False, None))
        self.assertTrue(arguments.isolated)

    def test_parts_come_after_the_dump(self):
        self.assertEqual(cli.parse(["--part", "b", "a", "--part=c"]).paths, ["a", "b", "c"])

    def test_values(self):
        arguments = cli.parse(["a", "--vmcoreinfo", "note", "--decl=x.h", "--decl", "y.h", "-cps"])
        self.assertEqual(arguments.vmcoreinfo, "note")
        self.assertEqual(arguments.declarations, ["x.h", "y.h"])
        self.assertEqual(arguments.commands, ["ps"])

    def test_command_may_hold_anything(self):
        self.assertEqual(cli.parse(["a", "-c", "--version"]).commands, ["--version"])
        self.assertEqual(cli.parse(["a", "-c", "p x=1"]).commands, ["p x=1"])

    def test_end_of_options(self):
        self.assertEqual(cli.parse(["--", "-strange-name"]).paths, ["-strange-name"])

    def test_wrong(self):
        for words in ([], ["--nonsense"], ["a", "-c"], ["a", "--part"], ["--run"], ["-z"], ["a", "--json=1"]):
            with self.subTest(words=words), self.assertRaises(cli.UsageError):
                cli.parse(words)


class Process(unittest.TestCase):
    def test_help(self):
        for option in ("-h", "--help"):
            result = run(option)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(result.stdout.startswith("usage: pykd [options] DUMP"))

    def test_help_names_every_option_within_80_columns(self):
        for line in cli.USAGE.splitlines():
            self.assertLessEqual(len(line), 110)
        for option in ("-c", "--part", "--live", "--vmcoreinfo", "--decl", "--json", "--reload", "--isolated", "--trust-cwd",
                       "-p", "--version", "--help", "--run", "--color", "--no-pager", "-i", "-o", "-s"):  # fmt: skip
            self.assertIn(option, cli.USAGE)

    def test_versions(self):
        result = run("--version")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        names = [line.split()[0] for line in result.stdout.splitlines()]
        self.assertEqual(names[0], "pykd")
        for name in ("python", "musl", "libkdumpfile", "zlib", "zstd", "lzo", "libdeflate", "elfutils", "capstone"):
            self.assertIn(name, names)
        for line in result.stdout.splitlines():
            self.assertRegex(line, r"^\w+ +\S+")

    def test_version_of_python_is_the_one_that_runs(self):
        version = re.search(r"^python +(\S+)$", run("--version").stdout, re.MULTILINE)[1]
        self.assertTrue(run("-p").stdout.startswith(version + " "))

    def test_usage_error(self):
        for words in ([], ["--nonsense"], ["a", "-c"]):
            result = run(*words)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertIn("--help", result.stderr)

    def test_no_dump(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = os.path.join(folder, "empty")
            text = os.path.join(folder, "text")
            with open(empty, "w"), open(text, "w") as file:
                file.write("no dump at all\n" * 1000)
            for path in ("/does/not/exist", folder, empty, text):
                with self.subTest(path=path):
                    result = run(path, "-c", "sys")
                    self.assertEqual((result.returncode, result.stdout), (3, ""))
                    self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                    self.assertTrue(result.stderr.startswith("pykd: "), result.stderr)
                    self.assertIn(path, result.stderr)

    def program(self, text, *words, **options):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(text)
            file.flush()
            return run("--run", file.name, *words, **options)

    def test_run(self):
        result = self.program("import sys; print(__name__, sys.argv[1:]); sys.exit(7)", "-c", "x")
        self.assertEqual((result.returncode, result.stdout), (7, "__main__ ['-c', 'x']\n"))

    def test_exit_with_text(self):
        result = self.program("raise SystemExit('sorry')")
        self.assertEqual((result.returncode, result.stderr), (1, "sorry\n"))

    def test_traceback_begins_with_the_program(self):
        result = self.program("1/0")
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("cli.py", result.stderr)
        self.assertIn("ZeroDivisionError", result.stderr)

    def test_end_of_program_is_orderly(self):
        text = (
            "import atexit, threading, time\n"
            "atexit.register(print, 'last')\n"
            "threading.Thread(target=lambda: (time.sleep(.1), print('thread'))).start()\n"
        )
        self.assertEqual(self.program(text).stdout, "thread\nlast\n")

    def test_closed_pipe_ends_quietly(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write("for i in range(10**6): print(i)")
            file.flush()
            command = f"{PYKD} --run {file.name} | head -n 1"
            result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual((result.stdout, result.stderr), ("0\n", ""))

    def test_a_page_that_nobody_reads(self):
        """It is as if its reader had seen enough of any other output."""
        command = f"{PYKD} report {SAMPLE} --html - | head -c 9"
        result = subprocess.run(["/bin/bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "<!DOCTYPE", ""))

    def test_a_dump_is_no_program(self):
        result = subprocess.run([PYKD, SAMPLE, SAMPLE], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (1, f"SyntaxError: {SAMPLE} is no Python program\n"))

    def test_strange_bytes(self):
        result = subprocess.run([PYKD, b"/no/\xff\xfe"], capture_output=True, check=False, timeout=60, env={"LC_ALL": "C"})
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"/no/", result.stderr)


class Files(unittest.TestCase):
    """What is opened: nothing that was not asked for."""

    def test_start_opens_nothing(self):
        try:
            result = subprocess.run(["strace", "-f", "-e", "trace=%file", PYKD, "-p"], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            self.skipTest("no strace here")
        if "ptrace" in result.stderr and "Operation not permitted" in result.stderr:
            self.skipTest("strace may not trace here")
        calls = [line for line in result.stderr.splitlines() if "(" in line]
        allowed = ("execve(", "readlink(")
        self.assertEqual([line for line in calls if not line.startswith(allowed)], [])

    def test_static(self):
        with open(PYKD, "rb") as file:
            header = file.read(64)
            self.assertEqual(header[:4], b"\x7fELF")
            start = int.from_bytes(header[32:40], "little")
            number = int.from_bytes(header[56:58], "little")
            file.seek(start)
            segments = [file.read(56) for _ in range(number)]
        types = {int.from_bytes(segment[:4], "little") for segment in segments}
        self.assertFalse(types & {2, 3}, "a dynamic section or an interpreter")
        self.assertLess(os.path.getsize(PYKD), 17_000_000)


if __name__ == "__main__":
    unittest.main()
