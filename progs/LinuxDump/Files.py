# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files of tasks."""

from __future__ import annotations

import crash
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_FDS = 1 << 20
"""The kernel's default upper bound of RLIMIT_NOFILE, fs.nr_open."""


def open_files(ts: StructResult) -> Iterator[tuple[int, int]]:
    """(fd, address of ``struct file``) of each open file of a ``struct task_struct``, in order of fd.

    :raises FaultError: the table cannot be read.
    """
    if not ts.files:
        return
    table = ts.files.fdt
    if not table:
        return
    count = min(table.max_fds, _MAX_FDS)
    files = memoryview(readmem(int(table.fd), 8 * count)).cast("Q") if count else ()
    for fd, file in enumerate(files):
        if file:
            yield fd, file


def inode2socketaddr(inode: StructResult) -> int | None:
    """Address of the ``struct socket`` that lives beside a socket's inode, None for another inode."""
    if not inode or inode.i_mode & 0o170000 != 0o140000:
        return None
    return int(inode) - member_offset("struct socket_alloc", "vfs_inode") + member_offset("struct socket_alloc", "socket")


class pidFiles:
    """What the command ``files PID`` prints, parsed."""

    files: dict[int, list]
    """[file, dentry, inode, type, path] by fd; the path is ``""`` where there is none."""

    def __init__(self, pid: int) -> None:
        self.files = {}
        for line in exec_crash_command(f"files {pid}").splitlines()[3:]:
            fields = line.split(None, 5)
            if len(fields) >= 5:
                path = fields[5] if len(fields) > 5 else ""
                self.files[int(fields[0])] = [*(int(field, 16) for field in fields[1:4]), fields[4], path]

    def fileInfo(self, fd: int) -> list:
        return self.files[fd]

    def printFiles(self) -> None:
        for fd, info in sorted(self.files.items()):
            print(f"     {fd:3d}", info)


def filesR(ref: int) -> list[int]:
    """PIDs of tasks that refer to a dentry, inode or file."""
    try:
        text = exec_crash_command(f"foreach files -R {int(ref):#x}")
    except crash.error:
        return []  # nothing was printed: nobody does
    return [int(line.split()[1]) for line in text.splitlines() if line.startswith("PID:")]
