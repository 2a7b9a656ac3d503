# SPDX-License-Identifier: GPL-2.0-or-later
"""Paths of dentries."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump, Struct

_MAX_DEPTH = 1000
"""Of directories and of mounts; a longer path is damage."""


def path_of(dump: Dump, dentry: int, vfsmount: int = 0) -> str:
    """Path of the dentry at *dentry*.

    :param vfsmount: address of the ``struct vfsmount`` it was reached by; the path then goes through the mount points up to the
        root of the mount namespace. 0: the path inside the dentry's own filesystem.
    :raises FaultError:
    """
    entry: Struct = dump.object("struct dentry", dentry)
    if entry.d_parent == entry:
        # A root is called "/". Files without a directory have a name that stands alone: TCP, [eventpoll], or none (pipes).
        name = _name(dump, entry)
        if name != "/":
            return name
    mount = _mount(dump, vfsmount) if vfsmount else None
    names: list[str] = []
    for _ in range(_MAX_DEPTH):
        at_root = entry == (mount.mnt.mnt_root if mount else 0)
        parent = entry.d_parent
        if at_root or entry == parent or not parent:
            if not at_root and mount is None:
                break
            if mount is None or mount.mnt_parent == mount or not mount.mnt_parent:
                break
            entry, mount = mount.mnt_mountpoint, mount.mnt_parent
            continue
        names.append(_name(dump, entry))
        entry = parent
    return "/" + "/".join(reversed(names))


def _mount(dump: Dump, vfsmount: int) -> Struct:
    """The ``struct mount`` around a vfsmount."""
    mount = dump.struct_class("struct mount")
    return mount(vfsmount - (mount.member_offset("mnt") or 0))


def _name(dump: Dump, entry: Struct) -> str:
    qstr = entry.d_name
    # A long name has no NUL to rely on while it is being renamed, but always a length.
    return dump.read(int(qstr.Eval("name")), qstr.len).decode("utf-8", "backslashreplace")


def path_pair(dump: Any, path: Any) -> str:
    """Path of a ``struct path``."""
    return path_of(dump, path.dentry, int(path.mnt)) if path.dentry else ""
