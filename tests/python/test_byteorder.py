# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers of machines of either byte order, in files of either, with pages of any size: the same C reads the same."""

import os
import struct
import subprocess
import tempfile
import textwrap
import unittest

import dumps
import pykd
from dumps import PYKD
from pykd.values import hexdump, words

MACHINES = {"x86_64": "little", "s390x": "big", "ppc64le": "little", "ppc64le-64k": "little"}
RELEASE = "6.12.0-test"
KERNEL = textwrap.dedent(f"""
    uts release={RELEASE}
    kallsyms relative
    types
        typedef unsigned int u32;
        enum color {{ RED = 1, GREEN = 0x7fffffff }};
        struct list_head {{ struct list_head *next, *prev; }};
        struct bits {{ unsigned int a : 3, b : 7, c : 22; unsigned long d : 20, e : 44; }};
        struct flexible {{ int nr; short values[]; }};
        union both {{ unsigned long word; u32 half[2]; unsigned char bytes[8]; }};
        struct thing {{
            struct list_head list; struct bits bits; union both both; enum color color; char name[8]; char *text;
            int minus : 5; long long wide; short numbers[3]; unsigned long mask[2];
        }};
        struct tail {{ int nr; short values[4]; }};
        struct new_utsname {{ char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65]; }};
        struct uts_namespace {{ struct new_utsname name; }};
    data
        struct uts_namespace init_uts_ns = {{ {{ "Linux", "host", "{RELEASE}", "#1", "MACHINE", "(none)" }} }};
        char words[] = "some text";
        struct thing two = {{ .list = {{ &one.list, &one.list }}, .bits = {{ 1, 2, 3, 4, 5 }}, .name = "two" }};
        struct thing one = {{
            .list = {{ &two.list, &two.list }}, .bits = {{ 5, 0x55, 0x212345, 0x12345, 0xabcdef01234 }}, .both = {{ 0x0102030405060708 }},
            .color = GREEN, .name = "one", .text = &words, .minus = -3, .wide = -2, .numbers = {{ 1, -2, 0x1234 }}, .mask = {{ 1, 1 << 63 }}
        }};
        struct tail tail = {{ 2, {{ 7, -8 }} }};
""")


def text_of(machine, *more):
    return "\n".join((f"machine {machine}", KERNEL.replace("MACHINE", machine.partition("-")[0]), *more)) + "\n"


class Values(unittest.TestCase):
    def each(self, *words):
        for machine, order in MACHINES.items():
            with self.subTest(machine):
                path, _ = dumps.made(self, text_of(machine), *words)
                dump = pykd.Dump(path)
                self.assertEqual((machine.partition("-")[0], order), (dump.arch, dump.byteorder))
                yield dump

    def test_members(self):
        for form in (("kdump", "zlib"), ("elf",), ("flattened",)):
            for dump in self.each(*form):
                one = dump.object("struct thing", dump.address_of("one"))
                bits = one.bits
                self.assertEqual((5, 0x55, 0x212345, 0x12345, 0xABCDEF01234), (bits.a, bits.b, bits.c, bits.d, bits.e))
                self.assertEqual((-3, -2, [1, -2, 0x1234]), (one.minus, one.wide, list(one.numbers)))
                self.assertEqual(("one", "some text", "GREEN", 0x7FFFFFFF), (str(one.name), str(one.text), str(one.color), int(one.color)))
                self.assertEqual(0x0102030405060708, one.both.word)
                halves = [0x05060708, 0x01020304]
                self.assertEqual(halves if dump.byteorder == "little" else halves[::-1], list(one.both.half))
                tail = dump.object("struct flexible", dump.address_of("tail"))
                self.assertEqual((2, 7, -8), (tail.nr, tail.values[0], tail.values[1]))

    def test_bulk(self):
        for dump in self.each():
            one, two = dump.address_of("one"), dump.address_of("two")
            self.assertEqual(([one, two], None), dump.follow(one))
            rows = dump.read_columns([one, two], "struct thing", ("bits.c", "wide", "color", "list.next"))
            self.assertEqual([(0x212345, -2, 0x7FFFFFFF), (3, 0, 0)], [tuple(map(int, row[:3])) for row in rows])
            self.assertEqual([two, one], [int(row[3]) for row in rows])
            found, _ = dump.find_words(one, one + 64, [(0x0102030405060708, (1 << 64) - 1)])
            self.assertEqual([one + dump.type("struct thing").offset_of("both")], [address for address, _, _ in found])
            self.assertEqual((two, two - (1 << 64) if two >> 63 else two), (dump.read_unsigned(one), dump.read_signed(one)))

    def test_words(self):
        for dump in self.each():
            thing = dump.type("struct thing")
            data = dump.read(dump.address_of("one"), thing.size)
            mask = data[thing.offset_of("mask") :][:16]
            self.assertEqual([1, 1 << 63], words.words_of(dump, mask).tolist())
            self.assertEqual(1 | 1 << 127, words.bitmap(dump, mask))
            self.assertEqual((1, -2, 0x1234), words.unpack(dump, "3h", data[thing.offset_of("numbers") :][:6]))
            self.assertEqual(0x55, words.bit_field(dump, data[thing.offset_of("bits") :][:4], 3, 7))
            line = next(hexdump.format_words(0, data[thing.offset_of("both") :][:8], dump.byteorder))
            self.assertIn("0102030405060708", line)

    def test_text(self):
        """What commands print is the same, but for addresses and the halves of a word."""
        texts = set()
        for machine in MACHINES:
            path, _ = dumps.made(self, text_of(machine))
            done = subprocess.run(
                [PYKD, "--isolated", path, "-c", "struct thing.bits,color,name,minus,wide,numbers one", "-c", "p sizeof(struct thing)"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            self.assertEqual("", done.stderr)
            texts.add(done.stdout)
        self.assertEqual(1, len(texts), texts)
        self.assertIn("e = 11806310404660", texts.pop())


class Stacks(unittest.TestCase):
    """The back chain of a task that sleeps: where it is and where return addresses are differs."""

    TYPES = textwrap.dedent("""
        kallsyms relative
        types
            struct thread_struct { unsigned long ksp; };
            struct task_struct { int on_cpu; unsigned int cpu; void *stack; struct thread_struct thread; };
            struct stack_frame { unsigned long empty[9]; unsigned long gprs[10]; unsigned long back_chain; };
        text
            __schedule +64
            schedule +64
            kthread +64
        heap
            struct task_struct sleeper = { .stack = &stack, .thread = { &stack[1800] } };
    """)
    CHAINS = {
        "s390x": "[1817] = &__schedule + 16, [1819] = &stack[1900], [1917] = &schedule + 8, [1919] = &stack[1960], [1977] = &kthread + 4",
        "ppc64le": "[1800] = &stack[1820], [1820] = &stack[1900], [1822] = &__schedule + 16, [1900] = &stack[1960], [1902] = &schedule + 8, [1962] = &kthread + 4",
    }

    def trace(self, machine, chain):
        text = f"machine {machine}\n{self.TYPES}    unsigned long stack[2048] = {{ {chain} }};\n"
        path, names = dumps.made(self, text)
        dump = pykd.Dump(path)
        return dump.unwind(names["sleeper"])

    def test_chain(self):
        for machine, chain in self.CHAINS.items():
            with self.subTest(machine):
                trace = self.trace(machine, chain)
                self.assertEqual([("__schedule", 16), ("schedule", 8), ("kthread", 4)], [(frame.name, frame.offset) for frame in trace.frames])
                self.assertEqual(("entry", True), (trace.end, all(frame.sure for frame in trace.frames)))

    def test_damaged(self):
        """A chain in a circle, off the stack or with no code in it ends, and says so."""
        for machine, chain in self.CHAINS.items():
            for old, new in (("= &stack[1960]", "= &stack[1900]"), ("= &stack[1960]", "= 0x123450"), ("&kthread + 4", "0x12345678")):
                with self.subTest(machine=machine, new=new):
                    trace = self.trace(machine, chain.replace(old, new))
                    self.assertEqual(["__schedule", "schedule"], [frame.name for frame in trace.frames[:2]])
                    self.assertLess(len(trace.frames), 6)
                    self.assertNotIn(trace.end, ("user", "entry"))


class Files(unittest.TestCase):
    """The byte order of headers and notes is the file's."""

    def test_other_order(self):
        """QEMU's pseries writes big-endian headers whatever its guest is."""
        for machine in ("ppc64le", "x86_64", "s390x"):
            for form in ("elf", "kdump"):
                for order in ("big", "little"):
                    if machine == "s390x" and form == "elf" and order == "little":
                        continue
                    with self.subTest(machine=machine, form=form, order=order):
                        path, _ = dumps.made(self, text_of(machine, f"headers {order}"), form)
                        dump = pykd.Dump(path)
                        self.assertEqual((machine, MACHINES[machine], RELEASE), (dump.arch, dump.byteorder, dump.vmcoreinfo["OSRELEASE"]))
                        self.assertTrue(dump.complete)
                        self.assertEqual("one", str(dump.object("struct thing", dump.address_of("one")).name))

    def test_no_name(self):
        """The header's name of the machine may be empty, or QEMU's "Unknown": the kernel's own is in its memory, or its notes tell."""
        for machine in ("x86_64", "s390x", "ppc64le"):
            for name in ("", "Unknown"):
                with self.subTest(machine=machine, name=name):
                    path, _ = dumps.made(self, text_of(machine).replace(f"release={RELEASE}", f"release={RELEASE} machine={name}", 1))
                    self.assertEqual(machine, pykd.Dump(path).arch)

    def test_searched(self):
        """Without a note the text is found in memory, and with it how large pages are, which an ELF file does not say otherwise."""
        for machine in MACHINES:
            with self.subTest(machine):
                text = text_of(machine)
                note = dumps.dumptext.make(text).vmcoreinfo.encode().hex(" ")
                path, _ = dumps.made(self, f"{text}bytes physical 0x400000\n    {note}\nvmcoreinfo none\n", "elf")
                dump = pykd.Dump(path)
                self.assertEqual(1 << 16 if machine.endswith("64k") else 1 << 12, dump.page_size)
                self.assertEqual("one", str(dump.object("struct thing", dump.address_of("one")).name))

    def test_section_headers(self):
        """QEMU's ELF files may have section headers that make no sense: nothing of a dump is in them."""
        for machine, mark in (("s390x", ">"), ("x86_64", "<")):
            made = dumps.dumptext.make(text_of(machine)).file("elf")
            for offset, each, nr, names in ((1 << 40, 64, 3, 2), (100, 64, 3, 2), (64, 64, 0xFFFF, 7), (1 << 40, 64, 0, 0)):
                with self.subTest(machine=machine, offset=offset, nr=nr), tempfile.TemporaryDirectory() as folder:
                    data = bytearray(made)
                    struct.pack_into(mark + "Q", data, 40, offset)
                    struct.pack_into(mark + "HHH", data, 58, each, nr, names)
                    path = os.path.join(folder, "vmcore")
                    with open(path, "wb") as file:
                        file.write(data)
                    dump = pykd.Dump(path)
                    self.assertEqual("one", str(dump.object("struct thing", dump.address_of("one")).name))

    def test_refused(self):
        """A 32-bit file and a machine that nobody knows are refused by their names."""
        elf = bytearray(dumps.dumptext.make(text_of("x86_64").replace("init_uts_ns", "uts")).file("elf"))
        narrow = elf.copy()
        narrow[4] = 1
        other = elf.copy()
        other[18:20] = (8).to_bytes(2, "little")  # MIPS
        for data, expected in ((narrow, "32-bit machine"), (other, "mips")):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "vmcore")
                with open(path, "wb") as file:
                    file.write(data)
                done = subprocess.run([PYKD, "--isolated", path, "-c", "sys"], capture_output=True, text=True, check=False)
                self.assertNotEqual(0, done.returncode)
                self.assertIn(expected, done.stderr)


if __name__ == "__main__":
    unittest.main()
