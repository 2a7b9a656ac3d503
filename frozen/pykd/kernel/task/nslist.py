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


def of_task(dump: Dump, task: Any) -> Iterator[Namespace]:
    """Those of a ``struct task_struct``; of one that has ended fewer. :raises FaultError:"""
    proxy = task.nsproxy
    if proxy:
        yield from (Namespace(KINDS[name], getattr(proxy, name)) for name in namespaces.members(proxy) if name in KINDS)
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


class Found:
    """A namespace and who is in it."""

    def __init__(self, kind: str, namespace: Any) -> None:
        self.kind, self.namespace = kind, namespace
        self.processes: list[int] = []
        """PIDs of processes of which a thread is in it"""


def for_each_namespace(dump: Dump, problems: list[Error]) -> list[Found]:
    """Every namespace that a task is in, by kind and number.

    :param problems: tasks that cannot be read are told here.
    """
    found: dict[tuple[str, int], Found] = {}
    for task in threads.threads(dump):
        try:
            pid = int(task.tgid)
            for kind, namespace in of_task(dump, task):
                one = found.setdefault((kind, int(namespace)), Found(kind, namespace))
                if not one.processes or one.processes[-1] != pid:
                    one.processes.append(pid)
        except Error as error:
            problems.append(error)
    for one in found.values():
        one.processes = sorted(set(one.processes))
    return sorted(found.values(), key=lambda one: (ORDER.index(one.kind), one.processes[0]))
