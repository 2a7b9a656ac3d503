# SPDX-License-Identifier: GPL-2.0-or-later
"""Filesystems, mounts and dentries."""

from __future__ import annotations

import pykd
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_MOUNTS = 1_000_000


def mounts_of_namespace(namespace: StructResult) -> Iterator[StructResult]:
    """Each ``struct mount`` of a ``struct mnt_namespace``, the root first.

    :raises FaultError:
    """
    if namespace.hasField("mounts"):
        # 2eea9ce4310d ("mounts: keep list of mounts in an rbtree") (in v6.8): struct rb_root, by mnt_id_unique
        from LinuxDump.trees import for_all_rbtree

        member = "mnt_node" if member_offset("struct mount", "mnt_node") >= 0 else "mnt_list"
        for node in for_all_rbtree(namespace.mounts):
            yield container_of(node, "struct mount", member)
        return
    for mount in readSUListFromHead(namespace.list, "mnt_list", "struct mount", maxel=_MAX_MOUNTS):
        # 9f6c61f96f2d ("proc/mounts: add cursor") (in v5.8) puts readers' places, which are no mounts, into the list
        if mount.mnt.mnt_root:
            yield mount


def _mount_namespace() -> StructResult:
    """The one that PID 1 sees, as the system's own; init_nsproxy's holds only the rootfs that nobody uses."""
    task = pid_to_task(1)
    nsproxy = readSU("struct task_struct", task).nsproxy if task else None
    return (nsproxy or readSU("struct nsproxy", pykd.current().symbol("init_nsproxy", "").address)).mnt_ns


@memoize_cond(CU_LIVE)
def getMount() -> list[tuple[int, int, str, str, str]]:
    """(address of ``struct mount``, of its superblock, type, device, directory) of each mounted filesystem."""
    mounts = []
    for mount in mounts_of_namespace(_mount_namespace()):
        superblock = mount.mnt.mnt_sb
        kind = superblock.s_type.name
        if superblock.s_subtype:
            kind = f"{kind}.{superblock.s_subtype}"
        parent = mount.mnt_parent
        if parent == mount:
            directory = "/"
        else:
            directory = get_pathname(int(mount.mnt_mountpoint), int(parent) + member_offset("struct mount", "mnt"))
        mounts.append((int(mount), int(superblock), str(kind), str(mount.mnt_devname or "none"), str(directory)))
    return mounts


@memoize_cond(CU_LIVE)
def sb2Vfsmnt(superblock: int) -> int:
    """Address of the first ``struct mount`` of a superblock, 0 if it is not mounted."""
    return next((mount for mount, its, *_ in getMount() if its == int(superblock)), 0)


def get_dentry_name(dentry: StructResult) -> SmartString | str:
    """The last component of a dentry's path."""
    name = dentry.d_name
    length = min(name.len, 255)
    if not length:
        return ""
    address = int(name.name)
    return SmartString(readmem(address, length), address, None)


def sb_frozen(superblock: StructResult) -> int:
    """How far a ``struct super_block`` is frozen (``SB_FREEZE_WRITE``…), 0: not at all."""
    return superblock.s_writers.frozen


def IS_ROOT(dentry: StructResult) -> bool:
    """Is this dentry the root of its filesystem, or disconnected?"""
    return dentry == dentry.d_parent
