# SPDX-License-Identifier: GPL-2.0-or-later
"""Namespaces of tasks: :mod:`pykd.kernel.task.namespaces` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.kernel.net.namespaces import for_each_net
from pykd.kernel.task import namespaces
from pykdump import API
from pykdump.highlevel import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def net_namespaces() -> list[Any]:
    """Every ``struct net``."""
    return list(for_each_net(pykd.current()))


def print_namespaces_info(tt: Any, v: int = 0) -> None:
    """Print tasks that are not in the first namespaces, and network namespaces that no task is in."""
    initial = namespaces.init_nsproxy(pykd.current())
    users: dict[Any, list[Any]] = {}
    for task in tt.allTasks():
        try:
            users.setdefault(task.ts.nsproxy, []).append(task)
        except pykd.Error as err:
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
            print("     ", [name for name in namespaces.members(nsproxy) if getattr(nsproxy, name) != getattr(initial, name)])
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
    return (number for number, _ in namespaces.pid_numbers(task.ts))


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


def _parent(namespace: Any) -> int:
    """0 where the dump lacks the namespace."""
    try:
        return int(namespace.parent)
    except pykd.Error:
        return 0


__all__ = ["net_namespaces", "pid_numbers", "print_namespaces_info", "print_pid_namespaces", *API.hand_on(globals())]
