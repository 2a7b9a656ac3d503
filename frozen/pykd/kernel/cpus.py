# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs and per-CPU data."""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Struct

_MASK = (1 << 64) - 1


@per_dump
def _limit(dump: Dump) -> int | None:
    """``nr_cpu_ids``: the numbers of all CPUs are lower. None if the dump lacks it, or more than a cpumask has bits."""
    try:
        count = dump.read_unsigned(dump.symbol("nr_cpu_ids", "").address, 4)
    except Error:
        return None
    return count if 0 < count <= 8 * dump.type("struct cpumask").size else None


def _mask(dump: Dump, name: str) -> list[int]:
    address = dump.symbol(name, "").address
    size = dump.type("struct cpumask").size
    bits = int.from_bytes(dump.read_upto(address, size), "little")
    # Bits beyond the limit are damage; each would be a CPU to look for.
    return [cpu for cpu in range(min(bits.bit_length(), _limit(dump) or 8 * size)) if bits >> cpu & 1]


@per_dump
def possible(dump: Dump) -> list[int]:
    """Numbers of the CPUs that the kernel has set up; at least the first."""
    if found := _mask(dump, "__cpu_possible_mask"):
        return found
    # The mask is not in the dump. CPUs are numbered without gaps but for some that firmware leaves out.
    return list(range(_limit(dump) or 1))


@per_dump
def present(dump: Dump) -> list[int]:
    """Numbers of the CPUs that are in the machine."""
    return _mask(dump, "__cpu_present_mask")


@per_dump
def online(dump: Dump) -> list[int]:
    """Numbers of the CPUs that were running."""
    return _mask(dump, "__cpu_online_mask")


@per_dump
def offsets(dump: Dump) -> list[int]:
    """``__per_cpu_offset`` up to the last possible CPU.

    The address of a CPU's copy is the symbol's value plus its offset, also since 9d7de2aa8b41 ("x86/percpu/64: Use relative percpu
    offsets") (in v6.15): symbols and offsets moved together.
    """
    table = dump.read(dump.symbol("__per_cpu_offset", "").address, 8 * (max(possible(dump)) + 1))
    return memoryview(table).cast("Q").tolist()


def address_on(pointer: int, cpu: int, dump: Dump | None = None) -> int:
    """Where a per-CPU pointer or symbol lies on *cpu*."""
    return int(pointer) + offsets(dump)[cpu] & _MASK


@per_dump
def run_queues(dump: Dump) -> dict[int, Struct]:
    """``struct rq`` of each possible CPU."""
    rq = dump.struct_class("struct rq")
    base = dump.symbol("runqueues").address
    return {cpu: rq(address_on(base, cpu, dump)) for cpu in possible(dump)}


@per_dump
def active_tasks(dump: Dump) -> dict[int, int]:
    """Address of the task that each CPU was running; a CPU whose run queue is not in the dump is left out."""
    active = {}
    for cpu, rq in run_queues(dump).items():
        try:
            active[cpu] = int(rq.curr)
        except FaultError:
            continue
    return active
