# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs between the machines of dumps, one module for each: the only place in Python that knows one from another.

Uses: core.
"""

from __future__ import annotations

from importlib import import_module

from pykd.kernel.machine.facts import Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

_OF_PC = {"rip": "x86_64", "pc": "aarch64", "epc": "riscv64", "psw_addr": "s390x", "nip": "ppc64le"}
"""Machines by what they call their program counter"""
KNOWN = tuple(_OF_PC.values())
_loaded: dict[str, Machine] = {}
"""Those that were asked for: of every frame of a trace its machine is"""


def of(dump: Dump) -> Machine:
    """The machine of a dump; one about which nothing is known here has no names of registers, and says of all else that it is not known."""
    return named(dump.arch)


def named(name: str) -> Machine:
    """The machine that utsname calls so."""
    if name not in KNOWN:
        return Machine(name)
    if name not in _loaded:
        _loaded[name] = import_module(f"pykd.kernel.machine.{name}").MACHINE
    return _loaded[name]


def of_registers(values: dict[str, int]) -> Machine:
    """The machine that has these registers."""
    return named(next((name for pc, name in _OF_PC.items() if pc in values), ""))
