# SPDX-License-Identifier: GPL-2.0-or-later
"""Namespaces of tasks: ``struct nsproxy``, and PID namespaces, which a task's ``struct pid`` names."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.task import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MEMBERS = ("uts_ns", "ipc_ns", "mnt_ns", "net_ns", "pid_ns_for_children", "cgroup_ns", "time_ns")
"""Of ``struct nsproxy``; a79a908fd2b0 (in v4.6) and 769071ac9f20 ("ns: Introduce Time Namespace") (in v5.6) added the last ones."""

MAX_LEVEL = 32
"""Depth of PID namespaces that the kernel allows (MAX_PID_NS_LEVEL)."""


def init_nsproxy(dump: Dump) -> Any:
    """The ``struct nsproxy`` of the first namespaces."""
    return dump.object("struct nsproxy", dump.symbol("init_nsproxy", "").address)


def members(nsproxy: Any) -> tuple[str, ...]:
    """Those of :data:`MEMBERS` that this kernel has."""
    return tuple(name for name in MEMBERS if nsproxy.hasField(name))


def pid_struct(task: Any) -> Any:
    """The ``struct pid *`` of a ``struct task_struct``, NULL of a thread that has given it up.

    ``task_struct.thread_pid`` since 2c4704756cab ("pids: Move the pgrp and session pid pointers from task_struct to signal_struct") (in v4.19).

    :raises FaultError:
    """
    return task.thread_pid if task.hasField("thread_pid") else task.pids[0].pid


def pid_nr(pid: Any) -> int:
    """The number of a ``struct pid`` in the first PID namespace. :raises FaultError:"""
    return int(pid.numbers[0].nr)


def pid_numbers(task: Any) -> Iterator[tuple[int, Any]]:
    """(thread id, ``struct pid_namespace``) of a ``struct task_struct`` in each PID namespace that it can be seen in, the outermost first;
    nothing of a thread that has given up its PID.

    ``pid.numbers`` is an array of one element, or a flexible one since b69f0aeb0689 (in v6.5).

    :raises FaultError:
    """
    pid = pid_struct(task)
    if pid:
        numbers = pid.numbers
        for level in range(min(pid.level, MAX_LEVEL) + 1):
            yield numbers[level].nr, numbers[level].ns


def pid_namespace(task: Any) -> Any:
    """The ``struct pid_namespace`` that a ``struct task_struct`` lives in; None of a thread that has given up its PID. :raises FaultError:"""
    pid = pid_struct(task)
    return pid.numbers[min(pid.level, MAX_LEVEL)].ns if pid else None


def count_in_own(dump: Dump) -> tuple[int, int]:
    """Of all processes, how many have another ``nsproxy`` than init's, and how many are in another PID namespace.

    A zombie has given up its nsproxy, but not its PID. Those that cannot be read count for nothing.
    """
    initial = dump.symbol("init_nsproxy", "").address
    own = 0
    pids = []
    kind: Any = dump.struct_class("struct task_struct")
    columns = ("nsproxy", "thread_pid" if kind.has_member("thread_pid") else "pids[0].pid")
    for nsproxy, pid in zip(*dump.read_plain(list(threads.listed(dump).groups), "struct task_struct", columns), strict=True):
        if isinstance(nsproxy, Error) or nsproxy == initial:
            continue
        own += bool(nsproxy)
        if pid and not isinstance(pid, Error):
            pids.append(pid)
    (levels,) = dump.read_plain(pids, "struct pid", ("level",))
    return own, sum(1 for level in levels if not isinstance(level, Error) and level > 0)
