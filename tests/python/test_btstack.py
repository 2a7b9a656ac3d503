# SPDX-License-Identifier: GPL-2.0-or-later
"""LinuxDump.BTstack: text and objects are the same; hanginfo and fregs on top of it."""

import re
import subprocess
import tempfile
import unittest

from test_bt import run

from dumps import PYKD, busy, by_pykdump, have_one_open, opened, vmcores
from golden import without_times
from pykd.session.session import Session

have_one_open()

from LinuxDump import BTstack, fregsapi  # noqa: E402

TEXT = """\
PID: 7        TASK: ffff000000000001  CPU: 3    COMMAND: "a name"
 #0 [ffffc90000003e40] end_repeat_nmi at ffffffff81a01703
    [exception RIP: intel_idle+121]
    RIP: ffffffff81000001  RSP: ffffc90000003e90  RFLAGS: 00000046
--- <NMI exception stack> ---
 #1 [ffffc90000003e90] intel_idle at ffffffff81000001
 #2 [ffffc90000003f50] nvme_irq (via foo) at ffffffffc0000001 [nvme] *

not a stack

PID: 8        TASK: ffff000000000002  CPU: 0    COMMAND: "b"
(no stack)
"""


class Text(unittest.TestCase):
    def setUp(self):
        self.stacks = BTstack.exec_bt(text=TEXT)

    def test_headers(self):
        found = [(stack.pid, stack.addr, stack.cpu, stack.cmd) for stack in self.stacks]
        self.assertEqual(found, [(7, 0xFFFF000000000001, 3, "a name"), (8, 0xFFFF000000000002, 0, "b")])

    def test_frames(self):
        frames = self.stacks[0].frames
        self.assertEqual([(frame.level, frame.func) for frame in frames], [
            (0, "end_repeat_nmi"), (-1, "intel_idle"), (1, "intel_idle"), (2, "nvme_irq"),
        ])  # fmt: skip
        self.assertEqual(frames[1].offset, 121)
        self.assertIn("--- <NMI exception stack> ---", frames[1].data)
        self.assertEqual((frames[3].module, frames[3].via, frames[3].addr), ("nvme", "foo", 0xFFFFFFFFC0000001))

    def test_hasfunc(self):
        stack = self.stacks[0]
        self.assertEqual(stack.hasfunc("intel|nvme"), (1, "intel"))
        self.assertEqual(stack.hasfunc("intel|nvme", reverse=True), (3, "nvme"))
        self.assertEqual(stack.hasfunc("^foo$"), (3, "foo"))
        self.assertFalse(stack.hasfunc("nothing"))


class Operands(unittest.TestCase):
    def test_registers(self):
        registers = [fregsapi.Operand("register", name, 0, 8, "") for name in ("edi", "r9d", "al", "sil", "xmm0")]
        others = [fregsapi.Operand("number", "", 1, 8, ""), fregsapi.Operand("memory", "rax", 0, 8, "")]
        self.assertEqual([operand.general for operand in registers + others], ["RDI", "R9", "RAX", "RSI", None, None, None])

    def test_places(self):
        operands = [
            fregsapi.Operand("memory", "rsp", 8, 8, ""),
            fregsapi.Operand("memory", "rbp", -16, 8, ""),
            fregsapi.Operand("memory", "rsp", 8, 8, "rax"),
            fregsapi.Operand("memory", "rdi", 8, 8, ""),
            fregsapi.Operand("register", "rsp", 0, 8, ""),
        ]
        self.assertEqual([operand.place for operand in operands], [("rsp", 8), ("rbp", -16), None, None, None])


PROGRAM = """
import sys
from pykdump.API import *
from LinuxDump.BTstack import *
own = exec_bt("foreach bt")
parsed = exec_bt(text=exec_crash_command("foreach bt"))
assert len(own) == len(parsed) > int(sys.argv[1])
for a, b in zip(own, parsed):
    assert (a.pid, a.addr, a.cpu, a.cmd) == (b.pid, b.addr, b.cpu, b.cmd)
    assert repr(a) == repr(b), (repr(a), repr(b))
fast = fastSubroutineStacks().find_pids_byfuncname("schedule_timeout")
slow = {stack.pid for stack in own if stack.hasfunc("^schedule_timeout$")}
assert slow and slow <= fast
verifyFastSet(fast, "^schedule_timeout$")
assert fast == slow
print("all is well")
"""


def without_idle_workers(text):
    """What PyKdump's hanginfo prints, less the stacks of workers that have nothing to do: it takes them for hung."""
    total = 0

    def stacks(match):
        nonlocal total
        idle = re.search(r"#2   (worker|rescuer)_thread\n", match[0])
        total += 0 if idle else int(match[1])
        return "" if idle else match[0]

    text = re.sub(r"-------\ (\d+)\ stacks\ like\ that:.*?PIDs\ \.\.\.\ \n(?:[ \d]+\n)+\n", stacks, text, flags=re.DOTALL)
    return re.sub(r"(Non-classified UN Threads \*+) \d+ in total", lambda match: f"{match[1]} {total} in total", text)


class Programs(unittest.TestCase):
    maxDiff = 2000

    def test_hanginfo(self):
        for command, name in (
            ("hanginfo", "hanginfo"),
            ("hanginfo -v", "hanginfo__v"),
            ("hanginfo --maxpids=5", "hanginfo___maxpids=5"),
            ("hanginfo -h", "hanginfo__h"),
        ):
            with self.subTest(command):
                for dump, expected in by_pykdump(command, name):
                    self.assertEqual(without_idle_workers(expected), without_times(run(dump, command)[0]))

    def test_idle_threads_do_not_hang(self):
        """What is left unclassified sleeps uninterruptibly, and not because it has nothing to do."""
        for path in vmcores():
            text, _ = run(path, "hanginfo --maxpids=1000")
            pids = {int(pid) for block in re.findall(r"PIDs \.\.\. \n((?:[ \d]+\n)+)", text) for pid in block.split()}
            blocked = {row["pid"] for row in Session(opened(path)).rows("blocked") if "pid" in row}  # else what is not known
            with self.subTest(path):
                self.assertLessEqual(pids, blocked)

    def test_fregs(self):
        """Frames and callers are PyKdump's; so are its registers, to which we add those that it did not find."""
        for dump, reference in by_pykdump("fregs", "fregs"):
            with self.subTest(dump=dump):
                expected = [line for line in reference.splitlines() if not line.startswith("Unparsed")]
                text = run(dump, "fregs")[0]
                self.assertEqual([line for line in expected if line[:1] == "#"], re.findall(r"^#.*", text, re.MULTILINE))
                # The text that panic() was given.
                self.assertRegex(text, r"\n \+RDI: 0xffffffff[0-9a-f]{8}\n")
                self.assertIn("\n +RBP: 0x0\n", text)
        for dump, expected in by_pykdump("fregs -h", "fregs__h"):
            self.assertEqual(expected, without_times(run(dump, "fregs -h")[0]))

    def test_objects_and_text_agree(self):
        for dump in vmcores():
            with self.subTest(dump), tempfile.NamedTemporaryFile("w", suffix=".py") as file:
                file.write(PROGRAM)
                file.flush()
                command = [PYKD, dump, file.name, "90" if dump == busy() else "100"]
                result = subprocess.run(
                    command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
                )
                self.assertIn("all is well", result.stdout.decode())


if __name__ == "__main__":
    unittest.main()
