# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel bench where it needs no guest: the files it makes of a core, and a machine that lacks what the bench's modules need."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

from dumps import PYKD, ROOT, SAMPLE

FOLDER = os.path.join(ROOT, "tools", "vmtest")
LACKING = ("ctypes", "ctypes.util", "lzma")


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Its modules have common names: they are here for these tests alone. pykd lacks what only making dumps needs.
        before = set(sys.modules)
        sys.path.insert(0, FOLDER)
        for name in LACKING:
            sys.modules[name] = types.ModuleType(name)
        try:
            import bench
            import causes
            import formats
            import variants
        finally:
            sys.path.remove(FOLDER)
        cls.modules = bench, formats, variants
        cls.causes = causes
        for name in set(sys.modules) - before:
            if name in LACKING or (getattr(sys.modules[name], "__file__", None) or "").startswith(FOLDER):
                del sys.modules[name]

    def setUp(self):
        self.bench, self.formats, self.variants = self.modules
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_what_is_cut_comes_last(self):
        order = self.formats.order(("zstd-cut", "split-lost", "zlib"))
        self.assertEqual(order, ["zlib", "zstd", "split", "zstd-cut", "split-lost"])
        for variant in self.variants.VARIANTS:
            names = self.formats.order(variant.files)
            for name in names:
                self.assertLessEqual(names.index(self.formats.whole(name)), names.index(name))

    def test_damaged(self):
        maker = self.formats.Maker(self.folder, self.folder, "6.12.0-1-amd64", "amd64")
        for i, path in enumerate([*self.formats.paths(self.folder, "split"), *self.formats.paths(self.folder, "elf")]):
            path.write_bytes(bytes([i]) * 1000)
        lengths = {"elf-cut": [500], "elf-short": [950], "split-cut": [1000, 500, 1000], "split-lost": [1000, 1000]}
        for name, wanted in lengths.items():
            self.assertIsNone(maker.make(name))
            data = [path.read_bytes() for path in self.formats.paths(self.folder, name)]
            self.assertEqual([len(text) for text in data], wanted)
            self.assertTrue(self.formats.damaged(name, "6.12.0-1-amd64"))
        self.assertEqual([text[:1] for text in data], [b"\0", b"\2"])
        self.assertEqual(maker.make("flat-cut"), "vmcore.flat was not made")
        self.assertTrue(self.formats.damaged("d31", "7.2.13+deb14-amd64"))
        self.assertFalse(self.formats.damaged("d31", "6.12.0-1-amd64"))

    def test_every_cause_is_made(self):
        """The guest has a function for each, and no other."""
        with open(os.path.join(FOLDER, "guest", "causes"), encoding="utf-8") as file:
            made = re.findall(r"(?m)^cause_(\w+)\(\)", file.read())
        self.assertEqual([cause.name.replace("-", "_") for cause in self.causes.CAUSES], made)
        for cause in self.causes.CAUSES:
            self.assertIn("cause", cause.variant().parts)
        self.assertEqual("cause-busy-6.1", self.causes.named(["busy"])[0].variant("6.1").name)
        for cause in self.causes.CAUSES:
            self.assertTrue(re.compile(cause.words))
        with self.assertRaises(KeyError):
            self.causes.named(["nosuch"])

    def test_what_is_not_made_is_in_the_status(self):
        """A run that did not come about, and a file of one that did."""
        code = (
            f"import sys, types; sys.path[:0] = [{FOLDER!r}]; sys.modules.update((n, types.ModuleType(n)) for n in {LACKING!r})\n"
            "import runpy, bench, machine\n"
            "class Made:\n"
            "    def __init__(self, variant):\n"
            "        self.variant, self.failed = variant, {'zstd': 'no room'} if variant.name == '6.12-nfs' else {}\n"
            "def obtain(variant, *rest):\n"
            "    if variant.name == '6.1-data':\n"
            "        raise machine.MachineError('it did not come up')\n"
            "    return Made(variant)\n"
            "bench.cached, bench.current, bench.obtain = lambda *rest: None, lambda *rest: True, obtain\n"
            f"sys.argv[1:] = sys.argv[sys.argv.index('--') + 1:]\nrunpy.run_path({os.path.join(FOLDER, '__main__.py')!r}, run_name='__main__')\n"
        )
        script = self.folder / "make.py"
        script.write_text(code)
        for names, status, said in (("6.12-data", 0, ""), ("6.1-data", 2, "not made: it did not come up"), ("6.12-nfs", 2, "not made: no room")):
            done = subprocess.run(
                [PYKD, "--isolated", "--run", script, "--", "--make", names], capture_output=True, text=True, check=False, cwd=self.folder
            )
            self.assertEqual((status, ""), (done.returncode, done.stderr), names)
            self.assertIn(said, done.stdout)

    def test_judging(self):
        """Nothing is wrong with the sample: that is right of a healthy one, and of no other."""
        dump = self.folder / "vmcore"
        shutil.copyfile(SAMPLE, dump)
        self.assertTrue(self.causes.judge(self.causes.Cause("healthy", ()), dump).right)
        found = self.causes.judge(self.causes.Cause("frozen", ("I1",), "frozen"), dump)
        self.assertEqual((False, ""), (found.right, found.key))
        dump.write_bytes(b"no dump")
        (self.folder / "report.json").unlink()
        self.assertFalse(self.causes.judge(self.causes.Cause("healthy", ()), dump).right)

    def test_without_mmdebstrap(self):
        """A guest that crashes in a module cannot be made, any other does without."""
        image = self.bench.kernels.Image("6.12.0-1-amd64", self.folder)

        def build(*_):
            subprocess.run([self.folder / "mmdebstrap"], check=True)

        self.addCleanup(setattr, self.bench.module, "build", self.bench.module.build)
        self.bench.module.build = build
        variant = self.variants.Variant("x", "6.12", self.variants.FULL)
        with contextlib.redirect_stderr(io.StringIO()) as complaints:
            self.assertEqual(self.bench.own_modules(variant, image, self.folder), [])
        self.assertIn("x: without vmtest_load: ", complaints.getvalue())
        self.assertIn("mmdebstrap", complaints.getvalue())
        with self.assertRaises(FileNotFoundError):
            self.bench.own_modules(self.variants.Variant("x", "6.12", crash="null"), image, self.folder)
        self.assertEqual(self.bench.own_modules(self.variants.Variant("x", "6.12"), image, self.folder), [])
