# SPDX-License-Identifier: GPL-2.0-or-later
"""The command gcore: what gdb and a reader of our own find in the cores, and what the guests' /proc said."""

import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from unittest import mock

from altered import Altered
from dumps import PYKD, SAMPLE, SHARED, busy, opened, vmcores
from elfcores import NT_PRFPREG, NT_SIGINFO, NT_X86_XSTATE, ElfCore, gdb, pids, with_user_memory
from pykd.core.errors import CommandError, UsageError
from pykd.kernel.machine import x86_fpu
from pykd.kernel.mm.areas import area_name, for_each_vma
from pykd.kernel.task import threads
from pykd.session.session import Session
from truths import truth

MAGIC = 0x5A5A0123456789AB
ELSEWHERE = {"uncached", "swapped", "beyond", "special", "unknown", "lost"}


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def core(self, path, words):
        """(row, core) of one process."""
        target = self.folder / "core"
        target.unlink(missing_ok=True)
        (row,) = Session(opened(path)).rows(f"gcore {words} -o {target}")
        return row, ElfCore(target)


class Cores(Folder):
    def test_threads_of_the_sample(self):
        """Registers are those with which threads that sleep entered the kernel."""
        threads = Counter(row["tgid"] for row in Session(opened(SAMPLE)).rows("ps") if row["pid"])
        (leader, count), *_ = threads.most_common()
        row, core = self.core(SAMPLE, leader)
        self.assertEqual([thread["pid"] for thread in row["threads"]], list(core.threads()))
        self.assertEqual((leader, count), (next(iter(core.threads())), len(core.threads())))
        checked = 0
        for pid in core.threads():
            where = f"proc/{leader}/task/{pid}"
            words = truth(f"{where}/syscall").split()
            if words[0] == "running":
                continue
            registers = core.x86(pid)
            self.assertEqual((int(words[-2], 16), int(words[-1], 16)), (registers["rsp"], registers["rip"]), where)
            self.assertEqual(int(words[0]), registers["orig_rax"])
            checked += 1
        self.assertGreater(checked, 1)

    def test_mappings_of_the_sample(self):
        row, core = self.core(SAMPLE, 1)
        lines = [line.split(None, 5) for line in truth("proc/1/maps").splitlines()]
        wanted = [(*(int(word, 16) for word in line[0].split("-")), line[1], line[5] if len(line) > 5 else "") for line in lines]
        found = [(area["start"], area["end"], area["permissions"], area["name"]) for area in row["areas"]]
        self.assertEqual([one for one in wanted if one[3] != "[vsyscall]"], found)
        files = [(start, end, name) for start, end, allowed, name in wanted if name.startswith("/")]
        self.assertEqual(files, [(start, end, name) for start, end, _, name in core.files()])
        for address, size, _, filled, _ in core.loads:
            self.assertEqual(size, filled)
            self.assertTrue(any(start <= address and address + size <= end for start, end, *_ in wanted), hex(address))

    def test_what_is_missing_is_not_there(self):
        """Every byte is in the file, or counted."""
        for path in vmcores():
            row, core = self.core(path, 1)
            with self.subTest(path):
                self.assertEqual(row["written"], sum(filled for *_, filled, _ in core.loads))
                self.assertEqual(path == busy(), not row["missing"])
                self.assertEqual(row["missing"], sum(sum(area["missing"].values()) for area in row["areas"]))
                for area in row["areas"]:
                    self.assertLessEqual(area["written"] + sum(area["missing"].values()), area["end"] - area["start"])
                self.assertEqual(set(), {reason for area in row["areas"] for reason in area["missing"]} - ELSEWHERE - {"excluded", "absent"})
                text = Session(opened(path)).capture(f"gcore 1 -w -o {self.folder / 'core'}")[0]
                self.assertEqual([f"missing in all: {row['missing'] // 1024} kB"] if row["missing"] else [], re.findall(r"missing in all: \d+ kB", text))

    def test_registers_beyond_the_general(self):
        _, core = self.core(SAMPLE, 1)
        (state,) = core.of_kind(NT_X86_XSTATE)
        features = int.from_bytes(state[464:472], "little")
        self.assertEqual(3, features & 3)
        self.assertEqual(0, int.from_bytes(state[520:528], "little"), "a core is not compacted")
        (floats,) = core.of_kind(NT_PRFPREG)
        self.assertEqual(512, len(floats))
        self.assertEqual(128, len(core.of_kind(NT_SIGINFO)[0]))

    def test_level(self):
        row, _ = self.core(SAMPLE, "1 -v 0")
        self.assertEqual({"[vdso]"}, {area["name"] for area in row["areas"] if area["written"] or area["missing"]})
        private, _ = self.core(SAMPLE, "1 -v 1")
        every, _ = self.core(SAMPLE, "1")
        self.assertLess(private["missing"], every["missing"])
        self.assertEqual(private["missing"], self.core(SAMPLE, "1 -f 1")[0]["missing"])
        with self.assertRaisesRegex(UsageError, "no level from 0 to 255"):
            list(Session(opened(SAMPLE)).rows("gcore 1 -v 256"))

    def test_leader_that_has_ended(self):
        """The core is of the thread that is left."""
        session = Session(opened(SAMPLE))
        (leader,) = [row["pid"] for row in session.rows("ps -G") if row["comm"] == "kd-orphans"]
        row, core = self.core(SAMPLE, leader)
        left = [row["pid"] for row in session.rows("ps") if row["tgid"] == leader and row["pid"] != leader]
        self.assertEqual(left, list(core.threads()))
        self.assertTrue(row["areas"])

    def test_reserved(self):
        """A reservation without access (as runtimes make, of terabytes) takes no room; the same with access is zeros."""
        for flags, size in ((0x70, 0), (0x73, 16 << 30)):
            altered = Altered(SAMPLE)
            area = next(area for area in for_each_vma(altered.dump, threads.find(1, altered.dump).mm) if area_name(altered.dump, area) == "[stack]")
            altered.word(int(area) + area.fieldOffset("vm_start"), int(area.vm_end) - (16 << 30))
            altered.word(int(area) + area.fieldOffset("vm_flags"), flags)
            (row,) = Session(altered.open(self)).rows("gcore -n 1")
            (found,) = [one for one in row["areas"] if one["name"] == "[stack]"]
            self.assertEqual(size, found["written"] + (found["missing"]["excluded"] if size else 0))

    def test_threads_of_the_kernel(self):
        (row,) = Session(opened(SAMPLE)).rows(f"gcore 2 -o {self.folder / 'core'}")
        self.assertIn("no user memory", row["error"]["message"])
        self.assertEqual([], os.listdir(self.folder))

    def test_other_machines(self):
        for name in ("arm64-6.12", "riscv64-6.12", "s390x-6.12"):
            path = os.path.join(SHARED, "vmcores-other", f"vmcore-{name}")
            archive = os.path.join(SHARED, "oracle", "other", name, "truth.tar.xz")
            if not os.path.exists(path):
                continue
            pid = next(row["pid"] for row in Session(opened(path)).rows("ps") if row["comm"] == "kd-memory")
            row, core = self.core(path, pid)
            with self.subTest(name):
                member = f"truth/proc/{pid}/task/{pid}/syscall"
                written = subprocess.run(["tar", "-xJOf", archive, member], capture_output=True, check=True, text=True).stdout.split()
                registers = row["threads"][0]["registers"]
                self.assertIn(int(written[-1], 16), registers.values())
                self.assertTrue({int(written[-1], 16), int(written[-2], 16)} <= set(core.threads()[pid]), "the counter and the stack")


class Files(Folder):
    def run_pykd(self, *words, **named):
        return subprocess.run([PYKD, "--isolated", *words], capture_output=True, text=True, cwd=self.folder, check=False, **named)

    def test_confined(self):
        """A batch that only reads gives up writing; this one needs it."""
        result = self.run_pykd(SAMPLE, "-c", "gcore 1")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertEqual(["core.1.init"], os.listdir(self.folder))
        self.assertEqual(0o600, (self.folder / "core.1.init").stat().st_mode & 0o777)

    def test_over_a_file(self):
        target = self.folder / "core"
        target.write_text("mine")
        result = self.run_pykd(SAMPLE, "-c", "gcore 1 -o core")
        self.assertEqual((1, "mine"), (result.returncode, target.read_text()))
        self.assertIn("there is such a file", result.stderr)
        self.assertEqual(0, self.run_pykd(SAMPLE, "-c", "gcore 1 -w -o core").returncode)
        ElfCore(target)

    def test_over_the_dump(self):
        dump = self.folder / "dump"
        shutil.copyfile(SAMPLE, dump)
        before = dump.read_bytes()
        result = self.run_pykd("dump", "-c", "gcore 1 -w -o dump")
        self.assertEqual(1, result.returncode)
        self.assertEqual(before, dump.read_bytes())

    def test_no_room(self):
        """What cannot be finished is taken away."""
        full = mock.patch("os.pwrite", side_effect=OSError(28, "No space left on device"))
        with full, self.assertRaisesRegex(CommandError, "No space left on device"):
            list(Session(opened(SAMPLE)).rows(f"gcore 1 -o {self.folder / 'core'}"))
        self.assertEqual([], os.listdir(self.folder))

    def test_no_file(self):
        for words, why in (("-w -o /dev/null", "no regular file"), (f"-w -o {self.folder}", "Is a directory"), ("-o /none/core", "No such file")):
            with self.subTest(words), self.assertRaisesRegex(CommandError, why):
                list(Session(opened(SAMPLE)).rows(f"gcore 1 {words}"))


class Memory(Folder):
    """Dumps of the bench that have user memory: a word of the guest's memory at A is A ^ MAGIC."""

    def noted(self, folder):
        with open(os.path.join(folder, "run", "truth", "memory"), encoding="utf-8") as file:
            return [(kind, int(start, 16), int(size)) for kind, start, size in map(str.split, file)]

    def test_every_kind(self):
        for name, dump, folder in with_user_memory():
            row, core = self.core(dump, f"{pids(folder, 'u-memory')[0]} -v 255")
            for kind, start, size in self.noted(folder):
                data = core.read(start, size)
                if kind == "unmapped":  # the file's own words are those of where it was mapped first
                    (_, start, _), *_ = [one for one in self.noted(folder) if one[0] == "file"]
                if kind == "zero":
                    wanted = bytes(size)
                elif kind == "same":
                    wanted = b"\x77" * size
                else:
                    wanted = struct.pack(f"<{size // 8}Q", *((start + 8 * number) ^ MAGIC for number in range(size // 8)))
                with self.subTest(f"{name} {kind}"):
                    self.assertEqual(size, len(data), [area for area in row["areas"] if area["missing"]])
                    self.assertTrue(data == wanted, "other bytes")

    def test_dontdump(self):
        for name, dump, folder in with_user_memory():
            _, core = self.core(dump, str(pids(folder, "u-memory")[0]))
            for kind, start, size in self.noted(folder):
                with self.subTest(f"{name} {kind}"):
                    self.assertEqual(kind != "dontdump", bool(core.read(start, size)))

    def registers(self, number):
        base = number << 32
        return {"rbx": base, "r8": base + 1, "r9": base + 2, "r10": base + 3, "r12": base + 4, "r13": base + 5, "r14": base + 6, "r15": base + 7}

    def test_registers(self):
        """What user.c of the guest loaded before it slept, and while it ran."""
        for name, dump, folder in with_user_memory():
            _, core = self.core(dump, str(pids(folder, "u-threads")[0]))
            self.assertEqual(4, len(core.threads()))
            for number, pid in enumerate(sorted(core.threads()), 1):
                with self.subTest(f"{name} {pid}"):
                    self.assertEqual(self.registers(number), {key: core.x86(pid)[key] for key in self.registers(number)})
            states = core.of_kind(NT_X86_XSTATE)
            self.assertEqual([(number << 32) + 8 for number in range(1, 5)], sorted(struct.unpack_from("<Q", state, 160)[0] for state in states))
            self.assertEqual([(number << 32) + 9 for number in range(1, 5)], sorted(struct.unpack_from("<Q", state, 160 + 15 * 16)[0] for state in states))
            _, core = self.core(dump, str(pids(folder, "u-spin")[0]))
            (pid,) = core.threads()
            self.assertEqual(self.registers(9), {key: core.x86(pid)[key] for key in self.registers(9)}, name)

    def test_auxv_and_arguments(self):
        for name, dump, folder in with_user_memory():
            for pid in pids(folder, "sleep"):
                _, core = self.core(dump, str(pid))
                with self.subTest(f"{name} {pid}"):
                    auxv = Path(folder, "proc", str(pid), "auxv").read_bytes()
                    self.assertEqual(auxv.rstrip(b"\0"), core.auxv().rstrip(b"\0"))
                    words = Path(folder, "proc", str(pid), "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode()
                    self.assertEqual(words[:79], core.arguments())


@unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
class Gdb(Folder):
    def gdb(self, core, *commands):
        return gdb(*(word for command in commands for word in ("-ex", command)), "-c", core)

    def test_opens_cores_of_the_sample(self):
        """The threads, their registers, the auxiliary vector and the mappings; and memory that is missing is not zeros."""
        session = Session(opened(SAMPLE))
        processes = [row for row in session.rows("ps -G") if row["pid"] == row["tgid"] and row.get("vsz")][:10]
        self.assertEqual(10, len(processes))
        for process in processes:
            target = self.folder / f"core.{process['pid']}"
            (row,) = session.rows(f"gcore {process['pid']} -o {target}")
            text = self.gdb(target, "info threads", "thread apply all info registers rip rsp", "info auxv", "info proc mappings", "x/1bx $pc")
            with self.subTest(process["comm"]):
                for thread in row["threads"]:
                    self.assertIn(f"LWP {thread['pid']}", text)
                    self.assertIn(f"{thread['registers']['rip']:#x}", text)
                    self.assertIn(f"{thread['registers']['rsp']:#x}", text)
                self.assertRegex(text, r"AT_ENTRY +Entry point of program +0x")
                self.assertRegex(text, rf"(?m)^ *0x0*{row['areas'][0]['start']:x} ")  # gdb 16 writes all 16 digits
                self.assertNotIn("0x00\n", text.splitlines()[-1])

    def test_stacks_of_user_programs(self):
        for name, dump, folder in with_user_memory():
            program = self.folder / "guest"
            row, core = self.core(dump, str(pids(folder, "u-threads")[0]))
            del row
            for start, end, offset, path in core.files():
                if path == "/bin/guest":
                    with open(program, "r+b" if program.exists() else "wb") as file:
                        file.seek(offset)
                        file.write(core.read(start, end - start))
            text = self.gdb(self.folder / "core", "thread apply all bt", "p $xmm15.v2_int64[0]")
            with self.subTest(name):
                self.assertEqual(4, len(re.findall(r"(?m)^Thread .*\(LWP \d+\)\)?:", text)))
                self.assertEqual(set(), {line for line in text.splitlines() if "Cannot access" in line})


class ExtendedState(unittest.TestCase):
    def test_compacted(self):
        """Components move to their own places; what is in its initial state is zeros, whatever lies there."""
        places = {2: (576, 256), 5: (1088, 64), 9: (2696, 8)}
        data = bytearray(b"\xee" * 4096)
        data[512:528] = struct.pack("<QQ", 0b10_0010_0110, 1 << 63 | 0b10_0010_0111)  # x87 is in its initial state
        data[576:832], data[832:896], data[896:904] = b"A" * 256, b"O" * 64, b"P" * 8
        state = x86_fpu.standard(bytes(data), places, 0b10_0010_0111)
        self.assertEqual((b"A" * 256, b"O" * 64, b"P" * 8), (state[576:832], state[1088:1152], state[2696:2704]))
        self.assertEqual(0x37F, int.from_bytes(state[:2], "little"))
        self.assertEqual(bytes(128), state[32:160])
        self.assertEqual(b"\xee" * 256, state[160:416])
        self.assertEqual((0b10_0010_0110, 0), struct.unpack_from("<QQ", state, 512))

    def test_initial(self):
        state = x86_fpu.standard(b"\xee" * 512 + bytes(64) + b"\xee" * 512, {2: (576, 256)}, 7)
        self.assertEqual((0x37F, 0x1F80), (int.from_bytes(state[:2], "little"), int.from_bytes(state[24:28], "little")))
        self.assertEqual(bytes(256), state[576:832])

    def test_hidden_components_take_room(self):
        """Shadow stacks of user mode (11) lie before the keys' 17."""
        data = bytes(512) + struct.pack("<QQ", 1 << 17, 1 << 63 | 1 << 17 | 1 << 11) + bytes(48)
        data += b"\xee" * 16 + bytes(48) + b"T" * 64
        self.assertEqual(b"T" * 64, x86_fpu.standard(data, {17: (2752, 64)}, 1 << 17)[2752:2816])


if __name__ == "__main__":
    unittest.main()
