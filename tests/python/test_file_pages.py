# SPDX-License-Identifier: GPL-2.0-or-later
"""Files whose pages are larger than the kernel's: QEMU's kdump files of arm64 have blocks of 64 KiB, and no note says which machine it is."""

import os
import struct
import tempfile
import unittest

import pykd

BLOCK = 1 << 16
FIRST = 0x40000000 // BLOCK
"""The first of two blocks that are memory, of which the second is not in the file"""
VOFFSET = 0xFFFF800000000000
NOTE_AT, UTS_AT = 0x4000, 0xC123


def memory(page_size):
    """A block with the text of VMCOREINFO on a boundary of the kernel's pages, and what it names."""
    note = (
        f"OSRELEASE=6.12.0-test\nPAGESIZE={page_size}\nSYMBOL(init_uts_ns)={VOFFSET + FIRST * BLOCK + UTS_AT:x}\n"
        f"SYMBOL(_stext)={VOFFSET + FIRST * BLOCK + 0x10000:x}\nSYMBOL(swapper_pg_dir)={VOFFSET + FIRST * BLOCK + BLOCK:x}\n"
        f"NUMBER(kimage_voffset)={VOFFSET:#x}\nNUMBER(VA_BITS)=48\n"
    ).encode()  # fmt: skip
    data = bytearray(BLOCK)
    data[NOTE_AT : NOTE_AT + len(note)] = note
    for number, text in enumerate((b"Linux", b"host", b"6.12.0-test", b"#1", b"aarch64", b"(none)")):
        at = UTS_AT + number * 65
        data[at : at + len(text)] = text
    return bytes(data)


def kdump(page):
    """A file as QEMU writes it, not compressed."""
    pages = FIRST + 2
    half = -(-pages // 8 // BLOCK) * BLOCK
    header = bytearray(BLOCK)
    header[:8] = b"KDUMP   "
    struct.pack_into("<i", header, 8, 6)
    struct.pack_into("<IiiII", header, 424, 0, BLOCK, 1, 2 * half // BLOCK, pages)
    sub = bytearray(BLOCK)
    struct.pack_into("<ii", sub, 8, 1, 0)
    struct.pack_into("<Q", sub, 96, pages)
    memory_map = (3 << FIRST).to_bytes(half, "little")
    file_map = (1 << FIRST).to_bytes(half, "little")
    before = bytes(header + sub) + memory_map + file_map
    return before + struct.pack("<QIIQ", len(before) + 24, BLOCK, 0, 0) + page


class FilePages(unittest.TestCase):
    def check(self, page_size):
        page = memory(page_size)
        with tempfile.NamedTemporaryFile() as file:
            file.write(kdump(page))
            file.flush()
            with pykd.open(file.name) as dump:
                self.assertEqual((dump.arch, dump.page_size, dump.max_pfn), ("aarch64", page_size, (FIRST + 2) * BLOCK // page_size))
                self.assertEqual(dump.vmcoreinfo["OSRELEASE"], "6.12.0-test")
                start = FIRST * BLOCK
                self.assertEqual(dump.read_physical(start, BLOCK), page)
                self.assertEqual(dump.read_physical(start + UTS_AT, 5), b"Linux")
                for offset, status in ((-1, "absent"), (0, "present"), (BLOCK - 1, "present"), (BLOCK, "excluded"), (2 * BLOCK, "absent")):
                    self.assertEqual(dump.page_status((start + offset) // page_size), status, offset)
                # Without page tables the image is still known to lie in one piece.
                self.assertEqual(dump.read(VOFFSET + start + UTS_AT, 5), b"Linux")

    def test_small(self):
        self.check(4096)

    def test_middle(self):
        self.check(16384)


    def test_no_text(self):
        """What nothing is known of is told apart from damage."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(kdump(bytes(BLOCK)))
            file.flush()
            with pykd.open(file.name) as dump:
                self.assertEqual((dump.arch, dump.page_size, os.path.basename(dump.path)), ("unknown", BLOCK, os.path.basename(file.name)))
