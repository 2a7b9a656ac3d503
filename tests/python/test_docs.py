# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages of the repository name what there is: files, functions, Python modules, other pages."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import pykd
from dumps import PYKD, ROOT, docs, vmcores
from pykd.session import command

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
                        self.assertTrue(path.is_dir() or path.with_suffix(".py").exists() or hasattr(pykd, word.removeprefix("pykd.")))

    def test_they_are_looked_at(self):
        self.assertGreater(sum("src/" in word for page in PAGES for word in code(page)), 10)


class Commands(unittest.TestCase):
    """What CONTRIBUTING.md says can be typed as it stands, but for what builds, what changes the tree and what needs a virtual machine."""

    LONG = re.compile(r"\./build\.sh|fresh-clone|\bgit |build/vmtest")

    def test_they_work(self):
        blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
        scripts = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks if not self.LONG.search(block)]
        self.assertGreater(len(scripts), 3)
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for script in scripts:
            with self.subTest(script):
                script = script.replace("/tmp/try", folder).replace("./pykd", PYKD)
                result = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
                )
                self.assertEqual((0, ""), (result.returncode, result.stderr))
                self.assertTrue(result.stdout or ">" in script)


class Shown(unittest.TestCase):
    """What pages and the examples of commands show is what pykd answers, and every program in them runs on every dump."""

    def test_nothing_is_stale(self):
        result = subprocess.run(
            [PYKD, "--isolated", "--run", str(TOP / "tools" / "docs.py"), "--check"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("", "", 0), "./pykd --run tools/docs.py makes it anew")

    def test_every_command_has_an_example(self):
        without = {"repeat", "sbitmapq", "waitq", "wr"}  # ends by Ctrl-C; needs an address; writes
        examples = {path.stem for path in (TOP / "docs" / "examples").glob("*.txt")}
        self.assertEqual(set(command.names()) - examples, without)

    def test_programs(self):
        programs = docs.programs()
        self.assertGreater(len(programs), 2)
        for number, text in enumerate(programs):
            self.assertLess(len(text.splitlines()), 12)
            for dump in vmcores():
                with self.subTest(program=number, dump=dump):
                    printed = docs.program(text, dump)
                    self.assertNotIn("Traceback", printed)
                    self.assertTrue(printed)

    def test_a_stale_page_is_found(self):
        answers = {"a": "new\n", "b": "same as ever\n"}
        page = docs.transcript("pykd> a\nold\n\npykd> b\nsame ...\n", "pykd> ", "    > ", answers.__getitem__)
        self.assertEqual(page, "pykd> a\nnew\n\npykd> b\nsame ...\n")


if __name__ == "__main__":
    unittest.main()
