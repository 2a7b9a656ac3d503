# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files: the table of descriptors of a task, and what a ``struct file`` is."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault
from pykd.kernel.fs.paths import d_path, dentry_name
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

KINDS = {0o14: "SOCK", 0o12: "LNK ", 0o10: "REG ", 0o6: "BLK ", 0o4: "DIR ", 0o2: "CHR ", 0o1: "FIFO"}
"""By the upper bits of ``i_mode``"""

MAX_FDS = 1 << 20
"""fs.nr_open"""
NAMELESS = ("sockfs", "pipefs", "anon_inodefs", "nsfs")
"""Types of file systems without directories: a file's name is all its path."""


def for_each_open_file(dump: Dump, task: int) -> Iterator[tuple[int, int]]:
    """(number, address of ``struct file``) of the open files of the task at *task*, in the order of their numbers.

    :raises FaultError: the table, or the rest of it, cannot be read.
    """
    task_struct: Any = dump.object("struct task_struct", task)
    yield from for_each_file_of(dump, int(task_struct.files))


def for_each_file_of(dump: Dump, files: int) -> Iterator[tuple[int, int]]:
    """The same of the ``struct files_struct`` at *files*, which threads of a process share; none of 0."""
    table: Any = dump.object("struct files_struct", files).fdt if files else None
    if not table:
        return
    count = min(table.max_fds, MAX_FDS)
    # A piece at a time: what lies before a page that is missing is known.
    data = dump.read_upto(int(table.fd), 8 * count)
    pointers = words_of(dump, data[: len(data) & ~7])
    yield from ((number, file) for number, file in enumerate(pointers) if file)
    if len(pointers) < count:
        dump.read(int(table.fd) + 8 * len(pointers), 8)


def for_each_file(dump: Dump, task: Any) -> Iterator[tuple[int, Any]]:
    """(number, ``struct file``) of the open files of a ``struct task_struct``. :raises FaultError: the rest of the table cannot be read."""
    kind: Any = dump.struct_class("struct file")
    yield from ((number, kind(address)) for number, address in for_each_open_file(dump, int(task)))


def fget(dump: Dump, task: Any, number: int) -> Any:
    """The ``struct file`` that a ``struct task_struct`` has open under a number; None: nothing. :raises FaultError:"""
    return next((file for one, file in for_each_file(dump, task) if one == number), None)


def file_kind(mode: int) -> str:
    """What the inode of that ``i_mode`` is, in four letters as crash has it; ``UNKN`` where its upper bits are none of the kernel's."""
    return KINDS.get(mode >> 12, "UNKN")


def file_row(dump: Dump, number: int, address: int) -> Row:
    """Of the open file *number*, the ``struct file`` at *address*: fd, file, dentry, inode, type, mapping, pages (in the page cache), path,
    as far as they can be read; ``error`` says what cannot."""
    row: Row = {"fd": number, "file": address}
    try:
        file: Any = dump.object("struct file", address)
        dentry, inode = file.f_path.dentry, file.f_inode
        row |= {"dentry": int(dentry), "inode": int(inode)}
        row["type"] = file_kind(inode.i_mode)
        row["mapping"] = int(inode.i_mapping)
        row["pages"] = inode.i_mapping.nrpages
        row["path"] = file_path(dump, file)
    except Error as error:
        row["error"] = fault(error)
    return row


def file_path(dump: Dump, file: Any) -> str:
    """Path of a ``struct file``; of a socket, a pipe and the like their name. :raises FaultError:"""
    dentry = file.f_path.dentry
    kind = str(dentry.d_sb.s_type.name) if dentry.d_parent == dentry else ""
    if kind == "pidfs":  # whose files all go by the name that they had in anon_inodefs (before v6.9)
        return "[pidfd]"
    if kind in NAMELESS:
        return dentry_name(dump, dentry)
    return d_path(dump, file.f_path)


def dentries_of(dump: Dump, inode: Any) -> Iterator[Any]:
    """The ``struct dentry`` that lead to a ``struct inode``. :raises FaultError, LimitError: the list cannot be followed to its end."""
    from pykd.kernel.lists.linked import hlist_for_each_entry

    # 946e51f2bf37 ("move d_rcu from overlapping d_child to overlapping d_alias") (in v3.19); alone again since v7.1
    member = "d_u.d_alias" if dump.type("struct dentry").member("d_u.d_alias") is not None else "d_alias"
    yield from hlist_for_each_entry(dump, int(inode) + inode.fieldOffset("i_dentry"), "struct dentry", member, limit=10000)
