# SPDX-License-Identifier: GPL-2.0-or-later
"""Cores read as the ELF specification has them, without anything of pykd's; and dumps with user memory."""

import os
import struct
import subprocess

import truths
from dumps import ROOT, busy

NT_PRSTATUS, NT_PRFPREG, NT_PRPSINFO, NT_AUXV, NT_X86_XSTATE, NT_SIGINFO, NT_FILE = 1, 2, 3, 6, 0x202, 0x53494749, 0x46494C45
X86 = (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"
).split()  # fmt: skip


def gdb(*words, program="gdb"):
    """What gdb prints; it fetches nothing."""
    command = [program, "-nx", "-q", "-batch", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "DEBUGINFOD_URLS": ""}).stdout


class ElfCore:
    """One core file.

    :ivar notes: (name, type, contents) in their order.
    :ivar loads: (address, bytes in memory, place in the file, bytes there, flags) of each PT_LOAD.
    """

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        assert self.data[:4] == b"\x7fELF" and self.data[4] == 2, "no ELF file of 64 bits"
        self.order = "<" if self.data[5] == 1 else ">"
        kind, self.machine = self.unpack("HH", 16)
        assert kind == 4, "no core"
        (table,) = self.unpack("Q", 32)
        (size, count) = self.unpack("HH", 54)
        assert size == 56
        if count == 0xFFFF:
            (sections,) = self.unpack("Q", 40)
            (count,) = self.unpack("I", sections + 44)
        self.notes, self.loads = [], []
        for number in range(count):
            kind, flags, offset, address, _, filled, memory, _ = self.unpack("IIQQQQQQ", table + 56 * number)
            assert offset + filled <= len(self.data), "the file ends too early"
            if kind == 4:
                self.notes += self._notes(offset, offset + filled)
            else:
                assert kind == 1, kind
                self.loads.append((address, memory, offset, filled, flags))

    def unpack(self, format, offset):
        return struct.unpack_from(self.order + format, self.data, offset)

    def _notes(self, at, end):
        while at < end:
            name_size, size, kind = self.unpack("III", at)
            name = self.data[at + 12 : at + 12 + name_size].rstrip(b"\0").decode()
            at += 12 + -(-name_size // 4) * 4
            yield name, kind, self.data[at : at + size]
            at += -(-size // 4) * 4

    def of_kind(self, kind):
        return [contents for _, found, contents in self.notes if found == kind]

    def read(self, address, size):
        """Memory, as far as one segment has it."""
        for start, _, offset, filled, _ in self.loads:
            if start <= address < start + filled:
                return self.data[offset + address - start : offset + min(address - start + size, filled)]
        return b""

    def threads(self):
        """{pid: words of its registers}, the first one first."""
        found = {}
        for contents in self.of_kind(NT_PRSTATUS):
            (pid,) = struct.unpack_from(self.order + "i", contents, 32)
            found[pid] = struct.unpack_from(f"{self.order}{(len(contents) - 120) // 8}Q", contents, 112)
        return found

    def x86(self, pid):
        return dict(zip(X86, self.threads()[pid], strict=False))

    def auxv(self):
        (contents,) = self.of_kind(NT_AUXV)
        return contents

    def files(self):
        """(start, end, page, path) of the mapped files."""
        (contents,) = self.of_kind(NT_FILE)
        count, page = struct.unpack_from(self.order + "QQ", contents)
        names = contents[16 + 24 * count :].split(b"\0")
        places = [struct.unpack_from(self.order + "QQQ", contents, 16 + 24 * number) for number in range(count)]
        return [(start, end, offset * page, name.decode()) for (start, end, offset), name in zip(places, names, strict=False)]

    def arguments(self):
        (contents,) = self.of_kind(NT_PRPSINFO)
        return contents[56:].rstrip(b"\0").decode()


def with_user_memory():
    """(name, dump, folder of the guest's truth) of the dumps that have all memory: the repository's, and the bench's."""
    folder = os.path.join(ROOT, "build", "vmtest", "dumps")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    found = [(name, os.path.join(folder, name, "vmcore.qemu-elf"), os.path.join(folder, name, "truth")) for name in names if name.endswith("-user")]
    return [("busy", busy(), truths.busy()), *(one for one in found if os.path.exists(one[1]))]


def pids(truth, comm):
    """PIDs of the processes of that name, of the threads of which the truth is known."""
    found = []
    for name in os.listdir(os.path.join(truth, "proc")):
        if name.isdigit():
            with open(os.path.join(truth, "proc", name, "task", name, "comm"), encoding="utf-8") as file:
                if file.read().rstrip("\n") == comm:
                    found.append(int(name))
    return sorted(found)
