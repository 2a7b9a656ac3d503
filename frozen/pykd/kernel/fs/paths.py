# SPDX-License-Identifier: GPL-2.0-or-later
"""Paths of dentries."""

from __future__ import annotations

from pykd.core.members import offset_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump, Struct

MAX_DEPTH = 1000
"""Of directories and of mounts; a longer path is damage."""
MAX_NAME = 255
"""NAME_MAX, bytes; some file systems without directories have longer names, which are cut."""
CIRCLE = "<circle>"
"""In front of a path whose directories run in a circle, each of which it has once."""


def d_path(dump: Dump, path: Any) -> str:
    """Path of a ``struct path`` from the root of its mount namespace; "" of one that leads nowhere. :raises FaultError:"""
    return dentry_path(dump, path.dentry, int(path.mnt)) if path.dentry else ""


def dentry_path(dump: Dump, dentry: int, vfsmount: int = 0) -> str:
    """Path of the dentry at *dentry*; one that runs in a circle or is too deep begins with :data:`CIRCLE`.

    :param vfsmount: address of the ``struct vfsmount`` it was reached by; the path then goes through the mount points up to the
        root of the mount namespace. 0: the path inside the dentry's own filesystem.
    :raises FaultError:
    """
    entry: Struct = dump.object("struct dentry", dentry)
    if entry.d_parent == entry:
        # A root is called "/". Files without a directory have a name that stands alone: TCP, [eventpoll], or none (pipes).
        name = dentry_name(dump, entry)
        if name != "/":
            return name
    mount = real_mount(dump, vfsmount) if vfsmount else None
    names: list[str] = []
    seen: set[tuple[int, int]] = set()
    while True:
        place = int(mount or 0), int(entry)
        if place in seen or len(seen) >= MAX_DEPTH:
            return "/".join((CIRCLE, *reversed(names)))
        seen.add(place)
        at_root = entry == (mount.mnt.mnt_root if mount else 0)
        parent = entry.d_parent
        if at_root or entry == parent or not parent:
            if mount is None or mount.mnt_parent == mount or not mount.mnt_parent:
                return "/" + "/".join(reversed(names))
            entry, mount = mount.mnt_mountpoint, mount.mnt_parent
            continue
        names.append(dentry_name(dump, entry))
        entry = parent


def is_unhashed(dentry: Any) -> bool:
    """Whether a ``struct dentry`` is in no chain of the hash table (d_unhashed()): it was deleted, or is never found by its name. :raises FaultError:"""
    return not dentry.d_hash.pprev


def real_mount(dump: Dump, vfsmount: int) -> Struct:
    """The ``struct mount`` around the ``struct vfsmount`` at *vfsmount*."""
    mount = dump.struct_class("struct mount")
    return mount(vfsmount - offset_of(mount, "mnt"))


def dentry_name(dump: Dump, entry: Struct) -> str:
    """Last component of the path of a ``struct dentry``; "" of one without a name. :raises FaultError:"""
    qstr = entry.d_name
    # A long name has no NUL to rely on while it is being renamed, but always a length.
    return dump.read(int(qstr.Eval("name")), min(qstr.len, MAX_NAME)).decode("utf-8", "backslashreplace")
