# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files of tasks: :mod:`pykd.kernel.fs.files` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.kernel.fs.files import for_each_open_file
from pykd.kernel.net.sockets import socket_of_inode
from pykdump import API
from pykdump.API import exec_crash_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["filesR", "inode2socketaddr", "open_files", "pidFiles"]
__all__ += API.hand_on(globals())


def open_files(ts: Any) -> Iterator[tuple[int, int]]:
    """(fd, address of ``struct file``) of each open file of a ``struct task_struct``, in order of fd.

    :raises FaultError: the table, or the rest of it, cannot be read.
    """
    return for_each_open_file(pykd.current(), int(ts))


def inode2socketaddr(inode: Any) -> int | None:
    """Address of the ``struct socket`` that lives beside a socket's inode, None for another inode."""
    socket = socket_of_inode(pykd.current(), inode)
    return None if socket is None else int(socket)


class pidFiles:
    """What the command ``files PID`` prints, parsed."""

    files: dict[int, list[Any]]
    """[file, dentry, inode, type, path] by fd; the path is ``""`` where there is none."""

    def __init__(self, pid: int) -> None:
        self.files = {}
        for line in exec_crash_command(f"files {pid}").splitlines()[3:]:
            fields = line.split(None, 5)
            if len(fields) >= 5:
                path = fields[5] if len(fields) > 5 else ""
                self.files[int(fields[0])] = [*(int(field, 16) for field in fields[1:4]), fields[4], path]

    def fileInfo(self, fd: int) -> list[Any]:
        return self.files[fd]

    def printFiles(self) -> None:
        for fd, info in sorted(self.files.items()):
            print(f"     {fd:3d}", info)


def filesR(ref: int) -> list[int]:
    """PIDs of tasks that refer to a dentry, inode or file."""
    try:
        text = exec_crash_command(f"foreach files -R {int(ref):#x}")
    except pykd.Error:
        return []  # nothing was printed: nobody does
    return [int(line.split()[1]) for line in text.splitlines() if line.startswith("PID:")]
