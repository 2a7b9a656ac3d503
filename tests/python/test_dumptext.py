# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps made from text (tools/dumptext) are what the text says, in every form in which it can say it."""

import os
import textwrap
import unittest

import dumps
import pykd
from dumps import dumptext

btf, cdecl, kallsyms = dumptext.btf, dumptext.cdecl, dumptext.kallsyms

EXAMPLE = textwrap.dedent(dumptext.__doc__.split("For example\n\n")[1].split("\n\nis a kdump")[0])
TASKS = """
    types
        struct list_head { struct list_head *next, *prev; };
        struct task { int pid; struct list_head tasks; };
    data
        struct task init = { 1, { &init.tasks, &init.tasks } };
"""


class Example(unittest.TestCase):
    """The one of the documentation."""

    def check(self, *words):
        path, names = dumps.made(self, EXAMPLE, *words)
        dump = pykd.Dump(path)
        init = dump.object("struct task_struct", dump.address_of("init_task"))
        worker = init.tasks.next - dump.struct_class("struct task_struct").member_offset("tasks")
        self.assertEqual(names["worker"], int(worker))
        self.assertEqual(["swapper/0", "worker"], [str(dump.object("struct task_struct", int(task)).comm) for task in (init, worker)])
        self.assertEqual([1, 7], [getattr(dump.object("struct task_struct", int(worker)), name) for name in ("__state", "pid")])
        self.assertEqual([names["schedule"] + 4, 0], [dump.read_unsigned(names["stack"] + at) for at in (0, 8)])
        self.assertEqual(b"\x55\x48\x89\xe5\xc3", dump.read(dump.address_of("schedule"), 5))
        self.assertEqual(10, dump.read_unsigned(dump.read_unsigned(dump.address_of("__per_cpu_offset")) + dump.address_of("ticks")))
        self.assertEqual([(1, names["schedule"], names["stack"])], [(note["pid"], note["rip"], note["rsp"]) for note in dump.notes()])
        self.assertEqual("excluded", dump.page_status(0x800))
        self.assertEqual("unsigned long", str(dump.symbol_type("ticks")))
        return dump

    def test_formats(self):
        for words in ((), ("kdump", "zlib"), ("elf",), ("kdump", "flattened")):
            with self.subTest(words):
                self.assertEqual("elf" in words, self.check(*words).format.lower().startswith("elf"))

    def test_levels(self):
        path, _ = dumps.made(self, EXAMPLE.replace("machine x86_64", "machine x86_64-5level"))
        dump = pykd.Dump(path)
        self.assertEqual(5, len(dump.walk(dump.address_of("init_task"))[0]) + 1)  # by a page of 2 MiB


class Symbols(unittest.TestCase):
    def test_layouts(self):
        names = [f"name_{number * 7919 % 10000:04}" for number in range(1200)]
        text = TASKS + "    symbols\n" + "".join(f"        ffffffff81{number * 16 + 0x100000:06x} t {name}\n" for number, name in enumerate(names))
        for encoding in kallsyms.ENCODINGS:
            # Offsets from their own place came when all offsets were last.
            for words in ("", "first", "first noseqs")[: None if encoding != "place" else 1]:
                for noted in ("", "vmcoreinfo\n" + "".join(f"    SYMBOL(kallsyms_{name})\n" for name in ("names", "num_syms", "token_table"))):
                    with self.subTest(encoding=encoding, words=words, noted=bool(noted)):
                        path, _ = dumps.made(self, f"kallsyms {encoding} {words}\n{textwrap.dedent(text)}{noted}")
                        dump = pykd.Dump(path)
                        self.assertEqual([0xFFFFFFFF81100000 + number * 16 for number in range(1200)], [dump.address_of(name) for name in names])


class Holes(unittest.TestCase):
    def test_pages(self):
        path, names = dumps.made(self, textwrap.dedent(TASKS) + textwrap.dedent("""
            data at 0xffffc90000000ff8
                unsigned long across[2] = { 1, 2 };
            bytes 0xffffc90000003000
                "text" 00 2a
            map 0xffffc90000005000=0x1800000
            absent 0xffffc90000001000
            excluded init
        """))  # fmt: skip
        dump = pykd.Dump(path)
        self.assertEqual(1, dump.read_unsigned(names["across"]))
        self.assertEqual(b"text\0*", dump.read(0xFFFFC90000003000, 6))
        self.assertEqual(0x1800007, dump.translate(0xFFFFC90000005007))
        for address, reason in ((names["across"] + 8, "absent"), (names["init"], "excluded"), (0xFFFFC90000007000, "untranslatable")):
            with self.assertRaises(pykd.FaultError) as raised:
                dump.read(address, 8)
            self.assertEqual(reason, raised.exception.reason)

    def test_note(self):
        text = textwrap.dedent(TASKS)
        for change in ("vmcoreinfo none\nqemu cr4=0\ncpu rip=0", "vmcoreinfo only\n    OSRELEASE=6.0\nqemu\ncpu rip=0"):
            path, names = dumps.made(self, text + change)
            self.assertEqual(1, pykd.Dump(path).read_unsigned(names["init"], 4))
        path, _ = dumps.made(self, text + "cut 5000")
        self.assertEqual(5000, os.path.getsize(path))
        with self.assertRaises(pykd.Error):
            pykd.Dump(path)
        path, _ = dumps.made(self, text + "file 428 03 00 00 00")
        with self.assertRaises(pykd.Error):
            pykd.Dump(path)


class Types(unittest.TestCase):
    C = """
        enum colour { RED = 1, GREEN, FAR = -5 };
        union word { unsigned long whole; unsigned char bytes[8]; };
        struct flags { unsigned a : 3, b : 7; unsigned : 0; int last : 31; long : 12; char c; } __packed;
        struct all {
            char c; short s; _Bool yes; enum colour colour;
            struct { int x; union { int y; float_like z; }; };
            int (*call)(const char *, ...); union word (*words[2])[3]; unsigned long bits : 5, more : 60;
        };
    """

    def declared(self):
        known = cdecl.Declarations()
        known.parse("typedef int float_like;" + self.C)
        return known

    def test_types_as_pykd_sees_them(self):
        path, _ = dumps.made(self, "types\n    typedef int float_like;" + self.C)
        dump, own = pykd.Dump(path), self.declared().compounds
        for kind, tag in (("struct", "flags"), ("struct", "all"), ("union", "word")):
            seen, made = dump.type(f"{kind} {tag}"), own[kind, tag]
            self.assertEqual(made.size, seen.size)
            self.assertEqual([(each.name or None, each.bit_offset) for each in made.members],
                             [(each.name, each.bit_offset) for each in seen.members()])  # fmt: skip
        call, words = (dump.type("struct all").member(name).type for name in ("call", "words"))
        self.assertEqual(("int (*call)(char *, ...)", "union word (*words[2])[3]"), (call.declare("call"), words.declare("words")))
        self.assertEqual(-5, dump.enumerator("FAR"))

    def test_layout(self):
        own = self.declared().compounds
        # By gcc 12 for x86-64.
        for tag, size, places in (("all", 64, [0, 16, 32, 64, 96, 192, 256, 384, 448]), ("flags", 11, [0, 3, 32, 80])):
            compound = own["struct", tag]
            self.assertEqual((size, places), (compound.size, [each.bit_offset for each in compound.members]))

    def test_values(self):
        known = self.declared()
        define = known.parse("""
            struct all value = { 'c', -2, .colour = FAR, .y = 0x01020304, .bits = 3, .more = 1 << 59 | GREEN };
            char text[] = "ab\\n\\xff" "c";
            unsigned short numbers[] = { 1, [3] = sizeof(union word), (2 + 3) * 4, ~0 };
        """)  # fmt: skip
        for order in ("little", "big"):
            value, text, numbers = (cdecl.encode(each.type, each.initialisers[0], {}.get, order) for each in define)
            self.assertEqual(b"ab\n\xffc\0", text)
            self.assertEqual([1, 0, 0, 8, 20, 65535], [int.from_bytes(numbers[at : at + 2], order) for at in range(0, 12, 2)])
            self.assertEqual((b"c", -2, -5), (value[:1], int.from_bytes(value[2:4], order, signed=True), int.from_bytes(value[8:12], order, signed=True)))
            place, _, bits = cdecl.place(known.compounds["struct", "all"], ["more"])
            word = int.from_bytes(value[place // 64 * 8 : place // 64 * 8 + 8], order)
            self.assertEqual(1 << 59 | 2, word >> (place % 64 if order == "little" else 64 - place % 64 - bits))

    def test_byte_order_of_types(self):
        known = self.declared()
        little, big = (btf.Writer(mark).section(known, []) for mark in "<>")
        self.assertEqual(len(little), len(big))
        self.assertEqual((b"\x9f\xeb", b"\xeb\x9f"), (little[:2], big[:2]))
        self.assertEqual(little[-40:], big[-40:])


class Mistakes(unittest.TestCase):
    def test_they_are_told_with_their_line(self):
        for text, words in (
            ("\n  x", "line 2: an indented line"), ("nosuch", "line 1: no statement nosuch"), ("data\n int x = &y;", "x: nothing is called y"),
            ("types\n struct a { nosuch b; };", "line 1: types: no type is called nosuch"), ("types\n int x;", "a variable is defined in data"),
            ("cpu nosuch=1", "has no register nosuch"), ("data\n char a[2] = \"abc\";", "does not fit"), ("data\n char a[9000000];", "more than 4 MiB"),
            ("machine vax", "line 1: machine"), ("data\n int x = 1 2;", "expected ; and found 2"), ("data\n int x @", "not C: @"),
            ("data\n int f(void);", "code is put into text"),
        ):  # fmt: skip
            with self.subTest(text), self.assertRaises(dumptext.TextError) as raised:
                dumptext.make(text).file()
            self.assertIn(words, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
