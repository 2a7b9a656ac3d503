# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs and per-CPU data."""

from __future__ import annotations

from _pykd import Error, FaultError, Pointer, Struct, current
from pykd.core.errors import CommandError
from pykd.core.memo import per_dump
from pykd.values.words import bitmap, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

_MASK = (1 << 64) - 1


def in_mask(dump: Dump, address: int) -> list[int]:
    """Numbers of the possible CPUs in the ``struct cpumask`` at *address*; no more of it is read than there may be CPUs. :raises FaultError:"""
    known = possible(dump)
    size = min(dump.type("struct cpumask").size, (max(known) // 64 + 1) * 8)
    bits = bitmap(dump, dump.read(address, size))
    return [cpu for cpu in known if bits >> cpu & 1]


def list_text(cpus: list[int]) -> str:
    """CPUs in rising order as the kernel prints a list of them: ``0-3,8``."""
    spans: list[list[int]] = []
    for cpu in cpus:
        if spans and spans[-1][1] == cpu - 1:
            spans[-1][1] = cpu
        else:
            spans.append([cpu, cpu])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in spans)


@per_dump
def possible(dump: Dump) -> list[int]:
    """Numbers of the CPUs that the kernel has set up; at least the first. See :meth:`_pykd.Dump.cpu_mask`."""
    return dump.cpu_mask("__cpu_possible_mask")


@per_dump
def present(dump: Dump) -> list[int]:
    """Numbers of the CPUs that are in the machine."""
    return dump.cpu_mask("__cpu_present_mask")


@per_dump
def online(dump: Dump) -> list[int]:
    """Numbers of the CPUs that were running.

    panic() takes those that it stops off the mask of CPUs online, on arm64 always; they stay active, while a CPU that is taken offline in order
    ceases to be that first (``sched_cpu_deactivate()``).
    """
    found = set(dump.cpu_mask("__cpu_online_mask"))
    try:
        found.update(dump.cpu_mask("__cpu_active_mask"))
    except Error:
        pass
    return sorted(found)


@per_dump
def offsets(dump: Dump) -> list[int]:
    """``__per_cpu_offset`` up to the last possible CPU.

    The address of a CPU's copy is the symbol's value plus its offset, also since 9d7de2aa8b41 ("x86/percpu/64: Use relative percpu
    offsets") (in v6.15): symbols and offsets moved together.
    """
    table = dump.read(dump.symbol("__per_cpu_offset", "").address, 8 * (max(possible(dump)) + 1))
    return words_of(dump, table).tolist()


def address_on(pointer: int, cpu: int, dump: Dump | None = None) -> int:
    """Where a per-CPU pointer or symbol lies on *cpu*."""
    return int(pointer) + offsets(dump)[cpu] & _MASK


def per_cpu_ptr(pointer: Any, cpu: int, dump: Dump | None = None) -> Any:
    """What a per-CPU pointer means on *cpu*: an object of its type; the address, of a pointer without one."""
    where = address_on(pointer, cpu, dump)
    kind = type(pointer)
    if isinstance(pointer, Struct):
        return kind(where)
    if isinstance(pointer, Pointer) and (target := kind.PYT_type.strip().target) is not None and target.size:
        return kind.PYT_dump.object(target, where)
    return where


def per_cpu(name: str, cpu: int, dump: Dump | None = None) -> Any:
    """The value of a per-CPU variable on *cpu*, as :meth:`_pykd.Dump.object` reads it. :raises NotFoundError: of an unknown name or type. :raises FaultError:"""
    dump = dump or current()
    return dump.object(dump.symbol_type(name), address_on(dump.symbol(name).address, cpu, dump))


def cpu_rq(cpu: int, dump: Dump | None = None) -> Struct:
    """``struct rq`` of *cpu*."""
    return run_queues(dump)[cpu]


def cpu_curr(cpu: int, dump: Dump | None = None) -> Any:
    """``struct task_struct`` that *cpu* was running. :raises FaultError:"""
    return run_queues(dump)[cpu].curr


@per_dump
def run_queues(dump: Dump) -> dict[int, Struct]:
    """``struct rq`` of each possible CPU."""
    rq = dump.struct_class("struct rq")
    base = dump.symbol("runqueues").address
    return {cpu: rq(address_on(base, cpu, dump)) for cpu in possible(dump)}


def clocks(dump: Dump) -> dict[int, int]:
    """Nanoseconds by CPU: ``rq.clock`` of each run queue that can be read; none where it is lost what a run queue is."""
    found = {}
    try:
        for cpu, rq in run_queues(dump).items():
            try:
                found[cpu] = int(rq.clock)
            except FaultError:
                continue
    except Error:
        return {}
    return found


@per_dump
def active_tasks(dump: Dump) -> dict[int, int]:
    """Address of the task that each CPU was running; a CPU whose run queue is not in the dump is left out. Where it is lost what a run queue
    is, by what the CPUs' own data say."""
    active = {}
    try:
        queues = run_queues(dump)
    except Error:
        active = {cpu.nr: cpu.current for cpu in dump.cpus() if cpu.current}
        if active:
            return active
        raise
    for cpu, rq in queues.items():
        try:
            active[cpu] = int(rq.curr)
        except FaultError:
            continue
    return active


_AT_ZERO = ("__per_cpu_start", "fixed_percpu_data")
"""Symbols whose value is 0 where per-CPU symbols are offsets (up to v6.14)"""


def is_percpu(symbol: int | str, dump: Dump | None = None) -> bool:
    """Whether a symbol, given by its name or its value, is a per-CPU variable: of the kernel proper or of a module.

    The kernel's lie from ``__per_cpu_start`` to ``__per_cpu_end``: offsets from 0 up to v6.14, addresses since 9d7de2aa8b41
    ("x86/percpu/64: Use relative percpu offsets") (in v6.15). A module's lie in ``module.percpu``.
    """
    dump = dump or current()
    address = dump.address_of(symbol, default=0) if isinstance(symbol, str) else symbol
    if isinstance(symbol, str) and not address and symbol not in _AT_ZERO:
        return False
    if dump.address_of("__per_cpu_start", default=0) <= address < dump.address_of("__per_cpu_end", default=0):
        return True
    return any(at <= address < at + size for at, size in (module.percpu for module in dump.modules()) if size)


def percpu_counter_sum(counter: Struct, dump: Dump | None = None) -> int:
    """Value of a ``struct percpu_counter``, with what the online CPUs hold back."""
    dump = dump or current()
    total: int = counter.count
    held = int(counter.counters)
    if held:
        for cpu in online(dump):
            try:
                total += dump.read_signed(address_on(held, cpu, dump), 4)
            except FaultError:
                continue
    return total


def parse_list(text: str, dump: Dump | None = None) -> list[int]:
    """The CPUs that a user names: ``1,3-5``, or ``a`` or ``all`` for all that are possible, in that order, each once.

    :raises CommandError: it is no such list, or names a CPU that is not possible.
    """
    known = possible(dump)
    last = max(known)
    found: list[int] = []
    for part in text.split(","):
        if part in ("a", "all"):
            found += known
            continue
        first, dash, end = part.partition("-")
        if not (first.isascii() and first.isdecimal()) or (dash and not (end.isascii() and end.isdecimal())):
            raise CommandError(f"invalid cpu specification: {text}")
        span = range(int(first), int(end or first) + 1)
        if not span:
            raise CommandError(f"invalid cpu specification: {text}")
        if (cpu := next((cpu for cpu in (*span[:1], span[-1]) if cpu > last), -1)) >= 0:
            raise CommandError(f"invalid cpu number: {cpu}")
        found += span
    for cpu in found:
        if cpu not in known:
            raise CommandError(f"invalid cpu number: {cpu}")
    return list(dict.fromkeys(found))
