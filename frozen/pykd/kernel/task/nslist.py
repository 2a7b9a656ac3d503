# SPDX-License-Identifier: GPL-2.0-or-later
"""The namespaces that tasks are in, all kinds together: as lsns lists them."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel.task import namespaces, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

KINDS = {"uts_ns": "uts", "ipc_ns": "ipc", "mnt_ns": "mnt", "net_ns": "net", "cgroup_ns": "cgroup", "time_ns": "time"}
"""Members of ``struct nsproxy`` and what /proc/PID/ns calls them"""
ORDER = ("time", "cgroup", "pid", "user", "uts", "ipc", "net", "mnt")


class Namespace(NamedTuple):
    """One that a task is in."""

    kind: str
    namespace: Any
    """``struct uts_namespace``, …"""


def of_task(task: Any, known: dict[int, list[Namespace]]) -> Iterator[Namespace]:
    """Those of a ``struct task_struct``; of one that has ended fewer. :raises FaultError:

    :param known: those of each ``struct nsproxy`` that was read to its end, for the next task: most share one.
    """
    proxy = task.nsproxy
    if proxy and int(proxy) in known:
        yield from known[int(proxy)]
    elif proxy:
        own = []
        for name in namespaces.members(proxy):
            if name in KINDS:
                own.append(Namespace(KINDS[name], getattr(proxy, name)))
                yield own[-1]
        known[int(proxy)] = own
    if (pid := namespaces.pid_namespace(task)) is not None:
        yield Namespace("pid", pid)
    if task.cred:
        yield Namespace("user", task.cred.user_ns)


def inode_of(namespace: Any) -> int:
    """Its number, by which /proc/PID/ns tells namespaces apart. :raises FaultError:"""
    return int(namespace.ns.inum)


def owner_of(namespace: Any) -> Any:
    """The ``struct user_namespace`` that owns one, which of a user namespace is its parent; None: it has none. :raises FaultError:"""
    name = "parent" if namespace.hasField("uid_map") else "user_ns"
    return getattr(namespace, name) or None if namespace.hasField(name) else None


class Found(NamedTuple):
    """A namespace and who is in it."""

    kind: str
    namespace: Any
    processes: list[int]
    """PIDs of processes of which a thread is in it, in order"""


def for_each_namespace(dump: Dump, problems: list[Error]) -> list[Found]:
    """Every namespace that a task is in, by kind and number.

    :param problems: tasks that cannot be read are told here.
    """
    found: dict[tuple[str, int], tuple[Any, set[int]]] = {}
    known: dict[int, list[Namespace]] = {}
    for task in threads.threads(dump):
        try:
            pid = int(task.tgid)
            for kind, namespace in of_task(task, known):
                found.setdefault((kind, int(namespace)), (namespace, set()))[1].add(pid)
        except Error as error:
            problems.append(error)
    every = [Found(kind, namespace, sorted(processes)) for (kind, _), (namespace, processes) in found.items()]
    return sorted(every, key=lambda one: (ORDER.index(one.kind), one.processes[0]))
