# SPDX-License-Identifier: GPL-2.0-or-later
"""File locks: :mod:`pykd.kernel.fs.filelocks` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.kernel.fs import filelocks
from pykd.kernel.fs.filelocks import lock_member
from pykdump import API
from pykdump.highlevel import pylog, readSU
from pykdump.tparser import CDefine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FL_flags = CDefine({f"FL_{name}": bit for bit, name in filelocks.FLAGS})
FL_types = CDefine({"F_RDLCK": filelocks.F_RDLCK, "F_WRLCK": filelocks.F_WRLCK, "F_UNLCK": filelocks.F_UNLCK})

__all__ = ["FL_flags", "FL_types", "print_lock", "print_locks"]
__all__ += API.hand_on(globals())


def print_lock(fl: Any) -> None:
    """Print a ``struct file_lock``: what kind it is, on which file, of which process."""
    kind = next((name for name, value in FL_types.items() if value == int(lock_member(fl, "type"))), "?")
    print(fl, "|".join(f"FL_{word}" for word in filelocks.flag_words(fl)), kind)
    file = lock_member(fl, "file")
    print("\t", file, file.f_path.dentry if file else "")
    print(f"\tpid={int(lock_member(fl, 'pid'))} inode={int(file.f_inode) if file else 0:#x}")
    print("-" * 30)


def print_locks() -> None:
    """Print all locks that are held, and then those that wait for one."""
    waiting = []
    print("Active locks")
    for row in filelocks.lock_rows(pykd.current()):
        if "lock" not in row:
            pylog.warning(f"a file lock cannot be read: {row['error']['message']}")
        elif "waits_for" in row:
            waiting.append(row)
        else:
            print_lock(readSU("struct file_lock", row["lock"]))
    print("\nBlocked list")
    for row in waiting:
        print_lock(readSU("struct file_lock", row["lock"]))
