# SPDX-License-Identifier: GPL-2.0-or-later
"""Per-CPU variables; :mod:`pykd.cpus` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.kernel import cpus
from pykdump import API
from pykdump.API import is_percpu_symbol
from pykdump.highlevel import StructResult, readSU, struct_size, tPtr, whatis
from pykdump.vmcorearch import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def get_cpu_var(var: str | int) -> list[int]:
    """Addresses of the copies of a per-CPU variable, given by name or by its symbol's value, one for each CPU.

    :raises NotFoundError: no such symbol.
    """
    address = pykd.current().symbol(var).address if isinstance(var, str) else int(var)
    return [cpus.address_on(address, cpu) for cpu in range(sys_info.CPUS)]


def get_cpu_var_24(var: str | int) -> list[int]:
    """Addresses of the elements of an array with one for each CPU, given by name.

    :raises NotFoundError: no such symbol. :raises TypeError: nothing types it.
    """
    found = pykd.current().symbol(var) if isinstance(var, str) else pykd.current().symbol_at(var)
    if found is None:
        raise pykd.NotFoundError(f"no symbol at {var:#x}")
    info: Any = whatis(found.name)
    return [found.address + struct_size(info.ctype) * cpu for cpu in range(sys_info.CPUS)]


def get_cpu_var_type(name: str) -> str:
    """Type of a per-CPU variable: ``struct rq``.

    :raises TypeError: nothing types it.
    """
    info: Any = whatis(name)
    return str(info.ctype)


def percpu_ptr(pointer: Any, cpu: int) -> Any:
    """The copy of *cpu* behind a per-CPU pointer: of the type of *pointer*, or an address when that is a plain int."""
    address = cpus.address_on(pointer, cpu)
    if isinstance(pointer, StructResult):
        return readSU(pointer.PYT_symbol, address)
    if isinstance(pointer, pykd.Pointer):
        return tPtr(address, pointer.ptype)
    return address


def percpu_counter_sum(counter: Any) -> int:
    """Value of a ``struct percpu_counter``: its count and what the CPUs have not added to it yet."""
    return cpus.percpu_counter_sum(counter)


# The names that the original gives to its variants; kernels that have BTF need one.
get_cpu_var_26 = get_cpu_var_26_new = get_cpu_var
get_percpu_ptr_26 = get_percpu_ptr_26_dynamic = percpu_ptr


def __getattr__(name: str) -> Any:
    if name == "CPUS":
        return sys_info.CPUS
    if name == "per_cpu_offsets":
        return cpus.offsets()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["get_cpu_var", "get_cpu_var_24", "get_cpu_var_26", "get_cpu_var_26_new", "get_cpu_var_type", "get_percpu_ptr_26", "get_percpu_ptr_26_dynamic"]
__all__ += ["is_percpu_symbol", "percpu_counter_sum", "percpu_ptr", *API.hand_on(globals())]
