# SPDX-License-Identifier: GPL-2.0-or-later
"""Every public name of pykdump.API, on a real dump: what programs may rely on.

What is asserted holds for every kernel; known values come from the dump by another way (vmcoreinfo, the core's own API). Run with
PYKD_DUMP=FILE to choose the dump; OtherDumps runs all of this on each dump at hand.
"""
# ruff: noqa: B018, F403, F405 (attributes that raise are what is tested; star imports are how PyKdump's programs begin)

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest

import dumps
import pykd

dumps.have_one_open()

import crash  # noqa: E402
import pykdump.API as API  # noqa: E402
from pykdump.API import *  # noqa: E402


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
