# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory, lists, tasks and commands, as programs use them by pykdump.API, on a real dump. How: see test_api."""
# ruff: noqa: B018, F403, F405 (attributes that raise are what is tested; star imports are how PyKdump's programs begin)

import contextlib
import io
import os
import tempfile
import unittest

import dumps
import pykd

dumps.have_one_open()

import crash  # noqa: E402
from pykd.core import host  # noqa: E402
from pykdump.API import *  # noqa: E402

TASK = "struct task_struct"


def printed(function, *args, **kwargs):
    """What a call prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        function(*args, **kwargs)
    return output.getvalue()


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
        dumps.need_another(self, "user pages are not in this dump")

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

    def test_messages_are_no_lines(self):
        """What a command that worked complains of is for the user, by default; a program parses the output."""
        command = "sym init_task no_such_symbol"
        lines = exec_crash_command("sym init_task")
        with contextlib.redirect_stderr(io.StringIO()) as messages:
            self.assertEqual(lines, exec_crash_command(command))
            fd, pid = exec_crash_command_bg2(command)
        self.assertIn("no_such_symbol", messages.getvalue())
        with open(fd, encoding="utf-8") as pipe:
            self.assertEqual(lines, pipe.read())
        os.waitpid(pid, 0)
        self.addCleanup(crash.crash_set_error, crash.crash_set_error("redirect"))
        self.assertIn("no_such_symbol", exec_crash_command(command))

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


class OtherDumps(unittest.TestCase):
    """All of this on each dump at hand."""

    def test_each(self):
        dumps.run_on_others("test_api_kernel.")


if __name__ == "__main__":
    unittest.main()
