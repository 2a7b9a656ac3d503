# SPDX-License-Identifier: GPL-2.0-or-later
"""The dump's own file: no output goes there, and what others do to it while it is open costs an error."""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import dumps
from dumps import PYKD, SAMPLE
from pykd.app import identify
from pykd.terminal import history

COMMANDS = ("sys", "ps", "foreach bt", "log", "mod", "kmem -s", "taskinfo", "search -k deadbeef")


class Output(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.dump = self.folder / "vmcore"
        shutil.copyfile(SAMPLE, self.dump)
        (self.folder / "hard").hardlink_to(self.dump)
        (self.folder / "soft").symlink_to("vmcore")
        self.program = self.folder / "program.py"

    def run_pykd(self, *words, **options):
        return subprocess.run([PYKD, "--trust-cwd", *words], cwd=self.folder, capture_output=True, text=True, check=False, **options)

    def test_never_goes_there(self):
        self.program.write_text("import crash\ncrash.set_error('vmcore')\n")
        names = ("vmcore", "hard", "soft")
        for words in (
            *(("-o", name, "-c", "sys") for name in names), *(("-c", f"sys > {name}") for name in names), ("-c", "sys >> hard"),
            ("-c", "rd -r hard init_task 8"), ("-c", "taskinfo --ofile=soft"), ("program.py",),
        ):  # fmt: skip
            with self.subTest(words):
                result = self.run_pykd("vmcore", *words)
                self.assertTrue(result.returncode, result)
                self.assertTrue(Path(SAMPLE).read_bytes() == self.dump.read_bytes(), "the dump has changed")

    def test_nor_if_the_shell_has_opened_it(self):
        with (self.folder / "hard").open("a") as file:
            result = subprocess.run([PYKD, self.dump, "-c", "sys"], stdout=file, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((2, "pykd: the output would go into the dump\n"), (result.returncode, result.stderr))

    def test_other_files_are_emptied_first(self):
        (self.folder / "out").write_text("x" * 100000)
        self.assertEqual(0, self.run_pykd("vmcore", "-o", "out", "-c", "sym schedule").returncode)
        self.assertRegex((self.folder / "out").read_text(), r"^[0-9a-f]{16} \(T\) schedule\n$")
        self.run_pykd("vmcore", "-c", "sym schedule >> out")
        self.assertEqual(2, (self.folder / "out").read_text().count("schedule"))

    def test_history(self):
        other = self.folder / "bashrc"
        other.write_text("export A=1\n")
        file = self.folder / ".pykd_history"
        for name, lay in (
            ("a link", lambda: file.symlink_to(other)), ("a second name", lambda: file.hardlink_to(other)),
            ("the dump", lambda: file.hardlink_to(self.dump)), ("a pipe", lambda: os.mkfifo(file)),
        ):  # fmt: skip
            with self.subTest(name):
                lay()
                lines = history.History(str(file))
                lines.add("sys")
                self.assertEqual(([], ["sys"], None), (lines.lines[:-1], lines.lines[-1:], lines.file))
                self.assertEqual("export A=1\n", other.read_text())
                file.unlink()
        lines = history.History(str(file))
        lines.add("sys")
        self.assertEqual("sys\n", file.read_text())


class Shrinking(unittest.TestCase):
    """A program that opens a dump and cuts its file, or lets it go away, has errors and no signal."""

    SCRIPT = """
import os, sys, pykd
from pykd.core import host
from pykd.session.session import Session
path, size, *commands = sys.argv[1:]
session = Session(pykd.open(path))
os.unlink(path) if size == "-" else os.truncate(path, int(size))
for command in commands:
    session.run(command)
"""

    def test_costs_an_error(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        script = folder / "script.py"
        script.write_text(self.SCRIPT)
        size = os.path.getsize(SAMPLE)
        for left in (0, 1, 4096, size // 3, size // 2 + 7, size - 1, "-"):
            with self.subTest(left=left):
                dump = folder / "vmcore"
                shutil.copyfile(SAMPLE, dump)
                result = subprocess.run([PYKD, "--run", script, dump, str(left), *COMMANDS], capture_output=True, text=True, check=False, timeout=120)
                self.assertEqual(0, result.returncode, result.stderr[-2000:])
                self.assertNotIn("internal error", result.stderr)
                if left == "-":
                    self.assertEqual("", result.stderr)
                elif left < size // 2:
                    self.assertRegex(result.stderr, "truncated|cannot read")


class Identify(unittest.TestCase):
    def test_a_file_that_ends_the_process_costs_no_other(self):
        describe = identify.describe
        self.addCleanup(setattr, identify, "describe", describe)
        identify.describe = lambda path: os.kill(os.getpid(), signal.SIGKILL) if path == "bad" else describe(path)
        self.assertIn("by signal 9", identify.describe_apart("bad")["error"])
        self.assertEqual(describe(SAMPLE), identify.describe_apart(SAMPLE))


dumps.have_one_open()

if __name__ == "__main__":
    unittest.main()
