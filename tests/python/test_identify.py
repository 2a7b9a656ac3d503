# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd id`` and ``pykd --man``."""

import json
import os
import subprocess
import tempfile
import unittest

from dumps import PYKD, opened, vmcores
from pykd import identify


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
