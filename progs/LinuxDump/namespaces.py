# SPDX-License-Identifier: GPL-2.0-or-later
"""Namespaces of tasks."""

from __future__ import annotations

import crash
import pykd
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


# 769071ac9f20 ("ns: Introduce Time Namespace") (in v5.6) and a79a908fd2b0 (in v4.6) added the last ones.
_MEMBERS = ("uts_ns", "ipc_ns", "mnt_ns", "net_ns", "pid_ns_for_children", "cgroup_ns", "time_ns")


def _init_nsproxy() -> StructResult:
    return readSU("struct nsproxy", pykd.current().symbol("init_nsproxy", "").address)


def count_in_own_namespaces(leaders: list[int]) -> tuple[int, int]:
    """Of the tasks at these addresses, how many have another ``nsproxy`` than init's, and how many are in another PID namespace.

    A zombie has given up its nsproxy, but not its PID.
    """
    dump = pykd.current()
    initial = dump.symbol("init_nsproxy", "").address
    own = 0
    pids = []
    for nsproxy, pid in dump.read_columns(leaders, "struct task_struct", ("nsproxy", "thread_pid")):
        if isinstance(nsproxy, crash.error) or nsproxy == initial:
            continue
        own += bool(nsproxy)
        if pid and not isinstance(pid, crash.error):
            pids.append(pid)
    levels = (level for (level,) in dump.read_columns(pids, "struct pid", ("level",)))
    return own, sum(1 for level in levels if not isinstance(level, crash.error) and level > 0)


def net_namespaces() -> list[StructResult]:
    """Every ``struct net``."""
    return readSUListFromHead(pykd.current().symbol("net_namespace_list", "").address, "list", "struct net")


def print_namespaces_info(tt: Any, v: int = 0) -> None:
    """Print tasks that are not in the first namespaces, and network namespaces that no task is in."""
    initial = _init_nsproxy()
    users: dict[StructResult, list[Any]] = {}
    for task in tt.allTasks():
        try:
            users.setdefault(task.ts.nsproxy, []).append(task)
        except crash.error as err:
            pylog.warning(f"the namespaces of a task cannot be read: {err}")
    users.pop(initial, None)
    if not users and not tt.pidnamespaces:
        return

    print(f"  {'Non-standard Namespaces':*^60}")
    nets = {int(initial.net_ns)}
    if users:
        print(f"    {'Namespaces Associated with PID':~^58}")
    for nsproxy, tasks in users.items():
        print(f"      {nsproxy!s:.^50}")
        if nsproxy:  # NULL: the task has exited
            members = [name for name in _MEMBERS if nsproxy.hasField(name)]
            print("     ", [name for name in members if getattr(nsproxy, name) != getattr(initial, name)])
            nets.add(int(nsproxy.net_ns))
        for task in tasks:
            print("\t", task)

    unused = [net for net in net_namespaces() if int(net) not in nets]
    if unused:
        print(f"    {'NET_NS without any task':~^58}")
        for net in unused:
            print("    ", net)

    if tt.pidnamespaces:
        print("\n   *** PID Namespace Info ***")
        print_pid_namespaces(tt, v)


def pid_numbers(task: Any) -> Iterator[int]:
    """The thread id in each PID namespace that the task can be seen in, the outermost first."""
    pid = task.task_get_pid()
    numbers = pid.numbers
    for level in range(pid.level + 1):
        yield numbers[level].nr


def print_pid_namespaces(tt: Any, v: int = 0) -> None:
    """Print PID namespaces as boxes in boxes; with *v* the numbers within the namespaces too."""
    from textwrap import wrap

    from pykdump.ASCII_Art import EmbeddedFrames

    def numbers(task: Any) -> str:
        outer, *inner = pid_numbers(task)
        return f"{outer}[{','.join(map(str, inner))}]" if v > 0 else str(outer)

    frames = {}
    for namespace, tasks in tt.pidnamespaces.items():
        lines = []
        for task in tasks:
            lines.append(f"PID={numbers(task)} CMD={task.comm}")
            if threads := " ".join(numbers(thread) for thread in task.threads):
                lines += wrap(f"Threads: {threads}", width=70, initial_indent=" " * 4, subsequent_indent=" " * 8)
        frames[namespace] = frame = EmbeddedFrames(str(namespace))
        frame.addText("\n".join(lines))
    outermost = []
    for namespace, frame in frames.items():
        outer = frames.get(_parent(namespace))
        if outer:
            outer.addFrame(frame)
        else:
            outermost.append(frame)
    for frame in outermost:
        print(frame)


def _parent(namespace: StructResult) -> int:
    """0 where the dump lacks the namespace."""
    try:
        return int(namespace.parent)
    except crash.error:
        return 0
