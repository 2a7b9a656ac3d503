# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump whose memory is another than the kernel's: the user space of one task is what ``-u`` of commands means."""

from __future__ import annotations

from _pykd import Dump, FaultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SubstitutedMemory:
    """Everything of a dump but its memory, which subclasses read."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dump, name)

    def read(self, address: int, size: int) -> bytes:
        raise NotImplementedError

    def read_upto(self, address: int, size: int) -> bytes:
        raise NotImplementedError

    def read_unsigned(self, address: int, size: int = 8) -> int:
        return int.from_bytes(self.read(address, size), self.dump.byteorder)

    def read_signed(self, address: int, size: int = 8) -> int:
        return int.from_bytes(self.read(address, size), self.dump.byteorder, signed=True)

    def read_string(self, address: int, max_size: int = 4096) -> bytes:
        """Up to the NUL, as far as it can be read. :raises FaultError: not even the first byte can be"""
        data = self.read_upto(address, max_size) or self.read(address, 1)
        return data.partition(b"\0")[0]


class UserMemory(SubstitutedMemory):
    """
    :param pgd: physical address of the page tables.
    """

    def __init__(self, dump: Dump, pgd: int) -> None:
        super().__init__(dump)
        self.pgd = pgd

    def read(self, address: int, size: int) -> bytes:
        return self.dump.read(address, size, pgd=self.pgd)

    def read_upto(self, address: int, size: int) -> bytes:
        try:
            return self.dump.read_upto(address, size, pgd=self.pgd)
        except FaultError:
            return b""
