# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files of every process: [target of the link in fd, position, flags] by number."""

import pykd
from pykd.kernel.fs import paths
from pykd.kernel.task import threads as tasks
from pykd.values.words import bitmap, words_of

# File systems whose names are made up by what is opened.
NUMBERED = {"sockfs": "socket", "pipefs": "pipe"}
CLOEXEC = 0o2000000
# Flags that only the kernel sees: O_CLOEXEC here is not the table's, FMODE_NONOTIFY, __O_SYNC stay.
SHOWN = 0o37777777 & ~CLOEXEC


def target(dump: pykd.Dump, file) -> str:
    """What readlink says."""
    dentry, inode = file.f_path.dentry, file.f_inode
    kind = str(inode.i_sb.s_type.name)
    if kind in NUMBERED:
        return f"{NUMBERED[kind]}:[{int(inode.i_ino)}]"
    if kind == "pidfs":
        return "anon_inode:[pidfd]"
    name = dump.read(int(dentry.d_name.name), int(dentry.d_name.len)).decode()
    if kind == "anon_inodefs":
        return f"anon_inode:{name}"
    if kind == "nsfs" and int(dentry.d_parent) == int(dentry):
        return f"{name}:[{int(inode.i_ino)}]"
    text = paths.dentry_path(dump, int(dentry), int(file.f_path.mnt))
    gone = not int(dentry.d_hash.pprev) and int(dentry.d_parent) != int(dentry)
    # A file without a name has only ever had one in its kernel mount.
    if (not int(dentry.d_hash.pprev) and name.startswith(("memfd:", "SYSV"))) or kind == "hugetlbfs":
        return f"/{name} (deleted)"
    return text + " (deleted)" if gone else text


def ask(dump: pykd.Dump) -> dict:
    """By pid."""
    found = {}
    for task in tasks.processes(dump):
        rows = {}
        if int(task.files):
            table = task.files.fdt
            count = int(table.max_fds)
            pointers = words_of(dump, dump.read(int(table.fd), 8 * count))
            cloexec = bitmap(dump, dump.read(int(table.close_on_exec), -(-count // 64) * 8))
            for number, address in enumerate(pointers):
                if not address:
                    continue
                file = dump.object("struct file", address)
                flags = int(file.f_flags) & SHOWN
                if cloexec >> number & 1:
                    flags |= CLOEXEC
                rows[number] = [target(dump, file), int(file.f_pos), flags]
        found[int(task.pid)] = rows
    return found
