# SPDX-License-Identifier: GPL-2.0-or-later
"""Filesystems, mounts and dentries: :mod:`pykd.kernel.fs` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd import Error, Struct
from pykd.kernel.fs import mounts
from pykd.kernel.fs.superblocks import sb_frozen
from pykdump import API
from pykdump.highlevel import SmartString, pylog, readmem
from pykdump.memocaches import CU_LIVE, memoize_cond

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["IS_ROOT", "getMount", "get_dentry_name", "mounts_of_namespace", "sb2Vfsmnt", "sb_frozen"]
__all__ += API.hand_on(globals())


def mounts_of_namespace(namespace: Struct) -> Iterator[Struct]:
    """Each ``struct mount`` of a ``struct mnt_namespace``, in the order of mounting; what cannot be read is a warning."""
    try:
        for mount in mounts.for_each_mount(pykd.current(), namespace):
            if isinstance(mount, Error):
                pylog.warning(f"a mount of {namespace} cannot be read: {mount}")
            else:
                yield mount
    except Error as error:
        pylog.warning(f"the mounts of {namespace} are not all in the dump, first: {error}")


@memoize_cond(CU_LIVE)
def getMount() -> list[tuple[int, int, str, str, str]]:
    """(address of ``struct mount``, of its superblock, type, device, directory) of each mounted filesystem that PID 1 sees."""
    dump = pykd.current()
    found = []
    for mount in mounts_of_namespace(mounts.mnt_namespace_of(dump)):
        row = mounts.mount_row(dump, mount)
        if "error" in row:
            pylog.warning(f"{mount} cannot be read: {row['error']['message']}")
        else:
            found.append((row["mount"], row["superblock"], row["type"], row["device"], row["directory"]))
    return found


@memoize_cond(CU_LIVE)
def sb2Vfsmnt(superblock: int) -> int:
    """Address of the first ``struct mount`` of a superblock, 0 if it is not mounted."""
    return next((mount for mount, its, *_ in getMount() if its == int(superblock)), 0)


def get_dentry_name(dentry: Any) -> SmartString | str:
    """The last component of a dentry's path."""
    name = dentry.d_name
    length = min(name.len, 255)
    if not length:
        return ""
    address = int(name.name)
    return SmartString(readmem(address, length), address, None)


def IS_ROOT(dentry: Any) -> bool:
    """Is this dentry the root of its filesystem, or disconnected?"""
    return bool(dentry == dentry.d_parent)
