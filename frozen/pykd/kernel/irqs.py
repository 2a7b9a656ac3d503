# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupts: their descriptors and actions."""

from __future__ import annotations

from pykd.kernel.lists import mapletree
from pykd.kernel.lists.xarray import xa_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump, Struct

MAX_ACTIONS = 1000
"""Of one shared interrupt"""


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
