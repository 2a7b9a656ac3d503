# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/fuzz.py: two short rounds on the sample dump, and that it sees what it is there to see."""

import os
import stat
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import dumps
import fuzz
import fuzz_cuts
import fuzz_structures
import pykd
from dumptext import files, machines

asking = fuzz_structures.asking
ROUNDS = (1, 2)
COUNT = 20000
COMMANDS = ("sys", "foreach bt", "log", "foreach files", "net -a", "kmem -s", "timer", "taskinfo --hang", "mount", "dev")
"""Between them they walk most kinds of lists, trees and tables."""


class Rounds(unittest.TestCase):
    def sample(self):
        """The sample dump as an ELF core, whose pages are not compressed: damage to one is damage to a kernel's data. And where in it the
        kernel's code, names and types lie: without them no command would get far."""
        dump = pykd.Dump(dumps.vmcores()[0])
        present = [pfn for pfn in range(dump.max_pfn) if dump.page_status(pfn) == "present"]
        absent = {pfn for pfn in range(dump.max_pfn) if dump.page_status(pfn) == "absent"}
        pages = {pfn: dump.read_physical(4096 * pfn, 4096) for pfn in present}
        machine = machines.MACHINES["x86_64"]
        note = files.note(machine, "VMCOREINFO", 0, "".join(f"{key}={value}\n" for key, value in dump.vmcoreinfo.items()).encode())
        core = files.elf(files.Contents(machine, pages, absent, dump.max_pfn, note, 2, []))
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "vmcore"
        path.write_bytes(core)
        first, end = (dump.translate(dump.address_of(name)) // 4096 for name in ("_text", "__end_rodata"))
        image = [len(core) - 4096 * (len(present) - number) for number, pfn in enumerate(present) if first <= pfn < end]
        return path, range(image[0], image[-1] + 4096)

    def test_nothing_happens(self):
        path, image = self.sample()
        self.assertEqual([], list(fuzz.rounds(path, ROUNDS, COUNT, COMMANDS, image)))


class Faults(unittest.TestCase):
    """What may end a command, by a program that does it."""

    def trouble(self, script):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        program = folder / "program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(stat.S_IRWXU)
        return fuzz.trouble(folder, "ps", program, 2)

    def test_each_is_seen(self):
        for script, words in (
            ("echo 'ps: internal error: KeyError: 1; set debug 1 shows where'; exit 1", "internal error: KeyError"),
            ("echo 'Traceback (most recent call last):'; exit 1", "Traceback"), ("echo MemoryError >&2", "MemoryError"),
            ("kill -SEGV $$", "signal 11"), ("exit 2", "exit status 2"), ("exec sleep 100", "no end"),
        ):  # fmt: skip
            with self.subTest(script):
                self.assertIn(words, self.trouble(script))

    def test_structures(self):
        """A round, and that what it changes is what it says."""
        self.assertEqual([], list(fuzz_structures.rounds(dumps.SAMPLE, 1, 5, ("ps", "mount", "kmem -s", "net"))))

    def test_of_a_process(self):
        """What tools/asking.py sees, by lines of Python that do it."""
        for line, words in (
            ("py print('internal error')", "internal error"), ("py import os; os.abort()", "signal 6"), ("py import os; os.write(1, b'')", None), ("py print('\\x1b[31m')", None),
            ("py x = bytearray(1 << 30)", "MemoryError"), ("ps 1", None), ("id", None), ("nosuch", None),
        ):  # fmt: skip
            with self.subTest(line):
                found = asking.answer(dumps.SAMPLE, [line])
                self.assertEqual(words is None, found is None, found)
                self.assertIn(words or "", found or "")
        self.assertIn(b"control byte", asking._wrong(b"a\x1b[31mb"))
        self.assertIsNone(asking._wrong(b"fine\n"))
        with mock.patch.object(asking, "SECONDS", 1):
            self.assertIn("no end", asking.answer(dumps.SAMPLE, ["ps 1", "py while True: pass"]))

    def test_cuts(self):
        self.assertEqual([], list(fuzz_cuts.cuts(dumps.SAMPLE, 24)))

    def test_answers_and_refusals_are_none(self):
        for script in ("echo '0  swapper'", "echo 'ps: cannot read' >&2; exit 1", "exit 3"):
            self.assertIsNone(self.trouble(script))


if __name__ == "__main__":
    os.environ.pop("PYKDUMPPATH", None)
    unittest.main()
