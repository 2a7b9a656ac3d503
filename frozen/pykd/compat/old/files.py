# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks on files as older kernels kept them: values for the tables in compat.py and standins.py that take more than a path."""

from __future__ import annotations

from _pykd import Error, current
from pykd.compat.parts import Elements
from pykd.core.members import offset_of
from pykd.kernel import cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from _pykd import Dump, Struct

MAX_LOCKS = 1 << 20
"""A list of more is damaged."""

# As they lay in one list: a lease before all others, POSIX locks after all others.
_LISTS = ("flc_lease", "flc_flock", "flc_posix")


def _locks_of(inode: Struct) -> list[int]:
    dump = type(inode).PYT_dump
    context: Any = inode.i_flctx
    if not context:
        return []
    link = offset_of(dump.struct_class("struct file_lock"), "fl_list")
    found: list[int] = []
    for name in _LISTS:
        nodes, _ = dump.follow(int(context) + context.fieldOffset(name), limit=MAX_LOCKS)
        found += [node - link for node in nodes[1:]]
    return found


def _lock(obj: Struct, address: int) -> Struct:
    return type(obj).PYT_dump.struct_class("struct file_lock")(address)


def first_lock(inode: Struct) -> Struct:
    """``inode.i_flock``: the first of all locks on a file, which go on by their ``fl_next``."""
    locks = _locks_of(inode)
    return _lock(inode, locks[0] if locks else 0)


# The locks on the file that was walked last: fl_next is asked of each in turn.
_walked: tuple[Dump | None, int, dict[int, int]] = (None, 0, {})


def next_lock(lock: Struct) -> Struct:
    """``file_lock.fl_next``: NULL after the last, and for a lock that is on no file."""
    global _walked
    dump = type(lock).PYT_dump
    if not lock.fl_file:
        return _lock(lock, 0)
    inode: Any = lock.fl_file.f_inode
    if _walked[0] is not dump or _walked[1] != int(inode) or int(lock) not in _walked[2] or dump.live:
        locks = _locks_of(inode)
        _walked = dump, int(inode), dict(zip(locks, [*locks[1:], 0]))
    return _lock(lock, _walked[2].get(int(lock), 0))


class PerCpuList(Elements):
    """Stands for the lists that one list became, one for each CPU. As a number it is where a list lies in the memory of a CPU."""

    percpu = True

    def __new__(cls, addresses: Iterable[int], place: int) -> PerCpuList:
        self = int.__new__(cls, place)
        self.addresses = list(addresses)
        return self


def _chain(dump: Dump, head: int) -> list[int]:
    first = dump.read_unsigned(head)
    return dump.follow(first, limit=MAX_LOCKS)[0] if first else []


def file_lock_list() -> PerCpuList:
    """All locks that are held, by their ``fl_link``: a list, an array of a list for each CPU, one with a lock since v4.9."""
    dump = current()
    symbol = dump.symbol("file_lock_list")
    offset = dump.symbol_type("file_lock_list").offset_of("hlist")
    links: list[int] = []
    for cpu in cpus.possible(dump):
        links += _chain(dump, dump.cpu_variable(cpu, "file_lock_list") + offset)
    return PerCpuList(links, symbol.address + offset - dump.address_of("__per_cpu_start"))


def blocked_list() -> Elements:
    """Those who wait for a lock, by their ``fl_link``: in a hash table since v3.11."""
    dump = current()
    table = dump.symbol("blocked_hash").address
    links: list[int] = []
    for head in range(table, table + dump.symbol_type("blocked_hash").size, 8):
        links += _chain(dump, head)
    return Elements(links)


def marked(pointer: int, offset: int) -> int:
    """Address of what an ``fsnotify_mark_connector`` marks, by its ``obj``: that led to the pointer at *offset* in it, which leads
    back to the connector, and leads to the whole since v6.10."""
    dump = current()
    back = offset_of(dump.struct_class("struct fsnotify_mark_connector"), "obj")
    try:
        if dump.read_unsigned(dump.read_unsigned(pointer + offset) + back) == pointer:
            return pointer
    except Error:
        pass
    return pointer - offset


def marked_super_block(pointer: int) -> Struct:
    return current().struct_class("struct super_block")(int(pointer))
