# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupts: their descriptors and actions, who may get them and how often they came; softirqs; the gates of an x86-64 processor."""

from __future__ import annotations

from _pykd import NotFoundError
from pykd.kernel import cpus
from pykd.kernel.lists import mapletree
from pykd.kernel.lists.xarray import xa_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump, Struct

MAX_NUMBER = 1 << 20
"""NR_IRQS is below half of it, for 8192 CPUs."""
MAX_ACTIONS = 1000
"""Of one shared interrupt"""
GATES, _GATE_SIZE = 256, 16


def descriptors(dump: Dump, problem: Callable[[str], None] | None = None) -> Iterator[tuple[int, Struct]]:
    """(number, ``struct irq_desc``) of each interrupt that has one.

    721255b9826b ("genirq: Use a maple tree for interrupt descriptor management") (in v6.5): ``sparse_irqs``, ``irq_desc_tree`` before.
    """
    desc = dump.struct_class("struct irq_desc")
    found: Iterator[tuple[int, int]]
    if tree := dump.address_of("sparse_irqs", "", default=0):
        found = ((first, entry) for first, _, entry in mapletree.entries(dump, tree, problem))
    else:
        found = xa_entries(dump, dump.symbol("irq_desc_tree", "").address, problem)
    for number, address in found:
        yield number, desc(address)


def irq_to_desc(dump: Dump, irq: int) -> Any:
    """The ``struct irq_desc`` of an interrupt. :raises NotFoundError: there is none of that number. :raises FaultError:"""
    for number, desc in descriptors(dump):
        if number == irq:
            return desc
    raise NotFoundError(f"there is no interrupt {irq}")


def count(dump: Dump) -> int:
    """Interrupt numbers that there may be: ``total_nr_irqs``, which came after v6.12, ``nr_irqs`` before."""
    return dump.read_unsigned(dump.address_of("total_nr_irqs", "", default=0) or dump.symbol("nr_irqs", "").address, 4)


def actions(desc: Any) -> list[Any]:
    """The ``struct irqaction`` of a descriptor. :raises FaultError:"""
    found: list[Any] = []
    action = desc.action
    while action and action not in found and len(found) < MAX_ACTIONS:
        found.append(action)
        action = action.next
    return found


def affinity(dump: Dump, desc: Any) -> list[int]:
    """Numbers of the possible CPUs that may get the interrupt of a ``struct irq_desc``. :raises FaultError:

    The mask is behind a pointer where CONFIG_CPUMASK_OFFSTACK is set, and only as long as there may be CPUs.
    """
    mask = dump.type("struct irq_desc").member("irq_common_data.affinity")
    if mask is None:
        return []
    where = int(desc) + mask.offset
    if mask.type.strip().kind == "pointer":
        where = dump.read_unsigned(where)
    return cpus.in_mask(dump, where)


def count_on(dump: Dump, desc: Any, cpu: int) -> int:
    """How often a CPU had the interrupt of a ``struct irq_desc``. :raises FaultError:

    ``struct irqstat`` holds it since 86d2a2f51fba (in v6.10), a bare unsigned int before; the count is the first.
    """
    return dump.read_unsigned(cpus.address_on(int(desc.kstat_irqs), cpu, dump), 4)


def chip_name(desc: Any) -> str:
    """Of the ``struct irq_chip`` that a ``struct irq_desc`` is on; "None" if it is on none, as ``/proc/interrupts`` says. :raises FaultError:"""
    chip = desc.irq_data.chip
    return str(chip.name) if chip and chip.name else "None"


def softirqs(dump: Dump) -> Iterator[tuple[int, int]]:
    """(number, address of the function) of each softirq that has one: ``softirq_vec``, of NR_SOFTIRQS ``struct softirq_action``. :raises FaultError:"""
    start = dump.symbol("softirq_vec", "").address
    size = dump.type("struct softirq_action").size
    for number in range(dump.enumerator("NR_SOFTIRQS")):
        if action := dump.read_unsigned(start + number * size):
            yield number, action


def gates(dump: Dump) -> list[int]:
    """Address of the handler in each gate of ``idt_table`` (x86-64), 0 where there is none. :raises FaultError: :raises NotFoundError: another machine

    A gate (``struct gate_struct``) has the address in three pieces: bits 0 to 15 at its byte 0, 16 to 31 at byte 6, 32 to 63 at byte 8.
    """
    table = dump.read(dump.symbol("idt_table", "").address, GATES * _GATE_SIZE)
    return [int.from_bytes(table[at : at + 2] + table[at + 6 : at + 12], "little") for at in range(0, len(table), _GATE_SIZE)]
