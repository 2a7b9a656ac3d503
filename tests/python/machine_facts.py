# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints what a program sees of the machine that Python was built for; run by test_arm64.py."""

import array
import hashlib
import marshal
import math
import struct
import sys
import zlib

import _pykd_files as files

print(sys.byteorder, sys.maxsize, sys.hash_info, sys.float_info)
print(struct.calcsize("lPq?dn"), array.array("l").itemsize)
print(list(memoryview(b"\x80\xff").cast("b")), struct.unpack("<bhiq", b"\xff" * 15))
print(math.fsum([0.1] * 10), math.exp(1.5), 2.0**0.5, math.sin(1e6), 1e22 / 3, f"{2 / 3:.30f}")
print(zlib.crc32(b"pykd" * 1000), zlib.decompress(zlib.compress(b"pykd" * 1000, 9))[:8])

digest = hashlib.sha256()
for folder in ("pykd", "LinuxDump", "pylib", "progs"):
    for name in sorted(files.listdir(folder)):
        path = f"{folder}/{name}"
        if files.is_file(path):
            digest.update(path.encode() + files.read(path))
            if name.endswith(".py"):
                digest.update(marshal.dumps(files.code(path)))
print(digest.hexdigest())
