# SPDX-License-Identifier: GPL-2.0-or-later
"""I/O ports and memory: the trees behind /proc/ioports and /proc/iomem; devices on the PCI bus."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.kernel.devices import devices, private_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

ROOTS = ("iomem_resource", "ioport_resource")
MAX_RESOURCES = 1 << 20


def for_each_resource(dump: Dump, root: int) -> Iterator[tuple[int, Any]]:
    """(depth, ``struct resource``) of all below the one at *root*, in order: what is right below has depth 0.

    :raises FaultError, LimitError: the rest of the tree is lost.
    """
    waiting: list[tuple[int, Any]] = []
    seen: set[int] = set()

    def push(depth: int, one: Any) -> None:
        if one:
            if int(one) in seen or len(seen) > MAX_RESOURCES:
                raise LimitError(f"the tree of resources at {root:#x} runs in a circle at {int(one):#x}")
            seen.add(int(one))
            waiting.append((depth, one))

    top: Any = dump.object("struct resource", root)
    push(0, top.child)
    while waiting:
        depth, one = waiting.pop()
        yield depth, one
        push(depth, one.sibling)
        push(depth + 1, one.child)


def for_each_pci_dev(dump: Dump) -> Iterator[Any]:
    """Each ``struct pci_dev``, in the order in which they were found, and the errors met on the way.

    :raises NotFoundError: the kernel has no PCI. :raises FaultError:
    """
    private = private_of(dump, dump.symbol("pci_bus_type", "").address, "bus_type")
    if private is None:
        return
    kind: Any = dump.struct_class("struct pci_dev")
    offset = kind.member_offset("dev") or 0
    yield from (one if isinstance(one, Error) else kind(one - offset) for one in devices(dump, private, "bus"))
