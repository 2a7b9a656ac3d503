# SPDX-License-Identifier: GPL-2.0-or-later
"""Profiles: what is left of a dump with the one of its kernel, and what becomes of files that are none, or damaged."""

import contextlib
import io
import os
import random
import subprocess
import tempfile
import unittest

import pykd
from dumps import PYKD, ROOT, SHARED, vmcores
from other_machines import unpacked
from pykd.app import profile, profilefile, second

BUILD_ID = "0123456789abcdef0123456789abcdef01234567"
NAMES = ("schedule", "init_task", "jiffies", "runqueues")


def cut(path, folder):
    """The first half of a dump."""
    half = os.path.join(folder, "half")
    with open(path, "rb") as whole, open(half, "wb") as file:
        file.write(whole.read(os.path.getsize(path) // 2))
    return half


class OfDumps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = vmcores()[0]
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.kernel, cls.content = profile.made(cls.dump, 1)
        cls.path = os.path.join(cls.folder.name, "some.profile")
        with open(cls.path, "wb") as file:
            file.write(cls.content)

    def test_same_bytes(self):
        self.assertEqual(profile.made(self.dump, 1), (self.kernel, self.content))
        self.assertEqual(profilefile.kernel_of(self.path), self.kernel)

    def test_half_a_dump(self):
        """What was cut off with the second half of names and types is in the profile."""
        half = cut(self.dump, self.folder.name)
        with pykd.Dump(half, profile=self.path) as dump, pykd.Dump(self.dump) as whole:
            self.assertEqual((dump.names_origin, dump.types_origin), (self.path,) * 2)
            self.assertEqual([dump.address_of(name) for name in NAMES], [whole.address_of(name) for name in NAMES])
            for name in ("struct task_struct", "struct rq", "union bpf_attr", "enum pid_type"):
                self.assertEqual(str(dump.type(name)), str(whole.type(name)))
                self.assertEqual(dump.type(name).size, whole.type(name).size)
            with self.assertRaisesRegex(pykd.NotFoundError, "the profile has no lines"):
                dump.source(dump.address_of("schedule"))
        done = subprocess.run([PYKD, "--isolated", "--profile", self.folder.name, half, "-c", "sys"], capture_output=True, text=True, check=False)
        self.assertIn(f"KERNEL: {self.path}\n", done.stdout)

    def test_a_whole_dump_needs_none(self):
        with pykd.Dump(self.dump, profile=self.path) as dump:
            self.assertEqual((dump.names_origin, dump.types_origin), (None, None))

    def test_another_build(self):
        other = self.kernel._replace(build_id=BUILD_ID)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "other.profile")
            with open(path, "wb") as file:
                file.write(profilefile.packed(other, {"names": profile.names([(4096, "T", "_text")])}))
            with self.assertRaisesRegex(pykd.Error, f"its build-id is {BUILD_ID}, the dump's is {self.kernel.build_id}$"):
                pykd.Dump(self.dump, profile=path)
            with self.assertRaisesRegex(OSError, rf"no profile with build-id {self.kernel.build_id} in it \(passed over: {BUILD_ID}\)"):
                second.profile_in(folder, self.dump)
            with self.assertRaisesRegex(OSError, "passed over"):
                profilefile.within(folder, "", "1.2.3")
            self.assertEqual(profilefile.within(folder, "", other.release), path)

    def test_damage(self):
        """A clear error or an answer, whatever bytes are wrong or missing; `slow` tries more."""
        half, chance = cut(self.dump, self.folder.name), random.Random(18)
        path, told = os.path.join(self.folder.name, "damaged"), set()
        for number in range(24):
            content = bytearray(self.content)
            if number % 3:
                start = chance.randrange(512) if number % 2 else chance.randrange(len(content))
                content[start : start + 4] = chance.randbytes(4)
            else:
                del content[chance.choice((0, 5, 100, 300, chance.randrange(len(content)))) :]
            with open(path, "wb") as file:
                file.write(content)
            try:
                with pykd.Dump(half, profile=path) as dump:
                    for name in NAMES:
                        dump.address_of(name)
                    dump.type("struct task_struct").members()
                    dump.enumerator("PIDTYPE_PID")
            except pykd.Error as error:
                told.add(type(error))
                self.assertRegex(str(error), r"profile|no symbol|no type")
        self.assertIn(pykd.FormatError, told)

    def test_a_file_that_shrinks(self):
        path = os.path.join(self.folder.name, "shrinking")
        with open(path, "wb") as file:
            file.write(self.content)
        with pykd.Dump(cut(self.dump, self.folder.name), profile=path) as dump:
            os.truncate(path, 400)
            with self.assertRaisesRegex(pykd.FormatError, "a damaged profile: the file is cut off"):
                dump.address_of("schedule")

    def test_the_verb(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(profile.main([self.dump, "-o", folder]), 0)
            name = f"{self.kernel.build_id}.profile"
            self.assertEqual(os.listdir(folder), [name])
            self.assertRegex(said.getvalue(), rf"{name}: {self.kernel.release}, x86_64, build-id {self.kernel.build_id}, \d\.\d MB\n\Z")


class OfDebugInfo(unittest.TestCase):
    def test_an_object(self):
        """Symbols, types and lines of a small object, twice the same; what it says is compared with a vmlinux below."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "object")
            made = subprocess.run(["gcc", "-g", "-O1", "-shared", "-fPIC", "-DONLY_DEBUG_INFO", "-Wl,--build-id=sha1", os.path.join(ROOT, "tests/c/test_debug.c"), "-o", path],
                                  check=False, capture_output=True)  # fmt: skip
            if made.returncode:
                raise unittest.SkipTest("no compiler that makes shared objects")
            kernel, sections = profile.of_vmlinux(path)
            self.assertEqual(profile.of_vmlinux(path), (kernel, sections))
        self.assertRegex(kernel.build_id, r"\A[0-9a-f]{40}\Z")
        self.assertIn(b"\0inlined\0", sections["line_strings"])
        self.assertIn(b"\0compared\0", sections["types"])
        self.assertIn(b"compared\0", sections["names"])

    def test_as_with_the_vmlinux(self):
        """The same lines, types of symbols, structs and enums."""
        vmlinux, dump = unpacked("vmlinux-4.15.xz"), os.path.join(SHARED, "vmcores-other", "vmcore-x86_64-4.15-nobtf")
        if not vmlinux:
            raise unittest.SkipTest("no vmlinux of 4.15 beside the tree")
        chance = random.Random(18)
        with tempfile.TemporaryDirectory() as folder:
            kernel, content = profile.made(vmlinux, 1)
            path = os.path.join(folder, f"{kernel.build_id}.profile")
            with open(path, "wb") as file:
                file.write(content)
            self.assertEqual(second.profile_in(folder, dump), path)
            with pykd.Dump(dump, vmlinux=vmlinux) as one, pykd.Dump(dump, profile=path) as other:
                self.assertEqual((other.names_origin, other.types_origin), (None, path))
                symbols = list(one.kernel_symbols())
                for symbol in chance.sample([symbol for symbol in symbols if symbol.type in "tT"], 300):
                    address = symbol.address + chance.randrange(max(1, min(symbol.size, 4096)))
                    self.assertEqual(one.source(address), other.source(address), f"{address:#x}")
                for symbol in chance.sample(symbols, 1000):
                    self.assertEqual(type_of(one, symbol.name), type_of(other, symbol.name))
                for kind in ("struct", "union", "enum"):
                    wanted = [shown(kind, entry) for entry in one.types(kind)]
                    self.assertEqual([shown(kind, entry) for entry in other.types(kind)], wanted)


def type_of(dump, name):
    try:
        return str(dump.symbol_type(name))
    except pykd.NotFoundError:
        return None


def shown(kind, entry):
    if kind == "enum":
        return str(entry), entry.size, entry.enumerators()
    return str(entry), entry.size, [(member.name, str(member.type), member.bit_offset, member.bit_size) for member in entry.members()]


class Orc(unittest.TestCase):
    def test_sorting(self):
        """Relative addresses follow their entries; of equal ones that without a stack pointer comes first."""
        places, entries = (30, 10, 20, 10), (b"AAAA\5A", b"BBBB\5B", b"CCCC\5C", b"DDDD\0D")
        ips = b"".join((place - 4 * number).to_bytes(4, "little", signed=True) for number, place in enumerate(places))
        moved, sorted_entries = profile.sorted_orc(ips, b"".join(entries), 0, False)
        self.assertEqual([int.from_bytes(moved[4 * n : 4 * n + 4], "little", signed=True) + 4 * n for n in range(4)], [10, 10, 20, 30])
        self.assertEqual(sorted_entries, entries[3] + entries[1] + entries[2] + entries[0])
        self.assertEqual(profile.sorted_orc(moved, sorted_entries, 0, False), (moved, sorted_entries))


if __name__ == "__main__":
    unittest.main()
