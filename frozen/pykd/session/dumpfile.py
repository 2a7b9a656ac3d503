# SPDX-License-Identifier: GPL-2.0-or-later
"""The dump's file itself as memory: what ``-f`` of ``rd`` and ``struct`` means."""

from __future__ import annotations

import os

from _pykd import Dump
from pykd.core.errors import CommandError
from pykd.kernel.mm.usermemory import SubstitutedMemory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FileMemory(SubstitutedMemory):
    """Everything of a dump, but addresses are offsets in its (first) file."""

    def __init__(self, dump: Dump) -> None:
        super().__init__(dump)
        self.path, self.name = dump.file, dump.path

    def read(self, address: int, size: int) -> bytes:
        data = self.read_upto(address, size)
        if len(data) < size:
            raise CommandError(f"{self.name} has {os.stat(self.path).st_size} bytes, none at offset {address + len(data):#x}")
        return data

    def read_upto(self, address: int, size: int) -> bytes:
        with open(self.path, "rb") as file:
            return os.pread(file.fileno(), size, address) if address < 1 << 63 else b""


def memory(dump: Dump) -> Any:
    """*dump* with its file's bytes as its memory."""
    return FileMemory(dump)
