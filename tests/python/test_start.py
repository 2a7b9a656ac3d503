# SPDX-License-Identifier: GPL-2.0-or-later
"""What a start brings in: the modules that a command has in memory are those that it needs.

A module of the standard library that is there for annotations alone, or for one line that few need, costs every start more than what
pykd's own modules cost together.
"""

import os
import subprocess
import tempfile
import unittest

from dumps import PYKD, SAMPLE

LIST = "import sys\nprint('MODULES', *sys.modules)\n"

ANNOTATIONS = {"typing", "dataclasses", "inspect"}
"""What nothing but types and declarations asks for; never at work."""

TOOLS = {"collections", "contextlib", "enum", "functools", "re", "signal", "types"}
"""What brings in much else, and commands seldom need."""


class Start(unittest.TestCase):
    def loaded(self, command):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "list.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(LIST)
            result = subprocess.run([PYKD, "--isolated", SAMPLE, "-c", command, "-c", f"epython {path}"], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""), command)
        return set(result.stdout.rpartition("MODULES ")[2].split())

    def test_no_command_brings_in_what_annotations_name(self):
        for command in ("", "ps", "foreach bt", "foreach task", "kmem -s", "files", "mod", "mount", "vm", "p jiffies", "struct list_head",
                        "dis schedule 2", "taskinfo --summ"):  # fmt: skip
            with self.subTest(command=command):
                loaded = self.loaded(command)
                self.assertIn("pykd.session.session", loaded)
                self.assertEqual(loaded & ANNOTATIONS, set())

    def test_tools_are_there_for_those_who_use_them(self):
        for command in ("", "ps", "foreach bt", "foreach task", "kmem -s", "struct list_head", "dis schedule 2"):
            with self.subTest(command=command):
                self.assertEqual(self.loaded(command) & TOOLS, set())
        self.assertIn("re", self.loaded("p 1"))


if __name__ == "__main__":
    unittest.main()
