# SPDX-License-Identifier: GPL-2.0-or-later
"""The search for modules: its order, trust, and what frozen modules look like from inside."""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

import _pykd_files as files
import dumps
from dumps import PYKD
from pykd.boot import importer

EXE = os.path.realpath(PYKD)


class Sandbox(unittest.TestCase):
    """A folder of files, and pykd run in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.cwd = self.write_folder("cwd")

    def write_folder(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        return path

    def pykd(self, *words, path=None, exe=EXE, **options):
        environment = {"PYKDUMPPATH": path} if path else {}
        return subprocess.run(
            [exe, *words], cwd=self.cwd, env=environment, capture_output=True, text=True, check=False, timeout=60, **options
        )

    def run_program(self, text, *options, path=None, **more):
        """Run a program that lies elsewhere; its folder is not searched for what these tests import."""
        return self.pykd(*options, "--run", self.write("program/main.py", text), path=path, **more)

    def origin(self, module, *options, path=None):
        result = self.run_program(f"import {module}; print({module}.__file__)", *options, path=path)
        self.assertEqual(result.stderr, "")
        return result.stdout.strip()


class Order(Sandbox):
    """``.`` before the library before PYKDUMPPATH before the framework and LinuxDump."""

    def test_path_of_fresh_start(self):
        lines = self.pykd("-p").stdout.splitlines()
        self.assertRegex(lines[0], r"^3\.13\.\d+ \(.*\) \[GCC .*\]$")
        self.assertEqual(lines[1], repr([".", f"{EXE}/pylib", EXE, f"{EXE}/dist-packages"]))

    def test_path_with_user_folders(self):
        lines = self.pykd("-p", path="/one:/two").stdout.splitlines()
        self.assertEqual(lines[1], repr([".", f"{EXE}/pylib", "/one", "/two", EXE, f"{EXE}/dist-packages"]))

    def test_isolated(self):
        lines = self.pykd("-p", "--isolated", path="/one").stdout.splitlines()
        self.assertEqual(lines[1], repr([f"{EXE}/pylib", EXE, f"{EXE}/dist-packages"]))

    def test_current_folder_replaces_nothing_of_the_library(self):
        """Files that lie about there have all sorts of names, and pykd itself needs the library."""
        for name in ("colorsys", "functools", "re", "os", "json/__init__", "encodings/utf_8"):
            self.write(f"cwd/{name}.py", "raise SystemError")
        self.assertEqual(self.origin("colorsys"), f"{EXE}/pylib/colorsys.py")
        self.assertEqual(self.origin("functools", "--trust-cwd"), f"{EXE}/pylib/functools.py")
        self.assertEqual(self.pykd("--version").returncode, 0)

    def test_part_of_a_helper_library(self):
        """A user's LinuxDump hides what it has, with or without an ``__init__``, and not the rest."""
        for first in ({}, {"LinuxDump/__init__.py": ""}):
            one = self.write_folder(f"one{len(first)}")
            here = self.write(f"{one}/LinuxDump/percpu.py", "")
            for name, text in first.items():
                self.write(f"{one}/{name}", text)
            text = "import importlib.util\nfor name in ('percpu', 'trees', 'fs.mounts_of_nobody', 'inet'):\n    "
            text += "try: spec = importlib.util.find_spec(f'LinuxDump.{name}')\n    except Exception: spec = None\n    print(spec and spec.origin)\n"
            # A stand-in for the framework, which wants a dump.
            text = "import sys, types; api = types.ModuleType('pykdump'); api.hand_on = lambda *names: None; sys.modules['pykdump'] = sys.modules['pykdump.API'] = api\n" + text
            lines = self.run_program(text, path=one).stdout.splitlines()
            self.assertEqual(lines, [here, f"{EXE}/LinuxDump/trees.py", "None", f"{EXE}/LinuxDump/inet/__init__.py"])

    def test_home_in_the_path(self):
        result = subprocess.run([EXE, "-p"], env={"PYKDUMPPATH": "/one:~/two", "HOME": "/home/me"}, capture_output=True, text=True, check=False)
        self.assertIn("'/one', '/home/me/two'", result.stdout)

    def test_entry_that_is_made_later(self):
        text = f"import os, sys\nsys.path.append('{self.folder}/later')\ntry: import made\nexcept ImportError: print('none')\n"
        text += f"os.mkdir('{self.folder}/later'); open('{self.folder}/later/made.py', 'w').close()\nimport made; print(made.__name__)\n"
        self.assertEqual(self.run_program(text).stdout, "none\nmade\n")

    def test_isolated_has_no_current_folder(self):
        self.write("cwd/colorsys.py", "")
        self.assertEqual(self.origin("colorsys", "--isolated"), f"{EXE}/pylib/colorsys.py")

    def test_library_beats_user_folder(self):
        self.write("user/colorsys.py", "")
        self.assertEqual(self.origin("colorsys", path=f"{self.folder}/user"), f"{EXE}/pylib/colorsys.py")

    def test_user_folder_beats_framework(self):
        there = self.write("user/LinuxDump/__init__.py", "")
        self.assertEqual(self.origin("LinuxDump", path=f"{self.folder}/user"), there)

    def test_packages_of_others(self):
        """PyKdump's archive has pyparsing; programs import it by either name."""
        text = "import pyparsing, pykdump.pyparsing as other; word = pyparsing.Word(pyparsing.nums) + other.Suppress('k')\n"
        text += "print(word.parseString('12k').asList(), pyparsing.__file__)"
        self.assertEqual(self.run_program(text).stdout, f"['12'] {EXE}/dist-packages/pyparsing/__init__.py\n")

    def test_crccheck(self):
        """And crccheck, which its programs for NFS use."""
        text = "from crccheck.crc import CrcX25; print(hex(CrcX25.calc(b'123456789')))"
        self.assertEqual(self.run_program(text).stdout, "0x906e\n")

    def test_first_user_folder_wins(self):
        first = self.write("a/mine.py", "")
        self.write("b/mine.py", "")
        self.assertEqual(self.origin("mine", path=f"{self.folder}/a:{self.folder}/b"), first)

    def test_part_of_pykd_from_user_folder(self):
        there = self.write("user/pykd/boot/resources.py", "")
        self.assertEqual(self.origin("pykd.boot.resources", path=f"{self.folder}/user"), there)

    def test_pykd_is_not_taken_from_current_folder(self):
        self.write("cwd/pykd/__init__.py", "raise SystemExit('taken')")
        self.write("cwd/pykd/boot/resources.py", "raise SystemExit('taken')")
        self.assertEqual(self.origin("pykd.boot.resources"), f"{EXE}/pykd/boot/resources.py")

    def test_builtin_module_cannot_be_replaced(self):
        self.write("cwd/_pykd.py", "raise SystemExit('taken')")
        self.write("cwd/zlib.py", "raise SystemExit('taken')")
        result = self.run_program("import _pykd, zlib; print(zlib.crc32(b''))")
        self.assertEqual(result.stdout, "0\n")

    def test_edited_path_counts(self):
        there = self.write("late/mine.py", "")
        program = f"import sys; sys.path.append({self.folder + '/late'!r}); import mine; print(mine.__file__)"
        self.assertEqual(self.run_program(program).stdout.strip(), there)

    def test_current_folder_follows_chdir(self):
        there = self.write("other/mine.py", "")
        program = f"import os; os.chdir({self.folder + '/other'!r}); import mine; print(mine.__file__)"
        self.assertEqual(self.run_program(program).stdout.strip(), there)

    def test_removed_current_folder(self):
        os.rmdir(self.cwd)
        result = subprocess.run(
            ["/bin/sh", "-c", f"mkdir gone && cd gone && rmdir ../gone && exec {EXE} --run {self.write('p.py', 'import json')}"],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("", "", 0))

    def test_namespace_package_of_two_folders(self):
        self.write("a/space/one.py", "")
        self.write("b/space/two.py", "")
        program = "import space.one, space.two; print(sorted(space.__path__))"
        result = self.run_program(program, path=f"{self.folder}/a:{self.folder}/b")
        self.assertEqual(result.stdout.strip(), repr([f"{self.folder}/a/space", f"{self.folder}/b/space"]), result.stderr)

    def test_archive_in_user_folder_list(self):
        import zipfile

        archive = os.path.join(self.folder, "mine.zip")
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("zipped.py", "")
        self.assertEqual(self.origin("zipped", path=archive), f"{archive}/zipped.py")

    def test_missing_module(self):
        result = self.run_program("import nowhere_to_be_found")
        self.assertEqual(result.returncode, 1)
        self.assertIn("ModuleNotFoundError: No module named 'nowhere_to_be_found'", result.stderr)

    def test_nothing_is_written_beside_modules(self):
        self.write("cwd/mine.py", "")
        self.origin("mine")
        self.assertEqual(os.listdir(self.cwd), ["mine.py"])


@unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
class Trust(Sandbox):
    """Nothing is taken by way of ``.`` that others could have put there."""

    PROGRAM = "import mine; print(mine.__file__)"

    def setUp(self):
        super().setUp()
        self.module = self.write("cwd/mine.py", "")

    def refused(self, why, *options):
        result = self.run_program(self.PROGRAM, *options)
        self.assertIn("ModuleNotFoundError", result.stderr)
        warning = result.stderr.splitlines()[0]
        self.assertIn("'.' is left out", warning)
        self.assertIn(why, warning)
        self.assertIn("--trust-cwd", warning)
        return result

    def test_own_folder(self):
        self.assertEqual(self.origin("mine"), self.module)

    def test_folder_of_somebody_else(self):
        os.chown(self.cwd, 1234, -1)
        self.refused(f"{self.cwd} belongs to user 1234")

    def test_folder_that_all_can_write(self):
        os.chmod(self.cwd, 0o1777)
        self.refused(f"{self.cwd} can be written by others")

    def test_file_of_somebody_else(self):
        os.chown(self.module, 1234, -1)
        self.refused(f"{self.module} belongs to user 1234")

    def test_file_that_a_group_can_write(self):
        os.chown(self.module, 0, 1234)
        os.chmod(self.module, 0o664)
        self.refused(f"{self.module} can be written by others")

    def test_submodule_of_somebody_else(self):
        self.write("cwd/package/__init__.py", "")
        os.chown(self.write("cwd/package/part.py", ""), 1234, -1)
        result = self.run_program("import package; import package.part")
        self.assertIn("No module named 'package.part'", result.stderr)
        self.assertIn("part.py belongs to user 1234", result.stderr)

    def test_one_warning(self):
        os.chown(self.cwd, 1234, -1)
        self.write("cwd/yours.py", "")
        program = "for name in ('mine', 'yours'):\n    try: __import__(name)\n    except ImportError: print('refused')\n"
        result = self.run_program(program)
        self.assertEqual(result.stdout, "refused\nrefused\n")
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_library_instead(self):
        self.write("cwd/colorsys.py", "raise SystemExit('taken')")
        os.chown(self.cwd, 1234, -1)
        result = self.run_program("import colorsys; print(colorsys.__file__)")
        self.assertEqual(result.stdout.strip(), f"{EXE}/pylib/colorsys.py")

    def test_what_the_library_lacks(self):
        """What the executable's own modules would import if it were there does not come from ``.``, where it would run without being named."""
        imported = {}
        for path in self.sources(""):
            for node in ast.walk(ast.parse(importer.source_of(path))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
                imported |= {name.partition(".")[0]: path for name in names}
        self.assertGreater(len(imported), 200)
        own = {"__main__", *(name for name in sys.builtin_module_names if name.startswith("_pykd"))}
        lacking = {
            name for name in imported
            if name not in own and not any(files.is_file(f"{folder}{name}{end}") for folder in ("", "dist-packages/") for end in (".py", "/__init__.py"))
        }  # fmt: skip
        self.assertIn("_hashlib", lacking)
        self.assertEqual([], sorted(name for name in lacking if not importer._in_library(name)))
        for name in lacking:
            self.write(f"cwd/{name}.py", "raise SystemExit('taken')")
        for words in (("report", dumps.SAMPLE, "--brief"), ("--self-test",), ("--man",), ("--sbom",)):
            with self.subTest(words):
                result = subprocess.run([EXE, *words], cwd=self.cwd, capture_output=True, text=True, check=False)
                self.assertEqual(0, result.returncode, result.stderr)

    def sources(self, folder):
        for name in files.listdir(folder):
            path = f"{folder}/{name}" if folder else name
            if name.endswith(".py"):
                yield path
            elif "." not in name and (folder or name in ("pykd", "pylib", "dist-packages")):
                yield from self.sources(path)

    def test_trust_cwd(self):
        os.chown(self.cwd, 1234, -1)
        self.assertEqual(self.origin("mine", "--trust-cwd"), self.module)

    def test_user_folders_are_trusted(self):
        there = self.write("user/theirs.py", "")
        os.chown(f"{self.folder}/user", 1234, -1)
        self.assertEqual(self.origin("theirs", path=f"{self.folder}/user"), there)

    def test_folder_above_that_all_can_write(self):
        os.chmod(self.folder, 0o777)
        self.refused(f"{self.folder} can be written by others")

    def test_bytecode_is_not_believed(self):
        import py_compile

        cached = os.path.join(self.cwd, "__pycache__", "mine.cpython-313.pyc")
        self.write("cwd/mine.py", "raise SystemExit('old')")
        py_compile.compile(self.module, cfile=cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        self.write("cwd/mine.py", "")
        self.assertEqual(self.origin("mine"), self.module)

    def test_ordinary_user(self):
        os.chmod(self.folder, 0o755)
        program = self.write("program/main.py", self.PROGRAM)
        os.chmod(os.path.dirname(program), 0o755)
        exe = shutil.copy(EXE, self.folder)  # root's home, where the tree may be, is closed to the user
        for owner in (0, 65534):
            os.chown(self.cwd, owner, -1)
            self.assertEqual(self.pykd("--run", program, exe=exe, user=65534).stdout.strip(), self.module)
        os.chown(self.cwd, 1234, -1)
        self.assertIn("belongs to user 1234", self.pykd("--run", program, exe=exe, user=65534).stderr)


class Inside(unittest.TestCase):
    """Frozen modules, seen from within this very process."""

    def test_source(self):
        import inspect
        import json.decoder

        text = inspect.getsource(json.decoder.JSONDecoder.decode)
        self.assertTrue(text.lstrip().startswith("def decode("), text)

    def test_source_of_what_python_starts_with(self):
        import codecs
        import inspect

        self.assertEqual(codecs.open.__code__.co_filename, f"{EXE}/pylib/codecs.py")
        self.assertTrue(inspect.getsource(codecs.open).startswith("def open("))

    def test_source_of_the_importer(self):
        import inspect

        import pykd.boot.importer

        self.assertEqual(pykd.boot.importer.__spec__.name, "pykd.boot.importer")
        self.assertIn("class Finder", inspect.getsource(pykd.boot.importer))

    def test_module_that_is_kept_as_source_alone(self):
        import inspect
        import tabnanny

        import _pykd_files

        self.assertIsNone(_pykd_files.code("pylib/tabnanny.py"))
        self.assertEqual(tabnanny.check.__code__.co_filename, f"{EXE}/pylib/tabnanny.py")
        self.assertTrue(inspect.getsource(tabnanny.check).startswith("def check("))

    def test_traceback_has_lines(self):
        import json
        import traceback

        try:
            json.loads("{")
        except ValueError:
            text = traceback.format_exc()
        self.assertIn(f'File "{EXE}/pylib/json/decoder.py"', text)
        self.assertIn("obj, end = self.raw_decode(s, idx=_w(s, 0).end())", text)

    def test_nested_code_has_the_file_name(self):
        import heapq
        import pprint

        for code in (heapq.merge.__code__, pprint.PrettyPrinter._format.__code__):
            for constant in (code, *code.co_consts):
                if hasattr(constant, "co_filename"):
                    self.assertTrue(constant.co_filename.startswith(f"{EXE}/pylib/"), constant)

    def test_iter_modules(self):
        import json
        import pkgutil

        self.assertEqual(
            {module.name for module in pkgutil.iter_modules(json.__path__)}, {"decoder", "encoder", "scanner", "tool"}
        )
        names = {module.name: module.ispkg for module in pkgutil.iter_modules([f"{EXE}/pylib"])}
        self.assertTrue(names["json"])
        self.assertFalse(names["heapq"])

    def test_resources(self):
        from importlib import resources

        folder = resources.files("json")
        self.assertTrue(folder.joinpath("decoder.py").is_file())
        self.assertFalse(folder.joinpath("absent.py").is_file())
        self.assertIn("class JSONDecoder", (folder / "decoder.py").read_text(encoding="utf-8"))
        self.assertIn("decoder.py", [entry.name for entry in folder.iterdir()])
        with self.assertRaises(FileNotFoundError):
            (folder / "absent.py").read_bytes()

    def test_get_data(self):
        import pkgutil

        self.assertIn(b"class JSONDecoder", pkgutil.get_data("json", "decoder.py"))
        with self.assertRaises(FileNotFoundError):
            pkgutil.get_data("json", "absent.py")

    def test_reload(self):
        import colorsys
        import importlib

        colorsys.mark = 1
        self.assertIs(importlib.reload(colorsys), colorsys)
        self.assertEqual(colorsys.__file__, f"{EXE}/pylib/colorsys.py")

    def test_find_spec(self):
        from importlib.util import find_spec

        self.assertEqual(find_spec("json.decoder").origin, f"{EXE}/pylib/json/decoder.py")
        self.assertIsNone(find_spec("json.absent"))

    def test_time_zone_is_there_when_asked(self):
        from time import altzone, daylight, timezone, tzname

        self.assertEqual((type(timezone), type(altzone), type(daylight), len(tzname)), (int, int, int, 2))
        with self.assertRaises(AttributeError):
            import time

            time.nothing  # noqa: B018

    def test_listing_of_the_tree(self):
        import _pykd_files as files

        self.assertIn("pylib", files.listdir(""))
        self.assertIn("decoder.py", files.listdir("pylib/json"))
        self.assertEqual(files.listdir("pylib/jso"), [])
        self.assertEqual(files.listdir("pylib/json/decoder.py"), [])
        names = files.listdir("pylib")
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
