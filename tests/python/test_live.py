# SPDX-License-Identifier: GPL-2.0-or-later
"""The running kernel: how it is asked for, why it is refused, and a made-up /proc/kcore that answers as its dump does.

tools/vmtest/live.py asks real ones.
"""

import errno
import io
import os
import re
import struct
import subprocess
import tempfile
import unittest
from contextlib import redirect_stdout
from unittest import mock

import _pykd
import pykd
from dumps import PYKD, opened, vmcores
from pykd.app import cli, live
from pykd.core import memo
from pykd.kernel.stack.tracer import Tracer
from pykd.kernel.task import threads
from pykd.session import context
from pykd.session.session import Session

PAGE = 4096


class Parse(unittest.TestCase):
    def test_the_path_may_be_left_out(self):
        self.assertEqual(cli.parse(["--live", "-c", "ps"]).paths, ["/proc/kcore"])
        self.assertEqual(cli.parse(["--live", "/host/proc/kcore", "-c", "ps"]).paths, ["/host/proc/kcore"])
        self.assertEqual(cli.parse(["/proc/kcore", "--live"]).paths, ["/proc/kcore"])

    def test_a_program_is_no_path(self):
        arguments = cli.parse(["--live", "prog.py", "--json"])
        self.assertEqual((arguments.paths, arguments.program, arguments.json), (["/proc/kcore"], ["prog.py", "--json"], False))
        arguments = cli.parse(["--live", "/proc/kcore", "prog.py", "x"])
        self.assertEqual((arguments.paths, arguments.program), (["/proc/kcore"], ["prog.py", "x"]))

    def test_a_dump_is_not_alive(self):
        for words in (["vmcore", "--live"], ["--live", "--part", "vmcore.2"]):
            with self.subTest(words=words), self.assertRaisesRegex(cli.UsageError, "leave out vmcore"):
                cli.parse(words)


class WhyNot(unittest.TestCase):
    def reason(self, number, capable=False):
        error = _pykd.FileError(number, "cannot open", "/proc/kcore")
        with mock.patch.object(live, "may_do_raw_io", return_value=capable):
            return live.why_not("/proc/kcore", error)

    def test_reasons(self):
        self.assertIn("is not mounted", self.reason(errno.ENOENT))
        self.assertIn("as root", self.reason(errno.EACCES))
        self.assertIn("CAP_SYS_RAWIO", self.reason(errno.EPERM))
        self.assertIn("locked down", self.reason(errno.EPERM, capable=True))
        self.assertEqual(self.reason(errno.EIO), "cannot open")
        self.assertIn("masked", live.why_not("/dev/null", pykd.FormatError("holds no data")))


def make_kcore(dump, path):
    """Write what the running kernel would have shown of its memory: one range, zeros where the dump has no page."""
    text = "".join(f"{key}={value}\n" for key, value in dump.vmcoreinfo.items()).encode()
    note = struct.pack("<III", 11, len(text), 0) + b"VMCOREINFO\0\0" + text + b"\0" * (-len(text) % 4)
    # As in /proc/kcore the registers of a task are zeros.
    status = struct.pack("<III", 5, 336, 1) + b"CORE\0\0\0\0" + bytes(336)
    notes = status + note
    size = dump.max_pfn * PAGE
    start = 1 << 20
    segments = (
        (4, 0, 4096 * 2, 0, 0, len(notes)),  # PT_NOTE: type, flags, offset, virtual, physical, size
        (1, 7, start, 0xFFFFC90000000000, 2**64 - 1, PAGE),
        (1, 7, start, dump.layout["page_offset"], 0, size),
    )
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    for kind, flags, offset, virtual, physical, length in segments:
        header += struct.pack("<IIQQQQQQ", kind, flags, offset, virtual, physical, length, length, PAGE)
    with open(path, "wb") as file:
        file.write(header)
        file.seek(4096 * 2)
        file.write(notes)
        file.truncate(start + size)
        for pfn in range(dump.max_pfn):
            if dump.page_status(pfn) == "present":
                file.seek(start + pfn * PAGE)
                file.write(dump.read_physical(pfn * PAGE, PAGE))


class Kcore(unittest.TestCase):
    """The sample dump in the shape of /proc/kcore."""

    @classmethod
    def setUpClass(cls):
        cls.sample = vmcores()[0]
        cls.folder = tempfile.TemporaryDirectory(prefix="pykd-test-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.kcore = os.path.join(cls.folder.name, "kcore")
        dump = opened(cls.sample)
        if dump.max_pfn > 1 << 20:
            raise unittest.SkipTest("the dump is too large")
        make_kcore(dump, cls.kcore)

    def answers(self, *commands):
        words = [word for command in commands for word in ("-c", command)]
        outputs = []
        for start in ([self.sample], ["--live", self.kcore]):
            done = subprocess.run([PYKD, *start, *words], capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual(done.stderr, "")
            outputs.append(re.sub(r"(?m)^ \*\* Execution took .*", "", done.stdout))
        return outputs

    def test_same_answers(self):
        of_dump, alive = self.answers("taskinfo --summ", "mod", "mount", "files 1", "bt 1", "sym schedule", "kmem -V", "log")
        self.assertEqual(alive, of_dump)
        self.assertIn("TASK_INTERRUPTIBLE", alive)

    def test_it_says_so(self):
        of_dump, alive = self.answers("sys")
        self.assertNotIn("LIVE SYSTEM", of_dump)
        self.assertIn("LIVE SYSTEM", alive)

    def test_running_tasks_have_no_registers(self):
        """What a CPU runs is known, and its stack is not to be trusted: no frame, and no complaint."""
        _, alive = self.answers("bt -a")
        self.assertIn("(active)", alive)
        self.assertNotIn("#0", alive)

    def test_answers_hold_for_one_command(self):
        """And in one command for a moment, which is why a program may look again and again."""
        dump = pykd.Dump(self.kcore, live=True)
        count = []
        numbered = pykd.per_dump(lambda _: count.append(0) or len(count))
        with mock.patch("time.monotonic", side_effect=[100.0, 100.5, 101.2, 101.3]):
            self.assertEqual([numbered(dump) for _ in range(3)], [1, 1, 2])
            memo.forget()
            self.assertEqual(numbered(dump), 3)

    def test_commands_begin_anew(self):
        session = Session(pykd.Dump(self.kcore, live=True))
        session.state["threads"] = ["old"]
        with redirect_stdout(io.StringIO()):
            self.assertTrue(session.run("eval 1"))
        self.assertNotIn("threads", session.state)

    def test_a_thread_of_no_list_has_no_others(self):
        self.assertEqual(pykd.tasks.listed(pykd.Dump(self.kcore, live=True)).others_of(0x1234), [])

    def write(self, dump, address, value):
        """Change a word of the kernel; returns what it was."""
        before = dump.read_unsigned(address)
        with open(self.kcore, "r+b") as file:
            file.seek((1 << 20) + dump.translate(address))
            file.write(struct.pack("<Q", value))
        return before

    def test_what_a_cpu_runs_shows(self):
        dump = pykd.Dump(self.kcore, live=True)
        cpu = dump.cpus()[0]
        self.assertNotEqual(cpu.current, int(dump.address_of("init_task")))
        place = dump.cpu_variable(cpu.nr, "current_task")
        before = self.write(dump, place, dump.address_of("init_task"))
        try:
            self.assertEqual(dump.cpus()[0].current, dump.address_of("init_task"))
        finally:
            self.write(dump, place, before)
        self.assertEqual(dump.cpus()[0].current, cpu.current)

    def test_a_stack_that_changes_is_not_shown(self):
        session = Session(pykd.Dump(self.kcore, live=True))
        tracer = Tracer(session.dump)
        thread = next(one for one in context.table(session) if one.pid == 1)
        self.assertTrue(tracer.trace(thread)["frames"])
        count = thread.address + session.dump.type("struct task_struct").offset_of("nvcsw")
        unwind, before = tracer._unwind, session.dump.read_unsigned(count)
        times = []

        def disturbed(thread, until):
            times.append(0)
            if len(times) < until:
                self.write(session.dump, count, before + len(times))
            return unwind(thread)

        try:
            tracer._unwind = lambda thread: disturbed(thread, 100)
            self.assertEqual((tracer.trace(thread)["end"], len(times)), ("active", 3))
            times.clear()
            tracer._unwind = lambda thread: disturbed(thread, 2)
            self.assertEqual((tracer.trace(thread)["end"] != "active", len(times)), (True, 2))
        finally:
            self.write(session.dump, count, before)

    def test_the_context_is_who_asks(self):
        dump = pykd.Dump(self.kcore, live=True)
        task = pykd.tasks.find(1, dump)
        with mock.patch("os.getpid", return_value=1), mock.patch("builtins.open", mock.mock_open(read_data=f"{task.comm}\n")):
            self.assertEqual(threads.crashed_thread(dump), int(task))
        with mock.patch("os.getpid", return_value=1), mock.patch("builtins.open", mock.mock_open(read_data="other\n")):
            self.assertNotEqual(threads.crashed_thread(dump), int(task))

    def test_what_changes_shows(self):
        dump = pykd.Dump(self.kcore, live=True)
        address = dump.address_of("jiffies_64")
        before = dump.read_unsigned(address)
        self.assertEqual(self.write(dump, address, before + 1000), before)
        self.assertEqual(dump.read_unsigned(address), before + 1000)
        self.write(dump, address, before)
