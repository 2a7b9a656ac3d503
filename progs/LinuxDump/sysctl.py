# SPDX-License-Identifier: GPL-2.0-or-later
"""Sysctls: :mod:`pykd.kernel.sysctl` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.core.members import offset_of
from pykd.kernel import sysctl
from pykd.kernel.lists import rbtree
from pykdump import API
from pykdump.API import get_nsproxy
from pykdump.highlevel import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

stype = "struct ctl_table"
root_table_header = None
"""The list of all tables, until v3.4"""


def getCtlTables() -> dict[str, Any]:
    """The ``struct ctl_table`` of each sysctl by its dotted name, ``net.ipv4.ip_forward``."""
    tables: dict[str, Any] = {}
    for found in sysctl.for_each_sysctl(pykd.current(), get_nsproxy()):
        if isinstance(found, pykd.Error):
            pylog.warning(f"some sysctls cannot be read: {found}")
        else:
            name, table = found
            tables[name] = table
    return tables


def getCtlData(ctl: Any) -> int | str | list[Any]:
    """Value of a sysctl: an int, a list, text; ``(?)`` where only the kernel's own function could tell.

    :raises FaultError:
    """
    return sysctl.sysctl_value(pykd.current(), ctl)


# ---- directories: ``struct ctl_dir``


def first_usable_entry(node: Any) -> Any:
    """The ``struct ctl_node`` of the first ``struct rb_node`` from here on whose table is not being unregistered; None if there is none.

    :raises FaultError:
    """
    dump = pykd.current()
    cls: Any = dump.struct_class("struct ctl_node")
    address = int(node or 0)
    while address:
        found = cls(address - offset_of(cls, "node"))
        if not found.header.unregistering:
            return found
        address = rbtree.rb_next(dump, address)
    return None


def first_entry(ctdir: Any) -> tuple[Any, Any] | None:
    """(``struct ctl_table``, ``struct ctl_table_header``) of the first entry of a directory; None if it is empty.

    :raises FaultError:
    """
    dump = pykd.current()
    node = first_usable_entry(rbtree.rb_first(dump, int(ctdir) + ctdir.fieldOffset("root")))
    return node and sysctl.entry_at(dump, node)


def for_all_sysdir_entries(ctdir: Any) -> Iterator[tuple[Any, Any]]:
    """(``struct ctl_table``, ``struct ctl_table_header``) of each entry of a directory. What cannot be read is logged and left out."""
    for found in sysctl.entries_of(pykd.current(), ctdir):
        if isinstance(found, pykd.Error):
            pylog.warning(f"some sysctls cannot be read: {found}")
            continue
        try:
            leaving = found[1].unregistering
        except pykd.Error as error:
            pylog.warning(f"some sysctls cannot be read: {error}")
            continue
        if not leaving:
            yield found


def find_entry(pdir: Any, name: str) -> tuple[Any, Any]:
    """(``struct ctl_table``, ``struct ctl_table_header``) of the entry of that name, (None, None) if there is none. :raises FaultError:"""
    return sysctl.find_entry(pykd.current(), pdir, name) or (None, None)


def find_subdir(pdir: Any, name: str) -> Any:
    """The directory of that name in a directory. :raises TypeError: there is none. :raises FaultError:"""
    entry, header = find_entry(pdir, name)
    if entry is None or entry.mode & sysctl.S_IFMT != sysctl.S_IFDIR:
        raise TypeError(f"no directory of sysctls is named {name}")
    return sysctl.directory_of(pykd.current(), header)


def xlate_dir(ctset: Any, ctdir: Any) -> Any:
    """The directory of a ``struct ctl_table_set`` that has the path of *ctdir*. :raises TypeError: it has none. :raises FaultError:"""
    found = sysctl.same_directory(pykd.current(), ctset, ctdir)
    if found is None:
        raise TypeError("no such directory in this set of sysctls")
    return found


def follow_symlink(head: Any, ct: Any, namespaces: Any) -> Any:
    """The directory of a set of *namespaces* (``struct nsproxy``) that has what the entry *ct*, a link, stands for; None if no set has it.

    :raises FaultError:
    """
    return sysctl.linked_directory(pykd.current(), head, ct, namespaces)


def _resolved(ctdir: Any) -> Iterator[tuple[str, Any, Any]]:
    """(name, ``struct ctl_table``, the directory it is, or None) of each entry, with links followed. What is lost is logged and left out."""
    dump = pykd.current()
    for entry, header in for_all_sysdir_entries(ctdir):
        try:
            name = entry.procname
            if entry.mode & sysctl.S_IFMT == sysctl.S_IFLNK:
                there = follow_symlink(header, entry, get_nsproxy())
                if there is None:
                    continue
                entry, header = find_entry(there, name)
            is_directory = entry.mode & sysctl.S_IFMT == sysctl.S_IFDIR
        except pykd.Error as error:
            pylog.warning(f"some sysctls cannot be read: {error}")
            continue
        yield name, entry, sysctl.directory_of(dump, header) if is_directory else None


def process_subdir(subdir: Any, parents: str = "") -> dict[str, Any]:
    """``struct ctl_table`` by dotted name of all that is below a directory, links followed; *parents* is put before each name."""
    tables: dict[str, Any] = {}
    if parents.count(".") >= sysctl.MAX_DEPTH:
        return tables
    for name, entry, inside in _resolved(subdir):
        if inside is None:
            tables[parents + name] = entry
        else:
            tables |= process_subdir(inside, f"{parents}{name}.")
    return tables


def print_sysdir(sysdir: Any, indent: int = 0) -> None:
    """Print each entry below a directory, links followed: ``<struct ctl_table 0xffffffff82a51f20> hostname``."""
    if indent > 4 * sysctl.MAX_DEPTH:
        return
    for name, entry, inside in _resolved(sysdir):
        print(" " * indent, entry, name)
        if inside is not None:
            print_sysdir(inside, indent + 4)


def readCtlTable(root: Any, parent: str = "") -> dict[str, Any]:
    """``struct ctl_table`` by dotted name of an array of them, which ends with one without a name. :raises FaultError:"""
    tables: dict[str, Any] = {}
    if parent.count(".") >= sysctl.MAX_DEPTH:
        return tables
    for entry in root:
        if not int(entry) or not entry.procname:
            break
        child = entry.child if entry.hasField("child") else 0  # until 2f2665c13af4 (in v6.5)
        if child:
            tables |= readCtlTable(child, f"{parent}{entry.procname}.")
        else:
            tables[parent + entry.procname] = entry
    return tables


def __getattr__(name: str) -> Any:
    if name == "nsproxy":
        return get_nsproxy()
    if name in {"intsize", "longsize"}:
        return pykd.current().type(name.removesuffix("size")).size
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "find_entry", "find_subdir", "first_entry", "first_usable_entry", "follow_symlink", "for_all_sysdir_entries", "getCtlData", "getCtlTables",
    "print_sysdir", "process_subdir", "readCtlTable", "root_table_header", "stype", "xlate_dir",
]  # fmt: skip
__all__ += API.hand_on(globals())
