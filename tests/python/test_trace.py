# SPDX-License-Identifier: GPL-2.0-or-later
"""The command trace: records that were planted in the buffers of the sample, as text and as a file, and formats of events."""

import os
import random
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

from dumps import PAGE, SAMPLE, opened, vmcores
from planting import Planting
from pykd.core.errors import CommandError, UsageError
from pykd.kernel.task import threads
from pykd.kernel.trace import events, ringbuffer, show
from pykd.session.session import Session
from pykd.values.printfmt import Data, Format, FormatError

SECOND = 1_000_000_000


def small(delta, data):
    data += bytes(-len(data) % 4)
    return struct.pack("<I", len(data) // 4 | delta << 5) + data


def long(delta, data):
    data += bytes(-len(data) % 4)
    return struct.pack("<II", delta << 5, len(data) + 4) + data


def extend(kind, span):
    return struct.pack("<II", kind | (span & (1 << 27) - 1) << 5, span >> 27)


class Fake:
    """A record of these fields."""

    def __init__(self, **fields):
        self.fields = fields

    def field(self, name):
        if name not in self.fields:
            raise FormatError(name)
        return self.fields[name]

    dynamic = field

    def symbol(self, address, offset):
        return f"f{address:x}{'+0x0' if offset else ''}"

    def string(self, address):
        return f"text at {address}"

    def constant(self, name):
        if name != "ONE":
            raise FormatError(name)
        return 1


def array(data, size=1):
    return Data(data, size, False, "little")


class Formats(unittest.TestCase):
    def test_values(self):
        arrays = {"name": array(b"abc\0xyz"), "words": array(bytes(range(8)), 2), "ip": array(bytes((10, 0, 0, 1))), "six": array(bytes(15) + b"\1")}
        record = Fake(a=-1, b=6, big=1 << 63, **arrays)
        for text, expected in (
            ('"%d %u %lu", REC->a, REC->a, (unsigned long)REC->a', "-1 4294967295 18446744073709551615"),
            ('"%08lx|%-5d|%5d|%+d|%#x", REC->big, REC->b, REC->b, REC->b, REC->b', "8000000000000000|6    |    6|+6|0x6"),
            ('"%s|%.2s|%5s|%-5s|", REC->name, REC->name, "x", "y"', "abc|ab|    x|y    |"),
            ('"%s", REC->b > 5 && !(REC->a & 1) ? "yes" : REC->b % 4 == 2 ? "two" : "no"', "two"),
            ('"%d %d %d", (REC->a) >> 1, -7 / 2, ((int)(0xffffffff))', "-1 -3 -1"),
            ('"%d", (u8)(REC->b + 255)', "5"),
            ('"%d", (s8)(255)', "-1"),
            ('"%x %x", REC->words[1], ((u32 *)REC->words)[1]', "302 7060504"),
            ('"%s %s", __print_symbolic(REC->b, { 5, "five" }, { 6, "six" }), __print_symbolic(REC->b, { 1, "one" })', "six 0x6"),
            ('"%s", __print_symbolic(REC->b - 5, {ONE, "one"})', "one"),
            ('"%s", __print_flags(REC->b, "|", { 2, "B" }, { 4, "C" }, { 8, "D" })', "B|C"),
            ('"%s", __print_flags(REC->b | 16, "", { 2UL, "B" }, {4, "C" })', "BC0x10"),
            ('"%s", (REC->b & 1) ? __print_flags(REC->b, "|", {1, "x"}) : "none"', "none"),
            ('"%pI4 %pI6c", REC->ip, REC->six', "10.0.0.1 ::1"),
            ('"%ps %pS %p", (void *)REC->b, (void *)REC->b, (void *)REC->b', "f6 f6+0x0 0000000000000006"),
            ('"%s", __print_hex(REC->ip, 4)', "0a 00 00 01"),
            ('"%s", __print_array(REC->words, 2, 2)', "{0x100,0x302}"),
            ('"%s", __get_str(name)', "abc"),
            ('"%s" " joined\\n", REC->b', "text at 6 joined\n"),
            ('"100%% %c", \'x\'', "100% x"),
            ('"%d", (int)sizeof(unsigned long)', "8"),
        ):  # fmt: skip
            with self.subTest(text):
                self.assertEqual(expected, Format(text).text(record))

    def test_refused(self):
        deep = '"%d", ' + "(" * 500 + "1" + ")" * 500
        few = ("REC->a", '"%d"', '"%d", REC->', '"%5000d", 1', "\"%d\", '", deep)
        for text in (*few, '"%d", foo(1)', '"%d", REC->none', '"%d", NAME', '"%d", 1 / 0', '"%s", REC->list.next'):
            with self.subTest(text[:20]), self.assertRaises(FormatError):
                Format(text).text(Fake(a=1, list=1))

    def test_of_real_kernels(self):
        """All formats but those with functions of their own are understood."""
        for path in vmcores():
            found = events.events(opened(path))
            self.assertGreater(len(found), 1000)
            strange = []
            for event in found.values():
                try:
                    Format(event.print_fmt)
                except FormatError:
                    strange.append(event.name)
            with self.subTest(path):
                self.assertLess(len(strange), len(found) // 50, strange)


class Planted(Planting):
    def setUp(self):
        super().setUp()
        self.events = {event.name: event for event in events.events(self.dump).values()}
        (array,) = ringbuffer.for_each_instance(self.dump)
        self.buffer = ringbuffer.buffer_of(self.dump, array)
        self.cpus = dict(ringbuffer.cpu_buffers(self.dump, self.buffer))

    def record(self, name, pid=1, flags=0, preempt=0, tail=b"", **values):
        """The bytes of a record by its format."""
        event = self.events[name]
        size = max(field.offset + field.size for field in event.fields)
        data = bytearray(size)
        struct.pack_into("<HBBi", data, 0, event.number, flags, preempt, pid)
        for field in event.fields:
            if field.name in values:
                value = values[field.name]
                value = value if isinstance(value, bytes) else (value & (1 << 8 * field.size) - 1).to_bytes(field.size, "little")
                data[field.offset : field.offset + len(value)] = value
        return bytes(data) + tail

    def fill(self, cpu, stamp, data, page="reader_page", commit=None, read=0):
        """Let a page of a CPU's buffer hold these bytes."""
        page = int(getattr(self.cpus[cpu], page)) if isinstance(page, str) else page
        place = self.dump.read_unsigned(page + self.dump.type("struct buffer_page").offset_of("page"))
        self.altered.word(place, stamp, len(data) if commit is None else commit)
        self.altered.write(place + 16, data)
        self.set("buffer_page", page, "read", read)
        return place

    def session(self):
        return Session(self.altered.open(self))

    def switch(self, prev, following, state=0):
        one = {"prev_comm": prev, "prev_pid": 1, "prev_prio": 120, "prev_state": state}
        return self.record("sched_switch", pid=1, flags=1, preempt=2, **one, next_comm=following, next_pid=9, next_prio=-5)

    def test_times_and_kinds(self):
        record = self.record("sched_waking", comm=b"one")
        data = small(10, record) + long(20, record) + extend(30, 1 << 30) + small(1, record) + extend(31, 9 * SECOND) + small(2, record)
        data += struct.pack("<II", 29 | 5 << 5, 12) + bytes(8) + small(3, record) + struct.pack("<I", 29)  # one that was discarded, and the end of the page
        self.fill(0, SECOND, data + b"\xff" * 8)
        first = SECOND + 30
        self.assertEqual([SECOND + 10, first, first + (1 << 30) + 1, 9 * SECOND + 2, 9 * SECOND + 5], [row["time"] for row in self.session().rows("trace show")])

    def test_text(self):
        self.fill(0, SECOND, small(1000, self.switch(b"init", b"other", 2)) + small(1000, self.record("sys_enter_openat", pid=0, dfd=-100, filename=0x1234)))
        marker = self.record("print", pid=99999, ip=self.dump.symbol("schedule").address, tail=b"a marker\n\0")
        function = self.record("function", ip=self.dump.symbol("vfs_read").address, parent_ip=self.dump.symbol("ksys_read").address + 5)
        self.fill(1, SECOND, small(500, marker) + small(1000, function))
        session = self.session()
        lines = session.capture("trace show")[0].splitlines()
        self.assertEqual(
            [
                "           <...>-99999   [001] .....     1.000001: print:                schedule: a marker",
                "            init-1       [000] d..2.     1.000001: sched_switch:         "
                "prev_comm=init prev_pid=1 prev_prio=120 prev_state=D ==> next_comm=other next_pid=9 next_prio=-5",
                "            init-1       [001] .....     1.000002: function:             vfs_read <-ksys_read",
                "          <idle>-0       [000] .....     1.000002: sys_enter_openat:     "
                "dfd: 0xffffffffffffff9c, filename: 0x00001234, flags: 0x00000000, mode: 0x00000000",
            ],
            lines,
        )
        self.assertEqual(["function"], [row["event"] for row in session.rows("trace show -c 1 -e ftrace:function")])
        self.assertEqual(["sched_switch"], [row["event"] for row in session.rows("trace show -e sched")])
        self.assertEqual(["sys_enter_openat"], [row["event"] for row in session.rows("trace show -n 1")])
        self.assertEqual("init", next(session.rows("trace show -e sched_switch"))["fields"]["prev_comm"])

    def test_stack(self):
        frames = struct.pack("<4Q", *(self.dump.symbol(name).address for name in ("schedule", "vfs_read")), (1 << 64) - 1, 0)
        self.fill(0, SECOND, small(1, self.record("kernel_stack", size=3, caller=frames)))
        self.assertEqual("<stack trace>\n => schedule\n => vfs_read", next(self.session().rows("trace show"))["text"])

    def test_symbols(self):
        schedule, printed = self.dump.symbol("schedule"), show.Shown(self.dump).printed
        self.assertEqual(f"schedule+0x10/{schedule.size:#x}", printed(schedule.address + 16, True))
        self.assertEqual(("schedule", "0x5"), (printed(schedule.address + 16, False), printed(5, True)))

    def test_unknown_event_and_list(self):
        self.fill(0, SECOND, small(1, struct.pack("<HBBi", 65000, 0, 0, 7) + b"\1\2\3\4"))
        self.set("ring_buffer_per_cpu", int(self.cpus[0]), "entries", 77)
        session = self.session()
        (row,) = session.rows("trace show")
        self.assertEqual(("65000", "01020304"), (row["event"], row["text"]))
        self.assertEqual([("global", 0, 77), ("global", 1, 0)], [(row["instance"], row["cpu"], row["written"]) for row in session.rows("trace")])

    def ring(self):
        """Let CPU 0 have a page that is read and two that follow it."""
        first = int(self.cpus[0].head_page)
        second = self.dump.read_unsigned(first) & ~3
        self.altered.word(second, first | 1)
        self.altered.word(first, second, second)
        self.set("ring_buffer_per_cpu", int(self.cpus[0]), "commit_page", second)
        return first, second

    def test_pages_of_a_ring(self):
        first, second = self.ring()
        waking = small(1, self.record("sched_waking", comm=b"x"))
        self.fill(0, SECOND, waking * 2, read=len(waking))
        self.fill(0, 2 * SECOND, waking, page=first)
        place = self.fill(0, 3 * SECOND, waking, page=second, commit=len(waking) | 1 << 31)
        session = self.session()
        rows = list(session.rows("trace show"))
        self.assertEqual([SECOND + 2, 2 * SECOND + 1, None, 3 * SECOND + 1], [row.get("time") for row in rows])
        self.assertIn("CPU:0 [LOST EVENTS]", session.capture("trace show")[0])
        self.altered.exclude(self.dump.translate(place) // PAGE)
        rows = list(self.session().rows("trace show"))
        self.assertEqual([None, None, "excluded"], [row.get("error", {}).get("reason") for row in rows])

    def test_anything(self):
        """Whatever is on a page, rows come of it and no error."""
        chance = random.Random(1)
        for _ in range(20):
            data = chance.randbytes(2000)
            kinds = [event.number for event in self.events.values()]
            self.fill(0, SECOND, b"".join(small(1, struct.pack("<H", chance.choice(kinds)) + data[at : at + 90]) for at in range(0, 1800, 90)))
            self.fill(1, SECOND, data)
            list(self.session().rows("trace show"))

    def test_file(self):
        self.fill(0, SECOND, small(1000, self.switch(b"init", b"other", 2)) * 2, read=len(small(0, self.switch(b"", b""))))
        self.fill(1, SECOND, small(1000, self.record("sys_exit_openat", pid=int(next(threads.threads(self.dump)).pid), ret=-2)))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "trace.dat")
        (row,) = self.session().rows(f"trace dump -t {path}")
        self.assertEqual((["global"], 2, 0), (row["instances"], row["pages"], row["lost_pages"]))
        with open(path, "rb") as file:
            self.assertTrue(file.read(20).startswith(b"\x17\x08\x44tracing6\0\0\x08\0\x10\0\0"))
        if not shutil.which("trace-cmd"):
            return
        report = subprocess.run(["trace-cmd", "report", path], capture_output=True, text=True, check=False).stdout
        self.assertRegex(report, r"init-1 +\[000\] +1\.000002: sched_switch: +init:1 \[120\] D ==> other:9 \[-5\]")
        self.assertRegex(report, r"\[001\] +1\.000001: sys_exit_openat: +0xfffffffffffffffe")
        self.assertEqual(2, len(re.findall(r"\[00\d\]", report)))

    def test_usage(self):
        session = self.session()
        for line in ("trace report", "trace dump", "trace show -t x", "trace show -n many"):
            with self.subTest(line), self.assertRaises(UsageError):
                list(session.rows(line))
        with self.assertRaisesRegex(CommandError, "there is no instance other; there are global"):
            list(session.rows("trace show other"))


class Latency(unittest.TestCase):
    def test_flags(self):
        some = ((0, 0, "....."), (1, 2, "d..2."), (0x81, 0x13, "D..31"), (0x80, 0, "b...."))
        for flags, preempt, expected in (*some, (0x24, 0, ".N..."), (4, 0, ".n..."), (0x18, 1, "..H1."), (0x48, 0, "..Z..")):
            with self.subTest(flags=flags):
                self.assertEqual(expected, show.latency(flags, preempt))


class Real(unittest.TestCase):
    def test_sample(self):
        session = Session(opened(SAMPLE))
        self.assertEqual([("global", 0), ("global", 1)], [(row["instance"], row["cpu"]) for row in session.rows("trace")])
        self.assertIn("no such record", session.capture("trace show")[0])


if __name__ == "__main__":
    unittest.main()
