# SPDX-License-Identifier: GPL-2.0-or-later
"""Many changes of one dump's memory without a file for each: the other end of tests/fuzz/overlay.c.

Works in ``build/ARCH/pykd-overlay`` only (``./build.sh build overlay``). Answers come from processes that open
the dump anew (tools/asking.py).
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path

import asking

PROGRAM = Path(__file__).resolve().parents[1] / "build" / os.uname().machine / "pykd-overlay"
VARIABLE = "PYKD_OVERLAY"
_HEAD = struct.Struct("<QQQQ")
"""Numbers of patches, whether reads are written down, their number, and one that is another whenever the patches are"""
_PATCH = struct.Struct("<QQ8s")
_PATCHES = 64
_READS = _HEAD.size + _PATCHES * _PATCH.size
_SIZE = _READS + 16 * (1 << 20)


def begin(arguments: Sequence[str]) -> None:
    """Go on in the program that has an overlay, if this is another one."""
    if VARIABLE in os.environ:
        return
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    file, path = tempfile.mkstemp(dir=folder)
    os.ftruncate(file, _SIZE)
    os.execve(PROGRAM, [str(PROGRAM), "--trust-cwd", "--run", *arguments], {**os.environ, VARIABLE: path})


class Overlay:
    """What lies over the memory of every dump that this process and its children open."""

    def __init__(self) -> None:
        path = os.environ[VARIABLE]
        with open(path, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _SIZE)
        os.unlink(path)

    def put(self, patches: dict[int, bytes]) -> None:
        """By physical address the bytes, at most 8 each; all others are as in the dump."""
        for number, (address, data) in enumerate(patches.items()):
            _PATCH.pack_into(self._shared, _HEAD.size + number * _PATCH.size, address, len(data), data)
        generation = _HEAD.unpack_from(self._shared)[3] + 1
        _HEAD.pack_into(self._shared, 0, len(patches), 0, 0, generation)

    def reads(self, path: str, command: str) -> set[int]:
        """Addresses of the words of the kernel's memory that *command* reads."""
        self.put({})
        self._shared[8:16] = (1).to_bytes(8, "little")
        asking.answer(path, (command,))
        count = _HEAD.unpack_from(self._shared)[2]
        self._shared[8:16] = bytes(8)
        words: set[int] = set()
        for address, length in struct.iter_unpack("<QQ", self._shared[_READS : _READS + 16 * count]):
            words.update(range(address & ~7, address + length, 8))
        return words
