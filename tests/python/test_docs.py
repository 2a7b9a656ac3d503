# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages of the repository name what there is: files, functions, Python modules, other pages."""

import os
import re
import unittest
from pathlib import Path

from dumps import ROOT

TOP = Path(ROOT)
PAGES = (*sorted(TOP.glob("*.md")), *sorted(TOP.glob("docs/*.md")))
FOLDERS = "src|frozen|progs|tools|tests|docs"


def code(page):
    """What stands between backquotes, but for blocks of examples."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL))


class Pages(unittest.TestCase):
    def test_files(self):
        for page in PAGES:
            for word in code(page):
                if re.fullmatch(rf"({FOLDERS})(/[\w.-]+)*/?", word):
                    with self.subTest(page=page.name, file=word):
                        pattern = re.sub(r"(?<=/)[A-Z]+(?=/|\.py$|$)", "*", word)  # TOPIC, NAME
                        self.assertTrue((TOP / word).exists() or any(TOP.glob(pattern)))

    def test_links(self):
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
                with self.subTest(page=page.name, link=link):
                    self.assertTrue((page.parent / link).exists())

    def test_names(self):
        """Of C functions, types and macros, and of Python modules."""
        sources = "\n".join(file.read_text(encoding="utf-8") for file in (TOP / "src").rglob("*.[ch]"))
        names = set(re.findall(r"\w+", sources)) | set(re.findall(r"KD_VECTOR\((\w+)", sources))
        for page in PAGES:
            for word in code(page):
                for name in re.findall(r"\b(?:kd|KD)_\w+", word):
                    with self.subTest(page=page.name, name=name):
                        self.assertIn(name, names | {"kd_X_init", "kd_X_deinit", "kd_X_create", "kd_X_destroy"})
                if re.fullmatch(r"pykd(\.\w+)+", word):
                    with self.subTest(page=page.name, module=word):
                        path = TOP / "frozen" / word.replace(".", os.sep)
                        self.assertTrue(path.is_dir() or path.with_suffix(".py").exists())

    def test_they_are_looked_at(self):
        self.assertGreater(sum("src/" in word for page in PAGES for word in code(page)), 10)
