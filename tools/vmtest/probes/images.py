# SPDX-License-Identifier: GPL-2.0-or-later
"""What every process runs."""

import pykd
from pykd.kernel.fs import paths
from pykd.kernel.task import threads as tasks


def path(dump: pykd.Dump, where) -> str:
    """A ``struct path`` as a link in /proc shows it."""
    text = paths.dentry_path(dump, int(where.dentry), int(where.mnt))
    # An unhashed dentry that is not a root was deleted.
    gone = not int(where.dentry.d_hash.pprev) and int(where.dentry.d_parent) != int(where.dentry)
    return text + " (deleted)" if gone else text


def memory(dump: pykd.Dump, mm, start: int, end: int) -> str | None:
    """Bytes of a process as hexadecimal digits; None: not in the dump."""
    try:
        return dump.read(start, end - start, pgd=int(mm.pgd)).hex()
    except pykd.FaultError:
        return None


def ask(dump: pykd.Dump) -> dict:
    """By pid."""
    found = {}
    for task in tasks.processes(dump):
        row = {}
        if int(task.fs):
            row |= {"cwd": path(dump, task.fs.pwd), "root": path(dump, task.fs.root)}
        mm = task.mm
        if int(mm):
            if int(mm.exe_file):
                row["exe"] = path(dump, mm.exe_file.f_path)
            row["cmdline"] = memory(dump, mm, int(mm.arg_start), int(mm.arg_end))
            row["environ"] = memory(dump, mm, int(mm.env_start), int(mm.env_end))
            auxv = [int(word) for word in mm.saved_auxv]
            pairs = len(auxv) // 2
            last = next((i for i in range(pairs) if not auxv[2 * i]), pairs - 1)
            row["auxv"] = b"".join(word.to_bytes(8, dump.byteorder) for word in auxv[:2 * last + 2]).hex()
        found[int(task.pid)] = row
    return found
