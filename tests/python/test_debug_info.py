# SPDX-License-Identifier: GPL-2.0-or-later
"""Names and types from a vmlinux: a dump of 4.15 without BTF against what its guest said. What DWARF says of C is tested in tests/c/test_debug.c."""

import os
import re
import subprocess
import tempfile
import unittest

from test_other_machines import OtherMachine

import pykd
from dumps import PYKD, SHARED, vmcores
from other_machines import unpacked
from pykd.app import second
from pykd.kernel.fs import mounts


def vmlinux():
    """The kernel of the 4.15 dump, unpacked once into the build folder."""
    path = unpacked("vmlinux-4.15.xz")
    if not path:
        raise unittest.SkipTest("no vmlinux of 4.15 beside the tree")
    return path


class WithoutBtf(OtherMachine, unittest.TestCase):
    name, version, panic = "x86_64", "4.15-nobtf", "unable to handle kernel NULL pointer dereference"

    @classmethod
    def setUpClass(cls):
        cls.options = {"vmlinux": vmlinux()}
        super().setUpClass()

    test_exceptions = None
    """Registers are known by their form on x86: those of an entry before the last one may be there still."""

    def test_origins(self):
        self.assertEqual((self.dump.names_origin, self.dump.types_origin), (None, self.options["vmlinux"]))

    def test_mounts(self):
        wanted = [line.split()[4] for line in self.truth.lines("proc/1/mountinfo")]
        init = next(task for task in pykd.tasks.threads(self.dump) if int(task.pid) == 1)
        found = [mounts.mount_path(self.dump, mount) for mount in mounts.mounts(self.dump, int(init))]
        self.assertEqual(sorted(found), sorted(wanted))

    def test_variables(self):
        """The debug info types what no declaration does."""
        self.assertEqual(str(self.dump.variable("init_uts_ns").name.release), "4.15.18")
        self.assertEqual(len(self.dump.variable("vm_node_stat")), self.dump.enumerator("NR_VM_NODE_STAT_ITEMS"))

    def test_names_alone(self):
        """Without any types: sym, dis, rd, log."""
        done = subprocess.run([PYKD, "--isolated", self.path, "-c", "sym __schedule", "-c", "dis __schedule 1", "-c", "rd linux_banner"],
                              capture_output=True, text=True, check=False)  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\A[0-9a-f]{16} \(t\) __schedule *\n0x[0-9a-f]+ <__schedule>:\t")

    def test_half_a_dump(self):
        """What was cut off with the second half of names and types is in the vmlinux."""
        with tempfile.NamedTemporaryFile() as half, open(self.path, "rb") as whole:
            half.write(whole.read(os.path.getsize(self.path) // 2))
            half.flush()
            with pykd.Dump(half.name, **self.options) as dump:
                self.assertFalse(dump.complete)
                self.assertEqual((dump.names_origin, dump.types_origin), (self.options["vmlinux"],) * 2)
                for name in ("schedule", "init_task", "jiffies", "runqueues"):
                    self.assertEqual(dump.address_of(name), self.dump.address_of(name))
                self.assertEqual(dump.type("struct task_struct").size, self.dump.type("struct task_struct").size)

    def test_inlined_functions(self):
        """What is inlined where, at return addresses of many stacks, as drgn says it."""
        with open(os.path.join(SHARED, "oracle", "other", f"{self.name}-{self.version}", "drgn.stacks"), encoding="ascii") as file:
            frames = re.findall(r"^ #\d+ (0xf\w+) [^\s]+(?: \[(\w+)\])? sp=(\w+)( inline)?", file.read(), re.MULTILINE)
        inlined: dict = {}
        for pc, name, sp, is_inlined in frames:
            inlined.setdefault((pc, sp), []).extend([name] if is_inlined else [])
        wanted = {int(pc, 16): names for (pc, _), names in inlined.items()}
        self.assertGreater(sum(bool(names) for names in wanted.values()), 20)
        for pc, names in wanted.items():
            self.assertEqual([function for function, _, _, is_inlined in self.dump.source(pc - 1) if is_inlined], names, hex(pc))

    def test_lines(self):
        text = self.say("bt -l 1", "sym schedule", "dis -s schedule", "dis -l schedule 1")
        self.assertRegex(text, r" #0 \[\w+\] __schedule at \w+\n    kernel/sched/core.c: 2833  \[context_switch, inlined\]\n    kernel/sched/core.c: 3408  \[__schedule\]\n #1 ")
        self.assertRegex(text, r" entry_SYSCALL_64_after_hwframe at \w+\n    arch/x86/entry/entry_64.S: \d+\n    RIP: ")
        self.assertRegex(text, r"\n\w+ \(T\) schedule kernel/sched/core.c: 3447\nFILE: kernel/sched/core.c\nLINE: 3447\n"
                               r"./arch/x86/include/asm/current.h: 15  \[get_current, inlined\]\nkernel/sched/core.c: 3447  \[schedule\]\n0x\w+ <schedule>:")  # fmt: skip
        with self.assertRaises(pykd.NotFoundError):
            pykd.Dump(self.path).source(self.dump.address_of("schedule"))

    def test_locals(self):
        """What drgn 0.2.0 says of the same frames with the same vmlinux."""
        trace = self.dump.unwind(int(next(task for task in pykd.tasks.threads(self.dump) if int(task.pid) == 1)))
        wait = next(frame for frame in trace.frames if frame.name == "do_wait")
        self.assertEqual(wait.locals(), ["wo", "tsk", "retval"])
        self.assertEqual((wait["tsk"].pid, wait["tsk"].comm, wait["wo"].wo_flags), (1, "init", 4))
        self.assertEqual(int(wait["wo"].child_wait.private), int(wait["tsk"]))
        with self.assertRaisesRegex(pykd.NotFoundError, "retval: optimised out"):
            wait["retval"]
        with self.assertRaisesRegex(pykd.NotFoundError, "no variable nothing in this frame"):
            wait["nothing"]
        self.assertTrue({"rbx", "r12", "r13", "r14", "r15"} <= set(wait.registers))
        self.assertEqual(trace.frames[0].variables()[0][:4], ("mm", 0, False, 2796))
        with pykd.Dump(self.path, system_map=unpacked("System.map-4.15.xz")) as without, self.assertRaises(pykd.NotFoundError):
            without.unwind(registers={"rip": without.address_of("schedule"), "rsp": trace.frames[0].sp}).frames[0].locals()

    def test_locals_shown(self):
        text = self.say("bt --locals 1")
        self.assertRegex(text, r"\n    kernel/exit.c: 1609\n        struct wait_opts \*wo = 0x\w+\n        struct task_struct \*tsk = 0x\w+\n"
                               r"        int retval = <optimised out>\n #3 ")  # fmt: skip
        done = subprocess.run([PYKD, "--isolated", self.path, "-c", "bt --locals"], capture_output=True, text=True, check=False)
        self.assertRegex(done.stdout + done.stderr, r"bt: no vmlinux was given \(--vmlinux FILE\)")

    def test_another_build(self):
        with self.assertRaisesRegex(pykd.Error, "its build-id is 67b7f2d72457334b02781abc8184e23bac1b9b68, the dump's is [0-9a-f]{40}$"):
            pykd.Dump(vmcores()[0], vmlinux=self.options["vmlinux"])


class Folders(unittest.TestCase):
    def test_places(self):
        dump = vmcores()[0]
        with pykd.Dump(dump) as opened:
            note = opened.vmcoreinfo
        places = list(second.candidates("", note))
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(OSError, "no vmlinux of this kernel in it"):
                second.vmlinux_in(folder, dump)
            for place in reversed(places):
                path = os.path.join(folder, place)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="ascii"):
                    pass
                self.assertEqual(second.vmlinux_in(folder, dump), path)
                self.assertEqual(second.vmlinux_in(path, dump), path)


if __name__ == "__main__":
    unittest.main()
