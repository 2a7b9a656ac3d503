# SPDX-License-Identifier: GPL-2.0-or-later
"""Split dumps, and files of which something is missing: right answers, partial ones that say so, or one line."""

import os
import re
import struct
import subprocess
import tempfile
import unittest

import dumps
import pykd
from dumps import PYKD, vmcores
from pykd.kernel.task import threads as tasks
from pykd.terminal import banner

BLOCK = 4096
STEP = 1 << 20
# How complaints say that the dump lacks something.
MISSING = r"truncated|not given|incomplete|excluded|not in the dump|not mapped|\d+ of \d+"
COMMANDS = ("sys", "log", "ps", "bt -a", "mod", "mount", "kmem -i", "net", "files", "dev", "taskinfo --summ", "taskinfo --hang")


def run(paths, *commands):
    """Run commands on a dump, or on the parts of one: exit status, output, complaints."""
    parts = [word for path in paths[1:] for word in ("--part", path)]
    words = [word for command in commands for word in ("-c", command)]
    # Only into a file taskinfo prints the dump's name.
    with tempfile.TemporaryFile("w+", errors="replace") as out:
        argv = [PYKD, "--isolated", paths[0], *parts, *words]
        result = subprocess.run(argv, stdout=out, stderr=subprocess.PIPE, text=True, errors="replace", check=False, timeout=120)
        out.seek(0)
        return result.returncode, out.read(), result.stderr


def split(source):
    """The three parts that ``makedumpfile --split`` would have written: all bitmaps in each, page descriptors of its own pages only.
    With each the place in the file of its middle page."""
    sub_blocks, bitmap_blocks, pages = struct.unpack_from("<III", source, 432)
    first = (1 + sub_blocks + bitmap_blocks) * BLOCK
    bitmap = int.from_bytes(source[(1 + sub_blocks + bitmap_blocks // 2) * BLOCK : first], "little")
    total = bitmap.bit_count()
    borders = [next(pfn for pfn in range(pages) if (bitmap & ((2 << pfn) - 1)).bit_count() > total * i // 3) for i in (1, 2)]
    for start, end in zip((0, *borders), (*borders, pages), strict=True):
        before = (bitmap & ((1 << start) - 1)).bit_count()
        own = (bitmap & ((1 << end) - 1)).bit_count() - before
        part = bytearray(source)
        part[first : first + 24 * own] = source[first + 24 * before : first + 24 * (before + own)]
        part[first + 24 * own : first + 24 * total] = bytes(24 * (total - own))
        struct.pack_into("<iQQ", part, BLOCK + 12, 1, start, end)
        struct.pack_into("<QQQ", part, BLOCK + 80, start, end, pages)
        yield bytes(part), struct.unpack_from("<q", part, first + 24 * (own // 2))[0]


def flatten(source):
    """What ``makedumpfile -F`` writes: the bitmaps last."""
    sub_blocks, bitmap_blocks = struct.unpack_from("<II", source, 432)
    bits, first = (1 + sub_blocks) * BLOCK, (1 + sub_blocks + bitmap_blocks) * BLOCK
    pieces = [(0, bits), *((start, min(start + STEP, len(source))) for start in range(first, len(source), STEP)), (bits, first)]
    out = bytearray((b"makedumpfile\0\0\0\0" + struct.pack(">qq", 1, 1)).ljust(BLOCK, b"\0"))
    for start, end in pieces:
        out += struct.pack(">qq", start, end - start) + source[start:end]
    return bytes(out + struct.pack(">qq", -1, -1))


class Incomplete(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = vmcores()[0]
        with open(cls.path, "rb") as file:
            cls.source = file.read()
        cls.split = list(split(cls.source))
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)

    def file(self, name, data):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def parts(self):
        return [self.file(f"part{i}", part) for i, (part, _) in enumerate(self.split)]

    def check(self, paths):
        """Every command ends, with partial answers or with one line that says what is missing."""
        status, out, complaints = run(paths, *COMMANDS)
        self.assertIn(status, (0, 1), complaints)
        self.assertIn("[INCOMPLETE]", out)
        for line in complaints.splitlines():
            self.assertRegex(line, MISSING)
        return out + complaints

    def refused(self, path, words):
        """One line says why."""
        status, out, complaints = run([path], "sys")
        self.assertEqual((status, out, len(complaints.splitlines())), (3, "", 1), complaints)
        self.assertIn(words, complaints)

    def test_parts_in_any_order(self):
        commands = ("taskinfo --summ", "mod", "mount", "bt -a")
        _, whole, _ = run([self.path], *commands)
        a, b, c = self.parts()
        for paths in ([a, b, c], [c, a, b]):
            status, out, complaints = run(paths, *commands)
            self.assertEqual((status, complaints), (0, ""))
            self.assertIn(paths[0], out)
            self.assertEqual(*(re.sub(r"o{3,} .*|\*\* Execution took.*", "", text) for text in (whole, out)))

    def test_a_part_is_missing(self):
        parts = self.parts()
        for missing in range(3):
            with self.subTest(missing=missing):
                self.assertRegex(self.check(parts[:missing] + parts[missing + 1 :]), r"not given \(--part\)|\d+ of \d+|truncated")

    def test_a_part_is_cut(self):
        paths = self.parts()
        os.truncate(paths[1], self.split[1][1])
        self.check(paths)

    def test_cut_anywhere(self):
        for share in (0.999, 0.9, 0.7, 0.5, 0.1, 0.02):
            with self.subTest(share):
                self.check([self.file("cut", self.source[: int(len(self.source) * share)])])

    def test_kernel_memory_left_out(self):
        """As a makedumpfile that is older than the kernel does to slab pages."""
        dump = dumps.opened(self.path)
        self.assertFalse(banner.lacks_kernel_memory(dump))
        lost = int(tasks.find(1, dump).signal)
        damaged = dumps.opened(self.file("left-out", dumps.without(self.source, dump.translate(lost) // BLOCK)))
        self.assertTrue(banner.lacks_kernel_memory(damaged))
        with self.assertRaises(pykd.FaultError) as caught:
            damaged.read(lost, 8)
        self.assertEqual(caught.exception.reason, "excluded")

    def test_a_page_of_types_is_missing(self):
        """It costs the types and names on it, whether or not the kernel has an index of its own."""
        dump = dumps.opened(self.path)
        start, end = dump.address_of("__start_BTF"), dump.address_of("__stop_BTF")
        whole = {str(kind) for kind in dump.types("struct")}
        for share in (0.05, 0.2, 0.4, 0.6, 0.9):
            page = int(start + share * (end - start)) & -BLOCK
            with self.subTest(share), dumps.opened(self.file("holed", dumps.without(self.source, dump.translate(page) // BLOCK))) as damaged:
                self.assertGreater(len({str(kind) for kind in damaged.types("struct")} & whole), len(whole) - 400)

    def test_cut_within_the_headers(self):
        for length, words in ((0, "empty"), (9, ""), (4096, "truncated"), (5000, "truncated"), (9000, "truncated")):
            with self.subTest(length):
                self.refused(self.file("cut", self.source[:length]), words)

    def test_flattened(self):
        flat = flatten(self.source)
        status, out, complaints = run([self.file("flat", flat)], "mod")
        self.assertEqual((status, out), run([self.path], "mod")[:2], complaints)
        # Without the mark at its end it may be whole.
        self.check([self.file("flat", flat[:-8])])
        for length in (len(flat) - 100, len(flat) // 2):
            with self.subTest(length):
                self.refused(self.file("flat", flat[:length]), "truncated inside its headers, which a flattened file has at its end")
        for length in (3 * BLOCK, BLOCK + 8):
            with self.subTest(length):
                self.refused(self.file("flat", flat[:length]), "truncated")
