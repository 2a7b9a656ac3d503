# SPDX-License-Identifier: GPL-2.0-or-later
"""pykd.kernel as programs see it: every helper is there, its example works, and one rule holds for what cannot be read."""

import contextlib
import io
import os
import re
import subprocess
import tempfile
import unittest
import unittest.mock

import __main__
import dumps
import pykd
from altered import Altered
from pykd import kernel
from pykd.kernel import catalogue
from pykd.kernel.catalogue import records
from pykd.session.session import Session
from pykd.terminal import pycomplete
from pykd.terminal.names import Names

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

    def test_records(self):
        """Help says what a record has, of each that a helper gives."""
        for name in catalogue.names():
            words = [word for word in re.findall(r"(?<!struct )\b[A-Z]\w+", SPACE[name].arguments.gives) if word != "Error"]
            for word in words:
                with self.subTest(name):
                    found = records.record(SPACE[name])
                    self.assertEqual(found[0], word)
                    self.assertTrue(found[2])
        self.assertIn(("address", "int"), records.record(SPACE["timer_wheels"])[2])
        self.assertIn("queues", dict(records.record(SPACE["sockets"])[2]))
        self.assertIn("name", dict(records.record(SPACE["stack_trace"])[2]))

    def test_examples(self):
        """Each is answered, of a dump where there is what it asks for, with nothing left out."""
        for topic in catalogue.HELPERS.values():
            for name, _, _, line in topic:
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

    def test_what_an_address_is_of(self):
        init = kernel.find_task(1)
        dentry = init.fs.pwd.dentry
        cases = {
            DUMP.address_of("init_task"): "function or variable init_task",
            int(init) + 8: "task_struct of PID 1 (init)+0x8",
            DUMP.unwind(int(init)).frames[0].sp: "stack of PID 1 (init)",
            int(dentry) + 8: "object of slab cache dentry",
            next(kernel.for_each_vmap_area()).va_start: "vmalloc area ",
            int(init.mm.pgd): "page with flags ",
            16: "",
        }
        for address, expected in cases.items():
            with self.subTest(expected):
                self.assertTrue(kernel.identify_address(address).startswith(expected), kernel.identify_address(address))

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


class Given(unittest.TestCase):
    """Wrong arguments say what was expected, and nothing of the room that would have stumbled over them."""

    INIT = kernel.find_task(1)
    FILE = next(kernel.for_each_file(INIT))[1]

    def test_every_helper(self):
        """None, text, a small number, another struct, too few and too many of them: each is answered, or refused in the helper's own words."""
        for name in catalogue.names():
            helper, kinds = SPACE[name], SPACE[name].arguments.kinds
            if name == "or_error":
                continue
            self.assertEqual(set(kinds), set(list(helper.arguments.parameters)[: len(kinds)]), name)
            for bad in (None, "no such", 5, self.FILE, 1.5, []):
                with self.subTest(name, given=bad), contextlib.redirect_stderr(io.StringIO()):
                    self.refused(helper, *[bad] * max(helper.arguments.required, bool(kinds)))
            with self.subTest(name, given="too much"), self.assertRaisesRegex(TypeError, rf"^{name}\(.* takes "):
                helper(*[self.INIT] * (len(helper.arguments.parameters) + 1))
            if helper.arguments.required:
                with self.assertRaisesRegex(TypeError, rf"^`\w+` is missing: {name}\("):
                    helper()

    def refused(self, helper, *arguments):
        try:
            found = helper(*arguments)
            if hasattr(found, "__next__"):
                next(found, None)
        except TypeError as error:
            self.assertRegex(str(error), rf"^{helper.__name__}\(.* takes .*, not ")
        except pykd.Error as error:
            self.assertTrue(str(error))

    def test_messages(self):
        cases = {
            lambda: kernel.for_each_thread(5): "for_each_thread() takes a struct task_struct as `task`, not the number 5; for_each_task() and for_each_process() give such",
            lambda: kernel.auxv(self.INIT): f"auxv() takes a struct mm_struct as `mm`, not the struct task_struct at {int(self.INIT):#x}; its `mm` is one",
            lambda: kernel.cpu_rq(7): "cpu_rq(): there is no CPU 7; the kernel has 0-1",
            lambda: kernel.per_cpu("runqueus", 0): "per_cpu(): no symbol runqueus; did you mean `runqueues`?",
            lambda: kernel.per_cpu(0, "runqueues"): "per_cpu() takes the name of a per-CPU variable as `name`, not the number 0",
            lambda: kernel.container_of(self.INIT, "struct task_strct", "tasks"): "container_of(): no type struct task_strct; did you mean `struct task_struct`?",
            lambda: kernel.container_of(self.INIT, "struct task_struct", "taks"): "container_of(): <struct task_struct> does not have a field <taks>; did you mean `tasks`?",
            lambda: kernel.container_of("struct task_struct", self.INIT, "tasks"): "container_of() takes an address as `pointer`, not 'struct task_struct'",
            lambda: kernel.find_task(self.INIT): f"find_task() takes a number as `pid`, not the struct task_struct at {int(self.INIT):#x}",
            lambda: kernel.sockets(protocols="tpc"): "sockets() takes one of 'tcp', 'udp', .*, not 'tpc'; did you mean `tcp`?",
            lambda: kernel.for_each_disk(erors=[]): "for_each_disk() has no argument `erors`: for_each_disk() -> struct gendisk...",
            lambda: kernel.find_netdev("l0"): "there is no interface l0; did you mean `lo`?",
        }
        for call, message in cases.items():
            with self.subTest(message), self.assertRaises((TypeError, pykd.Error)) as caught:
                call()
            self.assertRegex(str(caught.exception), re.escape(message).replace(r"\.\*", ".*"))

    def test_addresses_are_objects_too(self):
        self.assertEqual(kernel.task_state_to_char(int(self.INIT)), "IN")
        idr = self.INIT.nsproxy.pid_ns_for_children.idr
        self.assertEqual(kernel.xa_load(idr.idr_rt, 1), kernel.xa_load(int(idr.idr_rt), 1))
        self.assertEqual(kernel.xa_load(idr.idr_rt, 1)[1], kernel.idr_find(idr, 1))
        self.assertEqual(list(kernel.xa_for_each(idr.idr_rt)), list(kernel.idr_for_each(idr)))
        self.assertEqual(kernel.mutex_owner(DUMP.address_of("cgroup_mutex")).PYT_symbol, "struct task_struct")
        self.assertEqual(next(kernel.sockets(protocols="tcp")).protocol, "tcp")

    def test_tab_knows_them(self):
        names = Names(Session(DUMP))
        for text, expected in {
            "list_for_each_entry(head, 'struct task_st": "struct task_struct",
            "list_for_each_entry(head, 'struct task_struct', 'chil": "children",
            "per_cpu('runq": "runqueues",
            "irq_count(desc, ": "cpu=",
        }.items():
            with self.subTest(text), unittest.mock.patch.dict(vars(__main__), SPACE):
                self.assertIn(expected, pycomplete.completions(text, names)[1])


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
