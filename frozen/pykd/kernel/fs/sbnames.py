# SPDX-License-Identifier: GPL-2.0-or-later
"""What people call a superblock: ``ext4 on /dev/vdb at /mnt``."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.fs.files import dentries_of
from pykd.kernel.fs.mounts import mnt_namespace_of, mount_path
from pykd.kernel.fs.paths import dentry_path
from pykd.kernel.fs.superblocks import filesystem_type, sb_mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


_NO_NAMESPACE = (1 << 64) - 4095
"""``mount.mnt_ns`` from here on is an error: MNT_NS_INTERNAL, of mounts that are the kernel's own."""


class Place(NamedTuple):
    """Of the first mount of a file system that is in the namespace of PID 1, or else in any; "" in place of what is not known."""

    device: str
    directory: str
    """Empty too of what is mounted nowhere, if there is no error."""
    error: Error | None
    """Why one of them may be unknown."""


def _disk(block: Any) -> str:
    """The kernel's name of the disk of a ``struct super_block``; "" of one that is on none. :raises FaultError:"""
    return str(block.s_id) if block.s_bdev else ""


def sb_place(dump: Dump, block: Any) -> Place:
    """Where a ``struct super_block`` is mounted. :raises FaultError: of the superblock."""
    device = _disk(block)
    elsewhere: Place | None = None
    lost: Error | None = None
    for mount in caught(sb_mounts(dump, block)):
        try:
            if isinstance(mount, Error):
                raise mount
            device = str(mount.mnt_devname or device)
            namespace = int(mount.mnt_ns)
            if 0 < namespace < _NO_NAMESPACE and (elsewhere is None or namespace == _first_namespace(dump)):
                elsewhere = Place(device, mount_path(dump, mount), None)
                if namespace == _first_namespace(dump):
                    break
        except Error as error:
            lost = lost or error
    return elsewhere or Place(device, "", lost)


def whole_mount(dump: Dump, block: Any) -> Any:
    """A ``struct mount`` that shows all of a ``struct super_block``, not a folder of it, to PID 1; None if there is none. :raises Error: some cannot
    be read, and none of the others is it."""
    lost: Error | None = None
    for mount in caught(sb_mounts(dump, block)):
        try:
            if isinstance(mount, Error):
                raise mount
            if mount.mnt.mnt_root == block.s_root and int(mount.mnt_ns) == _first_namespace(dump):
                return mount
        except Error as error:
            lost = lost or error
    if lost is not None:
        raise lost
    return None


def inode_path(dump: Dump, inode: Any) -> tuple[str, Any]:
    """(path as PID 1 sees it, ``struct dentry``) of a ``struct inode``, by the first of its names; of what is mounted nowhere the path in its
    file system alone; ("", None) of what has no name. :raises Error: it cannot be read, nor perhaps where its file system is mounted."""
    dentry = next(dentries_of(dump, inode), None)
    if dentry is None:
        return "", None
    mount = whole_mount(dump, inode.i_sb)
    return dentry_path(dump, int(dentry), int(mount.mnt) if mount is not None else 0), dentry


@per_dump
def _first_namespace(dump: Dump) -> int:
    """Address of the ``struct mnt_namespace`` of PID 1; 0 where it cannot be told."""
    try:
        return int(mnt_namespace_of(dump))
    except Error:
        return 0


def sb_device(block: Any, source: str) -> str:
    """The device of a ``struct super_block``: the kernel's disk, with the *source* that the mounter gave in brackets where that names another
    (``vdb (mounted as /dev/d-vdc)``), else the source alone. :raises FaultError:"""
    disk = _disk(block)
    if not disk or not source or source.rpartition("/")[2] == disk:
        return source or disk
    return f"{disk} (mounted as {source})"


def sb_name(dump: Dump, block: Any) -> str:
    """Type, device and first mount point of a ``struct super_block``, as far as they can be read. Never raises."""
    try:
        kind = filesystem_type(block)
    except Error:
        kind = "file system"
    try:
        device, directory, _ = sb_place(dump, block)
        device = sb_device(block, device)
    except Error:
        device = directory = ""
    on = f" on {device}" if device and device not in (kind, "none") else ""
    return f"{kind}{on}{f' at {directory}' if directory else ''}"
