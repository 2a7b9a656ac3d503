# SPDX-License-Identifier: GPL-2.0-or-later
"""Filesystems, mounts and dentries."""

from __future__ import annotations

import pykd
from LinuxDump.trees import for_all_rbtree
from pykd import Error, FaultError
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_MOUNTS = 1_000_000
_MAX_DEPTH = 100
"""Of mounts on mounts."""


def mounts_of_namespace(namespace: StructResult) -> Iterator[StructResult]:
    """Each ``struct mount`` of a ``struct mnt_namespace``, in the order of mounting.

    Where the dump lacks a part of the kernel's collection, what hangs below the mounts themselves is added.
    """
    lost: list[str] = []
    seen = set()
    for mount in _collected_mounts(namespace, lost.append):
        seen.add(int(mount))
        yield mount
    if lost:
        pylog.warning(f"the mounts of {namespace} are not all in the dump, first: {lost[0]}")
        for mount in _mounts_below(namespace.root):
            if int(mount) not in seen:
                yield mount


def _collected_mounts(namespace: StructResult, problem: Callable[[str], None]) -> Iterator[StructResult]:
    if namespace.hasField("list"):
        offset = member_offset("struct mount", "mnt_list")
        head = int(namespace) + namespace.fieldOffset("list")
        nodes, why = pykd.current().follow(head, limit=_MAX_MOUNTS)
        for node in nodes[1:]:
            mount = readSU("struct mount", node - offset)
            try:
                # 9f6c61f96f2d ("proc/mounts: add cursor") (in v5.8) puts places of readers into the list, which are no mounts
                if mount.mnt.mnt_root:
                    yield mount
            except FaultError as err:
                problem(str(err))
        if why is not None:
            problem(str(why))
        return
    # 2eea9ce4310d ("mounts: keep list of mounts in an rbtree") (in v6.8): by mnt_id_unique, which counts up
    member = "mnt_node" if member_offset("struct mount", "mnt_node") >= 0 else "mnt_list"
    for node in for_all_rbtree(namespace.mounts, problem=problem):
        yield container_of(node, "struct mount", member)


def _mounts_below(mount: StructResult, depth: int = 0) -> Iterator[StructResult]:
    yield mount
    child = member_offset("struct mount", "mnt_child")
    head = int(mount) + member_offset("struct mount", "mnt_mounts")
    nodes, _ = pykd.current().follow(head, limit=_MAX_MOUNTS)
    for node in nodes[1:]:
        if depth < _MAX_DEPTH:
            yield from _mounts_below(readSU("struct mount", node - child), depth + 1)


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
        try:
            mounts.append(_describe(mount))
        except Error as err:
            pylog.warning(f"{mount} cannot be read: {err}")
    return mounts


def _describe(mount: StructResult) -> tuple[int, int, str, str, str]:
    superblock = mount.mnt.mnt_sb
    kind = superblock.s_type.name
    if superblock.s_subtype:
        kind = f"{kind}.{superblock.s_subtype}"
    parent = mount.mnt_parent
    if parent == mount:
        directory = "/"
    else:
        directory = get_pathname(int(mount.mnt_mountpoint), int(parent) + member_offset("struct mount", "mnt"))
    return int(mount), int(superblock), str(kind), str(mount.mnt_devname or "none"), str(directory)


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
