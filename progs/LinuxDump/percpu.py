# SPDX-License-Identifier: GPL-2.0-or-later
"""Per-CPU variables.

The address of one CPU's copy is the symbol's value plus ``__per_cpu_offset[cpu]``, both when those values count from 0 and since
9d7de2aa8b41 ("x86/percpu/64: Use relative percpu offsets") (in v6.15), which made them addresses in the image: the offsets follow.
"""

from __future__ import annotations

import pykd
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pykd import Dump

_MAX_CPUS = 8192
"""NR_CPUS may not be larger on x86-64."""


@pykd.per_dump
def _offsets(dump: Dump) -> list[int]:
    """``__per_cpu_offset`` up to the last possible CPU; entries of CPUs that are not possible mean nothing."""
    mask = dump.symbol("__cpu_possible_mask", "")
    possible = int.from_bytes(dump.read(mask.address, min(mask.size or 8, _MAX_CPUS // 8)), "little")
    if not possible:
        raise LookupError("no CPU is possible by __cpu_possible_mask")
    table = dump.read(dump.symbol("__per_cpu_offset", "").address, 8 * possible.bit_length())
    return memoryview(table).cast("Q").tolist()


def cpu_numbers(dump: Dump) -> range:
    """Numbers of the CPUs that the kernel may have set up: up to the highest possible one."""
    return range(len(_offsets(dump)))


def cpu_address(dump: Dump, name: str, cpu: int) -> int:
    """Address of a CPU's copy of the per-CPU variable *name*.

    :raises NotFoundError: no such symbol.
    :raises IndexError: no such CPU.
    """
    return dump.symbol(name).address + _offsets(dump)[cpu] & (1 << 64) - 1


def is_percpu_symbol(address: int) -> bool:
    """Is *address* that of a per-CPU variable of the kernel proper, as :func:`sym2addr` gives it?"""
    return sym2addr("__per_cpu_start") <= address < sym2addr("__per_cpu_end")


# ---- PyKdump's interface: the one dump that is open


def get_cpu_var(var: str | int) -> list[int]:
    """Addresses of the copies of a per-CPU variable, given by name or by its symbol's value, one for each CPU.

    :raises NotFoundError: no such symbol.
    """
    address = pykd.current().symbol(var).address if isinstance(var, str) else int(var)
    return [address + offset & (1 << 64) - 1 for offset in _offsets(pykd.current())[: sys_info.CPUS]]


def get_cpu_var_type(name: str) -> str:
    """Type of a per-CPU variable: ``struct rq``.

    :raises TypeError: nothing types it.
    """
    return whatis(name).ctype


def percpu_ptr(pointer: Any, cpu: int) -> Any:
    """The copy of *cpu* behind a per-CPU pointer: of the type of *pointer*, or an address when that is a plain int."""
    address = int(pointer) + _offsets(pykd.current())[cpu] & (1 << 64) - 1
    if isinstance(pointer, StructResult):
        return readSU(pointer.PYT_symbol, address)
    if isinstance(pointer, tPtr):
        return tPtr(address, pointer.ptype)
    return address


def percpu_counter_sum(counter: StructResult) -> int:
    """Value of a ``struct percpu_counter``: its count and what the CPUs have not added to it yet."""
    return counter.count + sum(readS32(percpu_ptr(int(counter.counters), cpu)) for cpu in range(sys_info.CPUS))


# The names that the original gives to its variants; kernels that have BTF need one.
get_cpu_var_26 = get_cpu_var_26_new = get_cpu_var
get_percpu_ptr_26 = get_percpu_ptr_26_dynamic = percpu_ptr


def __getattr__(name: str) -> Any:
    if name == "CPUS":
        return sys_info.CPUS
    if name == "per_cpu_offsets":
        return _offsets(pykd.current())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
