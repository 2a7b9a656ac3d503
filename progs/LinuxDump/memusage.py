# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory of processes: resident sets, and System V shared memory."""

from __future__ import annotations

from operator import itemgetter

import pykd
from pykd.kernel import ipc
from pykd.kernel.mm.areas import areas
from pykdump import API
from pykdump.API import get_task_mem_usage
from pykdump.highlevel import atomic_t, pylog, sym2addr
from pykdump.vmcorearch import PAGESIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from LinuxDump.Tasks import Task


class shminfo(tuple[int, ...]):
    """A System V shared memory segment: (key, shmid, uid, perms, bytes, nattch), also as attributes."""

    key, shmid, uid, perms, bytes, nattch = (property(itemgetter(index)) for index in range(6))


def get_ipcs_m() -> dict[tuple[int, int], shminfo]:
    """System V shared memory segments of the first IPC namespace by (key, shmid).

    :raises FaultError:
    """
    dump = pykd.current()
    segments = {}
    for segment in ipc.for_each_ipc(dump, ipc.init_ipc_ns(dump), "m"):
        perm = segment.shm_perm
        info = shminfo(
            (
                perm.key & 0xFFFFFFFF,
                perm.id,
                perm.uid.val,
                int(f"{perm.mode & 0o777:o}"),  # the digits that ipcs prints
                segment.shm_segsz,
                segment.shm_nattch,
            )
        )
        segments[info.key, info.shmid] = info
    return segments


def vma2sysv(vma: Any) -> tuple[int, int] | None:
    """(key, shmid) of the System V segment that a ``struct vm_area_struct`` maps, None if it maps none."""
    from LinuxDump.fs import get_dentry_name

    if int(vma.vm_ops) != sym2addr("shm_vm_ops") or not vma.vm_file:
        return None
    dentry = vma.vm_file.f_path.dentry
    # newseg() names the file SYSV and the key in 8 hex digits
    return int(get_dentry_name(dentry)[4:], 16), dentry.d_inode.i_ino


def get_task_shm_usage(task: Any) -> int:
    """Bytes of System V shared memory that a ``struct task_struct`` has mapped."""
    mm = task.mm
    if not mm:
        return 0
    operations = sym2addr("shm_vm_ops")
    total = 0
    members = ("vm_ops", "vm_start", "vm_end")
    for pointer, start, end in pykd.current().read_columns(vma_addresses(mm), "struct vm_area_struct", members):
        if isinstance(pointer, pykd.Error):
            raise pointer
        if pointer == operations:
            total += end - start
    return total


def vma_addresses(mm: Any) -> list[int]:
    """Address of each ``struct vm_area_struct`` of an ``mm_struct``, in order of what they map. :raises FaultError:"""
    return list(areas(pykd.current(), int(mm)))


def print_mm_stats(mm: Any) -> None:
    """Print sizes in an ``mm_struct``, in kB."""
    if not mm:
        return
    print(f"  brk={(mm.brk - mm.start_brk) // 1024}  data {(mm.end_data - mm.start_data) // 1024}")
    for name in ("total_vm", "locked_vm", "pinned_vm", "shared_vm", "exec_vm", "stack_vm", "reserved_vm"):
        if mm.hasField(name):
            print(f"  {name}={int(atomic_t(getattr(mm, name))) * PAGESIZE // 1024}")


def _usage_of_processes() -> tuple[list[tuple[Task, int, int]], int]:
    """(task, resident, mapped System V shared memory) of each process, in kB; and how many could not be read."""
    from LinuxDump.Tasks import TaskTable

    usage = []
    failed = 0
    try:
        any_segment = bool(get_ipcs_m())
    except pykd.Error:
        any_segment = True  # perhaps
    for task in TaskTable().allTasks():
        try:
            _, resident = get_task_mem_usage(int(task.ts))
            shared = get_task_shm_usage(task.ts) // 1024 if any_segment else 0
        except pykd.Error:
            failed += 1
            continue
        usage.append((task, resident, shared))
    return usage, failed


def print_memory_stats(ntop: int = 8) -> None:
    """Print the *ntop* processes with the most resident memory, with and without shared memory, and totals."""

    def print_first(what: str, usage: list[tuple[Task, int, int]]) -> None:
        print(f" ==== First {ntop} {what} ====")
        for task, resident, shared in usage[:ntop]:
            shm = f" shm={shared / 2**20:5.3f} Gb" if shared else ""
            print(f"   PID={task.pid:6d} CMD={task.comm:15s} RSS={resident / 2**20:5.3f} Gb{shm}")

    usage, failed = _usage_of_processes()
    print_first("Tasks reverse-sorted by RSS+SHM", sorted(usage, key=lambda u: u[1] + u[2], reverse=True))
    print()
    print_first("Tasks Reverse-sorted by RSS only", sorted(usage, key=itemgetter(1), reverse=True))
    print(f"\n === Total Memory in RSS {sum(resident for _, resident, _ in usage) / 2**20:6.3f} Gb")
    try:
        shared = f"{sum(segment.bytes for segment in get_ipcs_m().values()) / 2**30:6.3f} Gb"
    except pykd.Error as err:
        shared = "unknown"
        pylog.warning(f"the table of shared memory segments cannot be read: {err}")
    print(f" === Total Memory in SHM {shared}")
    if failed:
        pylog.warning(f"memory of {failed} of {failed + len(usage)} processes cannot be read")


__all__ = [
    "get_ipcs_m", "get_task_mem_usage", "get_task_shm_usage", "print_memory_stats", "print_mm_stats", "shminfo", "vma2sysv", "vma_addresses",
]  # fmt: skip
__all__ += API.hand_on(globals())
