# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands declare of themselves is what they do: options, help pages."""

import contextlib
import string
import tempfile
import unittest

from dumps import opened, vmcores
from pykd.core import host
from pykd.session import command, manual
from pykd.session.session import Session

ARGUMENTS = {
    "*": "list_head", "ascii": "41", "btop": "1000", "dis": "schedule", "eval": "1", "extend": "/nonexistent", "foreach": "set", "fuser": "/",
    "gdb": "p 1", "help": "bt", "list": "init_task.tasks", "p": "1", "pte": "67", "ptob": "1", "ptov": "1000", "rd": "jiffies", "repeat": "set radix",
    "rustfilt": "x", "search": "-l 1000 deadbeefdeadbeef", "struct": "list_head", "sym": "schedule", "tree": "vmap_area_root", "union": "thread_union",
    "vtop": "jiffies", "whatis": "list_head",
}  # fmt: skip
"""Enough for a command to have something to do."""


class Declarations(unittest.TestCase):
    def setUp(self):
        self.commands = [command.find(name) for name in command.names()]

    def test_declared_options_are_accepted(self):
        """Each runs to its end, and if the command has objections, then not to the option's name."""
        self.addCleanup(host.set_current, host.current())
        # Some write what they are asked for into a file.
        self.enterContext(contextlib.chdir(self.enterContext(tempfile.TemporaryDirectory())))
        session = Session(opened(vmcores()[0]))
        for one in self.commands:
            for option in one.options:
                value = "" if option.value is None else "1" if option.flag.endswith("=") else " 1"
                line = f"{one.name} {option.flag}{value} {ARGUMENTS.get(one.name, '')}"
                with self.subTest(line):
                    _, messages, _ = session.capture_apart(line)
                    self.assertNotRegex(messages, "internal error|invalid option|requires an argument")

    def test_others_are_refused(self):
        for one in self.commands:
            if one.raw:
                continue
            known = {option.flag[1] for option in one.options}
            for letter in set(string.ascii_letters) - known:
                with self.subTest(f"{one.name} -{letter}"), self.assertRaises(command.UsageError):
                    one.parse([f"-{letter}"])

    def test_pages_have_all_of_it(self):
        for one in self.commands:
            page = manual.page(one)
            for option in one.options:
                self.assertIn(option.flag, page, one.name)
                self.assertTrue(option.help, f"{one.name} {option.flag}")
            for name, _ in one.examples:
                self.assertIn(name, page)


if __name__ == "__main__":
    unittest.main()
