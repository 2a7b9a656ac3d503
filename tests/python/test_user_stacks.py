# SPDX-License-Identifier: GPL-2.0-or-later
"""bt -U: unwind tables, and stacks of user programs as gdb sees them in their cores."""

import os
import random
import re
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from types import SimpleNamespace

from _pykd import Error
from dumps import SAMPLE, opened
from elfcores import gdb, pids, with_user_memory
from other_machines import whole
from pykd.kernel.machine.x86_64 import MACHINE as X86
from pykd.kernel.userstack import cfi
from pykd.kernel.userstack.image import Image
from pykd.kernel.userstack.unwind import PC, Walk
from pykd.session.session import Session

BASE = 0x1000
RBP, RSP, RA = 6, 7, 16


def table(*functions, augmentation=b"zR\0", signal=b""):
    """Bytes of an .eh_frame at BASE: (start, length, instructions) of each function, whose CFA begins at rsp+8."""
    initial = bytes((0x0C, RSP, 8, 0x80 | RA, 1))
    cie = struct.pack("<I", 0) + b"\x01" + augmentation[:-1] + signal + b"\0" + b"\x01\x78" + bytes((RA,)) + b"\x01\x1b" + initial
    cie += bytes(-len(cie) % 8 or 0)
    data = struct.pack("<I", len(cie)) + cie
    for start, length, code in functions:
        at = BASE + len(data)
        body = struct.pack("<Iii", len(data) + 4, start - (at + 8), length) + b"\0" + code
        body += bytes(-len(body) % 4)
        data += struct.pack("<I", len(body)) + body
    return data + bytes(4)


def reader(data):
    return lambda address, size: data[address - BASE : address - BASE + size] if address >= BASE else b""


PUSHES = bytes((0x41, 0x0E, 16, 0x80 | RBP, 2, 0x43, 0x0D, RBP))
"""push %rbp at the first byte, mov %rsp, %rbp up to the fourth"""


class Tables(unittest.TestCase):
    def rules(self, data, pc):
        read = reader(data)
        return cfi.find_in(read, cfi.index(read, BASE, len(data), "little"), pc, "little")

    def test_places_in_a_function(self):
        data = table((0x400000, 0x20, PUSHES), (0x400020, 0x10, b""))
        self.assertEqual((RSP, 8), self.rules(data, 0x400000).cfa)
        self.assertEqual({RA: ("offset", -8)}, self.rules(data, 0x400000).registers)
        self.assertEqual((RSP, 16), self.rules(data, 0x400001).cfa)
        inside = self.rules(data, 0x40001F)
        self.assertEqual(((RBP, 16), {RA: ("offset", -8), RBP: ("offset", -16)}), (inside.cfa, inside.registers))
        self.assertEqual((RSP, 8), self.rules(data, 0x400020).cfa)
        self.assertIsNone(self.rules(data, 0x400030))
        self.assertIsNone(self.rules(data, 0x3FFFFF))

    def test_remembered(self):
        code = PUSHES + bytes((0x44, 0x0A, 0x0C, RSP, 8, 0xC0 | RBP, 0x42, 0x0B))
        data = table((0x400000, 0x20, code))
        epilogue, behind = self.rules(data, 0x400008), self.rules(data, 0x40000A)
        self.assertEqual(((RSP, 8), False), (epilogue.cfa, RBP in epilogue.registers))
        self.assertEqual(((RBP, 16), True), (behind.cfa, RBP in behind.registers))

    def test_signal_frame(self):
        data = table((0x400000, 0x20, bytes((0x0F, 3, 0x77, 0xA0, 0x01))), signal=b"S")
        rules = self.rules(data, 0x400000)
        self.assertTrue(rules.signal)
        self.assertEqual(b"\x77\xa0\x01", rules.cfa)
        self.assertEqual(0x1000 + 160, cfi.evaluate(rules.cfa, {RSP: 0x1000}, reader(data), "little"))

    def test_index_of_its_own(self):
        """.eh_frame_hdr, behind the table."""
        data = table((0x400000, 0x20, PUSHES), (0x400020, 0x10, b""))
        at = BASE + len(data)
        functions = cfi.index(reader(data), BASE, len(data), "little")
        header = struct.pack("<BBBBiI", 1, 0x1B, 3, 0x3B, BASE - (at + 4), 2)
        header += b"".join(struct.pack("<ii", start - at, fde - at) for start, _, fde in functions)
        read = reader(data + header)
        for pc in (0x400000, 0x400001, 0x40001F, 0x400020, 0x40002F):
            self.assertEqual(self.rules(data, pc), cfi.find(read, at, len(header), pc, "little"), hex(pc))
        self.assertIsNone(cfi.find(read, at, len(header), 0x3FFFFF, "little"))
        self.assertIsNone(cfi.find(read, at, len(header), 0x400030, "little"))

    def test_expressions(self):
        def value(*code, **named):
            return cfi.evaluate(bytes(code), {7: 100, 16: 0x401234}, reader(b"\x2a" + bytes(15)), "little", **named)

        # what the PLT of x86-64 has: rsp + 8 + ((rip & 15) >= 11) * 8
        self.assertEqual(108, value(0x77, 8, 0x80, 0, 0x3F, 0x1A, 0x3B, 0x2A, 0x33, 0x24, 0x22))
        self.assertEqual(42, value(0x0A, 0, 0x10, 6))
        self.assertEqual((1 << 64) - 5, value(0x11, 0x7B))
        self.assertEqual(9, value(0x23, 4, first=5))
        for wrong in ((0x06,), (0x22,), (0xFF,), (0x78, 0), (0x10, 0x80), (0x12,)):
            with self.subTest(wrong), self.assertRaises(Error):
                value(*wrong)

    def test_anything(self):
        """Tables of processes may be anything: an answer, or an Error."""
        dice = random.Random(17)
        good = table((0x400000, 0x20, PUSHES), (0x400020, 0x10, PUSHES))
        for _ in range(1500):
            data = bytearray(good)
            for _ in range(dice.randrange(1, 12)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            try:
                self.rules(bytes(data), 0x400005)
            except Error:
                pass


class Stacks(unittest.TestCase):
    def test_without_user_memory(self):
        (row,) = Session(opened(SAMPLE)).rows("bt -U 1")
        self.assertEqual((1, "registers", False), (len(row["user_frames"]), row["user_frames"][0]["found"], row["whole"]))
        self.assertEqual("/bin/busybox", row["user_frames"][0]["image"])
        (row,) = Session(opened(SAMPLE)).rows("bt -U 2")
        self.assertEqual([], row["user_frames"])
        text = Session(opened(SAMPLE)).capture("bt -U 2")[0]
        self.assertIn("it has no user memory", text)

    def test_programs_to_their_start(self):
        """Static programs without an index of their table, on ppc64le: all threads of the workload that sleep come to where they began."""
        path = whole("ppc64le-6.12")
        if not path:
            self.skipTest("../shared has no such dump here")
        rows = list(Session(opened(path)).rows("bt -U kd-epoll kd-memory kd-inotify kd-sem kd-poll kd-timerfd"))
        self.assertEqual(6, len(rows))
        for row in rows:
            with self.subTest(row["comm"]):
                self.assertTrue(row["whole"], row["why"])
                self.assertGreater(len(row["user_frames"]), 5)
                self.assertEqual({True}, {frame["sure"] for frame in row["user_frames"]})
                sps = [frame["sp"] for frame in row["user_frames"]]
                self.assertEqual(sorted(sps), sps)

    @unittest.skipUnless(shutil.which("gdb-multiarch"), "gdb-multiarch is not installed")
    def test_as_gdb_of_all_machines(self):
        """Ten processes of ppc64le: gdb comes to the same addresses in their cores."""
        path = whole("ppc64le-6.12")
        if not path:
            self.skipTest("../shared has no such dump here")
        session = Session(opened(path))
        rows = list(session.rows("bt -U kd-epoll kd-memory kd-inotify kd-sem kd-poll kd-timerfd kd-eventfd kd-shm kd-msg kd-mqueue"))
        self.assertEqual(10, len(rows))
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "guest")
            list(session.rows(f"cache cat /bin/guest -o {program}"))
            for row in rows:
                core = Path(folder, f"core.{row['pid']}")
                list(session.rows(f"gcore {row['pid']} -o {core}"))
                text = gdb("-ex", "bt -frame-info location-and-address", program, core, program="gdb-multiarch")
                theirs = list(dict.fromkeys(int(word, 16) for word in re.findall(r"^#\d+ +0x([0-9a-f]+) in", text, re.MULTILINE)))
                with self.subTest(row["comm"]):
                    self.assertEqual(theirs, [*(frame["pc"] for frame in row["user_frames"]), 0])

    def test_names(self):
        """user.c of the bench's guest: four threads in the same functions, one of them the main one."""
        for name, dump, folder in with_user_memory():
            rows = list(Session(opened(dump)).rows(f"bt -U -g {pids(folder, 'u-threads')[0]}"))
            with self.subTest(name):
                self.assertEqual(4, len(rows))
                for row in rows:
                    names = [frame["function"] for frame in row["user_frames"]]
                    self.assertEqual(["innermost", "middle"], names[:2], row)
                    self.assertTrue(row["whole"], row["why"])
                self.assertEqual(1, sum("workload_main" in [frame["function"] for frame in row["user_frames"]] for row in rows))
                self.assertEqual(3, sum("outermost" in [frame["function"] for frame in row["user_frames"]] for row in rows))

    @unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
    def test_as_gdb(self):
        """Dynamic and static programs: the addresses that gdb comes to in the cores, with the programs' files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, dump, truth in with_user_memory():
                session = Session(opened(dump))
                for comm, program in (("u-threads", "/bin/guest"), ("ip", "/bin/ip"), ("u-files", "/bin/guest")):
                    (pid, *_) = pids(truth, comm) or [None]
                    if pid is None:
                        continue
                    core = Path(folder, f"core.{name}.{pid}")
                    list(session.rows(f"gcore {pid} -o {core}"))
                    binary = Path(folder, f"{name}.{program.rpartition('/')[2]}")
                    if not binary.exists():
                        list(session.rows(f"cache cat {program} -o {binary}"))
                    text = gdb("-ex", "thread apply all bt", binary, core)
                    theirs = {int(part.partition(")")[0]): part for part in text.split("(LWP ")[1:] if "#0" in part}
                    for row in session.rows(f"bt -U -g {pid}"):
                        found = [frame["pc"] for frame in row["user_frames"]]
                        # gdb ends with 0, and of a dynamic program where the file of a library begins
                        wanted = [pc for pc in (int(word, 16) for word in re.findall(r"#\d+ +0x([0-9a-f]+) in", theirs[row["pid"]])) if pc]
                        with self.subTest(f"{name} {comm} {row['pid']}"):
                            self.assertGreater(len(wanted), program != "/bin/ip")
                            self.assertEqual(wanted, [pc for pc in found if pc in wanted])


class Process:
    """A process of this machine in the place of one in a dump: what the walk asks of a UserSpace and of Images."""

    dump = SimpleNamespace(arch="x86_64", byteorder="little")

    def __init__(self, pid):
        self._memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        self._maps = []
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            words = line.split(None, 5)
            start, end = (int(word, 16) for word in words[0].split("-"))
            self._maps.append((start, end, words[1], int(words[2], 16), words[5] if len(words) > 5 else ""))
        self._images = {}

    def close(self):
        os.close(self._memory)

    def read(self, address, size):
        try:
            data = os.pread(self._memory, size, address)
        except OSError:
            data = b""
        return data, "" if len(data) == size else "absent"

    def is_code(self, address):
        return any(start <= address < end and "x" in allowed for start, end, allowed, _, _ in self._maps)

    def at(self, pc):
        name = next((name for start, end, _, _, name in self._maps if start <= pc < end), "")
        first = next((start for start, _, _, offset, other in self._maps if other == name and not offset), None)
        if not name or first is None:
            return None, name
        if name not in self._images:
            file = Path(name).read_bytes() if name.startswith("/") else None
            read = None if file is None else lambda offset, size: file[offset : offset + size]
            self._images[name] = Image(self.dump, name, first, lambda address, size: self.read(address, size)[0], read)
        return self._images[name], name


@unittest.skipUnless(shutil.which("gdb") and os.uname().machine == "x86_64", "gdb of x86-64 is not here")
class Here(unittest.TestCase):
    """The unwinder on processes of this machine, beside gdb: dynamic programs, whose tables have an index, and the vDSO's neighbours."""

    NAMES = ("rip", *X86.dwarf_registers)

    def compare(self, *words):
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            try:
                self.wait_until_asleep(child.pid)
                text = gdb("-ex", "info registers", "-ex", "bt -frame-info location-and-address", "-p", child.pid)
                registers = {name: int(value, 16) for name, value in re.findall(r"^(\w+) +(0x[0-9a-f]+)", text, re.MULTILINE) if name in self.NAMES}
                if "rip" not in registers:
                    self.skipTest("this process may not be traced")
                process = Process(child.pid)
                self.addCleanup(process.close)
                found = Walk(process, process, {number: registers[name] for number, name in enumerate(X86.dwarf_registers) if name in registers} | {PC: registers["rip"]})
                frames = list(found.frames())
            finally:
                child.kill()
        theirs = [int(word, 16) for word in re.findall(r"^#\d+ +(0x[0-9a-f]+) in", text, re.MULTILINE)]
        theirs = list(dict.fromkeys(theirs))
        self.assertGreater(len(theirs), 2, text)
        self.assertEqual(theirs, [frame.pc for frame in frames][: len(theirs)], f"{found.why}\n{text}")
        self.assertTrue(found.whole, found.why)
        self.assertTrue(all(frame.sure for frame in frames))
        return frames

    def wait_until_asleep(self, pid):
        for _ in range(200):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "S" and Path(f"/proc/{pid}/syscall").read_text() != "running\n":
                return
            time.sleep(0.05)
        self.skipTest("the process does not sleep")

    def test_dynamic(self):
        frames = self.compare("sleep", "1000")
        self.assertIn("__libc_start_main", "".join(frame.symbol.name for frame in frames if frame.symbol))

    def test_shell(self):
        self.compare("sh", "-c", "read line")


if __name__ == "__main__":
    unittest.main()
