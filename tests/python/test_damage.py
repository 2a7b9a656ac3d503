# SPDX-License-Identifier: GPL-2.0-or-later
"""What the API makes of damaged memory: errors that say what and where, no endless loops, no more memory than there is to read.

Rings that do not pass their start need no damage: from the ``prev`` member of a list_head they are entered from the side.
"""
# ruff: noqa: B018, F403, F405 (attributes that raise are what is tested; star imports are how PyKdump's programs begin)

import contextlib
import io
import itertools
import signal
import types
import unittest

import dumps
import pykd

dumps.have_one_open()

import crash  # noqa: E402
from pykd.values.cdefine import lines  # noqa: E402
from pykd.values.cformat import Formatter  # noqa: E402
from pykd.values.known import member_names  # noqa: E402
from pykdump.API import *  # noqa: E402

TASK = "struct task_struct"
NOWHERE = 0xFFFF800000000010


def quiet(function, *args, **kwargs):
    """What a call returns, and what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        returned = function(*args, **kwargs)
    pylog.cleanup()
    return returned, output.getvalue()


class Unreadable(unittest.TestCase):
    def setUp(self):
        dumps.as_pykdump(self)
        self.task = readSU(TASK, NOWHERE)

    def test_only_members_are_read(self):
        task = self.task
        self.assertEqual(f"<struct task_struct {NOWHERE:#x}>", str(task))
        self.assertEqual((struct_size(TASK), NOWHERE, True), (len(task), int(task), task.hasField("comm")))
        self.assertEqual(NOWHERE + member_offset(TASK, "tasks"), task.tasks)
        self.assertEqual(NOWHERE + struct_size(TASK), task[1])

    def test_errors_say_what_and_where(self):
        for name in ("pid", "comm", "mm", "stack", "flags"):
            with self.subTest(name), self.assertRaisesRegex(pykd.FaultError, "cannot read virtual address 0xffff8000") as raised:
                getattr(self.task, name)
            self.assertEqual(NOWHERE + member_offset(TASK, name), raised.exception.address)
            self.assertIn(raised.exception.reason, ("untranslatable", "absent", "excluded"))
            self.assertIsInstance(raised.exception, crash.error)
        with self.assertRaises(pykd.FaultError):
            self.task.Eval("mm.pgd")
        with self.assertRaises(pykd.FaultError):
            tPtr(NOWHERE, TypeInfo("unsigned long *")).Deref

    def test_dump_of_members_goes_on(self):
        _, text = quiet(self.task.tasks.Dump)
        self.assertEqual(2, text.count("(cannot read virtual address"))

    def test_columns(self):
        init = sym2addr("init_task")
        rows = pykd.current().read_columns([init, NOWHERE, init], TASK, ("pid", "comm", "real_parent.pid"))
        self.assertEqual([0, "swapper/0", 0], list(rows[0]))
        self.assertEqual(rows[0], rows[2])
        self.assertEqual([True] * 3, [isinstance(value, pykd.FaultError) for value in rows[1]])
        with self.assertRaises(pykd.MemberError):
            pykd.current().read_columns([], TASK, ("no_such",))

    def test_lists(self):
        addresses, text = quiet(readList, NOWHERE)
        self.assertEqual([NOWHERE], addresses)
        self.assertIn(f"{NOWHERE:#x}", text)
        addresses, error = readBadList(NOWHERE)
        self.assertEqual(([NOWHERE], NOWHERE), (addresses, error.address))
        self.assertEqual([], quiet(readSUListFromHead, NOWHERE, "tasks", TASK)[0])
        with self.assertRaises(pykd.FaultError):
            ListHead(NOWHERE, TASK)
        with self.assertRaises(pykd.FaultError):
            list(hlist_for_each_entry(TASK, readSU("struct hlist_head", NOWHERE), "tasks"))
        with self.assertRaisesRegex(crash.error, f"readmem error at addr {NOWHERE:#x}"):
            getListSize(NOWHERE, 0, 10)
        with self.assertRaises(pykd.FaultError):
            LH_isempty(readSU("struct list_head", NOWHERE))


class Rings(unittest.TestCase):
    """A list that never comes back to its start."""

    def setUp(self):
        self.nr = len(readListByHead(sym2addr("modules"))) + 1
        self.start = pykd.current().modules()[0].address + member_offset("struct module", "list.prev")

    def test_addresses(self):
        addresses, text = quiet(readList, self.start)
        self.assertEqual([self.start, readPtr(self.start)], addresses[:2])
        self.assertEqual(self.nr + 1, len(addresses))
        self.assertIn("+++ERROR+++ Circular dependency in list", text)
        self.assertEqual((addresses, "Duplicate entry"), readBadList(self.start))
        self.assertEqual("cycle", pykd.current().follow(self.start)[1])
        # crash counts up to the limit.
        self.assertEqual(5000, getListSize(self.start, 0, 5000))

    def test_structs(self):
        found, text = quiet(readSUListFromHead, self.start, "list", "struct module")
        self.assertEqual(self.nr, len(found))
        self.assertIn("Circular dependency", text)
        links, text = quiet(ListHead, self.start)
        self.assertEqual(self.nr, len(links))
        self.assertIn("Circular dependency", text)
        found, text = quiet(readStructNext, readSU("struct list_head", self.start), "next")
        self.assertEqual(self.nr + 1, len(found))
        self.assertIn("Circular dependency", text)

    def test_hash_chains(self):
        head = readSU("struct hlist_head", self.start)
        nodes, text = quiet(lambda: list(hlist_for_each_entry("struct hlist_node", head, "next")))
        self.assertEqual(self.nr, len(nodes))
        self.assertIn("Circular dependency", text)

    def test_arrays_without_an_end(self):
        link = readSU("struct list_head", self.start)
        for endless in (link, tPtr(self.start, TypeInfo("unsigned char *")), pykd.current().object("char []", self.start)):
            self.assertEqual(3, len(list(itertools.islice(endless, 3))))
        self.assertEqual(1 << 20, sum(1 for _ in link))
        with self.assertRaisesRegex(pykd.LimitError, f"an array of {2**40} struct list_head at {self.start:#x}"):
            readSUArray("struct list_head", self.start, 2**40)
        with self.assertRaisesRegex(crash.error, "uvtop error at vaddr 0x10"):
            readProcessMem(pid_to_task(1), 0x10, 2**40)

    def test_interrupted_search(self):
        """Ctrl-C ends a search through a range that no machine can walk."""
        previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGALRM, previous)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with self.assertRaises(KeyboardInterrupt):
            pykd.current().find_words(0, 1 << 63, [(1, (1 << 64) - 1)])


class Searches(unittest.TestCase):
    """At the ends of what there is, and over more than there is."""

    def test_ends(self):
        dump, top, everything = pykd.current(), (1 << 64) - 1, [(0, 0)]
        for start in (top, top - 3, top - 8, top - 4096, top - 5000):
            self.assertEqual(([], top), dump.find_words(start, top, everything))
            self.assertEqual(([], top), dump.find_texts(start, top, [b"x"]))
            self.assertEqual([], dump.readable(start, top))
            dump.stack_registers(start, top)
        with self.assertRaises(pykd.RangeError):
            dump.stack_text(0, 1 << 62)

    def test_holes_are_passed_over(self):
        """Physical memory of which next to nothing is there: the same as in pieces, and over at once."""
        dump, end = pykd.current(), pykd.current().max_pfn * dump_page()
        for physical in (True, False):
            base = 0 if physical else dump.layout["page_offset"]
            release = dump.vmcoreinfo["OSRELEASE"].encode()
            found, _ = dump.find_texts(base, base + end, [release], physical=physical)
            pieces = [match for start in range(base, base + end, 1 << 26) for match in
                      dump.find_texts(start, min(start + (1 << 26), base + end), [release], physical=physical, beyond=len(release))[0]]  # fmt: skip
            self.assertEqual(pieces, found)
            self.assertTrue(found)
        self.assertEqual([], dump.find_words(end, 1 << 62, [(0, 0)], physical=True)[0])


def dump_page():
    return pykd.current().page_size


class Nested:
    """A struct that is a member of itself, twice, as only damaged types are."""

    kind, name, size, complete, target, module = "struct", None, 8, True, None, None

    def __init__(self, member_name):
        member = types.SimpleNamespace(name=member_name, type=self, offset=0, bit_offset=0, bit_size=None)
        self.members = lambda: [member, member]

    def strip(self):
        return self

    def declare(self, name):
        return f"struct {{...}} {name}"


class NestedInItself(unittest.TestCase):
    def test_text(self):
        for name in ("inner", None):
            with self.assertRaisesRegex(pykd.LimitError, "nested too deep"):
                Formatter(pykd.current()).value_of_bytes(Nested(name), bytes(8))
            with self.assertRaisesRegex(pykd.LimitError, "nested too deep"):
                list(lines(Nested(name)))

    def test_anonymous(self):
        self.assertEqual([], list(member_names(Nested(None))))
        info = SUInfo("struct list_head")
        before = dict(info)
        info._flatten(Nested(None).members()[0], "struct damaged")
        self.assertEqual(before, dict(info))


if __name__ == "__main__":
    unittest.main()
