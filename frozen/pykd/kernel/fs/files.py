# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files: the table of descriptors of a task, and what a ``struct file`` is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from _pykd import Error
from pykd.core.rows import Row
from pykd.kernel.fs.paths import path_pair

KINDS = {0o14: "SOCK", 0o12: "LNK ", 0o10: "REG ", 0o6: "BLK ", 0o4: "DIR ", 0o2: "CHR ", 0o1: "FIFO"}
"""By the upper bits of ``i_mode``"""

MAX_FDS = 1 << 20
"""fs.nr_open"""


def descriptors(dump: Any, task: int) -> Iterator[tuple[int, int]]:
    """(number, ``struct file``) of the open files of a task. :raises Error:"""
    files: Any = dump.object("struct task_struct", task).files
    if not files:
        return
    table = files.fdt
    count = min(table.max_fds, MAX_FDS)
    pointers = memoryview(dump.read_upto(int(table.fd), 8 * count)[: 8 * count]).cast("Q")
    yield from ((number, file) for number, file in enumerate(pointers) if file)
    if len(pointers) < count:
        dump.read(int(table.fd) + 8 * len(pointers), 8)


def file_row(dump: Any, number: int, address: int) -> Row:
    row: Row = {"fd": number, "file": address}
    try:
        file: Any = dump.object("struct file", address)
        dentry, inode = file.f_path.dentry, file.f_inode
        row |= {"dentry": int(dentry), "inode": int(inode)}
        row["type"] = KINDS.get(inode.i_mode >> 12, "UNKN")
        row["mapping"] = int(inode.i_mapping)
        row["pages"] = inode.i_mapping.nrpages
        row["path"] = _path(dump, file, row["type"])
    except Error as error:
        row["error"] = str(error)
    return row


def _path(dump: Any, file: Any, kind: str) -> str:
    dentry = file.f_path.dentry
    if dentry.d_parent == dentry and str(dentry.d_sb.s_type.name) in ("sockfs", "pipefs", "anon_inodefs", "nsfs", "pidfs"):
        name = dentry.d_name
        data: bytes = dump.read(int(name.Eval("name")), min(name.len, 255))
        return data.decode("utf-8", "backslashreplace")
    return path_pair(dump, file.f_path)
