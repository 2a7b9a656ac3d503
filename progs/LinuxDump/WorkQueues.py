# SPDX-License-Identifier: GPL-2.0-or-later
"""Workqueues, printed: :mod:`pykd.kernel.workqueues` under PyKdump's names."""

from __future__ import annotations

import pykd
from LinuxDump import percpu
from LinuxDump.Tasks import decode_waitq
from pykd.core.walk import caught
from pykd.kernel import cpus, workqueues
from pykd.kernel.workqueues import WQ_UNBOUND
from pykdump import API
from pykdump.Generic import TrueOnce
from pykdump.highlevel import LH_isempty, addr2sym, container_of, enumerator_value, pylog, readInt, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def for_all_cpus() -> list[int]:
    """Numbers of all possible CPUs."""
    return cpus.possible(pykd.current())


def cpumask_to_cpulist(cpumask: Any) -> list[int]:
    """Numbers of the CPUs in a ``struct cpumask``, of those there are."""
    words = cpumask.bits if cpumask.hasField("bits") else cpumask.mask
    value = sum(word << 64 * place for place, word in enumerate(words if isinstance(words, list) else [words]))
    return [cpu for cpu in for_all_cpus() if value >> cpu & 1]


def cpu_to_node(cpu: int) -> int:
    """The memory node of a CPU."""
    number: int = readInt(percpu.percpu_ptr(pykd.current().symbol("numa_node", "").address, cpu))
    return number


def get_pwq(wq: Any, cpu: int) -> Any:
    """The ``struct pool_workqueue`` that works of a queue go to on a CPU."""
    return readSU("struct pool_workqueue", int(workqueues.pwq_of(pykd.current(), wq, cpu)))


def for_each_pwq(wq: Any) -> Iterator[Any]:
    """Each ``struct pool_workqueue`` of a queue. :raises crash.error: the list cannot be followed to its end."""
    for pwq in workqueues.for_each_pwq(pykd.current(), wq):
        yield readSU("struct pool_workqueue", int(pwq))


def for_each_pool_worker(pool: Any) -> Iterator[Any]:
    """Each ``struct worker`` of a pool. :raises crash.error: the list cannot be followed to its end."""
    for worker in workqueues.for_each_worker(pykd.current(), pool):
        yield readSU("struct worker", int(worker))


for_each_pool_worker_list = for_each_pool_worker_idr = for_each_pool_worker


def _function(address: int) -> str:
    return addr2sym(address) or f"{int(address):#x}"


def WQ_header(wq: Any, okprint: Any = True) -> None:
    """Print the line that begins what is said about a queue."""
    if okprint:
        print(f"   {wq.name:-^25}   {wq}")
        if wq.first_flusher:
            print("        First flusher:", wq.first_flusher)


def print_bdi_writeback_workfn(work: Any) -> None:
    """Print which device a work of writeback is about."""
    delayed = container_of(work, "struct delayed_work", "work")
    writeback = container_of(delayed, "struct bdi_writeback", "dwork")
    print("       -- Decoding work for func=bdi_writeback_workfn")
    print("         ", writeback)
    print("         ", writeback.bdi)


_WRITEBACK = ("bdi_writeback_workfn", "wb_workfn")


def print_worker_pool(pool: Any, v: int) -> None:
    """Print the workers of a pool that run a work; with v > 0 the idle ones, too."""
    for worker in caught(for_each_pool_worker(pool)):
        if isinstance(worker, pykd.Error):
            pylog.warning(f"workers of {pool} cannot be read: {worker}")
            return
        function = _function(worker.current_func) if worker.current_func else ""
        if function or v > 0:
            print(f"      {worker}  {worker.task.comm} {function}".rstrip())
            if function in _WRITEBACK and worker.current_work:
                print_bdi_writeback_workfn(worker.current_work)


def print_worklist(worklist: Iterable[Any]) -> None:
    """Print works with their functions: of an iterable of them, or of the list of a pool."""
    for work in worklist if not isinstance(worklist, int) else _works(worklist):
        print(f"      {work}  {_function(work.func)}")


def _works(head: int) -> Iterator[Any]:
    from pykd.kernel.lists.linked import list_for_each_entry

    for work in list_for_each_entry(pykd.current(), int(head), "struct work_struct", "entry", limit=workqueues.MAX_WORKS):
        yield readSU("struct work_struct", int(work))


def pending_works(pwq: Any) -> list[Any]:
    """The works of a ``struct pool_workqueue`` that wait in its pool for a worker. :raises crash.error:"""
    dump = pykd.current()
    return [work for work in workqueues.for_each_pending(dump, pwq.pool) if workqueues.pwq_of_work(work) == int(pwq)]


def print_wq_pwq_details(wq: Any, v: int = 0) -> None:
    """Print what a queue does: by its ``struct pool_workqueue``, those with works; with v > 0 all."""
    dump = pykd.current()
    once = TrueOnce(1)
    if v > 0:
        WQ_header(wq)
    for pwq in for_each_pwq(wq):
        held_back = list(workqueues.inactive_works(dump, pwq))
        if not pwq.nr_active and not held_back and v < 1:
            continue
        if once and v == 0:
            WQ_header(wq)
        pool = pwq.pool
        print(f"  {pwq} active={pwq.nr_active} delayed={len(held_back)}")
        where = f"CPU {pool.cpu}" if pool.cpu >= 0 else "unbound"
        print(f"   {pool} ({where}) nr_workers={pool.nr_workers} nr_idle={pool.nr_idle}")
        for worker in workqueues.for_each_busy_worker(dump, pool):
            if v > 0 or int(worker.current_pwq) == int(pwq):
                print(f"      {worker}  {worker.task.comm} {_function(worker.current_func)}")
                if _function(worker.current_func) in _WRITEBACK and worker.current_work:
                    print_bdi_writeback_workfn(worker.current_work)
        for title, works in (("pending", pending_works(pwq)), ("delayed", held_back)):
            if works:
                print(f"     {title}:")
                print_worklist(works)


print_wq_details = print_wq_gcwq_details = print_wq_simple_details = print_wq_pwq_details


def get_cwqs(wq: Any) -> Iterator[Any]:
    """The ``struct worker_pool`` of each CPU or node that runs works of a queue."""
    for pwq in for_each_pwq(wq):
        yield pwq.pool


def get_gcwq(cpu: int) -> list[Any]:
    """The pools of a CPU, the one with normal priority first. :raises crash.error:"""
    dump = pykd.current()
    found = []
    for pool in workqueues.for_each_pool(dump):
        if pool.cpu == cpu:
            found.append(readSU("struct worker_pool", int(pool)))
    return found


def print_all_workqueues(v: int = 0) -> None:
    """Print the queues that have works; with v > 0 all."""
    title = "WorkQueues - Active only" if v == 0 else "All WorkQueues"
    print(f" {title:-^70}")
    for queue in caught(workqueues.for_each_workqueue(pykd.current())):
        try:
            if isinstance(queue, pykd.Error):
                raise queue
            print_wq_details(readSU("struct workqueue_struct", int(queue)), v)
        except pykd.Error as error:
            pylog.warning(f"a workqueue cannot be read: {error}")


_COMPUTED: dict[str, Callable[[], Any]] = {
    "WORK_CPU_UNBOUND": lambda: enumerator_value("WORK_CPU_UNBOUND"),
    "WORK_CPU_NONE": lambda: enumerator_value("WORK_CPU_NONE"),
    "NR_CPUS": lambda: enumerator_value("WORK_CPU_UNBOUND"),
    "cpu_possible_mask": lambda: pykd.current().object("struct cpumask", pykd.current().symbol("__cpu_possible_mask", "").address),
}


def __getattr__(name: str) -> Any:
    if name in _COMPUTED:
        return _COMPUTED[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "LH_isempty", "WQ_UNBOUND", "WQ_header", "cpu_to_node", "cpumask_to_cpulist", "decode_waitq", "for_all_cpus", "for_each_pool_worker",
    "for_each_pool_worker_idr", "for_each_pool_worker_list", "for_each_pwq", "get_cwqs", "get_gcwq", "get_pwq", "percpu",
    "print_all_workqueues", "print_bdi_writeback_workfn", "print_worker_pool", "print_worklist", "print_wq_details", "print_wq_gcwq_details",
    "print_wq_pwq_details", "print_wq_simple_details", *_COMPUTED,
]  # fmt: skip
__all__ += API.hand_on(globals())
