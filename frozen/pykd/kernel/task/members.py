# SPDX-License-Identifier: GPL-2.0-or-later
"""Members of ``struct task_struct`` that have been in more than one place: where this kernel has them."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

PLACES = {
    # 2c4704756cab ("pids: Move the pgrp and session pid pointers from task_struct to signal_struct") (in v4.19)
    "pid": ("pid", "thread_pid.numbers[0].nr"),
    "tgid": ("tgid", "group_leader.pid"),
    # 2f064a59a11f ("sched: Change task_struct::state") (in v5.14)
    "state": ("__state", "state"),
    # bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y") (in v5.16)
    # the last is there with CONFIG_FAIR_GROUP_SCHED, of tasks of all classes
    "cpu": ("cpu", "thread_info.cpu", "se.cfs_rq.rq.cpu"),
    # sched_info is there with CONFIG_SCHED_INFO
    "last_run": ("sched_info.last_arrival", "se.exec_start"),
    # x86-64 and riscv64; s390x and ppc64; arm64
    "stack_pointer": ("thread.sp", "thread.ksp", "thread.cpu_context.sp"),
}
"""What we call it, and the paths where it may be, through pointers too, the first that the kernel has counts:

- ``pid``: ``pid_t``, of the thread as the first namespace has it; ``tgid``: of its process
- ``state``: ``unsigned int`` (``long`` before), the bits of :mod:`pykd.kernel.task.state`
- ``cpu``: ``unsigned int``, the CPU it runs, or last ran, on
- ``last_run``: ``unsigned long long``, ns by the clock of that CPU's run queue, when it was last put on a CPU
- ``stack_pointer``: ``unsigned long``, what the last switch saved
"""


@per_dump
def paths(dump: Dump) -> dict[str, str]:
    """Path of each of :data:`PLACES`; the first where none can be found: the kernel has none (``cpu``, without SMP), or it is lost on a page that
    the dump lacks, which reading it tells apart."""
    dump.type("struct task_struct")
    return {name: next((one for one in places if _is_there(dump, one)), places[0]) for name, places in PLACES.items()}


def _is_there(dump: Dump, path: str) -> bool:
    try:
        dump.read_columns([], "struct task_struct", [path])
    except Error:
        return False  # lost perhaps; another that is there is proof enough that this one is not
    return True


KEPT = (
    "group_leader", "signal", "thread_node.next", "thread_node.prev", "comm", "exit_state", "flags", "mm", "parent", "real_parent", "policy", "prio",
    "start_time", "stack", "nsproxy", "thread_pid", "files", "vfork_done", "journal_info", *(f"rss_stat.count[{kind}]" for kind in range(4)),
)  # fmt: skip
"""What commands ask of all threads, beside :data:`PLACES`"""


@per_dump
def keep(dump: Dump) -> None:
    """Let what is read of one thread for all commands be kept (:meth:`_pykd.Dump.keep`)."""
    dump.keep("struct task_struct", [one for one in (*paths(dump).values(), *KEPT) if _is_there(dump, one)])


def path(name: str, dump: Dump | None = None) -> str:
    """Path of one of them, see :func:`paths`."""
    return paths(dump)[name]
