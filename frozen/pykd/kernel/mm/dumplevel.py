# SPDX-License-Identifier: GPL-2.0-or-later
"""What makedumpfile was told to leave out."""

from __future__ import annotations

from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

ZEROS = 1
USER = 2 | 4 | 8
"""Pages of files, and those of processes"""


def dump_level(dump: Dump) -> int | None:
    """What pages makedumpfile was told to leave out: ``dump_level`` in the sub-header of the kdump format; None for others.

    The file is a row of blocks: the header (``struct disk_dump_header``, with its block size at 428 on x86-64), then
    ``struct kdump_sub_header`` with the level as an int behind ``unsigned long phys_base``. In a flattened file the same data lies
    in pieces: a 4 KiB head, then (offset, size) big-endian before each piece.
    """
    try:
        with open(dump.file, "rb", buffering=0) as file:
            start = 0
            if file.read(12) == b"makedumpfile":
                start = 4096 + 16
            file.seek(start)
            header = file.read(8192 + 16)
    except OSError:
        return None
    if header[:8] != b"KDUMP   ":
        return None
    level = header[4096 + 8 : 4096 + 12]
    if start:
        # The sub-header is the second piece.
        size = 0
        file_offset = 4096 + 8
        with open(dump.file, "rb", buffering=0) as file:
            file.seek(4096)
            for _ in range(16):
                offset, size = (int.from_bytes(file.read(8), "big", signed=True) for _ in range(2))
                if size <= 0:
                    return None
                if offset <= file_offset < offset + size:
                    file.seek(file_offset - offset, 1)
                    level = file.read(4)
                    break
                file.seek(size, 1)
    # The byte order is the file's; its version is a small number.
    return int.from_bytes(level, "little" if int.from_bytes(header[8:12], "little") < 1 << 16 else "big")


def only_zeros(level: int | None) -> bool:
    """Whether pages of zeros are all that such a level leaves out of what processes use."""
    return level is not None and bool(level & ZEROS) and not level & USER


@per_dump
def leaves_out_zeros_only(dump: Dump) -> bool:
    """Whether a page of a process that was left out can only have been one of zeros: of the pages that are in use no others were to be."""
    return only_zeros(dump_level(dump))
