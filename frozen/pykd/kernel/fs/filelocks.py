# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks on files: POSIX, flock, leases; who holds one and who waits for it (``include/linux/filelock.h``)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import has_member
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.fs.files import file_path
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry
from pykd.kernel.task import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

FLAGS = (
    (1, "POSIX"), (2, "FLOCK"), (4, "DELEG"), (8, "ACCESS"), (32, "LEASE"), (64, "CLOSE"), (128, "SLEEP"), (256, "DOWNGRADE_PENDING"),
    (512, "UNLOCK_PENDING"), (1024, "OFDLCK"), (2048, "LAYOUT"), (4096, "RECLAIM"),
)  # fmt: skip
"""FL_*, of ``fl_flags``"""
F_RDLCK, F_WRLCK, F_UNLCK = 0, 1, 2
TYPES = {F_RDLCK: "READ", F_WRLCK: "WRITE", F_UNLCK: "UNLCK"}
"""``fl_type``, in the words of /proc/locks"""
OFFSET_MAX = (1 << 63) - 1
"""``fl_end`` of a lock that goes on to the end of the file"""


def lock_member(lock: Any, name: str) -> Any:
    """Member ``fl_NAME`` of a ``struct file_lock`` (or ``struct file_lease``).

    a69ce85ec9af ("filelock: split common fields into struct file_lock_core") (in v6.9)

    :raises FaultError:
    """
    core = f"c.flc_{name}"
    return lock.Eval(core) if has_member(lock, core) else lock.Eval(f"fl_{name}")


def _link(dump: Dump, name: str) -> str:
    return f"c.flc_{name}" if dump.type("struct file_lock").member(f"c.flc_{name}") is not None else f"fl_{name}"


def for_each_lock(dump: Dump) -> Iterator[Any]:
    """Each ``struct file_lock`` that is held, of all files, as /proc/locks has them (leases, too), and the errors met on the way.

    7012b02a2b2c ("locks: move file_lock_list to a set of percpu hlist_heads") (in v3.11), with a lock in front since 7c3f654d8e18 (in v4.9).
    """
    link = _link(dump, "link")
    base = dump.symbol("file_lock_list", "").address
    found = dump.find_type("struct", "file_lock_list_struct")
    offset = found.offset_of("hlist") if found else 0
    for cpu in cpus.possible(dump):
        head = cpus.address_on(base, cpu, dump) + offset
        yield from caught(hlist_for_each_entry(dump, head, "struct file_lock", link, what="the list of file locks"))


def waiters_of(dump: Dump, lock: Any) -> Iterator[Any]:
    """Each ``struct file_lock`` that waits for *lock*; others may wait for these in turn.

    ada5c1da8660 ("fs/locks: rename some lists and pointers.") (in v5.0): ``fl_blocked_requests``, ``fl_block`` before.

    :raises FaultError, LimitError:
    """
    kind = dump.type("struct file_lock")
    heads, member = (
        (_link(dump, "blocked_requests"), _link(dump, "blocked_member")) if kind.member("fl_block") is None else ("fl_block", "fl_block")
    )
    yield from list_for_each_entry(dump, int(lock) + kind.offset_of(heads), "struct file_lock", member, limit=1 << 20)


def flag_words(lock: Any) -> list[str]:
    """Names of its flags. :raises FaultError:"""
    flags = int(lock_member(lock, "flags"))
    return [name for bit, name in FLAGS if flags & bit]


def holder_of(dump: Dump, lock: Any) -> int:
    """Address of the ``struct task_struct`` of the process that asked for it; 0 where it has gone, or was another host.

    :raises FaultError:
    """
    pid = int(lock_member(lock, "pid"))
    try:
        return int(threads.find(pid, dump)) if 0 < pid < 1 << 30 else 0
    except Error:
        return 0


def lock_row(dump: Dump, lock: Any) -> Row:
    """lock (address), flags, type, pid, command, file, inode, start, end (bytes, None: to the end of the file), path, as far as they can be
    read; ``error`` says what cannot."""
    row: Row = {"lock": int(lock)}
    try:
        row |= {"flags": flag_words(lock), "type": TYPES.get(int(lock_member(lock, "type")), str(int(lock_member(lock, "type"))))}
        row["pid"] = int(lock_member(lock, "pid"))
        task = holder_of(dump, lock)
        if task:
            row["comm"] = str(dump.object("struct task_struct", task).comm)
        # Of a lease there is no more than the core since v6.9; it is of a whole file.
        whole = bool({"LEASE", "DELEG", "LAYOUT"} & set(row["flags"]))
        row["start"] = 0 if whole else int(lock.fl_start)
        row["end"] = None if whole or int(lock.fl_end) == OFFSET_MAX else int(lock.fl_end)
        file = lock_member(lock, "file")
        row["file"] = int(file)
        if file:
            row["inode"] = int(file.f_inode)
            row["path"] = file_path(dump, file)
    except Error as error:
        row["error"] = fault(error)
    return row


def lock_rows(dump: Dump) -> Iterator[Row]:
    """Rows of all locks that are held, each followed by those that wait for it (``waits_for``: the address of the lock)."""
    for lock in for_each_lock(dump):
        if isinstance(lock, Error):
            yield {"error": fault(lock)}
            continue
        yield lock_row(dump, lock)
        yield from _waiting(dump, lock, 0)


def _waiting(dump: Dump, lock: Any, depth: int) -> Iterator[Row]:
    for waiter in caught(waiters_of(dump, lock)):
        if isinstance(waiter, Error):
            yield {"waits_for": int(lock), "error": fault(waiter)}
            continue
        yield lock_row(dump, waiter) | {"waits_for": int(lock)}
        if depth < 20:
            yield from _waiting(dump, waiter, depth + 1)
