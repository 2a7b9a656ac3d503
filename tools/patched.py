# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies of a kdump file with other memory: what an attacker, or damage, could have left there. For tests and fuzzers."""

import os
import shutil
import struct

PAGE = 4096


def write(dump, out, changes):
    """Write a copy of the file that *dump* reads, in which memory is changed: by virtual address the new bytes.

    Changed pages are appended uncompressed, and their descriptors point there.
    """
    pages = {}
    for address, data in changes.items():
        for place, byte in enumerate(data, dump.translate(address)):
            pfn = place // PAGE
            if pfn not in pages:
                pages[pfn] = bytearray(dump.read_physical(pfn * PAGE, PAGE))
            pages[pfn][place % PAGE] = byte
    shutil.copyfile(dump.path, out)
    os.chmod(out, 0o644)
    with open(out, "r+b") as file:
        sub_blocks, bitmap_blocks = struct.unpack_from("<II", file.read(PAGE), 432)
        half = bitmap_blocks * PAGE // 2
        file.seek((1 + sub_blocks) * PAGE + half)
        bitmap = int.from_bytes(file.read(half), "little")
        end = file.seek(0, os.SEEK_END)
        for pfn, data in pages.items():
            file.seek(end)
            file.write(data)
            file.seek((1 + sub_blocks + bitmap_blocks) * PAGE + 24 * (bitmap & ((1 << pfn) - 1)).bit_count())
            file.write(struct.pack("<QIIQ", end, PAGE, 0, 0))
            end += PAGE
