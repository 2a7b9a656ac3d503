# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that declare themselves: text, JSON, help and man page of one declaration, and the user's own program in its place."""

import contextlib
import io
import json
import os
import re
import subprocess
import tempfile
import unittest

from test_rows import Blind, errors

from _pykd import FaultError
from dumps import PYKD, ROOT, opened, vmcores
from pykd.app import roff
from pykd.core import rows as core_rows
from pykd.core.errors import CommandError, UsageError
from pykd.session import contract, manual, program, runtime
from pykd.session.session import Session

SHOWN = {
    "sctp": (),
    "dev": ("",),
    "dmshow": ("", "-d flags,open_count.counter -x", "-m", "-ll", "--table", "--lvs", "--lvuuid", "--pvs", "--check"),
    "mdadm": ("", "-d", "-m -d"),
    "nvme": ("", "-l", "-c", "-n", "-d", "-q", "-s", "-k"),
    "scsi": ("", "-v -a", "--hosts -a", "--devices -a -v", "--iscsi"),
    "scsishow": ("", "-v", "-d", "-T", "-f", "-c", "--time", "-q", "-r", "--check", "-p"),
    "crashinfo": ("", "-v", "-q", "--blkreq -v", "--blkdevs", "--lws", "--workqueues -v", "--runq", "--filelock", "--pci", "--sysctl", "--ls=/tmp", "--ext3"),
    "mountshow": ("", "--stats", "--mounts /"),
    "nfs4show": ("", "-a"),
    "nfsshow": ("--version",),
    "tslog": ("",),
    "xportshow": (
        "", "-a", "-av", "-lvv", "-tvv", "-xvv", "-r", "-rv", "-i", "-ivv", "--summary", "-s", "-sv", "--arp -v", "--devpack", "--netfilter", "--rtcache",
        "--softnet -v", "--sysctl", "--pid 185 -vv", "--program kd-tcp", "--pid -t -v", "--netns all -a", "--retransonly", "--tcpstate TIME_WAIT -v",
        "--version -v", "-t --port 5010", "--everything",
    ),
}  # fmt: skip
"""By program the options that its tests here run it with"""


def declared():
    """Names of the files of progs/ that hold a declaration."""
    folder = os.path.join(ROOT, "progs")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                if "COMMAND = Program(" in file.read():
                    yield name.removesuffix(".py")


def process(*arguments, **environment):
    return subprocess.run(
        [PYKD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env={**os.environ, **environment}
    )


def rows_of(test, session, name, line):
    """The rows of a declared program, each of which must be data, with keys that its help explains."""
    found = program.find(name)
    rows = list(found.rows(session, found.parse(line.split())))
    json.dumps(rows)
    test.assertEqual([], [error for error in errors(rows) if not core_rows.is_fault(error)])
    known = {re.split(r"[ .]", field.strip())[0] for field in found.fields}
    test.assertLessEqual({key for row in rows for key in row} - {"error"}, known)
    return rows


def lines_of(test, session, name, line):
    """Its text, made of the rows and of nothing else."""
    found = program.find(name)
    text = list(found.text(rows_of(test, session, name, line), found.parse(line.split()), Blind(session)))
    test.assertEqual([], [piece for piece in text if "\n" in piece.strip("\n") and "+++" not in piece])
    return text


class Declarations(unittest.TestCase):
    def setUp(self):
        self.session = Session(opened(vmcores()[0]))

    def test_every_one_is_shown(self):
        self.assertEqual(set(declared()), set(SHOWN))

    def test_pages(self):
        """Each option of -h is in the help and on the man page, with what the summary in the index says."""
        page = roff.page("0", "usage: pykd")
        for name in declared():
            with self.subTest(name):
                found = program.find(name)
                with self.assertRaises(UsageError) as caught:
                    found.parse(["-h"])
                entry = runtime.entry(name)
                text = manual.page(found)
                for option in found.options:
                    self.assertIn(option.flag, str(caught.exception))
                    self.assertIn(option.flag, text)
                    self.assertIn(roff.escaped(option.flag), page)
                    self.assertTrue(option.help, option.flag)
                self.assertTrue(found.fields and found.examples and found.description, "a page needs all of these")
                if entry is not None:
                    self.assertEqual(found.summary.lower(), entry.short.lower())

    def test_text_is_made_of_rows(self):
        for path in vmcores():
            session = Session(opened(path))
            for name, lines in SHOWN.items():
                for line in lines:
                    with self.subTest(f"{path} {name} {line}"):
                        try:
                            lines_of(self, session, name, line)
                        except (CommandError, FaultError):
                            continue  # the kernel has nothing of the kind, or the dump has not what it is found by

    def test_document_is_the_rows(self):
        for name, lines in SHOWN.items():
            for line in lines:
                with self.subTest(f"{name} {line}"):
                    try:
                        rows = rows_of(self, self.session, name, line)
                    except CommandError:
                        continue
                    output = io.StringIO()
                    with contextlib.redirect_stdout(output):
                        self.session.run(f"epython {name} {line} --json")
                    document = json.loads(output.getvalue())
                    self.assertNotIn("text", document)
                    self.assertEqual(document["rows"], json.loads(json.dumps([contract.row(row, contract.of(f"epython {name}")) for row in rows])))


class Runs(unittest.TestCase):
    def test_text_and_documents(self):
        shown = process(vmcores()[0], "-c", "tslog", "-c", "tslog --json", "-c", "tslog --no-such").stdout
        self.assertRegex(shown, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[ ")
        self.assertRegex(shown, r"(?m)^ \*\* Execution took ")
        document = next(line for line in shown.splitlines() if line.startswith('{"schema": 1, "command": "tslog --json"'))
        self.assertGreater(len(json.loads(document)["rows"]), 100)
        self.assertIn(" -- sys.exit(2) --", shown)

    def test_options_of_every_program(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "out")
            process(vmcores()[0], "-c", f"tslog --ofile={file}")
            with open(file, encoding="utf-8") as written:
                self.assertIn("Linux version", written.read())

    def test_ones_own_in_its_place(self):
        """It is not asked for rows: what it prints is the document's text."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "tslog.py"), "w", encoding="utf-8") as file:
                file.write("import sys\nprint('mine', sys.argv[1:])\n")
            shown = process("--json", vmcores()[0], "-c", "tslog --json", PYKDUMPPATH=folder).stdout
        self.assertEqual("mine ['--json']\n", json.loads(shown.splitlines()[-1])["text"])

    def test_rows_for_a_program(self):
        shown = process(vmcores()[0], "-c", "py (len(list(pykd.rows('tslog'))) > 100)", "-c", "py list(pykd.rows('tslog -x'))").stdout
        self.assertIn("True", shown)
        self.assertIn("tslog: error: unrecognized arguments: -x", shown)


if __name__ == "__main__":
    unittest.main()
