# SPDX-License-Identifier: GPL-2.0-or-later
"""The line editor is CPython's own, private to one release: what we have read of it is what is in the executable."""

import hashlib
import re
import unittest
from pathlib import Path

from dumps import ROOT
from pykd.boot import importer
from pykd.terminal import pyrepl


class Pinned(unittest.TestCase):
    def test_sources(self):
        changed = [
            f"{name}.py: {digest}"
            for name, known in pyrepl.USED.items()
            if (digest := hashlib.sha256(importer.source_of(f"pylib/_pyrepl/{name}.py").encode()).hexdigest()[:16]) != known
        ]
        self.assertEqual(changed, [], "these files of _pyrepl have changed: read what, and who uses it, before frozen/pykd/terminal/pyrepl.py is told")

    def test_one_file_uses_it(self):
        users = [path.name for path in Path(ROOT, "frozen", "pykd").rglob("*.py") if re.search(r"^\s*(?:from|import) _pyrepl", path.read_text(), re.MULTILINE)]
        self.assertEqual(users, ["pyrepl.py"])

    def test_what_is_imported_is_pinned(self):
        """No file that ours lead to is left out."""
        seen, pending = set(), ["commands", "historical_reader", "input", "completing_reader", "console", "keymap", "unix_console", "unix_eventqueue"]
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            text = importer.source_of(f"pylib/_pyrepl/{name}.py")
            pending += re.findall(r"^from \.(\w+) import", text, re.MULTILINE)
            for line in re.findall(r"^from \. import (.*)$", text, re.MULTILINE):
                pending += [word.split()[0] for word in line.split(",")]
        self.assertEqual(seen - set(pyrepl.USED), set())


if __name__ == "__main__":
    unittest.main()
