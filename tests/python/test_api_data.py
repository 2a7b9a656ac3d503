# SPDX-License-Identifier: GPL-2.0-or-later
"""Symbols, types and structs, as programs use them by pykdump.API, on a real dump. How: see test_api."""
# ruff: noqa: B018, F403, F405 (attributes that raise are what is tested; star imports are how PyKdump's programs begin)

import contextlib
import io
import os
import tempfile
import unittest
from unittest import mock

import dumps
import pykd

dumps.have_one_open()

import crash  # noqa: E402
from pykdump.API import *  # noqa: E402
from pykdump.datatypes import VarInfo  # noqa: E402

TASK = "struct task_struct"


def printed(function, *args, **kwargs):
    """What a call prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        function(*args, **kwargs)
    return output.getvalue()


class Symbols(unittest.TestCase):
    def test_by_name(self):
        address = sym2addr("linux_banner")
        self.assertEqual(1, symbol_exists("linux_banner"))
        self.assertFalse(symbol_exists("no_such_symbol"))
        self.assertEqual(0, sym2addr("no_such_symbol"))
        self.assertIn(address, sym2alladdr("linux_banner"))
        self.assertEqual([], sym2alladdr("no_such_symbol"))

    def test_unknown_names(self):
        """0 is what programs expect; the core's own API raises, as 0 is the address of some per-CPU variable."""
        dump = pykd.current()
        self.assertEqual(0, sym2addr("no_such_symbol"))
        with self.assertRaisesRegex(pykd.NotFoundError, "no symbol no_such_symbol"):
            dump.address_of("no_such_symbol")
        with self.assertRaises(pykd.NotFoundError):
            dump.address_of("no_such_symbol", "")
        self.assertEqual((0, -1), (dump.address_of("no_such_symbol", default=0), dump.address_of("no_such_symbol", "", -1)))
        self.assertEqual(sym2addr("init_task"), dump.address_of("init_task", default=0))

    def test_by_address(self):
        address = sym2addr("schedule")
        self.assertEqual("schedule", addr2sym(address))
        self.assertIsNone(addr2sym(address + 1))
        self.assertEqual(("schedule", 1), addr2sym(address + 1, 1))
        self.assertEqual((None, None), addr2sym(0x1000, True))
        self.assertIsNone(addr2mod(address))

    def test_modules(self):
        modules = lsModules()
        self.assertTrue(modules)
        self.assertEqual(modules, [str(module.name) for module in readSUListFromHead(sym2addr("modules"), "list", "struct module")])
        module = pykd.current().modules()[0]
        start, size = module.memory["text"]
        self.assertEqual(module.name, addr2mod(start + size // 2))

    def test_load_module(self):
        for module in pykd.current().modules()[:3]:
            self.assertEqual(module.has_btf, loadModule(module.name))
            self.assertEqual(module.has_btf, loadModule(module.name))
            delModule(module.name)
        self.assertFalse(loadModule("no_such_module"))
        delModule("no_such_module")

    def test_possible_names(self):
        with tempfile.TemporaryDirectory() as top:
            os.makedirs(os.path.join(top, "a", "b"))
            for name in ("loop.o", "loop.ko", "dm-mod.ko.debug"):
                with open(os.path.join(top, "a", "b", name), "w"):
                    pass
            self.assertEqual(os.path.join(top, "a", "b", "loop.ko"), possibleModuleNames(top, "loop"))
            self.assertEqual(os.path.join(top, "a", "b", "dm-mod.ko.debug"), possibleModuleNames(top, "dm_mod"))
            self.assertIsNone(possibleModuleNames(top, "other"))
        self.assertIsNone(possibleModuleNames("/nowhere", "loop"))

    def test_read_symbol(self):
        self.assertIsInstance(readSymbol("init_task"), StructResult)
        self.assertEqual(sym2addr("init_task"), readSymbol("init_task"))
        self.assertIsInstance(readSymbol("jiffies"), int)
        self.assertEqual(readSymbol("jiffies"), PYKD.jiffies)
        with self.assertRaisesRegex(TypeError, "There's no symbol <no_such_symbol>"):
            readSymbol("no_such_symbol")
        with self.assertRaises(TypeError):
            PYKD.no_such_symbol

    def test_declared_text(self):
        vermagic = readSymbol("vermagic")
        self.assertIsInstance(vermagic, SmartString)
        self.assertEqual(kname, vermagic.split()[0])

    def test_declared_without_a_length(self):
        self.assertTrue(readSymbol("linux_banner").startswith("Linux version " + kname))

    def test_whatis(self):
        info = whatis("init_task")
        self.assertEqual((TASK, sym2addr("init_task"), TASK), (info.ctype, info.addr, info.ti.stype))
        self.assertEqual("struct task_struct", info.basetype)
        with self.assertRaises(TypeError):
            whatis("no_such_symbol")

    def test_funcargs(self):
        self.assertEqual(["struct task_struct *"], funcargs("wake_up_process"))
        self.assertIsNone(funcargs("no_such_symbol"))
        self.assertIsNone(funcargs("init_task"))
        self.assertEqual("(func)", whatis("wake_up_process").ti.stype)


class Types(unittest.TestCase):
    def test_sizes(self):
        size = len(readSU(TASK, 0))
        for function in (struct_size, union_size, getSizeOf, type_length):
            self.assertEqual(size, function(TASK))
            self.assertEqual(-1, function("struct no_such"))
        self.assertEqual(8, struct_size("unsigned long"))
        self.assertEqual(8, struct_size("long unsigned int"))
        self.assertEqual(4, struct_size("u32"))
        self.assertTrue(struct_exists(TASK))
        self.assertFalse(struct_exists("struct no_such"))
        self.assertFalse(struct_exists("task_struct"))

    def test_crash_takes_bare_tags(self):
        self.assertEqual(struct_size(TASK), crash.struct_size("task_struct"))
        self.assertEqual(member_offset(TASK, "comm"), crash.member_offset("task_struct", "comm"))
        self.assertEqual(16, crash.member_size("task_struct", "comm"))
        self.assertEqual(-1, crash.struct_size("no_such"))
        self.assertEqual(-1, crash.member_size("task_struct", "no_such"))

    def test_members(self):
        self.assertEqual(16, member_size(TASK, "comm"))
        self.assertEqual(-1, member_size(TASK, "no_such"))
        with self.assertRaisesRegex(TypeError, "no type struct no_such"):
            member_size("struct no_such", "a")
        self.assertEqual(-1, member_offset(TASK, "no_such"))
        self.assertEqual(-1, member_offset("struct no_such", "a"))
        self.assertEqual(member_offset(TASK, "tasks") + 8, member_offset(TASK, "tasks.prev"))

    def test_struct_info(self):
        info = getStructInfo("struct list_head")
        self.assertIs(info, SUInfo("struct list_head"))
        self.assertEqual((16, 16, "struct list_head"), (info.size, info.PYT_size, info.PYT_sname))
        self.assertEqual(["next", "prev"], [name for name, _ in info.PYT_body])
        self.assertEqual(["next", "prev"], info.getFnames())
        self.assertEqual(8, info.prev.offset)
        self.assertEqual(64, info["prev"].bitoffset)
        self.assertIn("next", info)
        self.assertNotIn("first", info)
        with self.assertRaises(KeyError):
            info["first"]
        self.assertEqual(
            "<SUInfo>\nstruct list_head {\n  struct list_head *next;\n  struct list_head *prev;\n}", str(info)
        )
        self.assertEqual(
            "struct list_head {\n  struct list_head *next; | off=0 size=8\n  struct list_head *prev; | off=8 size=8\n}", repr(info)
        )
        with self.assertRaisesRegex(TypeError, "no type struct no_such"):
            SUInfo("struct no_such")

    def test_anonymous_members_belong_to_the_outer(self):
        info = SUInfo("struct page")
        for name in ("lru", "mapping"):
            self.assertIn(name, info)
            self.assertEqual(member_offset("struct page", name), info[name].offset)

    def test_typedef_of_a_struct(self):
        self.assertEqual(4, SUInfo("atomic_t").size)
        self.assertIn("counter", SUInfo("atomic_t"))

    def test_var_info(self):
        info = SUInfo(TASK)["comm"]
        self.assertIsInstance(info, VarInfo)
        self.assertEqual(("comm", 16, 16, "char"), (info.name, info.size, info.array, info.basetype))
        self.assertEqual("char comm[16];", info.shortstr())
        self.assertEqual(readSymbol("init_task").comm, info.reader(sym2addr("init_task") + info.offset))
        self.assertEqual(1, SUInfo("struct task_struct")["mm"].ptrlev)
        self.assertRegex(repr(whatis("init_task")), r"^VarInfo <struct task_struct init_task> addr=0x[0-9a-f]+$")

    def test_type_info(self):
        info = TypeInfo("struct list_head *[3]")
        self.assertEqual(("struct list_head", 1, [3], 3, 8), (info.stype, info.ptrlev, info.dims, info.elements, info.size))
        self.assertEqual(("struct list_head", "*", "[3]"), info.fullname())
        self.assertEqual(crash.TYPE_CODE_STRUCT, info.ptrbasetype)
        self.assertEqual(crash.TYPE_CODE_STRUCT, info.getTargetCodeType())
        self.assertEqual("struct list_head", info.getTargetType().stype)
        self.assertEqual("struct list_head *", TypeInfo("struct list_head *").typestr())
        self.assertEqual("  struct list_head *;", TypeInfo("struct list_head *").fullstr(2))
        self.assertEqual("TypeInfo <struct list_head *[3]> size=8", repr(info))
        self.assertEqual(TASK, TypeInfo("init_task").stype)
        with self.assertRaisesRegex(crash.error, "PyKdump/GDB error"):
            TypeInfo("struct no_such")
        unsigned = TypeInfo("unsigned int")
        self.assertEqual((1, None, 1), (unsigned.uint, unsigned.ptrlev, unsigned.elements))
        self.assertEqual(("u32", "u32"), (TypeInfo("u32").stype, TypeInfo("u32").typedef))

    def test_enum_info(self):
        info = EnumInfo("enum pid_type")
        self.assertEqual(0, info["PIDTYPE_PID"])
        self.assertEqual(0, info.PIDTYPE_PID)
        self.assertEqual("PIDTYPE_PID", info.getnam(0))
        self.assertEqual("<enum pid_type, bad value 77>", info.getnam(77))
        self.assertTrue(str(info).startswith("enum pid_type {PIDTYPE_PID = 0 ,PIDTYPE_TGID = 1"))
        with self.assertRaisesRegex(TypeError, "cannot find enum <enum no_such>"):
            EnumInfo("enum no_such")
        # An untagged enum by one of its names.
        self.assertEqual(0, EnumInfo("PIDTYPE_PID")["PIDTYPE_PID"])
        self.assertEqual(info["PIDTYPE_PGID"], enumerator_value("PIDTYPE_PGID"))
        self.assertIsNone(enumerator_value("NO_SUCH_ENUMERATOR"))

    def test_artificial(self):
        art = ArtStructInfo("struct mine")
        art.append("int", "number")
        art.append("struct list_head", "list")
        art.inline(SUInfo("struct list_head"))
        self.assertEqual(36, art.PYT_size)
        self.assertEqual([0, 4, 20, 28], [art[name].offset for name in ("number", "list", "next", "prev")])

    def test_expressions(self):
        self.assertEqual([16], crash.gdb_typeinfo("init_task.comm")["dims"])
        self.assertEqual(1, crash.gdb_typeinfo("&init_task")["stars"])
        described = crash.gdb_whatis("((struct task_struct *)0)->comm")
        self.assertEqual(("char", "((struct task_struct *)0)->comm"), (described["basetype"], described["fname"]))
        self.assertEqual([["PIDTYPE_PID", 0]], crash.gdb_typeinfo("PIDTYPE_PID")["edef"][:1])
        for text in ("char_device_struct", "no_such + 1", "struct no_such", "struct ]["):
            with self.assertRaisesRegex(crash.error, "PyKdump/GDB error"):
                crash.gdb_typeinfo(text)
            with self.assertRaisesRegex(crash.error, "PyKdump/GDB error"):
                crash.gdb_whatis(text)

    def test_members_of_every_struct(self):
        """What a struct's description says is where its objects read, for types that share their name too."""
        dump = pykd.current()
        for ctype in dump.types("struct")[::7]:
            info = dump.struct_class(ctype).PYT_sinfo
            members = [member for member in ctype.members() if member.name and member.bit_size is None]
            self.assertEqual([member.offset for member in members], [info[member.name].offset for member in members], ctype)
            for member in members:
                self.assertIsInstance(info[member.name].ti.typestr(), str)

    def test_purge(self):
        info = SUInfo("struct list_head")
        purge_typeinfo("struct list_head")
        self.assertIsNot(info, SUInfo("struct list_head"))
        info = SUInfo("struct list_head")
        purge_typeinfo()
        self.assertIsNot(info, SUInfo("struct list_head"))

    def test_gdb_typeinfo(self):
        info = crash.gdb_typeinfo("struct list_head")
        self.assertEqual((16, crash.TYPE_CODE_STRUCT, "struct list_head"), (info["typelength"], info["codetype"], info["basetype"]))
        self.assertEqual(["next", "prev"], [member["fname"] for member in info["body"]])
        self.assertEqual({"stars": 1, "ptrbasetype": 3, "bitoffset": 64, "typelength": 8}.items(), {
            key: info["body"][1][key] for key in ("stars", "ptrbasetype", "bitoffset", "typelength")
        }.items())
        self.assertEqual("init_task", crash.gdb_whatis("init_task")["fname"])
        with self.assertRaisesRegex(crash.error, "PyKdump/GDB error"):
            crash.gdb_typeinfo("struct no_such")


class Structs(unittest.TestCase):
    def setUp(self):
        dumps.as_pykdump(self)
        self.task = readSymbol("init_task")

    def test_is_an_address(self):
        task = self.task
        self.assertIsInstance(task, int)
        self.assertEqual(sym2addr("init_task"), task)
        self.assertEqual(hash(sym2addr("init_task")), hash(task))
        self.assertEqual(f"{sym2addr('init_task'):x}", f"{task:x}")
        self.assertEqual("%x" % sym2addr("init_task"), "%x" % task)  # noqa: UP031 (programs do)
        self.assertEqual(hex(sym2addr("init_task")), hex(task))
        self.assertTrue(task)
        self.assertFalse(readSU(TASK, 0))
        self.assertEqual(struct_size(TASK), len(task))
        self.assertEqual(task, Addr(task))
        self.assertEqual(task + 0, task)
        self.assertEqual(int(task) + member_offset(TASK, "comm"), Addr(task, "comm"))

    def test_class(self):
        cls = type(self.task)
        self.assertEqual(TASK, cls.__name__)
        self.assertTrue(issubclass(cls, StructResult))
        self.assertEqual((TASK, struct_size(TASK)), (cls.PYT_symbol, cls.PYT_size))
        self.assertIs(cls.PYT_sinfo["comm"], self.task["comm"])
        self.assertIs(cls, type(StructResult(TASK, 0)))
        with self.assertRaisesRegex(TypeError, "no type struct no_such"):
            readSU("struct no_such", 0)

    def test_text(self):
        address = f"{int(self.task):#x}"
        self.assertEqual(f"<struct task_struct {address}>", str(self.task))
        self.assertEqual(str(self.task), f"{self.task}")
        self.assertEqual(f"<task_struct {address}>", self.task.shortStr())
        self.assertEqual(f"StructResult <struct task_struct {address}> \tsize={struct_size(TASK)}", repr(self.task))

    def test_arithmetic(self):
        size = struct_size("struct list_head")
        head = self.task.tasks
        self.assertEqual(int(head) + 2 * size, head[2])
        self.assertEqual(int(head) + 2 * size, head + 2)
        self.assertIs(type(head), type(head + 2))
        self.assertIs(int, type(head - 1))
        self.assertEqual(int(head) + 1, 1 + head)

    def test_members(self):
        self.assertEqual("swapper/0", self.task.comm)
        self.assertEqual(0, self.task.pid)
        self.assertEqual(self.task, self.task.group_leader)
        self.assertEqual(0, self.task.group_leader.real_parent.parent.group_leader.pid)
        self.assertTrue(self.task.hasField("comm"))
        self.assertFalse(self.task.hasField("no_such"))
        self.assertEqual(member_offset(TASK, "comm"), self.task.fieldOffset("comm"))
        self.assertTrue(self.task.isNamed(TASK))
        self.assertFalse(self.task.isNamed("struct mm_struct"))

    def test_missing_member(self):
        for exception in (KeyError, AttributeError):
            with self.assertRaises(exception):
                self.task.no_such
        with self.assertRaisesRegex(KeyError, "<struct task_struct> does not have a field <no_such>"):
            self.task.no_such

    def test_cast_eval_deref(self):
        self.assertEqual(self.task, self.task.castTo("struct list_head"))
        self.assertEqual("struct list_head", self.task.castTo("struct list_head").PYT_symbol)
        self.assertEqual(self.task.nsproxy.uts_ns, self.task.Eval("nsproxy.uts_ns"))
        self.assertIs(self.task, self.task.Deref)
        self.assertIs(self.task, self.task.getDeref())
        self.assertIs(self.task, Deref(self.task))
        with self.assertRaisesRegex(TypeError, "no type struct no_such"):
            self.task.castTo("struct no_such")
        with self.assertRaises(TypeError):
            self.task.Eval("nsproxy.no_such")
        with self.assertRaises(TypeError):
            Deref(1)
        with self.assertRaises(TypeError):
            Addr(1)

    def test_own_attributes(self):
        self.task.mine = 3
        self.assertEqual(3, self.task.mine)

    def test_dump(self):
        text = printed(self.task.tasks.Dump)
        self.assertRegex(text, r"next +<struct list_head 0x[0-9a-f]+>\n.*prev +<struct list_head 0x[0-9a-f]+>")
        self.assertIn("comm", printed(self.task.Dump))

    def test_strings(self):
        comm = self.task.comm
        self.assertIsInstance(comm, SmartString)
        self.assertEqual(Addr(self.task, "comm"), Addr(comm))
        self.assertEqual(b"swapper/0", comm.ByteArray[:9])
        self.assertEqual("s", comm[0])
        self.assertEqual("swap", comm[:4])
        with self.assertRaises(TypeError):
            int(comm)
        name = readSymbol("init_uts_ns").name
        self.assertEqual("Linux", name.sysname)
        self.assertEqual("a\\xff", SmartString(b"a\xff\0b"))

    def test_pointers(self):
        stack = self.task.stack
        self.assertIsInstance(stack, tPtr)
        self.assertEqual((1, "void *"), (stack.ptrlev, stack.ptype.typestr()))
        self.assertRegex(repr(stack), r"^<tPtr addr=0x[0-9a-f]+ ctype='void \*'>$")
        with self.assertRaises(TypeError):
            stack.Deref
        name = self.task.fs.root.dentry.d_name.name
        self.assertEqual(f"<tPtr addr={int(name):#x} ctype='unsigned char *'>", str(name))
        longs = tPtr(sym2addr("linux_banner"), TypeInfo("unsigned long *"))
        self.assertEqual(readULong(sym2addr("linux_banner")), longs[0])
        self.assertEqual(readULong(sym2addr("linux_banner") + 8), longs[1])
        self.assertEqual(longs[0], longs.Deref)
        self.assertEqual(longs[0], Deref(longs))
        self.assertIs(int, type(longs + 1))
        twice = tPtr(Addr(self.task, "real_parent"), TypeInfo("struct task_struct **"))
        self.assertEqual(self.task, twice[0])
        self.assertIsInstance(twice[0], StructResult)
        with self.assertRaisesRegex(IndexError, "NULL pointer"):
            tPtr(0, TypeInfo("unsigned long *")).Deref

    def test_text_needs_one_level(self):
        banner = sym2addr("linux_banner")
        self.assertTrue(SmartString(tPtr(banner, TypeInfo("unsigned char *"))).startswith("Linux version"))
        with self.assertRaisesRegex(TypeError, "does not point to text"):
            SmartString(tPtr(banner, TypeInfo("char **")))

    def test_unreadable_text_in_an_array(self):
        """One text that cannot be read does not hide the others of its array."""
        dump = pykd.current()
        texts = dump.object("char *[3]", sym2addr("linux_banner"))
        self.assertEqual([readULong(sym2addr("linux_banner") + 8 * i) for i in range(3)], [int(text) for text in texts])
        self.assertEqual("char *", texts[0].ptype.typestr())
        with self.assertRaises(crash.error):
            dump.object("char *", sym2addr("linux_banner"))
        with self.assertRaises(crash.error):
            dump.object("char *[3]", 0x10)

    def test_huge_arrays(self):
        dump = pykd.current()
        address = sym2addr("linux_banner")
        for ctype in ("int [1000000000]", "unsigned char [10000000]", "char [100000000]", "struct list_head [5000000]"):
            with self.assertRaisesRegex(pykd.LimitError, f"array of .* at {address:#x}"):
                dump.object(ctype, address)

    def test_arrays_and_enums(self):
        self.assertIsInstance(readSymbol("avenrun"), list)
        self.assertEqual(3, len(readSymbol("avenrun")))
        rlim = self.task.signal.rlim
        self.assertIsInstance(rlim[0], StructResult)
        self.assertEqual(16, len(rlim))

    def test_bit_fields_and_bools(self):
        info = SUInfo(TASK)
        field = next(info[name] for name in ("sched_reset_on_fork", "sched_contributes_to_load") if name in info)
        self.assertEqual(1, field.bitsize)
        self.assertIn(getattr(self.task, field.name), (0, 1))

    def test_print_object(self):
        with mock.patch.object(crash, "exec_crash_command", lambda command: f"[{command}]"):
            self.assertEqual(f"[struct list_head {int(self.task.tasks):#x}]", printed(printObject, self.task.tasks))
        with self.assertRaises(TypeError):
            printObject(1)

    def test_atomic_t(self):
        self.assertEqual(5, atomic_t(5))
        self.assertEqual(readSU("atomic_t", self.task).counter, atomic_t(readSU("atomic_t", self.task)))


class Attributes(unittest.TestCase):
    """compat.md 3.9."""

    def test_struct_set_attr(self):
        self.assertTrue(structSetAttr("struct module", "TestNext", ["no.such", "list.next"]))
        module = readSU("struct module", pykd.current().modules()[0].address)
        self.assertEqual(module.list.next, module.TestNext)
        self.assertTrue(module.hasField("TestNext"))
        self.assertEqual(member_offset("struct module", "list.next"), member_offset("struct module", "TestNext"))
        self.assertIn("TestNext", module.PYT_sinfo)
        self.assertFalse(structSetAttr("struct module", "TestNothing", "no.such"))
        self.assertFalse(structSetAttr("struct no_such", "Test", "list"))

    def test_through_a_pointer(self):
        self.assertTrue(structSetAttr(TASK, "TestUts", "nsproxy.uts_ns"))
        task = readSymbol("init_task")
        self.assertEqual(task.nsproxy.uts_ns, task.TestUts)

    def test_itself(self):
        self.assertTrue(structSetAttr(TASK, "TestSelf", ""))
        task = readSymbol("init_task")
        self.assertEqual(task, task.TestSelf)

    def test_extra_structs(self):
        self.assertTrue(structSetAttr("struct sock", "TestFamily", "__sk_common.skc_family", ["struct sock_common"]))
        self.assertEqual(member_offset("struct sock", "__sk_common.skc_family"), member_offset("struct sock", "TestFamily"))

    def test_proc_attr(self):
        self.assertTrue(structSetProcAttr(TASK, "TestTwice", lambda task: 2 * int(task.pid)))
        self.assertEqual(2, readSU(TASK, pid_to_task(1)).TestTwice)
        self.assertFalse(structSetProcAttr("struct no_such", "Test", len))

    def test_attr_setter(self):
        setter = AttrSetter("struct inet_sock", "struct sock")
        setter.TestFamily2 = ["no.such", "SKC.skc_family"]
        setter.TestNone = "no.such"
        setter.TestInt = int
        self.assertEqual((True, False, True), (setter.TestFamily2, setter.TestNone, setter.TestInt))


class OtherDumps(unittest.TestCase):
    """All of this on each dump at hand."""

    def test_each(self):
        dumps.run_on_others("test_api_data.")


if __name__ == "__main__":
    unittest.main()
