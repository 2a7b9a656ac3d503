# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd id`` and ``pykd --man``."""

import json
import os
import subprocess
import tempfile
import unittest

from dumps import PYKD, opened, vmcores
from pykd.app import identify


def run(*words):
    return subprocess.run([PYKD, *words], capture_output=True, text=True, check=False)


class Identify(unittest.TestCase):
    def test_a_line_for_each_file(self):
        with tempfile.TemporaryDirectory() as folder:
            text = os.path.join(folder, "notes")
            with open(text, "w", encoding="utf-8") as file:
                file.write("no dump\n")
            result = run("id", *vmcores(), text)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), len(vmcores()) + 1)
        for path, line in zip(vmcores(), lines, strict=False):
            self.assertTrue(line.startswith(f"{path}: "), line)
            self.assertRegex(line, r"\d+\.\d+\.\d+.*, 20\d\d-\d\d-\d\d .*kdump-compressed.*, (complete|truncated)")
        self.assertIn("text file", lines[-1])
        self.assertEqual(result.returncode, 1)

    def test_what_is_no_file(self):
        """A pipe without a writer is not waited for, a name with a line end makes no second line."""
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in ("pipe", "a\nb", os.fsdecode(b"\xff"))]
            os.mkfifo(names[0])
            for name in names[1:]:
                with open(name, "w", encoding="utf-8") as file:
                    file.write("text\n")
            result = subprocess.run([PYKD, "id", *names, folder, folder + "/", "/dev/null"], capture_output=True, timeout=60, check=False)
            documents = subprocess.run([PYKD, "--json", "id", *names], capture_output=True, timeout=60, check=False).stdout
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), 6)
        for line, words in zip(lines, (b"is a pipe", b"is a text file", b"is a text file", b"/vmcore", b"/vmcore", b"is a character device"), strict=True):
            self.assertIn(words, line)
        self.assertNotIn(b"//vmcore", result.stdout)
        self.assertEqual([json.loads(line.decode())["path"] for line in documents.splitlines()], names)

    def test_no_dump(self):
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run([PYKD, "id"], capture_output=True, text=True, cwd=folder, check=False)
        self.assertEqual((result.stderr, result.returncode), ("pykd: id needs dumps; pykd --help lists the options\n", 2))

    def test_json(self):
        row = json.loads(run("--json", "id", vmcores()[0]).stdout)
        self.assertIn("panic", row["panic"].lower())
        self.assertTrue(row["complete"])
        self.assertRegex(row["build_id"], r"^[0-9a-f]{40}$")

    def test_time_by_the_kernels_clock(self):
        class WithoutNote:
            vmcoreinfo = {}

            def __getattr__(self, name):
                return getattr(dump, name)

        dump = opened(vmcores()[0])
        by_note = int(dump.vmcoreinfo["CRASHTIME"])
        self.assertAlmostEqual(identify.crash_time(WithoutNote()), by_note, delta=2)


class Manual(unittest.TestCase):
    def test_every_command_is_in_it(self):
        page = run("--man").stdout
        self.assertTrue(page.startswith(".TH PYKD 1"))
        for name in ("bt", "kmem", "struct", "ps"):
            self.assertIn(f"\n.SS {name}\n", page)


if __name__ == "__main__":
    unittest.main()
