# SPDX-License-Identifier: GPL-2.0-or-later
"""System V shared memory, semaphores and message queues."""

from __future__ import annotations

from typing import NamedTuple

from _pykd import Error
from pykd.kernel.lists.xarray import xa_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump


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


def init_ipc_ns(dump: Dump) -> Any:
    """The first ``struct ipc_namespace``."""
    return dump.object("struct ipc_namespace", dump.symbol("init_ipc_ns", "").address)


def for_each_ipc(dump: Dump, namespace: Any, kind: str) -> Iterator[Any]:
    """Each object of a kind of :data:`KINDS` in a ``struct ipc_namespace``, as its struct, by index.

    :raises Error: parts of the table cannot be read; after all others.
    """
    struct, permissions, number = KINDS[kind]
    cls: Any = dump.struct_class(struct)
    back = cls.member_offset(permissions) or 0
    ids: Any = namespace.ids[number]
    tree = int(ids) + dump.type("struct ipc_ids").offset_of("ipcs_idr") + dump.type("struct idr").offset_of("idr_rt")
    problems: list[str] = []
    for _, address in xa_entries(dump, tree, problems.append):
        yield cls(address - back)
    if problems:
        raise Error(problems[0])
