# SPDX-License-Identifier: GPL-2.0-or-later
"""When a dump ends, and what becomes of errors on the way from Python through the core to Python."""

import gc
import os
import struct
import subprocess
import tempfile
import unittest

import dumps
import pykd
from pykd.core.memo import per_dump
from pykd.kernel.task import threads

before = dumps.have_one_open()
PATH = dumps.vmcores()[0]


def descriptors():
    """Files of this process that are the dump's."""
    names = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            names.append(os.readlink(f"/proc/self/fd/{fd}"))
        except OSError:
            continue
    return sum(name == os.path.realpath(PATH) for name in names)


@per_dump
def things(dump):
    """Objects of every kind, remembered with the dump that they hold."""
    task = dump.variable("init_task")
    return [task, task.comm, task.stack, task.tasks.next, dump.type("struct task_struct").members(), dump.modules(), type(task),
            dump.object("unsigned long *", int(task)), dump.unwind(int(task)), dump.symbol("init_task")]


MEMORY = """
import sys
from pykd.app import identify
for paths in sys.argv[1:]:
    identify.main(paths.split(","), False)
    print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0], file=sys.stderr)
"""
"""``pykd id`` of one list of dumps after the other, and the peak of resident memory so far, in kB."""


def of_a_larger_machine(path, out, pages):
    """Write a kdump file like that at *path*, of a machine with that many pages: those that it had not before are absent."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    (sub_header_blocks,), (blocks,) = struct.unpack_from("<i", data, 432), struct.unpack_from("<I", data, 436)
    first = (1 + sub_header_blocks) * dumps.PAGE  # of two bitmaps of equal length
    second, descriptors = first + blocks * dumps.PAGE // 2, first + blocks * dumps.PAGE
    length = pages // 8
    struct.pack_into("<II", data, 436, 2 * length // dumps.PAGE, pages)
    struct.pack_into("<Q", data, dumps.PAGE + 96, pages)
    for place in range(sum(byte.bit_count() for byte in data[second:descriptors])):
        struct.pack_into("<Q", data, descriptors + 24 * place, struct.unpack_from("<Q", data, descriptors + 24 * place)[0] + first + 2 * length - descriptors)
    with open(out, "wb") as file:
        for at, part in ((0, data[:second]), (first + length, data[second:descriptors]), (first + 2 * length, data[descriptors:])):
            file.seek(at)
            file.write(part)


class Lifetimes(unittest.TestCase):
    def setUp(self):
        gc.collect()
        self.before = descriptors()

    def open(self):
        dump = pykd.open(PATH)
        pykd.set_current(before)
        return dump

    def test_dropped(self):
        for use in (lambda dump: None, lambda dump: dump.variable("init_task").comm, things, lambda dump: list(threads.threads(dump))):
            dump = self.open()
            use(dump)
            self.assertEqual(self.before + 1, descriptors())
            del dump
            gc.collect()
            self.assertEqual(self.before, descriptors())

    def test_an_object_keeps_its_dump(self):
        task = self.open().variable("init_task")
        gc.collect()
        self.assertEqual("swapper/0", task.comm)
        del task
        gc.collect()
        self.assertEqual(self.before, descriptors())

    def test_closed(self):
        with self.open() as dump:
            task = dump.variable("init_task")
            module, kind = dump.modules()[0], dump.type("struct task_struct")
            self.assertFalse(dump.closed)
        self.assertTrue(dump.closed)
        self.assertEqual(self.before, descriptors())
        dump.close()
        for read in (lambda: task.comm, lambda: task.mm, lambda: dump.read(int(task), 8), module.symbols,
                     lambda: dump.read_physical(4096, 8), lambda: dump.variable("jiffies"), lambda: dump.unwind(int(task))):
            with self.assertRaisesRegex(pykd.Error, "has been closed"):
                read()
        self.assertEqual((dump.path, "task_struct"), (PATH, kind.name))
        self.assertEqual("absent", dump.page_status(1))
        self.assertIsNone(dump.attribute("file.format"))
        self.assertEqual(before, pykd.current())

    def test_many(self):
        """``pykd id`` of more dumps than a process may have open."""
        result = subprocess.run(
            ["sh", "-c", f'ulimit -n 32; exec "$0" --isolated id {"$1 " * 60}', dumps.PYKD, PATH],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)  # fmt: skip
        self.assertEqual((0, 60), (result.returncode, len(result.stdout.splitlines())), result.stdout[-500:])

    def peaks(self, *lists):
        """Peak of memory after ``pykd id`` of each list of paths, in kB."""
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(MEMORY)
            script.flush()
            words = [dumps.PYKD, "--isolated", "--run", script.name, *map(",".join, lists)]
            result = subprocess.run(words, capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout.count(", complete")), (0, sum(map(len, lists))), result.stderr)
        return map(int, result.stderr.split())

    def test_many_take_no_more_memory(self):
        few, many = self.peaks([PATH] * 5, [PATH] * 30)
        self.assertLess(many, few + 4096)

    def test_a_large_machine_takes_no_more_memory(self):
        """The bitmaps of 4 TiB have 128 MiB each."""
        small, _ = dumps.made(self, "")
        large = f"{small}.large"
        of_a_larger_machine(small, large, 1 << 30)
        few, many = self.peaks([small], [large])
        self.assertLess(many, few + 24 * 1024)


class Stop(BaseException):
    pass


class Callbacks(unittest.TestCase):
    def setUp(self):
        self.dump = dumps_of_its_own()
        self.addCleanup(self.dump.close)

    def test_declarations_are_not_lost(self):
        calls = []

        def declare(dump):
            calls.append(dump)
            if len(calls) < 3:
                raise Stop
            dump.declare("struct list_head modules;")

        self.dump.declarations = declare
        for _ in range(2):
            with self.assertRaises(Stop):
                self.dump.variable("modules")
        self.assertEqual("struct list_head", self.dump.variable("modules").PYT_symbol)
        self.assertEqual(3, len(calls))

    def test_a_symbol_of_several_swallows_nothing(self):
        names = {}
        for symbol in self.dump.kernel_symbols():
            names[symbol.name] = names.get(symbol.name, 0) + 1
        several = next(name for name, nr in names.items() if nr > 1 and "." not in name)

        def stop(dump):
            raise Stop

        self.dump.declarations = stop
        with self.assertRaises(Stop):
            self.dump.symbol(several)

        def fail(dump):
            raise pykd.RangeError("no declarations")

        self.dump.declarations = fail
        self.assertEqual(several, self.dump.symbol(several).name)

    def test_half_a_class_is_none(self):
        def fail(cls):
            cls.add_member("first", "pid")
            raise Stop

        self.dump.pseudo_members["struct task_struct"] = fail
        for _ in range(2):
            with self.assertRaises(Stop):
                self.dump.struct_class("struct task_struct")
        del self.dump.pseudo_members["struct task_struct"]
        self.assertFalse(self.dump.struct_class("struct task_struct").has_member("first"))

    def test_enum_of_any_value(self):
        kind = self.dump.struct_class("enum pid_type")
        for value in (1 << 63, (1 << 64) - 1):
            self.assertIn(f"bad value {value}", str(kind(value)))
            self.assertEqual(f"{value:#x}", f"{kind(value):#x}")


def dumps_of_its_own():
    dump = pykd.open(PATH)
    pykd.set_current(before)
    return dump


if __name__ == "__main__":
    unittest.main()
