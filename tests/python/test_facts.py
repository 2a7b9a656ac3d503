# SPDX-License-Identifier: GPL-2.0-or-later
"""What pykd knows of a kernel stands on the kernel's own members: the old names are for programs that were written for older ones."""

import glob
import os
import re
import sys
import unittest
from unittest import mock

import test_rows

import pykd
from dumps import ROOT, have_one_open, vmcores
from pykd.compat import names
from pykd.core import host
from pykd.session.session import Session

ROOMS = ("kernel", "commands", "report", "programs", "session", "terminal")
MORE = ("report --brief",)
"""No programs: what these import would be made for a dump without old names, and stay."""
FEW = (*MORE, "dev -d", "mount -i", "fs -a", "workqueues -qa", "inflight -r", "sockets -eim", "sockets --other", "net -S 1", "files 1", "kmem -s", "irq")


def answers(path, lines):
    session = Session(pykd.open(path))
    with mock.patch.object(sys, "__stderr__", None):
        return {line: [re.sub(r"Execution took.*", "", text) for text in session.capture_apart(line)[:2]] for line in lines}


class Facts(unittest.TestCase):
    def test_no_question_about_an_old_name(self):
        """``hasField()`` says yes to those, too."""
        old = {name for lines in names.NAMES.values() for name, *_ in lines}
        asked = set()
        for room in ROOMS:
            for file in sorted(glob.glob(os.path.join(ROOT, "frozen", "pykd", room, "**", "*.py"), recursive=True)):
                with open(file, encoding="utf-8") as source:
                    found = re.findall(r"\.(?:hasField|has_member)\(\"([\w.]+)\"", source.read())
                asked.update(found)
                self.assertEqual(set(), old.intersection(found), f"{os.path.relpath(file, ROOT)}: pykd.core.members.has_member() knows the kernel's own")
        self.assertIn("mm_mt", asked)

    def test_answers_need_no_old_names(self):
        self.addCleanup(pykd.set_current, have_one_open())
        self.addCleanup(host.set_current, host.current())
        sample, *others = vmcores()
        lines = [line.strip() for row in test_rows.LINES for line in row.split(";")]
        for path, some in [(sample, [*filter(None, lines), *MORE]), *((path, FEW) for path in others)]:
            expected = answers(path, some)
            with mock.patch.object(names, "old_names"):
                found = answers(path, some)
            for line in some:
                with self.subTest(dump=os.path.basename(path), line=line):
                    self.assertEqual(expected[line], found[line])


if __name__ == "__main__":
    unittest.main()
