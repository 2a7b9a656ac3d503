# SPDX-License-Identifier: GPL-2.0-or-later
"""Every public name of pykdump.API, on a real dump: what programs may rely on.

What is asserted holds for every kernel; known values come from the dump by another way (vmcoreinfo, the core's own API). Run with
PYKD_DUMP=FILE to choose the dump; OtherDumps runs all of this on each dump at hand.
"""
# ruff: noqa: B018 (attributes that raise are what is tested)

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import dumps
import pykd

dumps.have_one_open()

import crash  # noqa: E402
import pykdump.API as API  # noqa: E402
from pykd.core import host  # noqa: E402
from pykdump.API import *  # noqa: E402
from pykdump.datatypes import VarInfo  # noqa: E402

TASK = "struct task_struct"


def printed(function, *args, **kwargs):
    """What a call prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        function(*args, **kwargs)
    return output.getvalue()


class Names(unittest.TestCase):
    """compat.md section 3: the names themselves."""

    MODULES = "sys os re string time select stat traceback atexit importlib pprint pykdump crash highlevel"
    CONSTANTS = (
        "HZ PAGESIZE PAGE_CACHE_SHIFT pointersize PTR_SIZE INT_MASK INT_SIZE BITS_PER_INT INT_MAX LONG_MASK LONG_SIZE "
        "BITS_PER_LONG LONG_MAX CU_LIVE CU_LOAD CU_PYMOD CU_TIMEOUT WARNING debug debugDLKM debugReload t_start t_start_children "
        "t_starta kernel kname RHDIR CGDIR debuginfo API_options sys_info pp pylog DCache PYKD re_apidebug long"
    )
    CLASSES = (
        "ArtStructInfo AttrSetter Bunch CDefine CEnum EnumInfo KernelRev ListHead Option OptionParser PyLog SUInfo SmartString "
        "StructResult SuppressCrashErrors TrueOnce TypeInfo defaultdict tPtr"
    )
    FUNCTIONS = (
        "ALIGN Addr Deref FD_ISSET LH_isempty PY_select addr2mod addr2sym argv2s atomic_t container_of cpu_to_le32 dbits2str "
        "delModule enumerator_value exec_command exec_crash_command exec_crash_command_bg exec_crash_command_bg2 exec_gdb_command "
        "funcargs getCurrentModule getFullBuckets getFullBucketsH getListSize getSizeOf getStructInfo get_nsproxy get_pathname "
        "hexl hlist_for_each_entry is_task_active isfileoutput iterN le16_to_cpu le32_to_cpu list_for_each_entry loadModule "
        "lsModules member_offset member_size memoize_cond patch_default_kw phys_to_page pid_to_task possibleModuleNames "
        "print2columns printObject purge_memoize_cache purge_typeinfo readBadList readInt readList readListByHead readLong "
        "readProcessMem readPtr readS32 readS64 readSU readSUArray readSUListFromHead readStructNext readSymbol readU16 readU32 "
        "readU64 readU8 readUInt readULong readmem registerModuleAttr registerObjAttrHandler require_cmod_version sLong "
        "setListMaxel set_default_timeout set_nsproxy set_readmem_task structSetAttr structSetProcAttr struct_exists struct_size "
        "sym2addr sym2alladdr symbol_exists task_to_pid type_length uInt uLong union_size unsigned16 unsigned32 unsigned64 uvtop "
        "whatis"
    )
    LEGACY = (
        "ERROR INFO MsgExtra TYPE_CODE_SU cleanup enter_epython exit_epython funcToMethod gen get_task_mem_usage is_percpu_symbol "
        "sdef2ArtSU wrapcrash"
    )

    def test_all_are_exported(self):
        names = f"{self.MODULES} {self.CONSTANTS} {self.CLASSES} {self.FUNCTIONS} {self.LEGACY}".split()
        self.assertEqual([], [name for name in names if name not in globals()])

    def test_functions_can_be_called(self):
        for name in f"{self.FUNCTIONS} {self.CLASSES}".split():
            self.assertTrue(callable(globals()[name]), name)

    def test_modules_work_as_modules(self):
        self.assertEqual("b", re.sub("a", "b", "a"))
        self.assertEqual("0123456789", string.digits)
        self.assertEqual("[1]", pprint.pformat([1]))
        self.assertTrue(stat.S_ISREG(0o100644))
        self.assertIs(sys.modules["time"], time)
        self.assertTrue(traceback.format_exc())
        self.assertIs(importlib.import_module("json.decoder"), sys.modules["json.decoder"])
        self.assertTrue(select.select)
        self.assertTrue(atexit.register)
        self.assertTrue(re_apidebug.match("--apidebug=3"))

    def test_stand_ins_are_classes(self):
        parser = OptionParser(usage="x")
        parser.add_option("-v", action="count", dest="verbose", default=0)
        options, rest = parser.parse_args(["-vv", "y"])
        self.assertEqual((2, ["y"]), (options.verbose, rest))
        self.assertIsInstance(parser, OptionParser)

        class Mine(OptionParser):
            def format_epilog(self, formatter):
                return "mine"

        self.assertTrue(Mine().format_help().endswith("mine"))
        self.assertEqual("--long", Option("--long").get_opt_string())

        class Typed(Option):
            TYPES = (*Option.TYPES, "x")

        self.assertIn("x", Typed.TYPES)

    def test_pp_prints_to_the_stdout_of_now(self):
        self.assertEqual("{'a': 1}\n", printed(lambda: API.pp.pprint({"a": 1})))

    def test_legacy(self):
        class Some:
            pass

        def method(self):
            return self, 1

        funcToMethod(method, Some, "renamed")
        some = Some()
        self.assertEqual((some, 1), some.renamed())
        self.assertIs(SUInfo, gen.SUInfo("struct list_head").__class__)
        import pykdump.wrapcrash

        self.assertIs(pykdump.wrapcrash.readSU, wrapcrash.readSU)
        with MsgExtra("here"):
            self.assertEqual("here", str(MsgExtra()))
        art = sdef2ArtSU("struct mine { int a; struct list_head list; };")
        self.assertEqual((20, 4), (art.PYT_size, art["list"].offset))


class Constants(unittest.TestCase):
    def test_star(self):
        names = {}
        exec("from crash import *", names)
        self.assertEqual((crash.HZ, crash.readmem, 1), (names["HZ"], names["readmem"], names["KVADDR"]))

    def test_machine(self):
        self.assertEqual(4096, PAGESIZE)
        self.assertEqual(12, PAGE_CACHE_SHIFT)
        self.assertIn(HZ, (100, 250, 300, 1000))
        self.assertEqual((8, 8, 4, 8), (pointersize, PTR_SIZE, INT_SIZE, LONG_SIZE))
        self.assertEqual((32, 64), (BITS_PER_INT, BITS_PER_LONG))
        self.assertEqual((0xFFFFFFFF, 0x7FFFFFFF), (INT_MASK, INT_MAX))
        self.assertEqual((2**64 - 1, 2**63 - 1), (LONG_MASK, LONG_MAX))
        self.assertIs(int, long)

    def test_caches(self):
        self.assertEqual((1, 2, 4, 8), (CU_LIVE, CU_LOAD, CU_PYMOD, CU_TIMEOUT))

    def test_kernel(self):
        release = pykd.current().vmcoreinfo["OSRELEASE"]
        self.assertEqual(release, kname)
        self.assertTrue(release.startswith(kernel.rstrip("0").rstrip(".")))
        self.assertEqual(f"/usr/lib/debug/lib/modules/{release}", RHDIR)
        self.assertEqual(f"/usr/lib/kernel-image-{release}-dbg/lib/modules/{release}/", CGDIR)
        self.assertEqual(4, len(debuginfo))

    def test_words(self):
        self.assertEqual("+++WARNING+++", WARNING)
        self.assertEqual(WARNING, crash.WARNING)
        self.assertEqual("+++ERROR+++", ERROR)


class SysInfo(unittest.TestCase):
    def test_fields(self):
        self.assertEqual(kname, sys_info.RELEASE)
        self.assertEqual("x86_64", sys_info.machine)
        self.assertTrue(sys_info.MACHINE.startswith("x86_64"))
        self.assertTrue(sys_info.DUMPFILE.startswith(pykd.current().path))
        self.assertIsInstance(sys_info.CPUS, int)
        self.assertGreater(sys_info.CPUS, 0)
        self.assertEqual((8, 2**64 - 1), (sys_info.pointersize, sys_info.pointermask))
        self.assertRegex(sys_info["LOAD AVERAGE"], r"^\d+\.\d\d, \d+\.\d\d, \d+\.\d\d$")
        self.assertRegex(sys_info.MEMORY, r"^[\d.]+ [GM]B$")
        self.assertEqual(HZ, sys_info.HZ)
        self.assertFalse(sys_info.livedump)

    def test_is_a_bunch(self):
        self.assertIn("RELEASE", sys_info)
        self.assertIn("KERNEL", sys_info.keys())
        self.assertEqual(dict(sys_info.items())["RELEASE"], sys_info.get("RELEASE"))
        self.assertIsNone(sys_info.get("nothing"))
        with self.assertRaises(AttributeError):
            sys_info.nothing
        with self.assertRaises(KeyError):
            sys_info["nothing"]
        copy = sys_info.copy()
        copy.mine = 1
        self.assertNotIn("mine", sys_info)
        sys_info.mine = 2
        self.assertEqual(2, sys_info["mine"])
        del sys_info["mine"]
        self.assertRegex(str(sys_info), r"(?m)^   RELEASE +" + re.escape(kname))

    def test_kernel_compares_by_number(self):
        self.assertTrue(sys_info.kernel > "2.6.32")
        self.assertTrue(KernelRev("5.10.0") > "5.9")
        self.assertTrue(KernelRev("5.10.0") >= "5.10")
        self.assertTrue(KernelRev("2.6.9") < "2.6.18")
        self.assertTrue(KernelRev("6.1.0") <= "6.1.0-13")
        self.assertFalse(KernelRev("6.1.0") == "6.1")


class Integers(unittest.TestCase):
    def setUp(self):
        self.banner = sym2addr("linux_banner")
        self.data = readmem(self.banner, 16)

    def test_readers(self):
        data = self.data
        self.assertEqual(b"Linux version ", data[:14])
        self.assertEqual(data[0], readU8(self.banner))
        self.assertEqual(int.from_bytes(data[:2], "little"), readU16(self.banner))
        for reader in (readU32, readUInt, readS32, readInt):
            self.assertEqual(int.from_bytes(data[:4], "little"), reader(self.banner))
        for reader in (readU64, readULong, readS64, readLong, readPtr):
            self.assertEqual(int.from_bytes(data[:8], "little"), reader(self.banner))

    def test_sizes_that_no_memory_has(self):
        start = sym2addr("linux_banner")
        for size in (2**31, 2**40, 2**64, 2**70):
            for mtype in (crash.KVADDR, crash.PHYSADDR):
                with self.assertRaisesRegex(crash.error, f"readmem error at addr {start:#x}, reading {size} bytes") as raised:
                    readmem(start, size, mtype)
                self.assertIn("more than 1 GB", str(raised.exception.__cause__))
            with self.assertRaisesRegex(pykd.RangeError, f"{start:#x}: more than 1 GB"):
                pykd.current().read_upto(start, size)
            with self.assertRaisesRegex(pykd.RangeError, f"{start:#x}: more than 1 GB"):
                pykd.current().read_string(start, size)
            with self.assertRaisesRegex(crash.error, "bad size"):
                crash.readInt(start, size)

    def test_memory_types(self):
        start = sym2addr("linux_banner")
        self.assertEqual(readmem(start, 8), readmem(start - (1 << 64), 8, crash.KVADDR))
        for mtype in (77, crash.XENMACHADDR):
            with self.assertRaisesRegex(crash.error, "readmem error at addr"):
                readmem(start, 8, mtype)
            with self.assertRaisesRegex(crash.error, "readmem error at addr"):
                readPtr(start, mtype)

    def test_a_missing_member_is_no_damage(self):
        """Programs take crash.error for a corrupted dump, and KeyError for a kernel that has no such member."""
        task = readSU("struct task_struct", crash.sym2addr("init_task"))
        with self.assertRaises(KeyError):
            try:
                task.nosuch
            except crash.error:
                self.fail("taken for damage")
        with self.assertRaises(pykd.Error):
            task.nosuch
        for wrong in (lambda: crash.readmem(8, 8), lambda: readSU("struct list_head", 8).next, lambda: crash.gdb_typeinfo("struct nosuch")):
            with self.assertRaises(crash.error):
                wrong()

    def test_wrong_types(self):
        wrong = {
            "FD_ISSET": (1, 1), "PAGEOFFSET": ("a",), "addr2mod": ("a",), "addr2sym": ("a",), "exec_crash_command": (1,),
            "getFullBuckets": ("a", 1, 1, 1), "getListSize": (1, "a", 1), "get_GDB_output": (1,), "get_pathname": ("a", 1),
            "gdb_typeinfo": (1,), "gdb_whatis": (1,), "is_task_active": ("a",), "le16_to_cpu": ("a",), "le32_to_cpu": ("a",),
            "mem2long": ("a",), "member_offset": ("no_such", 1), "member_size": ("no_such", 1), "phys_to_page": ("a",),
            "pid_to_task": ("a",), "readInt": ("a", 4), "readPtr": ("a",), "readmem": (1, "a"), "register_epython_prog": (1, "", "", ""),
            "sLong": ("a",), "set_default_timeout": ("a",), "set_readmem_task": ("a",), "setprocname": (1,), "struct_size": (1,),
            "sym2addr": (1,), "sym2alladdr": (1,), "symbol_exists": (None,), "task_to_pid": ("a",), "uvtop": ("a", 1),
        }  # fmt: skip
        for name, arguments in wrong.items():
            with self.subTest(name), self.assertRaisesRegex(crash.error, "invalid parameter type"):
                getattr(crash, name)(*arguments)

    def test_sign(self):
        head = sym2addr("init_task") + member_offset(TASK, "tasks")
        self.assertGreater(readU64(head), 1 << 63)
        self.assertEqual(readU64(head) - (1 << 64), readS64(head))
        self.assertEqual(readS64(head), sLong(readU64(head)))

    def test_null(self):
        for reader in (readPtr, readU64, readS32, lambda address: readmem(address, 4)):
            with self.assertRaises(IndexError):
                reader(0)

    def test_faults(self):
        with self.assertRaisesRegex(crash.error, r"readmem error at addr 0x1000, reading 4 bytes"):
            readmem(0x1000, 4)
        with self.assertRaisesRegex(crash.error, r"readmem error at addr 0x1000"):
            readPtr(0x1000)
        with self.assertRaisesRegex(crash.error, r"readmem/py_readInt error at addr 0x1000, reading 4 bytes"):
            crash.readInt(0x1000, 4)
        with self.assertRaisesRegex(crash.error, "invalid parameter type"):
            readmem("x", 4)

    def test_masks(self):
        self.assertEqual(0xFFFF, unsigned16(-1))
        self.assertEqual(0xFFFFFFFF, unsigned32(-1))
        self.assertEqual(0xFFFFFFFF, uInt(-1))
        self.assertEqual(2**64 - 1, unsigned64(-1))
        self.assertEqual(2**64 - 1, uLong(-1))
        self.assertEqual("0xff", hexl(255))
        self.assertEqual(0x2000, ALIGN(0x1001, 0x1000))
        self.assertEqual((0x12345678, 0x12345678), (le32_to_cpu(0x12345678), cpu_to_le32(0x12345678)))
        self.assertEqual(0x5678, le16_to_cpu(0x12345678))

    def test_mem2long(self):
        self.assertEqual(-1, crash.mem2long(b"\xff" * 4, signed=1))
        self.assertEqual([1, 2], crash.mem2long(b"\1\0\0\0\2\0\0\0", array=2))
        with self.assertRaisesRegex(crash.error, "bad size"):
            crash.mem2long(b"123")

    def test_fd_isset(self):
        self.assertTrue(FD_ISSET(9, b"\0\2"))
        self.assertFalse(FD_ISSET(8, b"\0\2"))


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
        self.assertEqual("StructResult_struct_task_struct", cls.__name__)
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


class Lists(unittest.TestCase):
    def setUp(self):
        self.head = sym2addr("modules")
        self.expected = [module.address for module in pykd.current().modules()]
        self.offset = member_offset("struct module", "list")

    def test_su_list(self):
        modules = readSUListFromHead(self.head, "list", "struct module")
        self.assertEqual(self.expected, modules)
        self.assertEqual("struct module", modules[0].PYT_symbol)
        self.assertEqual(modules, readSUListFromHead(readSymbol("modules"), "list", "struct module"))
        self.assertEqual(len(modules) + 1, len(readSUListFromHead(self.head, "list", "struct module", inchead=True)))
        # By name: a symbol of the struct itself, whose member is the head.
        by_name = readSUListFromHead("init_task", "tasks", TASK)
        self.assertEqual(readSUListFromHead(sym2addr("init_task") + member_offset(TASK, "tasks"), "tasks", TASK), by_name)

    def test_addresses(self):
        links = [address + self.offset for address in self.expected]
        self.assertEqual([self.head, *links], readList(self.head))
        for function in (readListByHead, list_for_each_entry):
            self.assertEqual(links, function(self.head))
        self.assertEqual(links, readList(self.head, inchead=False))
        self.assertEqual([], readList(0))
        self.assertEqual(([self.head, *links], None), readBadList(self.head))
        self.assertEqual([], readBadList(0))
        self.assertEqual(len(links), getListSize(self.head, 0, 10000))
        self.assertEqual(2, getListSize(self.head, 0, 2))

    def test_limit(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.assertEqual(2, len(readSUListFromHead(self.head, "list", "struct module", maxel=2)))
        warning = r"^\+\+\+WARNING\+\+\+ We have reached the limit while reading a list maxel=2\n\t\tfrom .*test_limit"
        self.assertRegex(output.getvalue(), warning)
        self.assertEqual("", printed(readSUListFromHead, self.head, "list", "struct module", maxel=2, warn=False))
        self.addCleanup(setListMaxel, 10000)
        setListMaxel(2)
        with contextlib.redirect_stdout(output):
            self.assertEqual(2, len(readListByHead(self.head)))
        pylog.cleanup()

    def test_list_head(self):
        modules = ListHead(self.head, "struct module")
        self.assertEqual(self.expected, modules.list)
        with self.assertRaises(KeyError):
            modules.no_such
        links = ListHead(self.head)
        self.assertEqual("struct list_head", links[0].PYT_symbol)
        self.assertEqual(list(modules), links)

    def test_empty(self):
        self.assertFalse(LH_isempty(readSymbol("modules")))

    def test_struct_next(self):
        self.assertEqual([], readStructNext(0, "next"))
        head = readSymbol("modules")
        self.assertEqual(readList(self.head), readStructNext(head, "next"))
        self.assertEqual(readListByHead(self.head), readStructNext(head, "next", inchead=False))

    def test_array(self):
        first = readSUArray("struct list_head", self.head, 2)
        self.assertEqual([self.head, self.head + 16], first)
        self.assertEqual(first, list(iterN(readSUArray("struct list_head", self.head), 2)))

    def test_container_of(self):
        module = readSU("struct module", self.expected[0])
        self.assertEqual(module, container_of(module.list, "struct module", "list"))
        self.assertEqual(module, container_of(int(module) + self.offset + 8, "struct module", "list.prev"))
        with self.assertRaises(KeyError):
            container_of(module.list, "struct module", "no_such")
        # How programs ask for the offset of a member.
        self.assertEqual(self.offset, -container_of(0, "struct module", "list"))

    def test_hlist(self):
        block = readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block")[0]
        blocks = list(hlist_for_each_entry("struct super_block", block.s_type.fs_supers, "s_instances"))
        self.assertIn(block, blocks)
        self.assertEqual({block.s_type}, {other.s_type for other in blocks})

    def test_buckets(self):
        start = sym2addr("init_task") + member_offset(TASK, "tasks")
        expected = [(0, readPtr(start)), (1, readPtr(start + 8))]
        self.assertEqual(expected, getFullBucketsH(start, 8, 2, 0))
        self.assertEqual([pointer for _, pointer in expected], getFullBuckets(start, 8, 2, 0))
        self.assertEqual([(0, expected[1][1])], getFullBucketsH(start, 16, 1, 8))
        self.assertEqual([], getFullBuckets(start, 8, 0, 0))
        for arguments in ((start, 8, 2**40, 0), (start, 2**40, 2, 0), (start, 8, 2, 2**40), (0x10, 8, 2, 0)):
            with self.assertRaisesRegex(crash.error, "readmem error at addr 0x"):
                getFullBuckets(*arguments)
        self.assertEqual(len(self.expected), getListSize(self.head, 0, 2**70))


class Tasks(unittest.TestCase):
    def test_by_pid(self):
        task = pid_to_task(1)
        self.assertEqual(1, readSU(TASK, task).pid)
        self.assertEqual(1, task_to_pid(task))
        self.assertEqual(0, pid_to_task(123456789))
        self.assertIsNone(task_to_pid(0x1000))

    def test_active(self):
        self.assertTrue(any(is_task_active(task) for task in pykd.cpus.active_tasks().values()))
        self.assertFalse(is_task_active(0x1000))

    def test_memory(self):
        total, resident = get_task_mem_usage(pid_to_task(1))
        self.assertGreater(total, resident)
        self.assertGreater(resident, 0)
        self.assertEqual((0, 0), get_task_mem_usage(sym2addr("init_task")))

    def test_user_memory(self):
        for task in pykd.tasks.processes():
            if not task.mm or not task.mm.arg_start:
                continue
            start = task.mm.arg_start
            try:
                data = readProcessMem(task, start, 16)
            except crash.error:
                continue
            self.assertEqual(16, len(data))
            self.assertEqual(data, readmem(uvtop(task, start), 16, crash.PHYSADDR) if start & 4095 < 4080 else data)
            set_readmem_task(task)
            try:
                self.assertEqual(data, readmem(start, 16))
            finally:
                set_readmem_task(0)
            with self.assertRaises(crash.error):
                readmem(start, 16)
            return
        self.skipTest("user pages are not in this dump")

    def test_user_errors(self):
        with self.assertRaisesRegex(crash.error, "bad taskaddr"):
            set_readmem_task(0x1000)
        with self.assertRaisesRegex(crash.error, "uvtop error at vaddr 0x10"):
            uvtop(pid_to_task(1), 0x10)

    def test_page(self):
        physical = pykd.current().translate(sym2addr("init_task"))
        page = phys_to_page(physical)
        self.assertEqual(page + struct_size("struct page"), phys_to_page(physical + PAGESIZE))
        with self.assertRaisesRegex(crash.error, "phys_to_page error at physaddr 0x"):
            phys_to_page(1 << 60)
        self.assertEqual(0x123, crash.PAGEOFFSET(0x1123))

    def test_pathname(self):
        root = readSU(TASK, pid_to_task(1)).fs.root
        self.assertEqual("/", get_pathname(root.dentry, root.mnt))

    def test_nsproxy(self):
        self.addCleanup(set_nsproxy, None)
        self.assertEqual(sym2addr("init_nsproxy"), get_nsproxy())
        set_nsproxy(1)
        self.assertEqual(readSU(TASK, pid_to_task(1)).nsproxy, get_nsproxy())
        with self.assertRaises(SystemExit) as raised, contextlib.redirect_stdout(io.StringIO()) as output:
            set_nsproxy(123456789)
        self.assertEqual(0, raised.exception.code or 0)
        self.assertEqual("There is no PID=123456789\n", output.getvalue())

    def test_percpu(self):
        self.assertTrue(is_percpu_symbol(sym2addr("runqueues")))
        self.assertFalse(is_percpu_symbol(sym2addr("init_task")))

    def test_kernel_numbers(self):
        self.assertGreater(crash.get_uptime(), 0)
        self.assertGreater(crash.get_NR_syscalls(), 300)


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


class Caches(unittest.TestCase):
    def test_memoize(self):
        calls = []

        @memoize_cond(CU_PYMOD)
        def squared(n):
            calls.append(n)
            return n * n

        self.assertEqual([4, 4, 9], [squared(2), squared(2), squared(3)])
        self.assertEqual([2, 3], calls)
        self.assertEqual(4, squared(2, MEMOIZE=False))
        self.assertEqual([2, 3, 2], calls)
        purge_memoize_cache(CU_LIVE)
        squared(2)
        self.assertEqual([2, 3, 2], calls)
        purge_memoize_cache(CU_PYMOD)
        squared(2)
        self.assertEqual([2, 3, 2, 2], calls)

    def test_py_select(self):
        def choose():
            here = {"a": 1}  # noqa: F841 (the expressions name it)
            return PY_select("here['no']", "here['a']", "nothing")

        self.assertEqual([1, 1], [choose(), choose()])
        self.assertIsNone(PY_select("no_such_name"))
        API.PY_select_purge()

    def test_dcache(self):
        self.assertIsNone(DCache.tmp.nothing)
        DCache.tmp.x = 1
        DCache.perm.x = 2
        DCache.cleartmp()
        self.assertEqual((None, 2), (DCache.tmp.x, DCache.perm.x))
        DCache.clearperm()

    def test_patch(self):
        module = type(sys)("pykd_test_module")
        exec("def f(*, n=1): return n", module.__dict__)
        patch_default_kw(module, "n", 5)
        self.assertEqual(5, module.f())

    def test_registered(self):
        registerModuleAttr("TestLevel", default=3, help="of a test")
        self.assertEqual(3, TestLevel)
        target = type("Target", (), {})()
        registerObjAttrHandler(target, "level", default=1, type=int)
        self.assertEqual(1, target.level)
        from pykdump.Generic import pyctl

        pyctl.find("TestLevel").set(7)
        self.assertEqual(7, TestLevel)
        for name in ("_debugDCache", "debugDLKM", "debugDeref", "debugMP_KW", "debugMemoize", "debugReload"):
            self.assertIsNotNone(pyctl.find(name), name)
        for name in ("TestLevel", "level"):
            del pyctl.entries[name]
        self.assertIs(sys.modules[__name__], getCurrentModule())


class Log(unittest.TestCase):
    def setUp(self):
        pylog.cleanup()
        self.addCleanup(pylog.cleanup)

    def test_summary(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            pylog.warning("one", 1)
            pylog.warning("one", 1)
            PyLog().error("two")
            pylog.timeout("<x> failed")
            pylog.info("three")
            pylog.warning_onexit("four")
            pylog.onexit()
        self.assertEqual(
            "+++WARNING+++ one 1\n+++WARNING+++ one 1\n+++ERROR+++ two\n+++WARNING+++ <x> failed\n\n"
            + "*" * 78
            + "\n"
            + " A Summary Of Problems Found ".center(78, "*")
            + "\n"
            + "*" * 78
            + "\n"
            + " Some crash built-in commands did not complete within timeout ".center(78, "-")
            + "\n    <x> failed\n"
            " *** You can rerun your command with a different timeout\n"
            "     by adding --timeout=NNN to your options\n"
            "     For example, 'crashinfo -v --timeout=1200\n"
            "     to run with timeout of 1200s\n"
            + " A list of all +++WARNING+++ messages ".center(78, "-")
            + "\n    one 1\n    four\n"
            + " A list of all +++ERROR+++ messages ".center(78, "-")
            + "\n    two\n"
            + "-" * 78
            + "\n\n"
            + " Additional Info ".center(78, "~")
            + "\n    three\n"
            + "~" * 78
            + "\n",
            output.getvalue(),
        )

    def test_nothing(self):
        self.assertEqual("", printed(pylog.onexit))

    def test_silent(self):
        pylog.silent("hidden")
        self.assertEqual(["hidden", ""], [pylog.getsilent(), pylog.getsilent()])
        pylog.silent("again")
        pylog.silenterror("extra")
        self.assertIn("    extra again\n", printed(pylog.onexit))


class Helpers(unittest.TestCase):
    def test_bunch(self):
        bunch = Bunch(a=1)
        bunch.b = 2
        self.assertEqual((1, 2), (bunch.a, bunch["b"]))
        with self.assertRaises(AttributeError):
            bunch.c
        self.assertEqual("   a            1\n   b            2", str(bunch.copy()))

    def test_true_once(self):
        once = TrueOnce(2)
        self.assertEqual([True, True, False], [bool(once) for _ in range(3)])

    def test_cenum(self):
        enum = CEnum("enum { A, B = 4, /* x */ C };")
        self.assertEqual((0, 4, 5, "B", 5, 3), (enum.A, enum.B, enum.C, enum[4], enum.getByName("C"), len(enum)))
        self.assertEqual(["A", "B", "C"], enum.getAllNames())

    def test_cdefine(self):
        define = CDefine("#define A 0x10 /* sixteen */\n#define B 010\n#define C A\n#define D (1 << 4)\n")
        self.assertEqual((16, 8, 16, 16), (define.A, define["B"], define.C, define.D))
        self.assertEqual({"A": 1}, CDefine({"A": 1}))
        self.assertEqual(("D", "A", "B"), (define.value2key(16), define.oldvalue2key(16), define.value2key(8)))

    def test_dbits2str(self):
        flags = {"F_A": 1, "F_B": 2, "F_BOTH": 3, "F_C": 4}
        self.assertEqual("F_A|F_C", dbits2str(5, flags))
        self.assertEqual("A|C", dbits2str(5, flags, 2))

    def test_columns(self):
        self.assertEqual("a".ljust(38) + " b\n" + " " * 38 + " c\n", printed(print2columns, "a", "b\nc"))

    def test_iter(self):
        self.assertEqual([0, 1], list(iterN(range(5), 2)))
        self.assertEqual([0], list(iterN(range(1), 2)))

    def test_argv(self):
        self.assertEqual(' prog "a b" c ', argv2s(["/x/prog", "a b", "c"]))

    def test_regular_file(self):
        with tempfile.TemporaryFile("w") as file, contextlib.redirect_stdout(file):
            self.assertTrue(isfileoutput())
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertFalse(isfileoutput())

    def test_require(self):
        require_cmod_version("3.0.1")
        with self.assertRaises(ImportError):
            require_cmod_version("99.0.0")

    def test_timeout(self):
        before = set_default_timeout(5)
        self.assertEqual(5, set_default_timeout(before))

    def test_defaultdict(self):
        self.assertEqual([], defaultdict(list)["x"])

    def test_drawings(self):
        from pykdump.ASCII_Art import EmbeddedFrames

        frame = EmbeddedFrames("T")
        frame.addText("text")
        self.assertEqual(" +---T---+\n | text  |\n +-------+", str(frame))

    def test_tables(self):
        from pykdump.tparser import parser_header_tabs

        self.assertEqual([{"a": "1", "b": "2", "__extra": ["3"]}], parser_header_tabs("a b\n1 2 3\n\n", anyws=True))


class Commands(unittest.TestCase):
    def setUp(self):
        from pykd.session.session import Session

        self.addCleanup(host.set_current, host.current())
        Session(pykd.current())

    def test_output(self):
        self.assertIn(kname, exec_crash_command("sys"))
        self.assertIn("swapper/0", exec_crash_command("struct task_struct.comm init_task"))

    def test_user_memory_goes_with_its_task(self):
        before = exec_crash_command("set")
        other = next(task for task in pykd.tasks.processes() if task.mm and f"PID: {task.pid}\n" not in before)
        set_readmem_task(other)
        try:
            self.assertIn(f"PID: {other.pid}\n", exec_crash_command("set"))
        finally:
            set_readmem_task(0)
        self.assertEqual(before, exec_crash_command("set"))

    def test_failure(self):
        with self.assertRaises(crash.error) as raised:
            exec_crash_command("struct no_such_struct")
        self.assertIn("no_such_struct", str(raised.exception))

    def test_child(self):
        for command, status in (("sys", 0), ("no_such_command", 1)):
            fd, pid = exec_crash_command_bg2(command)
            with open(fd, encoding="utf-8") as pipe:
                output = pipe.read()
            self.assertEqual(status, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            if not status:
                self.assertEqual(exec_crash_command("sys"), output)

    def test_process_name(self):
        pid = os.fork()
        if not pid:
            crash.setprocname("a name of more than 15")
            with open("/proc/self/comm") as file:
                os._exit(file.read() != "a name of more \n")
        self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    def test_background(self):
        self.assertIn(kname, exec_crash_command_bg("sys"))
        fd, pid = exec_crash_command_bg2("sys")
        with open(fd) as pipe:
            self.assertIn(kname, pipe.read())
        self.assertEqual(0, os.waitpid(pid, 0)[1])

    def test_background_failure(self):
        self.addCleanup(pylog.cleanup)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec_crash_command_bg("struct no_such_struct")
        self.assertIn("+++WARNING+++ <struct no_such_struct> exited abnormally, ExitCode=1", output.getvalue())

    def test_background_timeout(self):
        self.addCleanup(pylog.cleanup)
        script = "import time\ntime.sleep(60)\n"
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file, contextlib.redirect_stdout(io.StringIO()) as output:
            file.write(script)
            file.flush()
            exec_crash_command_bg(f"epython {file.name}", timeout=1)
        self.assertIn("failed to complete within the timeout period of 1s", output.getvalue())

    def test_errors_elsewhere(self):
        with SuppressCrashErrors():
            with self.assertRaises(crash.error) as raised:
                exec_crash_command("struct no_such_struct")
            self.assertEqual("", str(raised.exception))
        self.assertEqual("default", crash.crash_set_error("default"))

    def test_exec_command(self):
        self.assertIn(kname, printed(exec_command, "sys"))

    def test_gdb(self):
        self.assertIsNone(exec_gdb_command("no such command"))

    def test_registered(self):
        names = crash.get_epython_cmds()
        self.assertEqual("epython", names[0])
        self.assertIn("taskinfo", names)


class Hooks(unittest.TestCase):
    """compat.md 1.3 to 1.5, as a whole in a process of its own."""

    def program(self, text, *arguments, shell=None):
        dump = pykd.current().path
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prog.py")
            with open(path, "w") as file:
                file.write(text)
            command = " ".join(["epython", path, *arguments])
            result = subprocess.run(
                [dumps.PYKD, dump, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
            )
        return result.stdout.decode()

    def test_options_are_taken_away(self):
        names = "sys.argv[1:], API_options.debug, crash.default_timeout, API_options.experimental"
        text = f"from pykdump.API import *\nprint({names})\n"
        output = self.program(text, "-d", "--timeout=7", "x", "--debug", "2", "--experimental", "--time=1")
        self.assertIn("['-d', 'x', '--time=1'] 2 7 1\n", output)

    def test_maxel(self):
        text = "from pykdump.API import *\nprint(len(readSUListFromHead('init_task', 'tasks', 'struct task_struct', warn=False)))\n"
        self.assertTrue(self.program(text, "--maxel=3").startswith("3\n"))

    def test_usens(self):
        text = "from pykdump.API import *\nprint(get_nsproxy() == readSU('struct task_struct', pid_to_task(1)).nsproxy)\n"
        self.assertTrue(self.program(text, "--usens=1").startswith(" *=*=* Using namespaces of PID 1  *=*=*\nTrue\n"))
        self.assertIn("There is no PID=99999999\n", self.program(text, "--usens=99999999"))

    def test_ofile(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out")
            self.program("from pykdump.API import *\nprint('hello')\n", f"--ofile={path}")
            with open(path) as file:
                lines = file.read().split("\n")
        self.assertEqual("", lines[0])
        self.assertRegex(lines[1], r"^   \*+ prog.py --ofile=\S+ \*+$")
        self.assertEqual(f" {f' {pykd.current().path} ({kname}) ':o^77}", lines[2])
        self.assertEqual("hello", lines[3])
        self.assertRegex(lines[5], r"^ \*\* Execution took  .\d\.\d\ds \(real\)  .\d\.\d\ds \(CPU\)$")

    def test_no_footer_without_the_api(self):
        self.assertEqual("hello\n", self.program("print('hello')\n"))

    def test_bad_value(self):
        self.assertIn("invalid integer value", self.program("from pykdump.API import *\n", "--timeout=x"))


class OtherDumps(unittest.TestCase):
    """All of this on each dump at hand."""

    def test_each(self):
        dumps.run_on_others("test_api.")


if __name__ == "__main__":
    unittest.main()
