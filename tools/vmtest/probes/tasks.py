# SPDX-License-Identifier: GPL-2.0-or-later
"""Every thread as /proc shows it."""

from members import cpu_list, entries, first, letter

import pykd
from pykd.kernel.task import threads as tasks

NAMESPACES = {"mnt": "mnt_ns", "uts": "uts_ns", "ipc": "ipc_ns", "net": "net_ns", "cgroup": "cgroup_ns",
              "pid_for_children": "pid_ns_for_children", "time": "time_ns", "time_for_children": "time_ns_for_children"}


def signals(task) -> dict[str, int]:
    """Sets of signals as ``status`` names them."""
    found = {"SigPnd": int(task.pending.signal.sig[0]), "ShdPnd": int(task.signal.shared_pending.signal.sig[0]),
             "SigBlk": int(task.blocked.sig[0]), "SigIgn": 0, "SigCgt": 0}
    if int(task.sighand):
        for number in range(64):
            handler = int(task.sighand.action[number].sa.sa_handler)
            if handler:
                found["SigIgn" if handler == 1 else "SigCgt"] |= 1 << number
    return found


def namespaces(task) -> dict[str, int]:
    """Inode numbers by the names in /proc/PID/ns."""
    found = {"user": int(task.cred.user_ns.ns.inum)}
    proxy = task.nsproxy
    if int(proxy):
        found |= {name: int(getattr(proxy, member).ns.inum) for name, member in NAMESPACES.items()
                  if proxy.hasField(member)}
    pid = task.thread_pid
    if int(pid):
        found["pid"] = int(pid.numbers[int(pid.level)].ns.ns.inum)
    return found


def capabilities(cred) -> list[int]:
    """Inheritable, permitted, effective, bounding, ambient."""
    found = []
    for name in ("cap_inheritable", "cap_permitted", "cap_effective", "cap_bset", "cap_ambient"):
        value = getattr(cred, name)
        # Two words until v6.3 (f122a08b197d).
        found.append(int(value.val) if value.hasField("val") else int(value.cap[0]) | int(value.cap[1]) << 32)
    return found


def kernfs_path(node) -> str:
    """Path in a kernfs below its root."""
    names = []
    while int(parent := first(node, "__parent", "parent")):
        names.append(str(node.name))
        node = parent
    return "/" + "/".join(reversed(names))


def cgroups(dump, groups, known: dict) -> list[list[str]]:
    """[hierarchy, its name, path] of each hierarchy, as /proc/PID/cgroup writes it."""
    if int(groups) not in known:
        found = []
        for link in entries(dump, groups.cgrp_links, "struct cgrp_cset_link", "cgrp_link"):
            group = link.cgrp
            root = group.root
            hierarchy = int(root.hierarchy_id)
            if hierarchy:
                name = str(root.name)
                found.append([str(hierarchy), f"name={name}" if name else "", kernfs_path(group.kn)])
            elif int(root) == dump.address_of("cgrp_dfl_root"):
                found.append(["0", "", kernfs_path(group.kn)])
        known[int(groups)] = found
    return known[int(groups)]


def ask(dump: pykd.Dump) -> dict:
    """By tid."""
    group, session = dump.enumerator("PIDTYPE_PGID"), dump.enumerator("PIDTYPE_SID")
    known: dict[int, list] = {}
    found = {}
    for task in tasks.threads(dump):
        signal, cred = task.signal, task.cred
        ids = signal.pids
        found[int(task.pid)] = {
            "tgid": int(task.tgid), "comm": str(task.comm),
            "state": letter(dump, int(first(task, "__state", "state")), int(task.exit_state)),
            "parent": int(task.real_parent.tgid),
            "uids": [int(getattr(cred, name).val) for name in ("uid", "euid", "suid", "fsuid")],
            "gids": [int(getattr(cred, name).val) for name in ("gid", "egid", "sgid", "fsgid")],
            "groups": [int(cred.group_info.gid[i].val) for i in range(int(cred.group_info.ngroups))],
            "capabilities": capabilities(cred),
            "cpu": int(task.cpu) if task.hasField("cpu") else int(task.thread_info.cpu),
            "ran": int(task.se.exec_start),
            "pgrp": int(ids[group].numbers[0].nr) if int(ids[group]) else 0,
            "session": int(ids[session].numbers[0].nr) if int(ids[session]) else 0,
            "priority": int(task.prio) - 100, "nice": int(task.static_prio) - 120,
            "rt_priority": int(task.rt_priority), "policy": int(task.policy),
            "start_ticks": int(first(task, "start_boottime", "real_start_time")) // 10**7,
            "exit_signal": int(task.exit_signal),
            "min_flt": int(task.min_flt), "maj_flt": int(task.maj_flt),
            "switches": [int(task.nvcsw), int(task.nivcsw)],
            "allowed": cpu_list(dump, task.cpus_mask),
            "seccomp": int(task.seccomp.mode) if task.hasField("seccomp") else 0,
            "no_new_privs": int(task.atomic_flags) & 1,
            "signals": signals(task), "namespaces": namespaces(task),
            "limits": [[_limit(limit.rlim_cur), _limit(limit.rlim_max)] for limit in signal.rlim],
            "oom_score_adj": int(signal.oom_score_adj),
            "cgroups": cgroups(dump, task.cgroups, known),
        }
    return found


def _limit(value) -> int:
    return -1 if int(value) == 2**64 - 1 else int(value)
