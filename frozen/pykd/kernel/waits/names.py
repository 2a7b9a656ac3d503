# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies at an address that threads wait for: a variable, a part of a superblock or of its journal, an object of a slab cache."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.fs.sbnames import sb_name
from pykd.kernel.fs.superblocks import filesystem_type, for_each_super_block
from pykd.kernel.mm.slabname import SlabNames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump, Type

_JOURNALS = {"ext4": ("struct ext4_sb_info", "s_journal"), "ocfs2": ("struct ocfs2_super", "journal")}
"""Where file systems that use jbd2 keep their ``struct journal_s *``, by type: the struct at ``super_block.s_fs_info``, its member"""


_SECTOR, _LARGEST_BLOCK = 512, 1 << 16
"""Bytes: blocks of buffers are no smaller and no larger."""


class Place(NamedTuple):
    """A large object that other things lie in."""

    start: int
    end: int
    struct: str
    """``struct super_block``"""
    owner: int
    """Address of the ``struct super_block`` that it belongs to"""


@per_dump
def journals(dump: Dump) -> dict[int, int]:
    """Addresses of ``struct journal_s``, with their ``struct super_block``. What cannot be read is left out."""
    found: dict[int, int] = {}
    for block in caught(for_each_super_block(dump)):
        try:
            if isinstance(block, Error):
                continue
            struct, member = _JOURNALS[filesystem_type(block)]
            if journal := int(dump.object(struct, int(block.s_fs_info)).Eval(member)):
                found[journal] = int(block)
        except (Error, KeyError):
            continue
    return found


@per_dump
def _places(dump: Dump) -> list[Place]:
    size = dump.type("struct super_block").size
    found = [Place(int(block), int(block) + size, "struct super_block", int(block)) for block in caught(for_each_super_block(dump)) if not isinstance(block, Error)]
    if journal := dump.find_type("struct", "journal_s"):
        found += [Place(address, address + journal.size, "struct journal_s", block) for address, block in journals(dump).items()]
    return found


def place_of(dump: Dump, address: int) -> Place | None:
    """The superblock or journal that *address* lies in."""
    return next((place for place in _places(dump) if place.start <= address < place.end), None)


@per_dump
def slab_names(dump: Dump) -> SlabNames:
    """See :class:`pykd.kernel.mm.slabname.SlabNames`."""
    return SlabNames(dump)


def member_path(kind: Type, offset: int, depth: int = 4) -> str:
    """The member of a struct that has the byte at *offset*: ``s_writers.rw_sem[0]``; "" where there is none.

    :param depth: how many members within members are named.
    """
    kind = kind.strip()
    if kind.kind == "array" and kind.target and kind.target.size:
        number, rest = divmod(offset, kind.target.size)
        inner = member_path(kind.target, rest, depth)
        return f"[{number}]" + (f".{inner}" if inner and not inner.startswith("[") else inner)
    if kind.kind not in ("struct", "union") or not depth:
        return ""
    for member in kind.members():
        if member.offset <= offset < member.offset + max(member.type.size, 1):
            inner = member_path(member.type, offset - member.offset, depth - bool(member.name))
            if not member.name or not inner:
                return member.name or inner
            return member.name + ("" if inner.startswith("[") else ".") + inner
    return ""


def name_of(dump: Dump, address: int, size: int = 1) -> str:
    """What lies at *address*, in words; "" where nothing is known of it. Never raises.

    :param size: of the struct that is asked for, which shall not be taken apart.
    """
    if not address:
        return ""
    place = place_of(dump, address)
    if place is not None:
        try:
            member = _whole(member_path(dump.type(place.struct), address - place.start), dump.type(place.struct), address - place.start, size)
        except Error:
            member = ""
        block: Any = dump.object("struct super_block", place.owner)
        return f"{member} of the {'journal of ' if place.struct != 'struct super_block' else ''}{sb_name(dump, block)}"
    symbol = dump.symbol_at(address)
    if symbol is not None:
        offset = address - symbol.address
        return f"{symbol.name}+{offset:#x}" if offset else symbol.name
    cache = slab_names(dump).cache_of(address)
    return f"in an object of {cache}" if cache else ""


def is_buffer(dump: Dump, address: int) -> bool:
    """Whether a ``struct buffer_head`` is at *address*, whose first word is that of its bits: by its size, and the disk that it leads to. Compilers
    make one of the function that waits for it and those that it calls. Never raises."""
    try:
        head: Any = dump.object("struct buffer_head", address)
        size = int(head.b_size)
        return size >= _SECTOR and not size & (size - 1) and size <= _LARGEST_BLOCK and bool(head.b_bdev) and bool(str(head.b_bdev.bd_disk.disk_name))
    except Error:
        return False


def _whole(path: str, kind: Type, offset: int, size: int) -> str:
    """Shorten a path by what lies within the struct of *size* bytes at *offset*."""
    while "." in path or "[" in path:
        shorter = path[: max(path.rfind("."), path.rfind("["))]
        member = kind.member(shorter)
        if member is None or member.offset != offset or member.type.size > size:
            break
        path = shorter
    return path
