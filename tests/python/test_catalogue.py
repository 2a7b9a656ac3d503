# SPDX-License-Identifier: GPL-2.0-or-later
"""pykd.kernel as programs see it: every helper is there, its example works, and one rule holds for what cannot be read."""

import contextlib
import io
import os
import subprocess
import tempfile
import unittest

import dumps
import pykd
from altered import Altered
from pykd import kernel
from pykd.kernel import catalogue

DUMP = dumps.opened(dumps.SAMPLE)
SPACE = {name: getattr(kernel, name) for name in catalogue.names()} | {"dump": DUMP}


class Catalogue(unittest.TestCase):
    def test_names(self):
        names = catalogue.names()
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(dir(kernel), sorted(names))
        self.assertEqual(set(names) & kernel._ROOMS, set(), "a room of that name would hide it")
        with self.assertRaises(AttributeError):
            kernel.no_such_helper  # noqa: B018

    def test_documents(self):
        for name in catalogue.names():
            with self.subTest(name):
                self.assertRegex(SPACE[name].__doc__, r"\w{3}")

    def test_examples(self):
        """Each is answered, of a dump where there is what it asks for, with nothing left out."""
        for topic in catalogue.HELPERS.values():
            for name, _, line in topic:
                if line and name not in ("for_each_mapped_device", "for_each_scsi_host"):
                    with self.subTest(line), contextlib.redirect_stderr(io.StringIO()) as errors:
                        self.assertIsNotNone(eval(line, dict(SPACE)) if name != "elevator_name" else "")
                        self.assertEqual(errors.getvalue(), "")

    def test_values(self):
        init = kernel.find_task(1)
        self.assertEqual((kernel.d_path(init.fs.pwd), kernel.slab_cache_of(init).name, kernel.task_state_to_char(init)), ("/", "task_struct", "IN"))
        self.assertEqual([kernel.cpu_rq(cpu).cpu for cpu in kernel.possible_cpus()], kernel.possible_cpus())
        self.assertEqual(kernel.per_cpu("runqueues", 1), kernel.cpu_rq(1))
        self.assertEqual(kernel.page_to_virt(kernel.virt_to_page(init)), int(init) & -DUMP.page_size)
        self.assertEqual(kernel.container_of(init.tasks, "struct task_struct", "tasks"), init)
        self.assertEqual([task.pid for task in kernel.for_each_thread(init)], [1])
        self.assertIn("kthreadd", [task.comm for task in kernel.for_each_child(kernel.idle_tasks()[0])])

    def test_the_dump(self):
        other = Altered(dumps.SAMPLE)
        other.write(int(kernel.find_task(1)) + DUMP.type("struct task_struct").offset_of("comm"), b"another\0")
        dump = other.open(self)
        self.assertEqual([kernel.find_task(1, dump=dump).comm, kernel.find_task(dump, 1).comm, kernel.find_task(1).comm], ["another", "another", "init"])
        # an object brings its dump with it
        self.assertEqual(next(kernel.for_each_thread(kernel.find_task(1, dump=dump))).comm, "another")

    def test_imports_nothing_before_it_is_used(self):
        code = "import sys, pykd.kernel; print(sorted(name for name in sys.modules if name.startswith('pykd.kernel.')))"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prog.py")
            with open(path, "w") as file:
                file.write(code)
            result = subprocess.run([dumps.PYKD, "--run", path], capture_output=True, text=True, check=False)
        self.assertNotIn("catalogue", result.stdout)


class WhatCannotBeRead(unittest.TestCase):
    def setUp(self):
        altered = Altered(dumps.SAMPLE)
        disks = list(kernel.for_each_disk())
        altered.exclude(DUMP.translate(int(disks[2]) + disks[2].fieldOffset("part0")) // dumps.PAGE)
        self.dump, self.expected = altered.open(self), len(disks)

    def test_it_is_told(self):
        with contextlib.redirect_stderr(io.StringIO()) as told:
            found = list(kernel.for_each_disk(dump=self.dump))
        self.assertLess(len(found), self.expected)
        self.assertFalse([disk for disk in found if isinstance(disk, pykd.Error)])
        self.assertRegex(told.getvalue(), r"^pykd: for_each_disk: left out: .*excluded")

    def test_it_is_collected(self):
        errors = []
        with contextlib.redirect_stderr(io.StringIO()) as told:
            found = list(kernel.for_each_disk(dump=self.dump, errors=errors))
        self.assertEqual(told.getvalue(), "")
        self.assertTrue(errors and all(isinstance(error, pykd.Error) for error in errors))
        self.assertLess(len(found), self.expected)


class Scripts(unittest.TestCase):
    def printed(self, text, *before):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prog.py")
            with open(path, "w") as file:
                file.write(text)
            return subprocess.run([dumps.PYKD, *before, path], capture_output=True, text=True, check=False)

    def test_nothing_of_ours_is_printed(self):
        for line in ("import LinuxDump.Tasks", "import crash", "import pykd"):
            with self.subTest(line):
                self.assertEqual(self.printed(f"{line}\nprint(1)\n", dumps.SAMPLE).stdout, "1\n")
        self.assertIn("Execution took", self.printed("from pykdump.API import *\n", dumps.SAMPLE).stdout)

    def test_without_a_dump(self):
        folder = os.path.join(dumps.ROOT, "progs", "LinuxDump")
        modules = []
        for where, _, files in os.walk(folder):
            package = os.path.relpath(where, os.path.dirname(folder)).replace(os.sep, ".")
            modules += [package if file == "__init__.py" else f"{package}.{file[:-3]}" for file in files if file.endswith(".py")]
        self.assertGreater(len(modules), 40)
        text = "".join(f"import {module}\n" for module in sorted(modules))
        result = self.printed(f"{text}import pykd\npykd.open({dumps.SAMPLE!r})\nfrom LinuxDump.Tasks import HZ\nprint(HZ * 2, 1000 / HZ, HZ)\n", "--run")
        self.assertEqual((result.stdout, result.stderr), ("500 4.0 250\n", ""))


if __name__ == "__main__":
    unittest.main()
