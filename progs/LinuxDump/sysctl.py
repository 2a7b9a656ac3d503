# SPDX-License-Identifier: GPL-2.0-or-later
"""Sysctls: the ``struct ctl_table`` behind each name, and its value.

A directory is a ``struct ctl_dir``: a red-black tree of ``struct ctl_node``, one for each entry of the tables registered in
it; an entry that is a directory itself belongs to the header of that directory (since v3.4). The first set holds
what is the same everywhere; namespaces have sets of their own that repeat the directories they need.
"""

from __future__ import annotations

import pykd
from LinuxDump.trees import for_all_rbtree
from pykd import Error
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_DEPTH = 32
_SHOWN = 5
"""Elements of an array that are shown."""


def _sets() -> Iterator[StructResult]:
    """Each ``struct ctl_table_set``: the first one, and those of the current namespaces."""
    yield readSU("struct ctl_table_root", pykd.current().symbol("sysctl_table_root", "").address).default_set
    nsproxy = get_nsproxy()
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


def _entries(directory: StructResult, path: str, depth: int = 0) -> Iterator[tuple[str, StructResult]]:
    entry_size = struct_size("struct ctl_table")
    node_size = struct_size("struct ctl_node")
    for node in for_all_rbtree(directory.root, "struct ctl_node", "node", pylog.warning):
        try:
            header = node.header
            number = (int(node) - int(header.node)) // node_size
            entry = readSU("struct ctl_table", int(header.ctl_table) + number * entry_size)
            name, kind = entry.procname, entry.mode & 0o170000
        except Error:
            continue  # one entry less
        if kind == 0o040000 and depth < _MAX_DEPTH:
            yield from _entries(container_of(header, "struct ctl_dir", "header"), f"{path}{name}.", depth + 1)
        elif kind != 0o120000 and name:  # a link stands for an entry of a namespace's set
            yield f"{path}{name}", entry


def getCtlTables() -> dict[str, StructResult]:
    """The ``struct ctl_table`` of each sysctl by its dotted name, ``net.ipv4.ip_forward``."""
    tables: dict[str, StructResult] = {}
    for table_set in _sets():
        try:
            tables.update(_entries(table_set.dir, ""))
        except Error as err:
            pylog.warning(f"some sysctls cannot be read: {err}")
    return tables


def _element_size(handler: str, length: int) -> int:
    # What is no vector of ints but eight bytes is one long: dirty_bytes, mmap_min_addr, bpf_jit_limit …
    if "long" in handler or handler in ("proc_nr_files", "proc_nr_inodes", "proc_nr_dentry") or (length == 8 and "intvec" not in handler):
        return 8
    if "u8vec" in handler or (length == 1 and "bool" in handler):
        return 1
    return 4


def getCtlData(ctl: StructResult) -> int | str | list:
    """Value of a sysctl: an int, a list, text; ``(?)`` where only the kernel's own function could tell.

    :raises FaultError:
    """
    length, address = ctl.maxlen, int(ctl.data)
    handler = addr2sym(int(ctl.proc_handler)) or ""
    if not length or not address:
        return "(?)"
    if "dostring" in handler or handler == "proc_dostring_coredump":
        return pykd.current().read_string(address, length).decode("ascii", "backslashreplace")
    if "static_key" in handler or handler == "bpf_stats_handler":
        return int(readSU("struct static_key", address).enabled.counter)
    if handler == "numa_zonelist_order_handler":
        return pykd.current().read_string(address, length).decode("ascii", "backslashreplace")
    if "rss_key" in handler:
        return "(?)"
    size = _element_size(handler, length)
    if length % size:
        return "(?)"
    count = length // size
    form = {1: "B", 4: "i", 8: "Q"}[size]
    data = memoryview(readmem(address, size * min(count, _SHOWN))).cast(form).tolist()
    if count == 1:
        return data[0]
    return [*data, f"... {count - _SHOWN} more elements"] if count > _SHOWN else data
