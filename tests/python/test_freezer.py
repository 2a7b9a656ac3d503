# SPDX-License-Identifier: GPL-2.0-or-later
"""The manifest and the freezer."""

import marshal
import os
import sys
import tempfile
import unittest
from pathlib import Path

from dumps import ROOT

sys.path.insert(0, os.path.join(ROOT, "tools"))

import freeze
import manifest

LIBRARY = Path(ROOT) / "build" / "x86_64" / "python" / "lib" / "python3.13"


class Frozen(unittest.TestCase):
    """frozen/manifest.py itself."""

    def setUp(self):
        if not LIBRARY.is_dir():
            self.skipTest("the library that is frozen is not here")
        self.contents = manifest.load(Path(ROOT) / "frozen" / "manifest.py", Path(ROOT), LIBRARY)

    def test_every_module_of_the_library_is_decided(self):
        excluded = {name for name in self.contents.excluded if "." not in name}
        decided = self.contents.included | excluded | set(sys.builtin_module_names)
        self.assertEqual(set(sys.stdlib_module_names) - decided, set())
        self.assertEqual(self.contents.included & excluded, set())

    def test_what_is_left_out_is_not_there_by_accident(self):
        for name in self.contents.excluded:
            self.assertNotIn(f"pylib/{name.replace('.', '/')}.py", self.contents.files)

    def test_everything_included_can_be_imported(self):
        import importlib

        # Their import does something.
        acting = {"pdb", "antigravity", "this", "idlelib"}
        for name in sorted(self.contents.included - acting):
            with self.subTest(module=name):
                importlib.import_module(name)

    def test_what_is_in_the_executable_is_what_the_manifest_says(self):
        import _pykd_files as files

        for path, file in self.contents.files.items():
            if path.startswith("pylib/"):
                self.assertEqual(files.read(path), file.read_bytes(), path)


class Freezer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        (self.top / "frozen").mkdir()
        (self.top / "library" / "package").mkdir(parents=True)
        self.write("library/single.py", "NAME = 'single'\n")
        self.write("library/package/__init__.py", "")
        self.write("library/package/part.py", "def f(argument):\n    return argument + 1\n")
        self.write("library/package/data.txt", "text")
        self.write("library/package/windows.py", "")

    def write(self, path, text):
        (self.top / path).write_text(text, encoding="utf-8")

    def load(self, text):
        self.write("frozen/manifest.py", text)
        return manifest.load(self.top / "frozen" / "manifest.py", self.top, self.top / "library")

    def freeze(self, out="out"):
        (self.top / out).mkdir(exist_ok=True)
        freeze.main(str(self.top), str(self.top / "library"), str(self.top / out))
        return {name: (self.top / out / name).read_bytes() for name in ("frozen.c", "code.bin", "files.bin")}

    def test_verbs(self):
        contents = self.load('without("package.windows", why="tests")\nstdlib("single", "package")\n')
        self.assertEqual(
            sorted(contents.files),
            ["pylib/package/__init__.py", "pylib/package/data.txt", "pylib/package/part.py", "pylib/single.py"],
        )
        self.assertEqual(contents.excluded, {"package.windows": "tests"})

    def test_absent_module(self):
        with self.assertRaisesRegex(manifest.ManifestError, "absent"):
            self.load('stdlib("absent")\n')

    def test_listed_twice(self):
        with self.assertRaisesRegex(manifest.ManifestError, "twice"):
            self.load('stdlib("single", "single")\n')

    def test_same_bytes_whatever_was_compiled_before(self):
        self.load('stdlib("single", "package")\n')
        first = self.freeze("first")
        keep = [sys.intern(name) for name in ("argument", "single", "NAME")]  # shared now with this module
        second = self.freeze("second")
        self.assertEqual(first, second)
        # A cache that already holds all but one file.
        for file in (self.top / "second" / "cache").glob("*.code"):
            if b"argument" in file.read_bytes():
                file.unlink()
        self.assertEqual(self.freeze("second"), first)
        self.assertEqual(len(keep), 3)

    def test_nothing_of_the_folder_shows(self):
        self.load('stdlib("single", "package")\n')
        for name, data in self.freeze().items():
            self.assertNotIn(os.fsencode(self.top), data, name)

    def test_change_of_a_source(self):
        self.load('stdlib("single")\n')
        before = self.freeze()
        self.write("library/single.py", "NAME = 'other'\n")
        after = self.freeze()
        self.assertNotEqual(before["code.bin"], after["code.bin"])
        code = marshal.loads(after["code.bin"])
        space = {}
        exec(code, space)
        self.assertEqual(space["NAME"], "other")
        self.assertEqual(code.co_filename, "pylib/single.py")

    def test_syntax_error_names_the_line(self):
        self.load('stdlib("single")\n')
        self.write("library/single.py", "x = 1\nx = = 2\n")
        with self.assertRaisesRegex(SystemExit, r"single\.py:2: "):
            self.freeze()


if __name__ == "__main__":
    unittest.main()
