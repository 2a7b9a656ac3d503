# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts of every namespace as /proc/PID/mountinfo shows them."""

import pykd
from pykd.kernel.fs import mounts, paths
from pykd.kernel.task import threads as tasks


def row(dump: pykd.Dump, mount) -> dict:
    """One mount."""
    flags, superblock = int(mount.mnt.mnt_flags), mount.mnt.mnt_sb
    device = int(superblock.s_dev)
    tags = []
    if flags & mounts.MNT_SHARED or (mount.hasField("mnt_t_flags") and int(mount.mnt_t_flags) & 1):
        tags.append(f"shared:{int(mount.mnt_group_id)}")
    if int(mount.mnt_master):
        tags.append(f"master:{int(mount.mnt_master.mnt_group_id)}")
    return {
        "parent": int(mount.mnt_parent.mnt_id), "device": f"{device >> 20}:{device & 0xFFFFF}",
        "root": paths.dentry_path(dump, int(mount.mnt.mnt_root)), "type": str(superblock.s_type.name),
        "options": ",".join(mounts.mnt_options(mount)),
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
            namespaces[int(namespace)] = {int(m.mnt_id): row(dump, m) for m in mounts.for_each_mount(dump, namespace)}
        processes[int(task.pid)] = str(int(namespace))
    return {"namespaces": namespaces, "processes": processes}
