# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts of every namespace as /proc/PID/mountinfo shows them."""

from members import entries, first

import pykd
from pykd.kernel.fs import paths
from pykd.kernel.task import threads as tasks

# MNT_* flags and their words in the order of the kernel.
OPTIONS = ((0x01, "nosuid"), (0x02, "nodev"), (0x04, "noexec"), (0x08, "noatime"), (0x10, "nodiratime"), (0x20, "relatime"))
READ_ONLY, SHARED, UNBINDABLE = 0x40, 0x1000, 0x2000


def mounts(dump: pykd.Dump, namespace) -> list:
    """Every ``struct mount`` of a namespace: a tree since v6.8 (2eea9ce4310d), a list before."""
    if not namespace.hasField("mounts") or dump.type("struct mnt_namespace").member("list"):
        return [m for m in entries(dump, namespace.list, "struct mount", "mnt_list") if int(m.mnt_mountpoint)]
    offset = dump.type("struct mount").member("mnt_node").offset
    found, todo = [], [int(first(namespace.mounts, "rb_node"))]
    while todo:
        node = todo.pop()
        if node:
            found.append(dump.object("struct mount", node - offset))
            links = dump.object("struct rb_node", node)
            todo += [int(links.rb_left), int(links.rb_right)]
    return found


def row(dump: pykd.Dump, mount) -> dict:
    """One mount."""
    flags, superblock = int(mount.mnt.mnt_flags), mount.mnt.mnt_sb
    device = int(superblock.s_dev)
    tags = []
    if flags & SHARED or (mount.hasField("mnt_t_flags") and int(mount.mnt_t_flags) & 1):
        tags.append(f"shared:{int(mount.mnt_group_id)}")
    if int(mount.mnt_master):
        tags.append(f"master:{int(mount.mnt_master.mnt_group_id)}")
    return {
        "parent": int(mount.mnt_parent.mnt_id), "device": f"{device >> 20}:{device & 0xFFFFF}",
        "root": paths.path_of(dump, int(mount.mnt.mnt_root)), "type": str(superblock.s_type.name),
        "options": ",".join(["ro" if flags & READ_ONLY else "rw", *(word for bit, word in OPTIONS if flags & bit)]),
        "tags": sorted(tags),
    }


def ask(dump: pykd.Dump) -> dict:
    """Namespaces, by address, and which process has which."""
    namespaces: dict[int, dict] = {}
    processes = {}
    for task in tasks.processes(dump):
        if not int(task.nsproxy):
            continue
        namespace = task.nsproxy.mnt_ns
        if int(namespace) not in namespaces:
            namespaces[int(namespace)] = {int(m.mnt_id): row(dump, m) for m in mounts(dump, namespace)}
        processes[int(task.pid)] = str(int(namespace))
    return {"namespaces": namespaces, "processes": processes}
