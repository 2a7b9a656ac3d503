# SPDX-License-Identifier: GPL-2.0-or-later
"""RCU: the grace period, the CPUs and readers that it waits for, and callbacks that wait for it (``kernel/rcu/tree.c``)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import ended
from pykd.kernel import cpus, timekeeping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

STALL = 21
"""``rcu_cpu_stall_timeout`` in seconds, unless set"""
GP_MASK = 3
"""Bits of ``rcu_state.gp_seq`` that are 0 between grace periods"""
STATES = (
    "idle", "waits for a grace period to be wanted", "done waiting", "on/offline", "begins", "waits to force quiescent states", "forces quiescent states",
    "cleans up", "cleaned up",
)  # fmt: skip
"""``rcu_state.gp_state``: RCU_GP_* of kernel/rcu/tree.h"""
MAX_NODES = 4096
MAX_READERS = 100_000
_WORD = (1 << 64) - 1


class GracePeriod(NamedTuple):
    """What ``rcu_state`` says."""

    name: str
    """rcu_preempt or rcu_sched"""
    sequence: int
    """``gp_seq``"""
    in_progress: bool
    age: float
    """Seconds since it began, or since the last one did."""
    activity: float
    """Seconds since its thread last did something."""
    limit: int
    """Seconds after which it is a stall."""
    state: str
    """Of its thread, in words"""
    thread: int
    """Address of the task_struct of its thread"""

    @property
    def is_stalled(self) -> bool:
        """It has lasted too long."""
        return self.in_progress and self.limit < self.age < 1 << 32


def state(dump: Dump) -> Any:
    """The ``struct rcu_state``. There is one since v4.20."""
    return dump.object("struct rcu_state", dump.symbol("rcu_state", "").address)


def grace_period(dump: Dump) -> GracePeriod:
    """:raises FaultError, NotFoundError:"""
    found = state(dump)
    jiffies, hz = timekeeping.jiffies(dump), timekeeping.hz(dump)
    limit = dump.address_of("rcu_cpu_stall_timeout", "", default=0)
    number = int(found.gp_state)
    return GracePeriod(
        name=str(found.name or ""),
        sequence=int(found.gp_seq),
        in_progress=bool(int(found.gp_seq) & GP_MASK),
        # times of jiffies, as unsigned longs
        age=((jiffies - int(found.gp_start)) & _WORD) / hz,
        activity=((jiffies - int(found.gp_activity)) & _WORD) / hz,
        limit=dump.read_unsigned(limit, 4) if limit else STALL,
        state=STATES[number] if 0 <= number < len(STATES) else str(number),
        thread=int(found.gp_kthread),
    )


def leaves(dump: Dump) -> list[Any]:
    """The ``struct rcu_node`` that CPUs belong to. :raises FaultError:"""
    node: Any = dump.struct_class("struct rcu_node")
    member = dump.type("struct rcu_state").member("node")
    if member is None:
        return []
    start = dump.symbol("rcu_state", "").address + member.offset
    most = min(member.type.length or 1, MAX_NODES) if member.type.kind == "array" else 1
    counted = dump.address_of("rcu_num_nodes", "", default=0)
    count = min(dump.read_unsigned(counted, 4), most) if counted else most
    every = [node(start + number * node.PYT_type.size) for number in range(count)]
    deepest = max((int(one.level) for one in every), default=0)
    return [one for one in every if int(one.level) == deepest]


def waited_for(leaf: Any, member: str = "qsmask") -> list[int]:
    """CPUs of a leaf ``struct rcu_node`` that have not reported to the grace period; with ``expmask`` to an expedited one. :raises FaultError:"""
    mask, first = int(getattr(leaf, member)), int(leaf.grplo)
    return [first + bit for bit in range(64) if mask >> bit & 1]


def blocked_readers(dump: Dump, leaf: Any) -> Iterator[int]:
    """Address of the task_struct of each reader that was preempted or sleeps, and that the grace period waits for (PREEMPT_RCU).

    :raises FaultError, LimitError:
    """
    first = int(leaf.gp_tasks) if leaf.hasField("gp_tasks") else 0
    if not first:
        return
    offset = dump.type("struct task_struct").offset_of("rcu_node_entry")
    links, why = dump.follow(first, stop=int(leaf) + leaf.fieldOffset("blkd_tasks"), limit=MAX_READERS)
    yield from (link - offset for link in links)
    if why is not None:
        raise ended(why, "the list of readers that RCU waits for")


def blockers(dump: Dump) -> tuple[list[int], list[int], list[Error]]:
    """(CPUs, task_structs, what could not be read) that the grace period waits for. :raises FaultError:"""
    found: list[int] = []
    tasks: list[int] = []
    errors: list[Error] = []
    for leaf in leaves(dump):
        try:
            found += waited_for(leaf)
            tasks += blocked_readers(dump, leaf)
        except Error as error:
            errors.append(error)
    return found, tasks, errors


def callbacks(data: Any) -> int:
    """How many callbacks wait on the CPU of a ``struct rcu_data``. ``rcu_segcblist.len`` is an atomic_long_t where callbacks may be
    taken off CPUs (CONFIG_RCU_NOCB_CPU), a long otherwise. :raises FaultError:"""
    length = data.cblist.len
    return int(length.counter) if hasattr(length, "counter") else int(length)


def data_of(dump: Dump, cpu: int) -> Any:
    """The ``struct rcu_data`` of a CPU. :raises FaultError, NotFoundError:"""
    return dump.object("struct rcu_data", cpus.address_on(dump.symbol("rcu_data", "").address, cpu, dump))
