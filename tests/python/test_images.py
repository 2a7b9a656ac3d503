# SPDX-License-Identifier: GPL-2.0-or-later
"""Images of memory, which no kernel wrote: the same answers as of the dump whose pages they have, and a clear line where they are damaged."""

import os
import struct
import subprocess
import tempfile
import unittest

import dumps
import images
import pykd
from dumps import PYKD

COMMANDS = ("sys", "ps", "log", "bt -a")


def answers(*names):
    """What the commands print of a dump, without its name; and what they complain about."""
    words = [word for command in COMMANDS for word in ("-c", command)]
    result = subprocess.run([PYKD, "--isolated", *names, *words], capture_output=True, text=True, errors="replace", check=False, timeout=120)
    return [line for line in result.stdout.splitlines() if not any(one.split("@")[0] in line for name in names for one in name.split(","))], result.stderr


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = dumps.opened(dumps.SAMPLE)
        cls.ranges = images.ranges_of(cls.dump)
        cls.expected = answers(dumps.SAMPLE)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)

    def file(self, name, data):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def check(self, form, *names):
        """The image answers as the dump, and says of what form it is."""
        with pykd.Dump(*names) as dump:
            self.assertEqual((dump.format, bool(dump.complete), dump.arch, dump.page_size), (form, True, "x86_64", 4096))
        self.assertEqual(self.expected, answers(*names))

    def check_cuts(self, path):
        """Cut at 50 places it opens with less, or one line says why not."""
        size = os.path.getsize(path)
        for place in reversed(range(50)):
            length = 1 + place * (size - 2) // 49
            os.truncate(path, length)
            with self.subTest(length):
                try:
                    dump = pykd.Dump(path)
                except pykd.FormatError as error:
                    self.assertNotIn("\n", str(error))
                    self.assertIn(path, str(error))
                    continue
                with dump:
                    # Between two ranges nothing tells.
                    whole = sum(dump.page_status(start // 4096) == "present" for start, _ in self.ranges) < len(self.ranges)
                    self.assertTrue(not dump.complete or whole)

    def test_lime(self):
        path = self.file("lime", images.lime(self.ranges))
        self.check("LiME", path)
        self.check_cuts(path)

    def test_avml(self):
        path = self.file("avml", images.avml(self.ranges))
        self.check("AVML", path)
        self.check_cuts(path)

    def test_raw(self):
        """One file with its holes, and one file for each end of memory."""
        self.check("raw memory", self.file("padded", images.padded(self.ranges)) + "@0x0")
        os.remove(os.path.join(self.folder.name, "padded"))
        half = len(self.ranges) // 2
        high = self.ranges[half][0]
        names = [
            self.file("low.raw", images.padded(self.ranges[:half])) + "@0",
            self.file("high.raw", images.padded([(start - high, data) for start, data in self.ranges[half:]])) + f"@{high:x}",
        ]
        self.check("raw memory", ",".join(names))
        self.check("raw memory", *names)
        result = subprocess.run([PYKD, "id", ",".join(names), os.path.join(self.folder.name, "low.raw")], capture_output=True, text=True, check=False)
        self.assertIn("raw memory, complete", result.stdout)
        self.assertIn("low.raw@0x0", result.stdout)

    def test_qemu(self):
        cpus = [{**note, "pid": 0, "cr3": 4096 * number} for number, note in enumerate(self.dump.notes())]
        stream = images.qemu(self.ranges, devices=images.qemu_registers(cpus))
        path = self.file("stream", stream)
        self.check("QEMU migration stream", path)
        with pykd.Dump(path) as dump:
            for number, note in enumerate(dump.notes()):
                self.assertEqual(cpus[number] | {"orig_rax": 0, "cr4": 0}, note)
        self.check_cuts(path)

    def test_libvirt(self):
        stream = images.qemu(self.ranges, machine="pc-q35-9.2", ram="/objects/pc.ram")
        self.check("libvirt save file", self.file("saved", images.libvirt(stream)))
        os.remove(os.path.join(self.folder.name, "saved"))
        for form, words in ((1, "gunzip"), (5, "unzstd"), (6, "virsh dump --memory-only")):
            with self.assertRaisesRegex(pykd.UnsupportedError, words):
                pykd.Dump(self.file("packed", images.libvirt(stream[:100], form)))

    def test_refused_streams(self):
        """What is in no pages that are read is named."""
        ranges = [(0, bytes(4096))]
        plain = images.qemu(ranges)
        uuid = b"configuration/uuid" + struct.pack(">I16x", 1)
        capabilities = b"\5\x1aconfiguration/capabilities" + struct.pack(">II", 1, 1) + b"\x0amapped-ram"
        for stream, words in (
            (images.qemu(ranges, machine="xenfv"), "another kind"),
            (plain.replace(struct.pack(">Q", 8) + b"\x08vga", struct.pack(">Q", 0x40) + b"\x08vga"), "XBZRLE"),
            (plain.replace(uuid, uuid + capabilities), "mapped-ram"),
        ):
            with self.subTest(words), self.assertRaisesRegex(pykd.UnsupportedError, words):
                pykd.Dump(self.file("stream", stream))

    def test_vmware(self):
        """Memory in two regions: beside the state of the guest, in it, and without a word of where it lies."""
        half = len(self.ranges) // 2
        high = self.ranges[half][0]
        low_part = images.padded(self.ranges[:half])
        memory = low_part + images.padded([(start - high, data) for start, data in self.ranges[half:]])
        low_pages = len(low_part) // 4096
        regions = [(0, 0, low_pages), (low_pages, high // 4096, len(memory) // 4096 - low_pages)]
        cpus = [{name: value for name, value in note.items() if name[0] == "r"} | {"cr3": 8192, "cr4": 7} for note in self.dump.notes()]
        state, vmem = self.file("guest.vmss", images.vmss(regions, cpus)), self.file("guest.vmem", memory)
        self.check("VMware suspend state", state)
        self.check("VMware memory", vmem)
        with pykd.Dump(state) as dump:
            for mine, note in zip(cpus, dump.notes(), strict=True):
                self.assertEqual(mine, {name: note[name] for name in mine})
        os.truncate(vmem, len(memory) // 2)
        for path in (state, vmem):
            with pykd.Dump(path) as dump:
                self.assertEqual((bool(dump.complete), dump.page_status(self.ranges[-1][0] // 4096)), (False, "truncated"))
        os.remove(vmem)
        with self.assertRaisesRegex(pykd.FormatError, ".vmem file of the same name"):
            pykd.Dump(state)
        inside = self.file("inside.vmsn", images.vmss(regions, cpus, memory))
        self.check("VMware suspend state", inside)
        self.check_cuts(inside)
        self.check("VMware memory", self.file("alone.vmem", images.padded(self.ranges)))


if __name__ == "__main__":
    unittest.main()
