# SPDX-License-Identifier: GPL-2.0-or-later
"""System V shared memory, semaphores and message queues."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import offset_of
from pykd.core.record import NamedTuple
from pykd.core.rows import fault
from pykd.kernel.lists.xarray import idr_for_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row


class Kind(NamedTuple):
    struct: str
    permissions: str
    """Its ``struct kern_ipc_perm``"""
    number: int
    """Which of the three ``ipc_namespace.ids`` has them"""


KINDS = {
    "m": Kind("struct shmid_kernel", "shm_perm", 2),
    "s": Kind("struct sem_array", "sem_perm", 0),
    "q": Kind("struct msg_queue", "q_perm", 1),
}
"""By the letter that ``ipcs`` has for them."""
SHM_DEST, SHM_LOCKED = 0o1000, 0o2000
"""In the mode of a segment: to be destroyed when nobody is attached; locked in memory"""


def init_ipc_ns(dump: Dump) -> Any:
    """The first ``struct ipc_namespace``."""
    return dump.object("struct ipc_namespace", dump.symbol("init_ipc_ns", "").address)


def ipc_namespace_of(dump: Dump, task: int) -> Any:
    """The ``struct ipc_namespace`` of a task; the first one of a task that has ended. :raises FaultError:"""
    proxy: Any = dump.object("struct task_struct", task).nsproxy
    return proxy.ipc_ns if proxy else init_ipc_ns(dump)


def for_each_ipc(dump: Dump, namespace: Any, kind: str) -> Iterator[Any]:
    """Each object of a kind of :data:`KINDS` in a ``struct ipc_namespace``, as its struct, by index.

    :raises Error: parts of the table cannot be read; after all others.
    """
    struct, permissions, number = KINDS[kind]
    cls: Any = dump.struct_class(struct)
    back = offset_of(cls, permissions)
    problems: list[str] = []
    for _, address in idr_for_each(dump, namespace.ids[number].ipcs_idr, problems.append):
        yield cls(address - back)
    if problems:
        raise Error(problems[0])


def ipc_row(dump: Dump, kind: str, one: Any) -> Row:
    """An object of :func:`for_each_ipc`, as far as it can be read: address, key (``key_t``, as unsigned), id, uid (of the owner, ``kuid_t``), mode
    (permissions and :data:`SHM_DEST`, :data:`SHM_LOCKED`); of a segment bytes and attached (how often); of semaphores how many; of a queue
    bytes and messages in it; ``error``."""
    row: Row = {"kind": kind, "address": int(one)}
    try:
        perm = one.Eval(KINDS[kind].permissions)
        row |= {"key": perm.key & 0xFFFFFFFF, "id": perm.id, "uid": perm.uid.val, "mode": perm.mode}
        if kind == "m":
            row |= {"bytes": one.shm_segsz, "attached": one.shm_nattch}
        elif kind == "s":
            row["semaphores"] = one.sem_nsems
        else:
            row |= {"bytes": one.q_cbytes, "messages": one.q_qnum}
    except Error as error:
        row["error"] = fault(error)
    return row


def shm_row(dump: Dump, segment: Any) -> Row:
    """What is behind a ``struct shmid_kernel``: inode (address), and pages: allocated (of its size), resident, swapped; ``error``."""
    try:
        allocated = (segment.shm_segsz + dump.page_size - 1) // dump.page_size
        resident, swapped = shm_pages(dump, segment)
        return {"inode": int(segment.shm_file.f_inode), "allocated": allocated, "resident": resident, "swapped": swapped}
    except Error as error:
        return {"error": fault(error)}


def shm_pages(dump: Dump, segment: Any) -> tuple[int, int]:
    """Pages of a ``struct shmid_kernel`` in (memory, swap). :raises FaultError:"""
    inode = segment.shm_file.f_inode
    pages = inode.i_mapping.nrpages
    if str(inode.i_sb.s_type.name) == "hugetlbfs":
        # Huge pages are counted as one each, are never swapped, and their inode is no shmem_inode_info.
        return (pages << inode.i_blkbits) // dump.page_size, 0
    info: Any = dump.struct_class("struct shmem_inode_info")
    return pages, info(int(inode) - offset_of(info, "vfs_inode")).swapped
