# SPDX-License-Identifier: GPL-2.0-or-later
"""The manifest and the freezer."""

import json
import marshal
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import freeze
import manifest
from dumps import PYKD, ROOT

BUILD = Path(ROOT) / "build" / "x86_64"
LIBRARY = BUILD / "python" / "lib" / "python3.13"
PACKER = BUILD / "bin" / "zstd"
SAMPLE = Path(ROOT) / "tests" / "sample" / "vmcore"

UNPACKED_AT_START = 100_000
"""Bytes of code that the main job may unpack: more would be felt. Modules that it needs are listed by ``at_start``."""


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


def imported_by(commands):
    """Paths in the executable of the modules that these commands import, in a process of their own."""
    program = "import sys; print('AT', *(getattr(m, '__file__', None) or '' for m in sys.modules.values()))"
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(program)
        file.flush()
        words = [word for command in commands for word in ("-c", command)]
        result = subprocess.run([PYKD, SAMPLE, *words, file.name], capture_output=True, text=True, check=False)
    return {name.removeprefix(PYKD + "/") for name in re.search("^AT (.*)$", result.stdout, re.MULTILINE)[1].split()}


class AsSource(unittest.TestCase):
    def test_nothing_of_ours_waits_for_the_compiler(self):
        if not SAMPLE.exists():
            self.skipTest("no sample dump")
        contents = manifest.load(Path(ROOT) / "frozen" / "manifest.py", Path(ROOT), LIBRARY)
        programs = [path.stem for path in (Path(ROOT) / "progs").glob("*.py") if path.stem not in ("PyKdumpInit", "repl")]
        imported = imported_by([*(f"{name} --help" for name in programs), "crashinfo", "help ps", "report", "py import pdb, pydoc, logging"])
        self.assertIn("pylib/logging/__init__.py", imported)
        # The import system's core is in CPython itself; these are its sources' names.
        own = {"pylib/importlib/_bootstrap.py", "pylib/importlib/_bootstrap_external.py"}
        self.assertEqual(imported & (contents.as_source - own), set())


class AtStart(unittest.TestCase):
    def test_the_main_job_unpacks_next_to_nothing(self):
        table = BUILD / "frozen" / "table.json"
        if not table.exists() or not SAMPLE.exists():
            self.skipTest("no table of the freezer, or no sample dump")
        packed = {path: size for path, _, _, stored, size in json.loads(table.read_bytes()) if stored != size}
        imported = imported_by(["taskinfo --summ"])
        self.assertIn("pykd/app/cli.py", imported)
        # The import system's core is in CPython itself; these are its sources' names.
        own = {"pylib/importlib/_bootstrap.py", "pylib/importlib/_bootstrap_external.py"}
        cost = {path: packed[path] for path in imported - own if path in packed}
        self.assertLess(sum(cost.values()), UNPACKED_AT_START, f"at_start in frozen/manifest.py lacks some of {cost}")


class Freezer(unittest.TestCase):
    def setUp(self):
        if not PACKER.exists():
            self.skipTest("the packer is not here")
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
        freeze.main(str(self.top), str(self.top / "library"), str(self.top / "licences"), str(PACKER), str(self.top / out))
        return {file.name: file.read_bytes() for file in (self.top / out).iterdir() if file.is_file()}

    def unpacked(self, data, dictionary):
        """What is in a piece, by the program that packed it."""
        (self.top / "dictionary").write_bytes(dictionary)
        words = ["-D", str(self.top / "dictionary")] if dictionary else []
        return subprocess.run([str(PACKER), "-q", "-d", "-c", *words], input=data, capture_output=True, check=True).stdout

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

    def test_packed_and_not_packed(self):
        self.load('stdlib("single", "package")\nat_start("pylib/single.py")\n')
        files = self.freeze()
        sizes = {path: (stored, size) for path, _, _, stored, size in json.loads(files["table.json"])}
        self.assertEqual(*sizes["pylib/single.py"])
        self.assertEqual(sizes["pylib/package/data.txt"], (0, 0))
        start = sum(stored for path, (stored, _) in sorted(sizes.items()) if path < "pylib/package/part.py")
        stored, size = sizes["pylib/package/part.py"]
        code = self.unpacked(files["code.bin"][start : start + stored], files["code.dict"])
        self.assertEqual(len(code), size)
        self.assertEqual(marshal.loads(code).co_filename, "pylib/package/part.py")

    def test_as_source(self):
        self.load('stdlib("single", "package")\nas_source("pylib/package/*.py")\n')
        sizes = {path: stored for path, _, _, stored, _ in json.loads(self.freeze()["table.json"])}
        self.assertGreater(sizes["pylib/single.py"], 0)
        self.assertEqual(sizes["pylib/package/part.py"], 0)

    def test_at_start_of_nothing(self):
        with self.assertRaisesRegex(manifest.ManifestError, "nothing"):
            self.load('stdlib("single")\nat_start("pylib/absent.py")\n')

    def test_pieces_with_a_dictionary(self):
        pieces = [f"def function_{number}(argument):\n    return argument + {number}\n".encode() * 9 for number in range(300)]
        packer = freeze.Packer(str(PACKER), self.top, pieces)
        self.assertTrue(packer.dictionary)
        packed = packer.pack([*pieces[:3], b""])
        self.assertEqual([self.unpacked(piece.stored, packer.dictionary) for piece in packed], [*pieces[:3], b""])
        self.assertEqual(freeze.Packer(str(PACKER), self.top, pieces).pack(pieces[:3]), packed[:3])

    def test_nothing_of_the_folder_shows(self):
        self.load('stdlib("single", "package")\n')
        for name, data in self.freeze().items():
            self.assertNotIn(os.fsencode(self.top), data, name)

    def test_change_of_a_source(self):
        self.load('stdlib("single")\nat_start("pylib/single.py")\n')
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
