# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that read memory and show data, on the repository's dump: what they show is held against other ways to the same thing."""

import json
import os
import re
import tempfile
import unittest
from unittest import mock

import pykd
from dumps import opened, vmcores
from pykd.commands.memory import swap
from pykd.kernel import cpus
from pykd.session.session import Session
from pykd.values import cdefine, cformat, rustname


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = opened(vmcores()[0])
        cls.session = Session(cls.dump)

    def output(self, command):
        output, errors, worked = self.session.capture_apart(command)
        self.assertEqual((errors, worked), ("", True), command)
        return output

    def lines(self, command):
        return self.output(command).splitlines()

    def refused(self, command, message):
        output, errors, worked = self.session.capture_apart(command)
        self.assertEqual((output, errors.splitlines()[0], worked), ("", message, False), command)

    def number(self, expression):
        return int(self.output(f"p (unsigned long)({expression})").split(" = ")[-1])


class Rd(Commands):
    def test_words(self):
        banner = self.dump.read(self.dump.address_of("linux_banner"), 16)
        self.assertTrue(banner.startswith(b"Linux version "))
        address = self.dump.address_of("linux_banner")
        for option, size in (("", 8), ("-32", 4), ("-16", 2), ("-8", 1)):
            words = " ".join(f"{int.from_bytes(banner[i : i + size], 'little'):0{2 * size}x}" for i in range(0, 16, size))
            text = banner.decode()
            line = self.output(f"rd {option} linux_banner {16 // size}")
            self.assertEqual(line.split(), f"{address:x}: {words} {text}".split(), option)
            self.assertEqual(self.output(f"rd -x {option} linux_banner {16 // size}").split(), f"{address:x}: {words}".split())

    def test_decimal_and_order(self):
        self.assertEqual(self.output("rd -8 -d linux_banner 3").split()[1:], ["76", "105", "110"])
        self.assertEqual(self.output("rd -32 -N linux_banner").split()[1], "4c696e75")
        self.assertEqual(self.output("rd -16 -N linux_banner").split()[1], "4c69")
        self.assertEqual(self.lines("rd -R linux_banner 4"), self.lines(f"rd {self.dump.address_of('linux_banner') - 24:x} 4"))

    def test_text(self):
        self.assertEqual(self.output("rd -a linux_banner 13").split(None, 1)[1], "Linux version\n")
        whole = "".join(line.split(":  ", 1)[1] for line in self.lines("rd -a linux_banner"))
        self.assertEqual(whole.encode(), self.dump.read_string(self.dump.address_of("linux_banner")).rstrip(b"\n"))
        # what is not text parts the runs
        self.assertEqual(self.lines("rd -a init_uts_ns 70")[0].split()[1], "Linux")

    def test_physical_and_file(self):
        where = self.dump.translate(self.dump.address_of("linux_banner"))
        self.assertEqual(self.output(f"rd -p {where:x} 2").split()[1:], self.output("rd linux_banner 2").split()[1:])
        with open(vmcores()[0], "rb") as file:
            first = int.from_bytes(file.read(8), "little")
        self.assertEqual(self.output("rd -f 0").split()[1], f"{first:016x}")

    def test_to_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "banner")
            self.output(f"rd -r {path} linux_banner 14")
            with open(path, "rb") as file:
                self.assertEqual(file.read(), b"Linux version ")

    def test_slab_objects_by_name(self):
        self.assertIn("[task_struct]", self.output(f"rd -S {self.number('&init_task.tasks.next'):x}"))
        self.assertRegex(self.output("rd -SS init_task.tasks"), r"\[[0-9a-f]{16}:task_struct\]")

    def test_more_than_there_is(self):
        """An absurd count ends where memory does."""
        lines = self.session.capture("rd -x ffffffffff5ffff0 100000000")[0].splitlines()
        self.assertLess(len(lines), 3)

    def test_refused(self):
        self.refused("rd 0", 'rd: invalid user virtual address: 0  type: "64-bit UVADDR"')
        self.refused("rd ffffffffffffffff", 'rd: invalid kernel virtual address: ffffffffffffffff  type: "64-bit KVADDR"')
        self.refused("rd -s -32 jiffies", "rd: -s option is only allowed with 64-bit display")
        self.refused("rd jiffies zzz", "rd: not a valid number: zzz")
        self.refused("rd nosuchsymbol", "rd: symbol not found: nosuchsymbol")
        self.refused("rd -q jiffies", "rd: invalid option -- 'q'")
        self.refused("wr jiffies 0", "wr: not allowed on dumpfiles")


class Search(Commands):
    def test_finds_what_rd_shows(self):
        address = self.dump.address_of("init_task")
        found = self.lines("search -k init_task")
        self.assertTrue(found)
        for line in found:
            where, value, name = line.split()
            self.assertEqual((int(value, 16), name), (address, "(init_task)"))
            self.assertEqual(self.dump.read_unsigned(int(where.rstrip(":"), 16)), address)
        apart = self.lines("search -K init_task") + self.lines("search -V init_task")
        self.assertEqual(sorted(apart), sorted(found))

    def test_physical_and_virtual_agree(self):
        direct = [line for line in self.lines("search -K init_task") if int(line.split(":")[0], 16) < self.dump.layout["page_offset_end"]]
        physical = [int(line.split(":")[0], 16) for line in self.lines("search -p init_task")]
        self.assertEqual([int(line.split(":")[0], 16) for line in direct], [self.dump.direct(one) for one in physical])

    def test_mask_and_width(self):
        address = self.dump.address_of("init_task")
        exact = {line.split(":")[0] for line in self.lines("search -K init_task")}
        masked = self.lines(f"search -K -m fff {address:x}")
        self.assertTrue(exact <= {line.split(":")[0] for line in masked})
        for line in masked:
            self.assertEqual(int(line.split()[1], 16) & ~0xFFF, address & ~0xFFF)
        halves = self.lines(f"search -K -w {address & 0xFFFFFFFF:x}")
        self.assertTrue(exact <= {line.split(":")[0] for line in halves})
        self.refused(f"search -h {address:x}", f"search: {address:x}: does not fit in 16 bits")

    def test_text(self):
        start = self.dump.address_of("linux_banner")
        (line,) = self.lines(f"search -c -s {start & ~0xFFF:x} -l 2000 'Linux version'")
        self.assertTrue(line.startswith(f"{start:x}: Linux version "), line)

    def test_texts_against_regular_expressions(self):
        """Of texts that overlap, that begin in one place, that lie across pages and steps."""
        start = self.dump.address_of("linux_banner") & ~0xFFF
        end = start + (1 << 20)
        data = b"".join(data for _, data in self.dump.readable(start, end))
        self.assertEqual(len(data), end - start)
        across = data[0x1FFA:0x2006]
        for texts in ([across], [b"a"], [b"aa", b"aaa"], [b"ing", b"i", b"ng", b"task"], [b"\0\0\0\0"], [b"lock", b"unlock", across[2:]]):
            expected = [(start + match.start(), texts.index(match[0])) for match in re.finditer(b"|".join(map(re.escape, texts)), data)]
            self.assertTrue(expected)
            self.assertEqual(self.dump.find_texts(start, end, texts, limit=1 << 30), (expected, end))
            found, at = [], start
            while at < end:  # as the command does, in steps that cut texts in two
                more, at = self.dump.find_texts(at, min(at + 0x1003, end), texts, beyond=0x100, limit=100)
                found += more
            if len({len(text) for text in texts}) == 1 and texts[0][0] not in texts[0][1:]:
                self.assertEqual(found, expected)
        with self.assertRaises(ValueError):
            self.dump.find_texts(start, end, [b""])
        self.refused('search -c ""', "search: an empty text is everywhere")

    def test_texts_end_where_memory_does(self):
        start = self.dump.address_of("linux_banner")
        self.assertEqual(self.dump.find_texts(start, start + 5, [b"Linux"])[0], [(start, 0)])
        self.assertEqual(self.dump.find_texts(start, start + 4, [b"Linux"])[0], [])
        self.assertEqual(self.dump.find_texts(start, start + 4, [b"Linux"], beyond=1)[0], [(start, 0)])
        self.assertEqual(self.dump.find_texts(start + 1, start + 4, [b"Linux"], beyond=9)[0], [])

    def test_range_and_context(self):
        start = self.dump.address_of("init_task")
        tasks = start + self.dump.type("struct task_struct").offset_of("tasks")
        value = self.dump.read_unsigned(tasks)
        before, found, after = self.lines(f"search -x 2 -s {tasks:x} -l 8 {value:x}")
        self.assertEqual((before.split()[0], found.split(), after.split()[0]), (f"{tasks - 16:x}:", [f"{tasks:x}:", f"{value:016x}"], f"{tasks + 8:x}:"))

    def test_stacks(self):
        lines = self.lines("search -t init_task")
        self.assertTrue(lines[0].startswith("PID: "))
        for line in lines:
            if line and not line.startswith("PID"):
                self.assertEqual(self.dump.read_unsigned(int(line.split(":")[0], 16)), self.dump.address_of("init_task"))

    def test_refused(self):
        self.refused("search -s 10 -k 1", "search: invalid kernel virtual address: 10")
        self.refused("search zz", 'search: invalid input: "zz"')
        self.refused("search -k -p 1", "search: only one of -k -K -V -u -p -t -T can be given")


class Kmem(Commands):
    def test_pages(self):
        lines = self.lines("kmem -p")
        self.assertEqual(lines[0], "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS")
        for number in (1, 1000, 20000):
            page = lines[1 + number].split()[0]
            self.assertEqual(self.lines(f"kmem -p {page}")[1], lines[1 + number])
            self.assertEqual(self.lines(f"kmem -p {number * 4096:x}")[1], lines[1 + number])

    def test_members_are_those_of_struct_page(self):
        line = self.lines("kmem -m flags,_refcount.counter,lru 1000")[1].split()
        page = int(line[0], 16)
        self.assertEqual(int(line[1], 16), self.dump.read_unsigned(page))
        self.assertEqual(line[2], self.output(f"struct page._refcount.counter {page:x}").split()[-1].rstrip(","))
        self.assertEqual(line[3], ",".join(self.output(f"rd {page + 8:x} 2").split()[1:3]))
        self.refused("kmem -m nosuch", "kmem: invalid page struct member: nosuch")

    def test_free_pages(self):
        """Every block of -F is one of those that -f counts."""
        counted = sum(int(line.split()[3]) for line in self.lines("kmem -f") if re.match(r" +\d+ +\d+k ", line))
        listed = [line for line in self.lines("kmem -F") if re.fullmatch("[0-9a-f]{16}", line)]
        self.assertEqual(len(listed), counted)
        self.assertIn("is 2nd of", self.output(f"kmem {int(self._large_block(), 16) + self.dump.type('struct page').size:x}"))

    def _large_block(self):
        order = ""
        for line in self.lines("kmem -F"):
            if match := re.match(r" +(\d+) +\d+k ", line):
                order = match[1]
            elif re.fullmatch("[0-9a-f]{16}", line) and order != "0":
                return line
        raise AssertionError("no block of several pages is free")

    def test_shared(self):
        plain, shared = self.lines("kmem -i"), self.lines("kmem -i=shared")
        self.assertEqual([line for line in shared if "SHARED" not in line], plain)

    def test_slab_of_an_address(self):
        task = self.number("init_task.tasks.next") - self.dump.type("struct task_struct").offset_of("tasks")
        title, cache, *slab = self.lines(f"kmem -s {task + 100:x}")
        self.assertTrue(cache.endswith(" task_struct"))
        self.assertEqual(slab[-1], f"  [{task:x}]")
        self.assertIn(f"  [{task:x}]", self.lines(f"kmem -S {task:x}"))
        self.assertIn(f"   TASK: {task:x}  [THREAD_INFO: {task:x}]", self.lines(f"kmem {task:x}"))
        self.assertEqual([title, cache], self.lines("kmem -s task_struct"))

    def test_slab_counts_add_up(self):
        for row in json.loads(self.session.capture("kmem -S --json")[0])["rows"]:
            blocks = [block for cpu in row.get("cpus", ()) for block in [*([cpu["slab"]] if cpu["slab"] else []), *cpu["partial"]]]
            for block in [*blocks, *(block for node in row.get("nodes", ()) for block in node["partial"])]:
                if "error" not in block:
                    self.assertEqual(block["allocated"] + block["free"], block["total"])
                    self.assertEqual(sum(one["free"] for one in block["objects"]), block["free"])

    def test_ignored(self):
        self.assertRegex(self.lines("kmem -s -I dentry dentry")[1], r"^[0-9a-f]{16} \[IGNORED\] +dentry$")

    def test_cpus(self):
        self.assertEqual({line for line in self.lines("kmem -S=0 dentry") if "KMEM_CACHE_CPU" in line}, {"CPU 0 KMEM_CACHE_CPU:"})
        self.refused("kmem -S=99 dentry", "kmem: invalid cpu number: 99")

    def test_flags(self):
        self.assertEqual([line.split()[0] for line in self.lines("kmem -g 3")], ["FLAGS:", "PAGE-FLAG", "PG_locked", "PG_referenced"])
        self.assertIn("  (none found)", self.lines("kmem -g 0"))

    def test_refused(self):
        self.refused("kmem -i -v", "kmem: only one flag allowed!")
        self.refused("kmem -z 0", "kmem: no address arguments allowed with this option")
        self.refused("kmem -c", "kmem: -c option not supported or applicable on this architecture or kernel")


class Expressions(Commands):
    def value(self, expression):
        return self.output(f"p {expression}").split(" = ", 1)[1].rstrip("\n")

    def test_values(self):
        for expression, value in {
            "1 + 2 * 3": "7", "(1 << 4) | 1": "17", "7 / 2 - -1": "4", "1 ? 2 : 3": "2", "~0": "-1", "!5": "0", "'a'": "97 'a'", '"abc"': '"abc"',
            "sizeof(struct list_head)": "16", "sizeof(init_task.comm)": "16", "(unsigned char)300": "44 ','", "(short)-1": "-1",
            "init_task.comm": '"swapper/0\\000\\000\\000\\000\\000\\000"', "init_task.comm[0]": "115 's'", "*init_task.comm@4": '"swap"',
            "((struct task_struct *)&init_task)->comm[1]": "119 'w'", "(typeof(init_task.pid))5": "5", "PIDTYPE_PID": "PIDTYPE_PID",
            "(enum pid_type)1": "PIDTYPE_TGID", "(long)&((struct list_head *)0)->prev": "8",
        }.items():  # fmt: skip
            self.assertEqual(self.value(expression), value, expression)

    def test_history(self):
        first = self.output("p 41").split()[0]
        self.assertEqual(self.value(f"{first} + 1"), "42")
        self.assertEqual(self.value("$ * 2"), "84")
        self.refused("p $99999", "p: history has not yet reached $99999")

    def test_formats(self):
        for command, value in {"p/x 255": "0xff", "p/t 5": "101", "p/o 8": "010", "p/c 65": "65 'A'", "p/z 5": "0x00000005", "p/d 0x10": "16", "p/u -1": "4294967295"}.items():
            self.assertEqual(self.session.capture(f"gdb {command}")[0].split(" = ", 1)[1], value + "\n", command)
        self.assertTrue(self.output("gdb p/x init_task.comm").split(" = ")[1].startswith("{0x73, 0x77, 0x61,"))

    def test_unreadable_is_an_error(self):
        self.assertRegex(self.session.capture_apart("p *(int *)0")[1], "^p: cannot read virtual address 0: ")
        self.assertIn("nothing runs in a dump", self.session.capture_apart("p schedule()")[1])

    def test_per_cpu(self):
        addresses = [line.split()[1] for line in self.lines("p runqueues") if line.startswith("  [")]
        self.assertEqual(addresses, [f"{self.dump.address_of('runqueues') + cpu.percpu:x}" for cpu in self.dump.cpus()])
        self.assertEqual(self.lines("p __per_cpu_start")[:2], ["PER-CPU DATA TYPE:", "  char __per_cpu_start[];"])
        self.assertTrue(self.output("p jiffies:0").startswith("WARNING: jiffies is not percpu; cpuspec ignored.\n"))

    def test_gdb(self):
        address = self.dump.address_of("init_task")
        self.assertEqual(self.lines("gdb ptype struct list_head"), ["type = struct list_head {", "    struct list_head *next;", "    struct list_head *prev;", "}"])
        self.assertEqual(self.output("gdb whatis init_task.comm"), "type = char [16]\n")
        self.assertEqual(self.output('gdb printf "%s %d %#lx\\n", init_task.comm, init_task.pid, &init_task'), f"swapper/0 0 {address:#x}\n")
        self.assertEqual(self.output("gdb output 1 + 1"), "2\n")
        self.assertEqual(self.output("gdb echo a\\tb\\n"), "a\tb\n")
        self.assertEqual(self.output("gdb x/s linux_banner")[: -len("\n")].split("\t")[1][:14], '"Linux version')
        self.assertEqual(self.output("gdb x/2xw linux_banner").split("\t")[1:], ["0x756e694c", "0x65762078\n"])
        self.assertEqual(self.output("gdb x/2gx &init_task").split("\t")[1:], [f"0x{self.dump.read_unsigned(address + 8 * i):016x}" + "\n" * i for i in (0, 1)])
        self.assertEqual(self.output("gdb info symbol schedule"), "schedule in section .text\n")
        self.refused("gdb run", "gdb: prohibited gdb command: run")


class Damaged(Commands):
    def test_dimension_upon_dimension(self):
        type = self.dump.type("int [70][70][70][70]")
        formatter = cformat.Formatter(self.dump)
        with self.assertRaisesRegex(pykd.LimitError, "too many elements"):
            formatter.value_of_bytes(type, b"")
        formatter.value_of_bytes(self.dump.type("int [50][50][50]"), b"")

    def test_members_of_members(self):
        with mock.patch.object(cdefine, "MAX_LINES", 10), self.assertRaisesRegex(pykd.LimitError, "task_struct has too many members"):
            list(cdefine.lines(self.dump.type("struct task_struct")))
        with mock.patch.object(cformat, "ELEMENTS_IN_ALL", 10), self.assertRaisesRegex(pykd.LimitError, "too many elements"):
            cformat.Formatter(self.dump).value(self.dump.type("struct task_struct"), self.dump.symbol("init_task").address)


class Structs(Commands):
    def test_offsets(self):
        self.assertEqual(self.lines("struct list_head -o"), ["struct list_head {", "   [0] struct list_head *next;", "   [8] struct list_head *prev;", "}", "SIZE: 16"])
        self.assertEqual(self.lines("struct list_head -ox")[1:3], ["    [0x0] struct list_head *next;".replace("    [", "   ["), "   [0x8] struct list_head *prev;"])

    def test_members_in_unions_keep_their_place(self):
        """crash shows the line of a member as it is in the whole structure."""
        whole = self.lines("struct page vmemmap_base")
        self.assertIn(self.lines("struct page.mapping vmemmap_base")[0], whole)

    def test_pointers(self):
        lines = self.lines("task_struct.parent -p init_task")
        self.assertEqual(lines[:2], [f"  struct task_struct *parent = {self.dump.address_of('init_task'):#x}", "  -> <init_task> {"])
        self.assertEqual(self.lines("task_struct.mm -p init_task"), ["  struct mm_struct *mm = 0x0", "  -> NULL"])

    def test_enum(self):
        self.assertEqual(self.lines("whatis enum pid_type")[:2], ["enum pid_type {", "  PIDTYPE_PID = 0"])
        self.assertEqual(self.output("whatis PIDTYPE_PID"), "enum pid_type = 0\n")

    def test_whatis(self):
        self.assertEqual(self.lines("whatis task_struct.comm"), ["struct task_struct {", f"  [{self.dump.type('struct task_struct').offset_of('comm')}] char comm[16];", "}"])
        self.assertIn("  16  list_head", self.lines("whatis -r 16"))

    def test_who_uses_a_type(self):
        """Against a walk over all members in Python."""

        def uses(type, wanted, known):
            if type not in known:
                known[type] = False
                known[type] = any(member_uses(member.type, wanted, known) for member in type.members())
            return known[type]

        def member_uses(type, wanted, known):
            embedded = True
            while True:
                if wanted in (type.name, str(type)):
                    return True
                if type.kind not in ("pointer", "array", "qualified", "typedef"):
                    break
                embedded &= type.kind != "pointer"
                type = type.target
            return embedded and type.kind in ("struct", "union") and uses(type, wanted, known)

        for wanted in ("mutex", "task_struct", "struct list_head *", "atomic_t", "unsigned long"):
            known = {}
            everything = [type for kind in ("struct", "union") for type in self.dump.types(kind)]
            expected = sorted({(type.size, type.name) for type in everything if uses(type, wanted, known)})
            self.assertTrue(expected)
            found = [tuple(line.split()) for line in self.lines(f"whatis -m '{wanted}'")[1:]]
            self.assertEqual(sorted({(int(size), name) for size, name in found}), expected, wanted)
        self.assertEqual(self.lines("whatis -m nosuchtype"), ["SIZE  TYPE"])
        sizes = {type.size for type in self.dump.types("union")}
        self.assertEqual({type.size for type in self.dump.types("union", size_min=30, size_max=40)}, {size for size in sizes if 30 <= size <= 40})

    def test_refused(self):
        self.refused("struct task_struct 0xdeadbeef", "struct: invalid kernel virtual address: 0xdeadbeef")
        self.refused("union task_struct", "union: data type mismatch: task_struct is not a union")
        self.refused("struct nosuch", "struct: invalid data structure reference: nosuch")


class Lists(Commands):
    def test_tasks(self):
        lines = self.lines("list task_struct.tasks -s task_struct.pid,comm -h init_task")
        self.assertEqual(lines[1:3], ["  pid = 0,", '  comm = "swapper/0\\000\\000\\000\\000\\000\\000",'])
        plain = self.lines("list task_struct.tasks -S task_struct.pid,comm -h init_task")
        self.assertEqual(plain[1:3], ["  pid = 0", '  comm = "swapper/0"'])
        backwards = self.lines("list -r task_struct.tasks -h init_task")
        self.assertEqual(backwards[1:], self.lines("list task_struct.tasks -h init_task")[:0:-1])

    def test_head_in_a_structure(self):
        kernel = self.lines("list -h init_task -O task_struct.children -o task_struct.sibling -S task_struct.pid")
        self.assertEqual([line.split()[-1] for line in kernel[1::2]], ["1", "2"])

    def test_end(self):
        second = self.number("init_task.tasks.next->next")
        self.assertEqual(len(self.lines(f"list -H {self.dump.address_of('init_task') + self.dump.type('struct task_struct').offset_of('tasks'):x} -e {second:x}")), 1)

    def test_refused(self):
        self.refused("list deadbeef", "list: invalid kernel virtual address: deadbeef")
        self.refused("list nosuch.tasks init_task", "list: invalid argument: nosuch.tasks")
        self.refused("list", "list: starting address required")

    def test_circle(self):
        """A list that does not come back to its start ends all the same."""
        inner = self.number("init_task.tasks.next") + 8
        self.assertIn("circular or damaged", self.session.capture(f"list {inner:x}")[0])

    def test_trees(self):
        by_place = self.lines("tree -t rbtree -o vmap_area.rb_node vmap_area_root")
        in_order = self.lines("tree -t rbtree -l -o vmap_area.rb_node -S vmap_area.va_start vmap_area_root")
        self.assertEqual(sorted(by_place), sorted(in_order[::2]))
        starts = [int(line.split()[-1]) for line in in_order[1::2]]
        self.assertEqual(starts, sorted(starts))
        pids = self.lines("tree -t x -p -r pid_namespace.idr.idr_rt init_pid_ns")
        self.assertEqual(pids[1], "  index: 1  position: root/0/1")
        self.refused("tree -t m -l init_task", "tree: -l option is not applicable to maple trees")
        self.refused("tree nosuch", "tree: invalid start argument: nosuch")


class Swap(Commands):
    def test_columns(self):
        """As crash has them: the type in the middle of its column, numbers at the end of theirs."""
        rows = [
            {"address": 0xFFFF8E79AD1E7400, "size": 4092, "used": 0, "priority": -2, "type": "FILE", "file": "/mnt/ext4/swap"},
            {"address": 0xFFFF8E79AD1E7800, "size": 7192568, "used": 1994956, "priority": -1, "type": "PARTITION", "file": "/dev/sda2"},
        ]
        _, *lines = swap.text(rows, None, self.session)
        self.assertEqual(lines[0], "ffff8e79ad1e7400    FILE       4092k       0k       0%   -2  /mnt/ext4/swap")
        self.assertEqual(lines[1], "ffff8e79ad1e7800  PARTITION 7192568k 1994956k      27%   -1  /dev/sda2")


class PerCpu(Commands):
    def test_offsets_that_wrap(self):
        """Offsets are added modulo 2^64: since Linux 6.15 symbols are at their full address, and offsets are so large that the sum has 65 bits."""
        names = ("init_task", "runqueues")
        target = self.dump.address_of("linux_banner")
        for name in names:
            address = self.dump.address_of(name)
            offset = (target - address) % (1 << 64) if name == "init_task" else (1 << 64) - address + 0x1000
            expected = target if name == "init_task" else 0x1000
            with mock.patch.dict(cpus.address_on.__globals__, offsets=lambda dump=None, offset=offset: [0, offset]):
                self.assertEqual(cpus.address_on(address, 1, self.dump), expected)
                self.assertEqual([row["address"] for row in self.session.rows(f"struct list_head {name}:1")], [expected])
                self.assertEqual(self.lines(f"ptov {address:x}:1")[-1].split()[-1], f"{expected:x}")
                if name == "runqueues":
                    self.assertEqual(self.lines("p runqueues")[-1].split(), ["[1]:", f"{expected:x}"])


class Documents(Commands):
    """JSON has what text shows, as data."""

    def rows(self, command):
        document = json.loads(self.output(f"{command} --json"))
        self.assertEqual(set(document), {"schema", "command", "dump", "rows"}, command)
        return document["rows"]

    def test_struct(self):
        (row,) = self.rows("struct task_struct init_task")
        task = self.dump.object("struct task_struct", self.dump.address_of("init_task"))
        value = row["value"]
        self.assertEqual(row["address"], f"{int(task):#x}")
        links = {"next": f"{int(task.tasks.next):#x}", "prev": f"{int(task.tasks.prev):#x}"}
        self.assertEqual((value["comm"], value["pid"], value["tasks"]), ("swapper/0", 0, links))
        self.assertEqual(value["sched_class"], f"{int(task.sched_class):#x}")
        self.assertEqual(value["se"]["load"]["weight"], task.se.load.weight)
        self.assertEqual(value["no_cgroup_migration"], task.no_cgroup_migration)  # a bit field
        # the members of those without a name are its own
        self.assertEqual(next(iter(self.session.rows("struct page.flags,_mapcount ffffea0000000000")))["value"].keys(), {"flags", "_mapcount"})
        (row,) = self.rows("struct hrtimer -o")
        by_name = {member["name"]: member for member in row["members"]}
        self.assertEqual((row["size"], by_name["function"]["offset"]), (64, self.dump.type("struct hrtimer").offset_of("function")))
        self.assertEqual(self.rows("struct -r list_head init_task")[0]["data"], self.dump.read(int(task), 16).hex())

    def test_kinds_of_values(self):
        (row,) = self.rows("p init_uts_ns")
        self.assertEqual((row["type"], row["value"]["name"]["sysname"]), ("struct uts_namespace", "Linux"))
        self.assertTrue(self.rows("p linux_banner")[0]["value"].startswith("Linux version "))
        self.assertEqual(int(str(self.rows("p sizeof(int) * -3")[0]["value"]), 0) % (1 << 64), (1 << 64) - 12)
        self.assertEqual(self.rows("p PIDTYPE_SID")[0]["value"], "PIDTYPE_SID")
        self.assertEqual(self.rows("p panic")[0]["value"], {"address": f"{self.dump.address_of('panic'):#x}", "symbol": "panic"})
        self.assertEqual(self.rows("p &init_task")[0]["value"], f"{self.dump.address_of('init_task'):#x}")
        self.assertIsInstance(self.rows("p &init_task.comm[0]")[0]["value"]["text"], str)
        (row,) = self.rows("struct file_system_type.name,init_fs_context proc_fs_type")
        self.assertEqual((row["value"]["name"]["text"], row["value"]["init_fs_context"]["symbol"]), ("proc", "proc_init_fs_context"))
        rows = self.rows("p runqueues:a")
        self.assertEqual([row["value"]["cpu"] for row in rows], [cpu.nr for cpu in self.dump.cpus()])

    def test_what_is_missing(self):
        """An object across a hole of the dump is shown as far as it goes."""
        start = 0xFFFFFFFF00000000  # nothing is mapped there
        (row,) = self.session.rows(f"struct list_head {start:x}")
        errors = [value["error"] for value in row["value"].values()]
        self.assertEqual([error["address"] for error in errors], [f"{start:#x}", f"{start + 8:#x}"])
        self.assertEqual({error["reason"] for error in [*errors, row["error"]]}, {"untranslatable"})

    def test_lists_trees_tasks(self):
        rows = self.rows("list task_struct.tasks -s task_struct.pid,comm -h init_task")
        processes = [thread for thread in json.loads(self.output("ps -G --json"))["rows"] if thread["pid"]]
        self.assertEqual({row["structs"][0]["value"]["pid"] for row in rows[1:]}, {row["pid"] for row in processes})
        rows = self.rows("tree -t rbtree -l -o vmap_area.rb_node -s vmap_area.va_start vmap_area_root")
        starts = [int(str(row["structs"][0]["value"]["va_start"]), 0) for row in rows]
        self.assertTrue(starts)
        self.assertEqual(starts, sorted(starts))
        (row,) = self.rows("task -R pid,flags 1")
        self.assertEqual(row["members"][0]["value"], 1)
        self.assertEqual([(one["name"], one["type"]) for one in row["members"]], [
            ("pid", "struct task_struct"), ("flags", "struct task_struct"), ("flags", "struct thread_info"),
        ])  # fmt: skip
        self.assertEqual(self.rows("task 1")[0]["structs"][0]["value"]["comm"], row["comm"])

    def test_addresses_and_types(self):
        (row,) = self.rows("vtop jiffies")
        self.assertEqual(int(row["physical"], 16), self.dump.translate(self.dump.address_of("jiffies")))
        self.assertEqual((row["steps"][0]["level"].lower(), "PRESENT" in row["flags"]), ("pgd", True))
        (row,) = self.rows("whatis list_head")
        self.assertEqual((row["kind"], row["size"], [member["name"] for member in row["members"]]), ("struct", 16, ["next", "prev"]))
        (row,) = self.rows("whatis init_task")
        self.assertEqual((row["kind"], row["type"], row["address"]), ("variable", "struct task_struct", f"{self.dump.address_of('init_task'):#x}"))
        self.assertEqual(self.rows("whatis enum pid_type")[0]["enumerators"]["PIDTYPE_SID"], 3)
        self.assertEqual(self.rows("whatis panic")[0]["kind"], "function")


class Small(Commands):
    def test_help_of_the_dump(self):
        """What crash 9.0.2 says of it, where programs look for whether pages of processes are there."""
        from pykd.kernel.mm import dumplevel

        with mock.patch.object(dumplevel, "dump_level", lambda dump: 31):
            line = next(line for line in self.lines("help -D") if "dump_level" in line)
        names = "ZERO DUMP_EXCLUDE_CACHE DUMP_EXCLUDE_CACHE_PRI DUMP_EXCLUDE_USER_DATA DUMP_EXCLUDE_FREE"
        self.assertEqual(f"          dump_level: 31 (0x1f) (DUMP_EXCLUDE_{names.replace(' ', '|')})", line)
        with mock.patch.object(dumplevel, "dump_level", lambda dump: 0):
            self.assertIn("          dump_level: 0 (0x0)", self.lines("help -D"))
        with mock.patch.object(dumplevel, "dump_level", lambda dump: None):
            self.assertNotIn("dump_level", "\n".join(self.lines("help -D")))

    def test_help_of_the_kernel(self):
        fields = dict(line.strip().split(": ", 1) for line in self.lines("help -k") if ": " in line)
        dump = self.session.dump
        self.assertEqual(dump.symbol("_stext").address, int(fields["stext"], 16))
        self.assertEqual(len(pykd.cpus.possible(dump)), int(fields["cpus"]))
        self.assertLessEqual(int(fields["cpus"]), int(fields["kernel_NR_CPUS"]))
        self.assertIn(fields[".release"], fields["proc_version"])

    def test_help_of_memory(self):
        fields = dict(line.strip().split(": ", 1) for line in self.lines("help -v") if ": " in line)
        self.assertEqual(len(self.dump.object("struct zone", 0).free_area), int(fields["nr_free_areas"]))
        self.assertLessEqual(int(fields["totalram_pages"]), int(fields["max_mapnr"]))
        self.assertEqual(self.dump.read_unsigned(self.dump.address_of("vmemmap_base")), int(fields["vmemmap_vaddr"], 16))

    def test_machine_table(self):
        fields = dict(line.strip().split(": ", 1) for line in self.lines("help -m") if ": " in line)
        self.assertEqual(int(fields["vmemmap_vaddr"].split()[0], 16), self.dump.read_unsigned(self.dump.address_of("vmemmap_base")))
        self.assertEqual(int(fields["kvbase"], 16), self.dump.layout["page_offset"])
        self.assertGreater(int(fields["vmemmap_end"].split()[0], 16), int(fields["vmemmap_vaddr"].split()[0], 16))

    def test_pte(self):
        self.assertEqual(self.lines("pte 123"), ["PTE  PHYSICAL  FLAGS", "123      0     (PRESENT|RW|ACCESSED|GLOBAL)"])
        self.assertEqual(self.lines("pte 0")[1], " 0       0     (no mapping)")

    def test_eval(self):
        self.assertEqual(self.lines("eval (1 << 32)")[0], "hexadecimal: 100000000  (4GB)")
        self.assertEqual(self.lines("eval 010")[0], "hexadecimal: a  ")
        self.assertEqual(self.lines('eval "1 + 2"')[0], "hexadecimal: 3  ")
        self.refused("eval 1 +", "eval: invalid expression: (1 +)")

    def test_ascii(self):
        self.assertEqual(self.output("ascii 6162"), "0000000000006162: ba<NUL><NUL><NUL><NUL><NUL><NUL>\n")

    def test_listings_are_their_rows(self):
        """Text of many symbols is made in bulk, not from rows: it must say the same."""
        for command in ("sym -l", "sym -M", f"sym -m {self.dump.modules()[0].name}"):
            expected = []
            for row in json.loads(self.output(f"{command} --json"))["rows"]:
                address = row["address"].removeprefix("0x")
                expected.append(f"{address} {row['boundary']}" if "boundary" in row else f"{address} ({row['type']}) {row['name']}")
            self.assertGreater(len(expected), 10)
            self.assertEqual(self.lines(command), expected, command)
        containing = [line for line in self.lines("sym -l") if "tcp_v4" in line]
        self.assertEqual([line.split(" [")[0] for line in self.lines("sym -q tcp_v4")], containing)
        self.assertEqual(list(self.dump.kernel_symbols("no such")), [])

    def test_symbols(self):
        self.assertEqual(self.output("sym -q nosuchzzz"), "(none found)\n")
        self.assertEqual(self.output("sym runqueues").split()[1], "(D)")

    def test_vm(self):
        self.assertEqual(self.output("vm -f 75"), "75: (READ|EXEC|MAYREAD|MAYWRITE|MAYEXEC)\n")
        area = next(line for line in self.lines("vm 1") if re.match("[0-9a-f]{16} +[0-9a-f]+ +[0-9a-f]+ ", line))
        self.assertEqual(self.lines(f"vm -P {area.split()[0]} 1")[1:3], ["      VMA           START       END     FLAGS FILE", area])
        self.assertEqual(self.lines("vm -P 0 1")[1:], ["(not found)"])

    def test_rust(self):
        for symbol, name in {
            "_RNvCs1234_7mycrate3foo": "mycrate::foo", "_RNvNtCsgxVmxJoCKmV_6kernel5print11call_printk": "kernel::print::call_printk",
            "_RNvMCs1_1aNtB2_3Foo3new": "<a::Foo>::new", "_RINvNtC3std3mem8align_ofjE": "std::mem::align_of::<usize>",
            "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE": "core::fmt::Formatter::write_str", "schedule": None, "_RNvB_B_": None,
        }.items():  # fmt: skip
            self.assertEqual(rustname.demangle(symbol), name, symbol)
        self.assertEqual(self.lines("rustfilt panic"), ["Not a rust symbol: ", "panic"])


if __name__ == "__main__":
    unittest.main()
