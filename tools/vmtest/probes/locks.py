# SPDX-License-Identifier: GPL-2.0-or-later
"""Every file lock as /proc/locks shows it: [depth, waits, kind, mode, pid, inode, start, end]."""

from members import entries, first

import pykd

POSIX, FLOCK, ACCESS, LEASE, DELEGATION, LAYOUT, OFD = 1, 2, 8, 32, 4, 2048, 1024
UNLOCK_PENDING, DOWNGRADE_PENDING = 512, 256
READ, WRITE, UNLOCK = 0, 1, 2
END = 2**63 - 1


class Lock:
    """A ``struct file_lock`` or, since v6.9 (c69ff4071935), a file_lock or file_lease around a file_lock_core."""

    def __init__(self, dump: pykd.Dump, core) -> None:
        self.split = dump.find_type("struct", "file_lock_core") is not None
        self.core = core
        prefix = "flc_" if self.split else "fl_"
        self.flags = int(getattr(core, prefix + "flags"))
        self.mode = int(getattr(core, prefix + "type"))
        self.file = getattr(core, prefix + "file")
        self.blocked = getattr(core, prefix + "blocked_requests")
        self.lease = bool(self.flags & (LEASE | DELEGATION | LAYOUT))
        pid = first(core, prefix + "pid")
        self.pid = -1 if self.flags & OFD else int(pid)
        holder = dump.object("struct file_lease" if self.lease else "struct file_lock", int(core)) if self.split else core
        self.start, self.end = (0, END) if self.split and self.lease else (int(holder.fl_start), int(holder.fl_end))

    def row(self, waits: bool) -> list:
        """As /proc/locks writes it."""
        kind = ("ACCESS" if self.flags & ACCESS else "OFDLCK" if self.flags & OFD else "POSIX") if self.flags & POSIX else "FLOCK" if self.flags & FLOCK else \
            "DELEG" if self.flags & DELEGATION else "LEASE"
        mode = self.mode
        if self.lease:
            # What it becomes when it is given up.
            mode = UNLOCK if self.flags & UNLOCK_PENDING else READ if self.flags & DOWNGRADE_PENDING else mode
        inode = int(self.file.f_inode.i_ino) if int(self.file) else 0
        return [waits, kind, {READ: "READ", WRITE: "WRITE", UNLOCK: "UNLCK"}[mode], self.pid, inode, self.start,
                -1 if self.end == END else self.end]


def tree(dump: pykd.Dump, lock: Lock, waits: bool, depth: int = 0) -> list:
    """A lock and who waits for it, who waits for these …"""
    rows = [[depth, *lock.row(waits)]]
    kind, member = ("struct file_lock_core", "flc_blocked_member") if lock.split else ("struct file_lock", "fl_blocked_member")
    if depth < 100:
        for waiter in entries(dump, lock.blocked, kind, member):
            rows += tree(dump, Lock(dump, waiter), True, depth + 1)
    return rows


def ask(dump: pykd.Dump) -> list:
    """The lists of all CPUs."""
    rows = []
    split = dump.find_type("struct", "file_lock_core") is not None
    kind, member = ("struct file_lock_core", "flc_link") if split else ("struct file_lock", "fl_link")
    for cpu in dump.cpus():
        lists = dump.object("struct file_lock_list_struct", dump.cpu_variable(cpu.nr, "file_lock_list"))
        for core in entries(dump, lists.hlist, kind, member):
            rows += tree(dump, Lock(dump, core), False)
    return rows
