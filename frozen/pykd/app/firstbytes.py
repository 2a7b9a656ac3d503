# SPDX-License-Identifier: GPL-2.0-or-later
"""What a file is by how it begins, before anybody opens it as a dump."""

from __future__ import annotations

import os
import stat

EXECUTABLE, SHARED, CORE = 2, 3, 4
"""``e_type`` of ELF files"""


def of(path: str) -> bytes:
    """The first bytes of a regular file; empty of anything else: a pipe would wait for who writes into it."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""
        with open(path, "rb") as file:
            return file.read(18)
    except OSError:
        return b""


def elf_type(head: bytes) -> int | None:
    """``e_type`` in the file's own byte order; None: it is no ELF file."""
    if head[:4] != b"\x7fELF" or len(head) < 18:
        return None
    return int.from_bytes(head[16:18], "big" if head[5] == 2 else "little")


def is_dump(path: str) -> bool:
    """Whether a file begins as a dump, whatever has become of the rest."""
    head = of(path)
    return elf_type(head) == CORE or head.startswith((b"KDUMP   ", b"DISKDUMP", b"makedumpfile", b"EMiL", b"AVML", b"QEVM", b"Libvirt", b"\xd2\xbe\xd2\xbe", b"\xd1\xba\xd1\xba"))


def is_vmlinux(path: str) -> bool:
    """Whether it is an ELF object that is no core: a kernel, or a program."""
    return elf_type(of(path)) in (EXECUTABLE, SHARED)
