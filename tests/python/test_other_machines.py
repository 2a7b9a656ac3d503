# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of arm64, riscv64 and s390x kernels: what is known of a machine without a dump, and real dumps beside the tree against what their guests said."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pykd
from dumps import PYKD, ROOT, SHARED
from pykd.kernel import machine
from pykd.kernel.stack import backtrace
from pykd.kernel.stack.tracer import Tracer
from pykd.kernel.task import table

sys.path.insert(0, os.path.join(ROOT, "tools", "vmtest"))


class Tables(unittest.TestCase):
    """The tables of pykd.kernel.machine, without any dump."""

    def test_names(self):
        for name in machine.KNOWN:
            with self.subTest(name):
                of = machine.named(name)
                self.assertEqual(of.name, name)
                self.assertTrue(of.pc and of.sp and of.fp and of.number and len(of.arguments) == 6)
                self.assertIs(machine.of_registers({of.pc: 1}), of)
        unknown = machine.named("vax")
        self.assertEqual((unknown.pc, unknown.flag_names(3), unknown.call_size), ("", [], 0))

    def test_page_table_entries(self):
        arm, risc, x86 = (machine.named(name) for name in ("aarch64", "riscv64", "x86_64"))
        z, power = machine.named("s390x"), machine.named("ppc64le")
        self.assertEqual((["PRESENT", "DIRTY", "WRITE", "PROTECT"], 0x95E000), (z.flag_names(0x95E215), z.target(self, 0x95E215)))
        self.assertTrue(z.is_present(0x95E415) and not z.is_present(0x123408) and z.swap_entry(0x123408) == (2, 0x123))
        self.assertEqual((["WRITE", "READ", "DIRTY", "ACCESSED", "PTE", "PRESENT"], 0xA852000), (power.flag_names(0xC00000000A852386), power.target(self, 0xC00000000A852386)))
        self.assertTrue(power.is_present(1 << 61) and not power.is_present(0x4000000000123002))
        self.assertEqual(arm.flag_names(0xF8000042259F03), ["VALID", "SHARED", "AF", "NG", "PXN", "UXN", "DIRTY"])
        self.assertEqual(arm.flag_names(0x20000067E41FC3), ["VALID", "USER", "RDONLY", "SHARED", "AF", "NG", "PXN"])
        self.assertEqual(risc.flag_names(0x20020C5B), ["PRESENT", "READ", "EXEC", "USER", "ACCESSED"])
        self.assertEqual(x86.flag_names(0x80000000096001E3), ["PRESENT", "RW", "ACCESSED", "DIRTY", "PSE", "GLOBAL", "NX"])
        # A page that nobody may access is present, a page in swap is not.
        self.assertTrue(arm.is_present(1 << 58) and arm.is_present(1 << 11 | 3 << 53) and not arm.is_present(0x123 << 12 | 3 << 6))
        self.assertEqual(arm.swap_entry(0x123 << 12 | 3 << 6), (3, 0x123))
        self.assertTrue(risc.is_present(0x22) and not risc.is_present(0x5 << 12 | 3 << 7))
        self.assertEqual(risc.swap_entry(0x5 << 12 | 3 << 7), (3, 5))

    def test_registers(self):
        lines = backtrace.register_lines({"pc": 0x42D49C, "lr": 0x402528, "sp": 0xFFFFE060AFB0, "x0": 3, "x29": 0x1D, "orig_x0": 3, "syscallno": 64})
        self.assertEqual(lines[0], "     PC: 000000000042d49c   LR: 0000000000402528   SP: 0000ffffe060afb0")
        self.assertEqual(lines[1], "    X29: 000000000000001d  X28: 0000000000000000  X27: 0000000000000000")
        self.assertEqual(lines[10:], ["     X2: 0000000000000000   X1: 0000000000000000   X0: 0000000000000003",
                                      "    ORIG_X0: 0000000000000003  SYSCALLNO: 40  PSTATE: 00000000"])  # fmt: skip
        lines = backtrace.interrupted_lines({"pc": 0xFFFF800008010000, "sp": 1, "lr": 2, "pstate": 0x60400005}, "do_idle+4", "cpu_idle+8")
        self.assertEqual(lines[:3], ["     PC: ffff800008010000  [do_idle+4]", "     LR: 0000000000000002  [cpu_idle+8]",
                                     "     SP: 0000000000000001  PSTATE: 60400005"])  # fmt: skip
        lines = backtrace.register_lines({"epc": 1, "ra": 2, "sp": 3, "a7": 0x40})
        self.assertEqual(lines[1:3], ["     ORIG_A0: 0000000000000000   SYSCALLNO: 0000000000000040",
                                      "epc : 0000000000000001  ra : 0000000000000002  sp : 0000000000000003"])  # fmt: skip


class OtherMachine:
    """What holds for the dump of any such machine."""

    version = "6.12"
    panic = "sysrq triggered crash"
    options: dict = {}
    """What ``pykd.open()`` and the command line get besides the dump."""

    @classmethod
    def setUpClass(cls):
        cls.path = os.path.join(SHARED, "vmcores-other", f"vmcore-{cls.name}-{cls.version}")
        packed = os.path.join(SHARED, "oracle", "other", f"{cls.name}-{cls.version}", "truth.tar.xz")
        if not (os.path.exists(cls.path) and os.path.exists(packed)):
            raise unittest.SkipTest(f"no dump of {cls.name} beside the tree")
        from truth import Truth

        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        if not (shutil.which("tar") and shutil.which("xz")):
            raise unittest.SkipTest("no tar or xz to unpack what the guest said")
        subprocess.run(["tar", "-xf", packed, "-C", folder.name], check=True)
        cls.truth = Truth(Path(folder.name) / "truth")
        cls.dump = pykd.open(cls.path, **cls.options)
        cls.addClassCleanup(cls.dump.close)

    def say(self, *commands):
        words = [word for command in commands for word in ("-c", command)]
        options = [f"--{name.replace('_', '-')}={value}" for name, value in self.options.items()]
        done = subprocess.run([PYKD, "--isolated", *options, self.path, *words], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_tasks(self):
        found = {int(task.pid): task for task in pykd.tasks.threads(self.dump)}
        missing = [tid for tid, thread in self.truth.threads.items() if tid not in found and not re.match("kworker|guest|sleep|dd$", thread.stat[0])]
        self.assertEqual(missing, [])
        for tid, thread in self.truth.threads.items():
            if tid in found and thread.last_ran and thread.unmoved(int(found[tid].se.exec_start)):
                name, fields = thread.stat
                self.assertEqual(int(found[tid].real_parent.tgid), int(fields[1]))
                if not name.startswith("kworker/"):
                    self.assertEqual(str(found[tid].comm), name[:15])

    def test_stacks(self):
        """Names and order of every stack of a thread that has slept since, as /proc/PID/stack had them."""
        same, different = 0, []
        start, end = (self.dump.address_of(f"__sched_text_{side}") for side in ("start", "end"))
        for task in pykd.tasks.threads(self.dump):
            thread = self.truth.threads.get(int(task.pid))
            wanted = re.findall(r"\] ([^+\s]+)\+(\w+)", thread.text("stack")) if thread else []
            if not wanted or not thread.unmoved(int(task.se.exec_start)):
                continue
            trace = self.dump.unwind(int(task))
            # /proc leaves the scheduler's own functions out, by where they are linked.
            frames = [(frame.name, f"{frame.offset:#x}") for frame in trace.frames if not start <= frame.pc - (not frame.exact) < end]
            self.assertTrue(all(frame.sure for frame in trace.frames), trace.frames)
            self.assertIn(trace.end, ("user", "entry"))
            if frames == wanted:
                same += 1
            else:
                different.append((int(task.pid), frames, wanted))
        self.assertGreater(same, 100)
        self.assertEqual(different, [])

    def test_exceptions(self):
        """Where a process entered the kernel is known for certain: once, at the top of its stack."""
        tracer = Tracer(self.dump)
        for thread in table.threads(self.dump):
            row = tracer.exceptions(thread)
            size = self.dump.type("struct pt_regs").size
            entered = [one["address"] for one in row.get("exceptions", ()) if one["user"]]
            if thread.mm and "error" not in row:
                with self.subTest(row["comm"], pid=row["pid"]):
                    end = self.dump.stack_of_task(thread.address)[1]
                    self.assertEqual([True], [0 <= end - size - address < 16 for address in entered])

    def test_symbols(self):
        for address, kind, name, module in list(self.truth.symbols())[::997]:
            if kind not in "AaUu" and not name.startswith((".L", "L0", "$")):
                with self.subTest(name=name):
                    self.assertIn(address, [symbol.address for symbol in self.dump.symbols(name) if (symbol.module or "") == module])
                    self.assertEqual(self.dump.symbol_at(address).address, address)

    def test_modules(self):
        wanted = {line.split()[0] for line in self.truth.lines("proc/modules")}
        self.assertEqual({module.name for module in self.dump.modules()} - wanted, set())

    def test_memory(self):
        """What the direct map has, page tables and read-only data have, too."""
        task = self.dump.address_of("init_task")
        steps, physical = self.dump.walk(task)
        self.assertEqual(self.dump.translate(task), physical)
        self.assertEqual(self.dump.read_physical(physical, 64), self.dump.read(task, 64))
        self.assertEqual(self.dump.read(self.dump.direct(physical), 64), self.dump.read(task, 64))
        self.assertIn(steps[-1][0], ("PMD", "PTE"))
        self.assertIn(f"Linux version {self.version.partition('-')[0]}".encode(), self.dump.read_string(self.dump.address_of("linux_banner")))

    def test_commands(self):
        text = self.say("sys", "bt", "ps", "mod", "mount", "net", "dev", "log", "vtop init_task", "mach", "help -m", "irq", "sys -c", "taskinfo --summ")
        self.assertIn(self.panic, text)
        for sign in ("Traceback", "internal error", "(error:"):
            self.assertNotIn(sign, text)


class Arm64(OtherMachine, unittest.TestCase):
    name = "arm64"

    def test_layout(self):
        layout = self.dump.layout
        self.assertEqual((layout["levels"], layout["pgdir_shift"], layout["page_offset"], layout["direct_physical"]), (4, 39, 0xFFFF112800000000, 1 << 30))

    def test_backtrace(self):
        text = self.say("bt", "bt 197")
        self.assertRegex(text, r" #0 \[ffff8000809bb8f0\] machine_kexec at ffffdc1552a33b78\n #1 \[\w+\] __crash_kexec at \w+\n #2 \[\w+\] panic at")
        self.assertRegex(text, r"\n#15 \[ffff8000809bbfe0\] el0t_64_sync at ffffdc1552a1154c\n     PC: 000000000042d49c   LR: 0000000000402528   SP: ")
        self.assertRegex(text, r"____do_softirq at \w+\n--- <IRQ stack> ---\n #3 \[\w+\] call_on_irq_stack at ")

    def test_disassembly(self):
        lines = self.say("dis __crash_kexec").splitlines()
        self.assertTrue(lines[3].endswith("<__crash_kexec+12>:\tsub\tsp, sp, #0x190"), lines[3])
        self.assertTrue(any(line.endswith("\tbl\t0xffffdc1552a33b28 <machine_kexec>") for line in lines))


class S390x(OtherMachine, unittest.TestCase):
    name = "s390x"

    def test_layout(self):
        layout = self.dump.layout
        self.assertEqual((self.dump.byteorder, layout["page_offset"], layout["image_start"], layout["phys_base"]), ("big", 0, 0x3FFFE7F8000, 0x8F8000))

    def test_backtrace(self):
        text = self.say("bt", "bt -a")
        self.assertRegex(text, r" #0 \[0000037ffee978d0\] stop_run at 3fffe9094f6\n #1 \[\w+\] on_panic_notify at \w+\n")
        self.assertRegex(text, r"\n#12 \[0000037ffee97f20\] system_call at 3ffff40d840\n PSW:  0705200180000000 000000000102dfea \(user space\)\n GPRS: 0{16} 0")
        self.assertRegex(text, r" PSW:  0704e00180000000 \w+ \(handle_softirqs\+130\)\n")
        self.assertRegex(text, r"__irq_exit_rcu at \w+\n--- <IRQ stack> ---\n #9 \[\w+\] do_ext_irq at ")

    def test_disassembly(self):
        lines = self.say("dis schedule").splitlines()
        self.assertTrue(lines[1].endswith("<schedule+6>:\tstmg\t%r10,%r15,104(%r15)"), lines[1])
        self.assertTrue(any(line.endswith("\tbrasl\t%r14,0x3ffff404fb0 <__schedule>") for line in lines))


class Riscv64(OtherMachine, unittest.TestCase):
    name = "riscv64"

    def test_layout(self):
        layout = self.dump.layout
        self.assertEqual((layout["levels"], layout["pgdir_shift"], layout["page_offset"], layout["direct_physical"]), (5, 48, 0xFF60000000000000, 1 << 31))

    def test_backtrace(self):
        text = self.say("bt 1")
        self.assertRegex(text, r" #0 \[ff20000000013ab0\] __schedule at ffffffff80a7854c\n")
        self.assertRegex(text, r" #7 \[ff20000000013ee0\] handle_exception at ffffffff80a8138a\n     PC: 00000000000b5926   RA: 00000000000b5936   SP: ")

    def test_disassembly(self):
        lines = self.say("dis schedule").splitlines()
        self.assertTrue(any(line.endswith("\tsd\tra,24(sp)") for line in lines))
        self.assertTrue(any(line.endswith("\tret") for line in lines))
