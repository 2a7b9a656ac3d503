# SPDX-License-Identifier: GPL-2.0-or-later
"""The cache of directory entries, as ``ls -l`` would show it: :mod:`pykd.kernel.fs.dentries` under PyKdump's names."""

from __future__ import annotations

import stat

import pykd
from LinuxDump import fs
from LinuxDump.fs import get_dentry_name
from pykd.core.walk import caught
from pykd.kernel.fs import dentries
from pykd.values import date
from pykdump import API
from pykdump.highlevel import get_pathname, pylog, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

dsn = "struct dentry"

S_IFMT, S_IFSOCK, S_IFLNK, S_IFREG, S_IFBLK, S_IFDIR, S_IFCHR, S_IFIFO = 0o170000, 0o140000, 0o120000, 0o100000, 0o60000, 0o40000, 0o20000, 0o10000
S_ISUID, S_ISGID, S_ISVTX = stat.S_ISUID, stat.S_ISGID, stat.S_ISVTX
S_IRWXU, S_IRUSR, S_IWUSR, S_IXUSR = stat.S_IRWXU, stat.S_IRUSR, stat.S_IWUSR, stat.S_IXUSR
S_IRWXG, S_IRGRP, S_IWGRP, S_IXGRP = stat.S_IRWXG, stat.S_IRGRP, stat.S_IWGRP, stat.S_IXGRP
S_IRWXO, S_IROTH, S_IWOTH, S_IXOTH = stat.S_IRWXO, stat.S_IROTH, stat.S_IWOTH, stat.S_IXOTH
S_ISLNK, S_ISREG, S_ISDIR, S_ISCHR, S_ISBLK, S_ISFIFO, S_ISSOCK = (
    stat.S_ISLNK, stat.S_ISREG, stat.S_ISDIR, stat.S_ISCHR, stat.S_ISBLK, stat.S_ISFIFO, stat.S_ISSOCK,
)  # fmt: skip


def _owner(number: Any) -> int:
    return int(number.val) if hasattr(number, "val") else int(number)


def print_dentry(dentry: Any, v: int = 0, vfsmnt: Any = 0) -> None:
    """Print a dentry as a line of ``ls -l``.

    :param v: 1: its addresses; 2: those that stand for no file, too.
    :param vfsmnt: ``struct vfsmount``: its whole path and not its name only.
    """
    name = get_pathname(dentry, vfsmnt) if vfsmnt else get_dentry_name(dentry)
    inode = dentry.d_inode
    if not inode:
        if v > 1:
            print(" --", dentry, " (stale)", name)
        return
    mode = inode.i_mode
    indent = ""
    if v:
        print(" --", dentry, name)
        print("      ", inode, f"  mode={mode:08o}")
        indent = "      "
    changed = date.text(inode.i_mtime.tv_sec, "%Y-%m-%d %H:%M")
    owners = f"{_owner(inode.i_uid):5d} {_owner(inode.i_gid):5d}"
    print(indent, f"{stat.filemode(mode)} {owners}", f"{inode.i_size:10d}", changed, name)


def read_dir(dentry: Any) -> list[Any]:
    """The dentries in a directory that the cache has; none of what is no directory."""
    if not dentry or not dentry.d_inode or not S_ISDIR(dentry.d_inode.i_mode):
        return []
    found = []
    for child in caught(dentries.d_children(pykd.current(), dentry)):
        if isinstance(child, pykd.Error):
            pylog.warning(f"the rest of directory {dentry} cannot be read: {child}")
        else:
            found.append(readSU(dsn, int(child)))
    return found


def pathname2dentry(pn: str) -> tuple[Any, Any]:
    """(dentry, ``struct vfsmount``) of a path; the dentry is None where the cache does not know all of the path."""
    dentry, mount = dentries.lookup(pykd.current(), pn)
    vfsmount = readSU("struct vfsmount", int(mount) + mount.fieldOffset("mnt")) if mount is not None else None
    return readSU(dsn, int(dentry)) if dentry is not None else None, vfsmount


def ls_pathname(pn: str, v: int = 0) -> None:
    """Print a file, or a directory and what the cache has of it. A hexadecimal number is the address of a dentry."""
    vfsmount: Any
    try:
        dentry, vfsmount = readSU(dsn, int(pn, 16)), 0
    except ValueError:
        try:
            dentry, vfsmount = pathname2dentry(pn)
        except pykd.Error as error:
            print(f"Cannot list {pn}: {error}")
            return
    if not dentry:
        print("Cannot list", pn)
        return
    if not dentry.d_inode:
        print("Inode is unavailable")
        return
    print_dentry(dentry, v, vfsmount)
    if S_ISDIR(dentry.d_inode.i_mode):
        print("=== Listing Directory Contents")
        for child in _sorted(read_dir(dentry)):
            try:
                print_dentry(child, v)
            except pykd.Error as error:
                pylog.warning(f"{child} cannot be read: {error}")


def _sorted(children: list[Any]) -> list[Any]:
    """As ls does it: whatever the case, and without the dot of hidden ones."""
    found = []
    for child in children:
        try:
            name = str(get_dentry_name(child))
        except pykd.Error as error:
            pylog.warning(f"{child} cannot be read: {error}")
            continue
        found.append((name.removeprefix(".").upper(), int(child), child))
    return [child for *_, child in sorted(found, key=lambda one: one[:2])]


__all__ = ["dsn", "ls_pathname", "pathname2dentry", "print_dentry", "read_dir"]
__all__ += [name for name in globals() if name.startswith("S_I")]
__all__ += API.hand_on(globals())
globals().update({name: getattr(fs, name) for name in fs.__all__ if name not in globals()})
__all__ += [name for name in fs.__all__ if name not in __all__]
