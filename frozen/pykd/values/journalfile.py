# SPDX-License-Identifier: GPL-2.0-or-later
"""Journal files of systemd, as https://systemd.io/JOURNAL_FILE_FORMAT describes them: entries with fields, the oldest first.

The file is hostile: offsets are checked, chains end, what is compressed is bounded.
"""

from __future__ import annotations

import re
import struct

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.values import compression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNATURE = b"LPKSHHRH"
COMPACT = 1 << 4
"""Of the flags for incompatible features: offsets of 32 bits (systemd 252)"""
DATA, ENTRY, ENTRY_ARRAY = 1, 3, 6
"""Types of objects"""
XZ, LZ4, ZSTD = 1, 2, 4
"""Flags of a data object: how its payload is compressed"""
HEADER = 16
"""Bytes that each object begins with: type, flags, size"""
MAX_DATA = 64 << 20
"""Bytes of a field; journald takes no more than 768 MB, and nobody logs that."""
MAX_ITEMS = 1024
"""Fields of an entry (ENTRY_FIELD_COUNT_MAX)"""
MAX_CACHED = 20000
"""Fields that are kept: most entries repeat those of others"""
_NAME = re.compile(rb"[A-Z_][A-Z0-9_]*")


class JournalError(Error):
    """A part of the file is missing or damaged."""


class Entry(NamedTuple):
    """One entry."""

    offset: int
    sequence: int
    realtime: int
    """us since 1970"""
    monotonic: int
    """us since boot"""
    boot: str
    """ID of the boot, 32 hexadecimal digits"""
    fields: dict[str, list[bytes]]
    """Values by name, each field as often as it was given"""
    errors: list[Error]
    """Of fields that cannot be read"""


def _zstd_size(data: bytes) -> int:
    """Bytes that a frame of Zstandard says it expands to; -1 where it does not."""
    if data[:4] != b"\x28\xb5\x2f\xfd" or len(data) < 6:
        return -1
    descriptor = data[4]
    single = descriptor >> 5 & 1
    at = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3]
    width = (single, 2, 4, 8)[descriptor >> 6]
    return int.from_bytes(data[at : at + width], "little") + (256 if width == 2 else 0) if width else -1


def expanded(flags: int, data: bytes) -> bytes:
    """The payload of a data object. :raises JournalError: it is damaged, or compressed in a way that is not read."""
    if flags & ZSTD:
        algorithm, size = "zstd", _zstd_size(data)
    elif flags & LZ4:
        algorithm, size, data = "lz4", int.from_bytes(data[:8], "little"), data[8:]
    elif flags & XZ:
        raise JournalError("a field is compressed with XZ, which pykd does not read")
    else:
        return data
    if 0 <= size <= MAX_DATA:
        try:
            return compression.page(algorithm, data, size)
        except ValueError:
            pass
    raise JournalError("a compressed field is damaged")


class Journal:
    """One journal file.

    :ivar state: 0 offline, 1 online (it was being written), 2 archived
    :ivar entry_nr: entries that it says it has
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        """
        :param read: gives bytes of the file by offset and count, fewer at its end. :raises Error: some are missing
        :param size: of the file
        :raises JournalError: it is no journal.
        :raises Error: its header is missing.
        """
        self._read = read
        self.size = size
        header = read(0, 208)
        if len(header) < 208 or header[:8] != SIGNATURE:
            raise JournalError("it is no journal")
        incompatible, self.state = struct.unpack_from("<IB", header, 12)
        (self.header_size,) = struct.unpack_from("<Q", header, 88)
        self.entry_nr, self.last_sequence, self.first_sequence, self._array, self.first_time, self.last_time = struct.unpack_from("<6Q", header, 152)
        compact = incompatible & COMPACT
        self._payload = 72 if compact else 64
        self._items = ("<I", 4) if compact else ("<Q8x", 16)
        self._offsets = ("I", 4) if compact else ("Q", 8)
        self._known: dict[int, tuple[str, bytes]] = {}

    def _object(self, offset: int, kind: int, least: int) -> tuple[bytes, int]:
        """(the first *least* bytes, size) of an object. :raises Error:"""
        if offset % 8 or not self.header_size <= offset < self.size:
            raise JournalError(f"an object cannot be at {offset}")
        head = self._read(offset, least)
        if len(head) < least or head[0] != kind:
            raise JournalError(f"the object at {offset} is damaged")
        size = int.from_bytes(head[8:16], "little")
        if not least <= size <= self.size - offset:
            raise JournalError(f"the object at {offset} is damaged")
        return head, size

    def offsets(self) -> Iterator[int | Error]:
        """Where the entries are, in their order, and what ended the list early. The last ones may be half written."""
        at, left = self._array, self.entry_nr
        code, width = self._offsets
        try:
            while at and left:
                head, size = self._object(at, ENTRY_ARRAY, 24)
                following = int.from_bytes(head[16:24], "little")
                count = min((size - 24) // width, left)
                for first in range(0, count, 4096):
                    number = min(4096, count - first)
                    data = self._read(at + 24 + first * width, number * width)
                    yield from struct.unpack(f"<{len(data) // width}{code}", data[: len(data) // width * width])
                left -= count
                if following and following <= at:
                    raise JournalError("the list of entries runs back")
                at = following
        except Error as error:
            yield error

    def entry(self, offset: int, wanted: frozenset[str] | None = None) -> Entry:
        """The entry at an offset.

        :param wanted: names of fields that matter; default: all
        :raises Error: it is missing or damaged.
        """
        head, size = self._object(offset, ENTRY, 64)
        sequence, realtime, monotonic = struct.unpack_from("<3Q", head, 16)
        code, width = self._items
        count = (size - 64) // width
        if count > MAX_ITEMS:
            raise JournalError(f"the entry at {offset} has {count} fields")
        fields: dict[str, list[bytes]] = {}
        errors: list[Error] = []
        for (item,) in struct.iter_unpack(code, self._read(offset + 64, count * width)):
            try:
                name, value = self._field(item)
            except Error as error:
                errors.append(error)
                continue
            if wanted is None or name in wanted:
                fields.setdefault(name, []).append(value)
        return Entry(offset, sequence, realtime, monotonic, head[40:56].hex(), fields, errors)

    def _field(self, offset: int) -> tuple[str, bytes]:
        known = self._known.get(offset)
        if known is not None:
            return known
        head, size = self._object(offset, DATA, self._payload)
        if size > MAX_DATA:
            raise JournalError(f"the field at {offset} has {size} bytes")
        data = expanded(head[1], self._read(offset + self._payload, size - self._payload))
        name, equals, value = data.partition(b"=")
        if not equals or not _NAME.fullmatch(name):
            raise JournalError(f"the field at {offset} is damaged")
        found = name.decode(), value
        if size < 1 << 12:
            if len(self._known) >= MAX_CACHED:
                self._known.clear()
            self._known[offset] = found
        return found

    def scan(self, data: bytes, offset: int) -> Iterator[int]:
        """Where entries seem to be in a piece of the file, by what an entry must look like: for those that the list has lost.

        :param offset: of the piece in the file
        """
        for match in re.finditer(rb"(?=\x03\0{7})", data):
            at = match.start()
            if (offset + at) % 8 or at + 64 > len(data):
                continue
            size, sequence, realtime = struct.unpack_from("<3Q", data, at + 8)
            if 64 < size <= 64 + MAX_ITEMS * 16 and self.first_sequence <= sequence <= self.last_sequence and self.first_time <= realtime <= self.last_time:
                yield offset + at
