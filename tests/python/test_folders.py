# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump that was opened by a relative name stays that dump when a program or the user changes the folder."""

import os
import subprocess
import tempfile
import unittest

import golden
from dumps import PYKD, ROOT, SAMPLE

COMMANDS = ("rd -f 0", "rd -f 1000", "report --section system", "help -D", "help -d", "crashinfo", "sys", "gcore -n 1", "user 1 -e 0 8", "rd -u -p 1 0")
"""Of what commands may ask of the file beside what the sample has goldens of"""

ASKING = """
import os, sys, pykd
from pykd.session.session import Session
session = Session(pykd.open(sys.argv[1]))
os.chdir(sys.argv[2])
names = []
sys.addaudithook(lambda event, arguments: names.append(arguments[0]) if event == "open" and isinstance(arguments[0], (str, bytes)) else None)
for command in sys.stdin.read().split("\\n"):
    print("==", command)
    print(*session.capture(command), sep="", end="")
print("== opened", sorted({name for name in names if not os.path.isabs(name)}))
print("== file", os.path.samefile(session.dump.file, sys.argv[3]), session.dump.path)
"""


class Folders(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.program = os.path.join(self.folder, "asking.py")
        with open(self.program, "w", encoding="utf-8") as file:
            file.write(ASKING)

    def answers(self, folder, commands):
        """What they print of the sample, named relative to the top, asked when the current folder is *folder*."""
        name = os.path.relpath(SAMPLE, ROOT)
        result = subprocess.run(
            [PYKD, "--isolated", "--run", self.program, name, folder, SAMPLE], input="\n".join(commands), capture_output=True, text=True, cwd=ROOT, check=True
        )
        return golden.without_times(result.stdout)

    def test_no_command_opens_a_relative_name(self):
        there, elsewhere = (self.answers(folder, COMMANDS) for folder in (ROOT, self.folder))
        self.assertIn("== opened []\n== file True tests/sample/vmcore\n", elsewhere)
        self.assertEqual(there, elsewhere)
        self.assertNotIn("No such file", elsewhere)
