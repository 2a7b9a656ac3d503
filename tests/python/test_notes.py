# SPDX-License-Identifier: GPL-2.0-or-later
"""Notes and headers that are not what they seem: the dump is opened all the same, and what they lack is said."""

import os
import struct
import subprocess
import tempfile
import textwrap
import unittest

import dumps
import pykd
from dumps import PYKD, dumptext

KERNEL = textwrap.dedent("""
    uts release=6.1.0-test
    types
        struct list_head { struct list_head *next, *prev; };
        struct cpumask { unsigned long bits[1]; };
    data
        unsigned int nr_cpu_ids = 2;
        struct cpumask __cpu_possible_mask = { { 3 } };
        struct cpumask __cpu_online_mask = { { 3 } };
""")
PRSTATUS, PRSTATUS_LEN = 1, 336


class Registers(unittest.TestCase):
    """NT_PRSTATUS notes (C14)."""

    def test_odd_length(self):
        """Such a note has no registers; those of the other CPU are not taken for them."""
        for size in (0, 3, PRSTATUS_LEN - 1, PRSTATUS_LEN + 8):
            for form in ("kdump", "elf"):
                with self.subTest(size=size, form=form):
                    odd = f"note CORE {PRSTATUS} {'01 ' * size}\n"
                    path, _ = dumps.made(self, f"{KERNEL}{odd}cpu pid=7 rip=0x1234 rsp=0x5678\n", form)
                    dump = pykd.Dump(path)
                    first, second = dump.notes()  # dumptext writes its own before the others
                    self.assertEqual((7, 0x1234, 0x5678), tuple(first[name] for name in ("pid", "rip", "rsp")))
                    self.assertEqual(0x1234, dump.cpus()[0].registers["rip"])
                    if size < PRSTATUS_LEN:
                        self.assertIsNone(second)
                        self.assertIsNone(dump.cpus()[1].registers)
                        self.assertIn("no note", dump.cpus()[1].why_no_registers)

    def test_zeros(self):
        """A CPU that wrote nothing left zeros: no registers, rather than a frame at 0."""
        path, _ = dumps.made(self, f"{KERNEL}note CORE {PRSTATUS} {'00 ' * PRSTATUS_LEN}\ncpu pid=7 rip=0x1234 rsp=0x5678\n")
        self.assertEqual([7, None], [note and note["pid"] for note in pykd.Dump(path).notes()])


class Vmcoreinfo(unittest.TestCase):
    def test_ends_of_lines(self):
        """A text that came by way of Windows, or an editor that ends the last line with nothing (C15)."""
        path, names = dumps.made(self, f"{KERNEL}\nvmcoreinfo none\n")
        known = pykd.Dump(dumps.made(self, KERNEL)[0]).vmcoreinfo
        for end in ("\n", "\r\n"):
            for last in (end, ""):
                text = end.join(f"{key}={value}" for key, value in known.items()) + last
                with self.subTest(repr(end + last)):
                    dump = pykd.Dump(path, vmcoreinfo=text.encode())
                    self.assertEqual(known, dump.vmcoreinfo)
                    self.assertEqual(names["nr_cpu_ids"], dump.address_of("nr_cpu_ids"))

    def test_option(self):
        path, _ = dumps.made(self, f"{KERNEL}\nvmcoreinfo none\n")
        known = pykd.Dump(dumps.made(self, KERNEL)[0]).vmcoreinfo
        with tempfile.NamedTemporaryFile() as file:
            file.write("".join(f"{key}={value}\r\n" for key, value in known.items()).encode())
            file.flush()
            command = [PYKD, "--isolated", "--vmcoreinfo", file.name, path, "-c", "p nr_cpu_ids"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((0, "nr_cpu_ids = $1 = 2\n"), (done.returncode, done.stdout), done.stderr)


class Header(unittest.TestCase):
    def test_two_readings(self):
        """A header that makes sense as one of a 64-bit machine, and another as one of a 32-bit machine, has one reading (H3): the note that
        the other would have found, with a key of megabytes, is not looked at."""
        data = bytearray(dumptext.make(KERNEL).file("kdump"))
        note = b"K" * 10_000_000 + b"=1\n"
        sub_blocks, bitmap_blocks = struct.unpack_from("<II", data, 432)
        struct.pack_into("<I", data, 8, 3)  # the version that has end_pfn
        # tv_usec and status; block size, sub-header and bitmap of 32 bits
        struct.pack_into("<III", data, 416, dumps.PAGE, sub_blocks, bitmap_blocks)
        struct.pack_into("<Q", data, dumps.PAGE + 24, len(data))  # end_pfn; where vmcoreinfo is
        struct.pack_into("<QQ", data, dumps.PAGE + 32, len(note), 0)  # where vmcoreinfo is, and its length; its length
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "vmcore")
            with open(path, "wb") as file:
                file.write(data + note)
            done = subprocess.run([PYKD, "--isolated", "id", path], capture_output=True, text=True, check=False, timeout=60)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            try:
                self.assertEqual([], [key for key in pykd.Dump(path).vmcoreinfo if len(key) > 1000])
            except pykd.FormatError as error:
                self.assertIn("vmcore", str(error))


if __name__ == "__main__":
    unittest.main()
