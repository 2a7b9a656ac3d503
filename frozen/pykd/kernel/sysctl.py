# SPDX-License-Identifier: GPL-2.0-or-later
"""Sysctls: the ``struct ctl_table`` behind each name, and its value.

A directory is a ``struct ctl_dir``: a red-black tree of ``struct ctl_node``, one for each entry of the tables registered in
it; an entry that is a directory itself belongs to the header of that directory (since v3.4). The first set holds
what is the same everywhere; namespaces have sets of their own that repeat the directories they need.
"""

from __future__ import annotations

from itertools import batched

from _pykd import Error
from pykd.core.members import offset_of
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.lists import rbtree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_DEPTH = 32
SHOWN = 5
"""Elements of an array that are read."""
MAX_LENGTH = 1 << 16
"""Bytes of a text"""
S_IFMT, S_IFDIR, S_IFLNK = 0o170000, 0o040000, 0o120000


def ctl_table_sets(dump: Dump, nsproxy: Any = None) -> Iterator[Any]:
    """Each ``struct ctl_table_set``: the first one, and those of the namespaces of a ``struct nsproxy``. :raises FaultError:"""
    yield dump.object("struct ctl_table_root", dump.symbol("sysctl_table_root", "").address).default_set
    if not nsproxy:
        return
    # IPC namespaces have theirs since 1f5c135ee509 and dc55e35f9e81 (in v5.19), PID namespaces since 7863dcc72d0f (in v6.14)
    for owner, members in (
        (nsproxy.net_ns, ("sysctls",)),
        (nsproxy.ipc_ns, ("mq_set", "ipc_set")),
        (nsproxy.pid_ns_for_children, ("set",)),
        (nsproxy.uts_ns.user_ns, ("set",)),
    ):
        for member in members:
            if owner and owner.hasField(member):
                yield getattr(owner, member)


def for_each_sysctl(dump: Dump, nsproxy: Any = None) -> Iterator[Any]:
    """(dotted name, ``struct ctl_table``) of each sysctl, and the errors met on the way.

    :param nsproxy: with those of the namespaces of this ``struct nsproxy``.
    """
    for found in caught(ctl_table_sets(dump, nsproxy)):
        if isinstance(found, Error):
            yield found
        else:
            yield from _entries(dump, found.dir, "", 0)


def entries_of(dump: Dump, directory: Any) -> Iterator[Any]:
    """(``struct ctl_table``, ``struct ctl_table_header`` it was registered with) of each entry of a ``struct ctl_dir``, and the errors met."""
    problems: list[Error] = []
    node: Any = dump.struct_class("struct ctl_node")
    for found in caught(rbtree.nodes(dump, int(directory) + directory.fieldOffset("root"), problems.append)):
        try:
            yield found if isinstance(found, Error) else entry_at(dump, node(found[0] - offset_of(node, "node")))
        except Error as error:
            yield error
    yield from problems


def entry_at(dump: Dump, node: Any) -> tuple[Any, Any]:
    """(``struct ctl_table``, ``struct ctl_table_header``) of a ``struct ctl_node``: the nodes of a header are in the order of its table.

    :raises FaultError:
    """
    table: Any = dump.struct_class("struct ctl_table")
    header = node.header
    index = (int(node) - int(header.node)) // dump.type("struct ctl_node").size
    return table(int(header.ctl_table) + index * dump.type("struct ctl_table").size), header


def directory_of(dump: Dump, header: Any) -> Any:
    """The ``struct ctl_dir`` whose own ``struct ctl_table_header`` this is."""
    inside: Any = dump.struct_class("struct ctl_dir")
    return inside(int(header) - offset_of(inside, "header"))


def find_entry(dump: Dump, directory: Any, name: str) -> tuple[Any, Any] | None:
    """(``struct ctl_table``, ``struct ctl_table_header``) of the entry of that name; None if there is none.

    :raises FaultError: what can be read has it not.
    """
    lost: Error | None = None
    for found in entries_of(dump, directory):
        try:
            if isinstance(found, Error):
                raise found
            if found[0].procname == name:
                return found  # type: ignore[no-any-return]
        except Error as error:
            lost = error
    if lost:
        raise lost
    return None


def same_directory(dump: Dump, ctl_set: Any, directory: Any) -> Any:
    """The ``struct ctl_dir`` of a ``struct ctl_table_set`` that has the path of one in another set; None if it has no such.

    :raises FaultError:
    """
    names: list[str] = []
    while directory.header.parent:
        if len(names) == MAX_DEPTH:
            return None
        names.append(directory.header.ctl_table[0].procname)
        directory = directory.header.parent
    here = ctl_set.dir
    for name in reversed(names):
        found = find_entry(dump, here, name)
        if not found or found[0].mode & S_IFMT != S_IFDIR:
            return None
        here = directory_of(dump, found[1])
    return here


def linked_directory(dump: Dump, header: Any, entry: Any, nsproxy: Any) -> Any:
    """The ``struct ctl_dir`` of a namespace's set that has what a link stands for: an entry of the same name in a directory of the same path.

    :returns: None where no set of *nsproxy* has it.
    :raises FaultError:
    """
    sets = ctl_table_sets(dump, nsproxy)
    next(sets)  # the one that the link is in
    for ctl_set in sets:
        directory = same_directory(dump, ctl_set, header.parent)
        if directory is not None and find_entry(dump, directory, entry.procname):
            return directory
    return None


def _entries(dump: Dump, directory: Any, path: str, depth: int) -> Iterator[Any]:
    for found in entries_of(dump, directory):
        if isinstance(found, Error):
            yield found
            continue
        entry, header = found
        try:
            name, kind = entry.procname, entry.mode & S_IFMT
        except Error as error:
            yield error
            continue
        if kind == S_IFDIR and depth < MAX_DEPTH:
            yield from _entries(dump, directory_of(dump, header), f"{path}{name}.", depth + 1)
        elif kind != S_IFLNK and name:  # a link stands for an entry of a namespace's set
            yield f"{path}{name}", entry


def _element_size(handler: str, length: int) -> int:
    # What is no vector of ints but eight bytes is one long: dirty_bytes, mmap_min_addr, bpf_jit_limit …
    if "long" in handler or handler in ("proc_nr_files", "proc_nr_inodes", "proc_nr_dentry") or (length == 8 and "intvec" not in handler):
        return 8
    if "u8vec" in handler or (length == 1 and "bool" in handler):
        return 1
    return 4


USER_HZ = 100


def _ticks(dump: Dump, handler: str) -> int:
    """Units of /proc/sys a second where the kernel has jiffies: of seconds, milliseconds, clock ticks of user space. 0: no jiffies."""
    if "userhz_jiffies" in handler:
        return USER_HZ
    return 1000 if "ms_jiffies" in handler else 1 if "dointvec_jiffies" in handler else 0


def sysctl_value(dump: Dump, ctl: Any) -> int | str | list[Any]:
    """Value of a ``struct ctl_table``: an int, a list, text; ``(?)`` where only the kernel's own function could tell.

    :raises FaultError:
    """
    length, address = ctl.maxlen, int(ctl.data)
    symbol = dump.symbol_at(int(ctl.proc_handler)) if ctl.proc_handler else None
    handler = symbol.name if symbol and symbol.address == int(ctl.proc_handler) else ""
    if not length or not address:
        return "(?)"
    if "dostring" in handler or handler == "proc_dostring_coredump":
        return dump.read_string(address, min(length, MAX_LENGTH)).decode("ascii", "backslashreplace")
    if "static_key" in handler or handler == "bpf_stats_handler":
        return int(dump.object("struct static_key", address).enabled.counter)
    if handler == "numa_zonelist_order_handler":
        return dump.read_string(address, min(length, MAX_LENGTH)).decode("ascii", "backslashreplace")
    if "rss_key" in handler:
        return "(?)"
    size = _element_size(handler, length)
    if length % size:
        return "(?)"
    count = length // size
    data: list[Any] = [
        int.from_bytes(raw, dump.byteorder, signed=size == 4) for raw in batched(dump.read(address, size * min(count, SHOWN)), size, strict=True)
    ]
    if per_second := _ticks(dump, handler):
        data = [value * per_second // timekeeping.hz(dump) for value in data]
    if count == 1:
        return int(data[0])
    return [*data, f"... {count - SHOWN} more elements"] if count > SHOWN else data
