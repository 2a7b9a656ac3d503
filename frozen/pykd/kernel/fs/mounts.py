# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts: those of a namespace, where they are, with which options."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel.fs.paths import dentry_path
from pykd.kernel.fs.superblocks import SB_RDONLY, filesystem_type, sb_options
from pykd.kernel.lists import rbtree
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.task import threads as tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

MAX_MOUNTS = 1 << 20
"""Of one namespace; fs.mount-max is 100,000."""
MAX_DEPTH = 100
"""Of mounts on mounts"""

MNT_READONLY, MNT_SHARED, MNT_UNBINDABLE, MNT_CURSOR = 0x40, 0x1000, 0x2000, 0x10000000
"""``vfsmount.mnt_flags``, of include/linux/mount.h; macros until v6.16. MNT_SHARED is T_SHARED of ``mount.mnt_t_flags`` since v6.17."""

OPTIONS = ((0x01, "nosuid"), (0x02, "nodev"), (0x04, "noexec"), (0x08, "noatime"), (0x10, "nodiratime"), (0x20, "relatime"), (0x100, "nosymfollow"))
"""Words of /proc/mounts, in its order (show_mnt_opts()); nosymfollow since v5.10: dab741e0e02b"""


def mnt_namespace_of(dump: Dump, task: int = 0) -> Any:
    """The ``struct mnt_namespace`` that the task at *task* sees; that of PID 1, the system's own, by default and where the task has ended.

    :raises FaultError:
    """
    proxy: Any = dump.object("struct task_struct", task).nsproxy if task else None
    if not proxy:
        try:
            proxy = tasks.find(1, dump).nsproxy
        except Error:
            proxy = None
    # init_nsproxy's holds only the rootfs that nobody uses
    return (proxy or dump.object("struct nsproxy", dump.symbol("init_nsproxy", "").address)).mnt_ns


def mnt_namespaces(dump: Dump) -> Iterator[Any]:
    """Every ``struct mnt_namespace`` that a task is in, each once, and the errors of tasks that cannot be read."""
    seen: set[int] = set()
    for task in tasks.threads(dump):
        try:
            namespace: Any = task.nsproxy.mnt_ns if task.nsproxy else None
        except Error as error:
            yield error
            continue
        if namespace and int(namespace) not in seen:
            seen.add(int(namespace))
            yield namespace


def for_each_mount(dump: Dump, namespace: Any) -> Iterator[Any]:
    """Each ``struct mount`` of a ``struct mnt_namespace``, in the order of mounting, and the errors met on the way.

    Where the dump lacks a part of the kernel's collection, what hangs below the mounts themselves is added.

    2eea9ce4310d ("mounts: keep list of mounts in an rbtree") (in v6.8): by ``mnt_id_unique``, which counts up; a list before, in which
    9f6c61f96f2d ("proc/mounts: add cursor") (in v5.8) puts the places of readers, which are no mounts (MNT_CURSOR).

    :raises FaultError, LimitError: a part of the collection was lost.
    """
    seen: set[int] = set()
    lost: dict[str, Error] = {}
    for mount in caught(_collected(dump, namespace)):
        if isinstance(mount, Error):
            lost.setdefault(str(mount), mount)
        else:
            seen.add(int(mount))
            yield mount
    if not lost:
        return
    for mount in caught(_below(dump, namespace.root, 0)):
        if not isinstance(mount, Error) and int(mount) not in seen:
            seen.add(int(mount))
            yield mount
    *others, last = lost.values()
    yield from others
    raise last


def mounts(dump: Dump, task: int | None = 0) -> Iterator[Any]:
    """Each ``struct mount`` that the task at *task* sees, default PID 1, and the errors met on the way. :raises FaultError, LimitError:"""
    return for_each_mount(dump, mnt_namespace_of(dump, int(task or 0)))


def _collected(dump: Dump, namespace: Any) -> Iterator[Any]:
    mount: Any = dump.struct_class("struct mount")
    if mount.has_member("mnt_node"):
        problems: list[Error] = []
        offset = mount.member_offset("mnt_node")
        for node, _ in rbtree.nodes(dump, int(namespace) + namespace.fieldOffset("mounts"), problems.append):
            yield mount(node - offset)
        yield from problems
        return
    head = int(namespace) + namespace.fieldOffset("list")
    for found in list_for_each_entry(dump, head, "struct mount", "mnt_list", limit=MAX_MOUNTS, what="the list of mounts"):
        try:
            if not found.mnt.mnt_flags & MNT_CURSOR:
                yield found
        except Error as error:
            yield error


def _below(dump: Dump, mount: Any, depth: int) -> Iterator[Any]:
    yield mount
    if depth < MAX_DEPTH:
        for child in list_for_each_entry(dump, int(mount) + mount.fieldOffset("mnt_mounts"), "struct mount", "mnt_child", limit=MAX_MOUNTS):
            yield from caught(_below(dump, child, depth + 1))


def mount_path(dump: Dump, mount: Any) -> str:
    """Where a ``struct mount`` is, from the root of its namespace. :raises FaultError:"""
    return dentry_path(dump, mount.mnt.mnt_root, int(mount) + mount.fieldOffset("mnt"))


def mnt_options(mount: Any) -> list[str]:
    """``rw`` or ``ro`` and the other options of a ``struct mount`` alone, as /proc/PID/mountinfo has them. :raises FaultError:"""
    flags = int(mount.mnt.mnt_flags)
    return ["ro" if flags & MNT_READONLY else "rw", *(word for bit, word in OPTIONS if flags & bit)]


def mount_options(mount: Any) -> list[str]:
    """``rw`` or ``ro``, the options of the superblock and of the mount, as /proc/mounts has them before those of the file system's own.

    :raises FaultError:
    """
    block: Any = mount.mnt.mnt_sb
    way, *others = mnt_options(mount)
    return ["ro" if block.s_flags & SB_RDONLY else way, *sb_options(block), *others]


def mount_row(dump: Dump, mount: Any) -> Row:
    """mount, superblock, type, device, directory, as far as they can be read; ``error`` says what cannot."""
    row: Row = {"mount": int(mount)}
    try:
        block: Any = mount.mnt.mnt_sb
        row["superblock"] = int(block)
        row["type"] = filesystem_type(block)
        row["device"] = str(mount.mnt_devname or "none")
        row["directory"] = mount_path(dump, mount)
    except Error as error:
        row["error"] = fault(error)
    return row
