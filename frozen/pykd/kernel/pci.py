# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI: buses and the devices on them."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.members import offset_of
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel import devices as driver_model
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_CHILDREN = 1000
"""Buses below a bus, and devices on it"""
MAX_BUSES = 65536
MAX_DEPTH = 256
"""A domain has no more buses."""
PORT_TYPES = {
    0: "ENDPOINT", 1: "LEGACY ENDPOINT", 4: "ROOT PORT", 5: "UPSTREAM PORT", 6: "DOWNSTREAM PORT", 7: "PCI BRIDGE", 8: "PCIE BRIDGE",
    9: "RC ENDPOINT", 10: "RC EVENT COLLECTOR",
}  # fmt: skip
"""Of ``pci_dev.pcie_flags_reg`` (``u16``, the PCI Express capabilities register), bits 4 to 7: include/uapi/linux/pci_regs.h, PCI_EXP_FLAGS_TYPE"""
CLASS_BRIDGE_PCI = 0x604


class Bus(NamedTuple):
    """A bus of the tree."""

    bus: Any
    """``struct pci_bus``: its name is that of the ``struct kobject`` in ``dev``"""
    depth: int
    """0 of a root bus"""


def for_each_bus(dump: Dump) -> Iterator[Bus | Error]:
    """Each bus followed by those below it, and the errors met on the way."""
    return _below(dump, dump.symbol("pci_root_buses", "").address, 0, set())


def _below(dump: Dump, head: int, depth: int, seen: set[int]) -> Iterator[Bus | Error]:
    for bus in caught(list_for_each_entry(dump, head, "struct pci_bus", "node", limit=MAX_CHILDREN, what="a list of PCI buses")):
        if isinstance(bus, Error):
            yield bus
        elif int(bus) in seen or len(seen) >= MAX_BUSES or depth >= MAX_DEPTH:
            yield LimitError(f"the tree of PCI buses is damaged at {int(bus):#x}: it runs in a circle or is too large")
        else:
            seen.add(int(bus))
            yield Bus(bus, depth)
            yield from _below(dump, int(bus) + bus.fieldOffset("children"), depth + 1, seen)


def for_each_pci_dev(dump: Dump) -> Iterator[Any]:
    """Each ``struct pci_dev`` of the bus type, in the order in which they were found, and the errors met on the way.

    :raises NotFoundError: the kernel has no PCI. :raises FaultError:
    """
    private = driver_model.private_of(dump, dump.symbol("pci_bus_type", "").address, "bus_type")
    if private is None:
        return
    kind: Any = dump.struct_class("struct pci_dev")
    back = offset_of(kind, "dev")
    for one in driver_model.devices(dump, private, "bus_type"):
        yield one if isinstance(one, Error) else kind(one - back)


def devices_on(dump: Dump, bus: Any) -> Iterator[Any]:
    """Each ``struct pci_dev`` on a ``struct pci_bus``: ``vendor``, ``device`` (``unsigned short``), ``class`` (``unsigned int``, three bytes: base
    class, sub-class, programming interface).

    :raises FaultError, LimitError: as :func:`pykd.kernel.lists.linked.list_for_each_entry`.
    """
    head = int(bus) + bus.fieldOffset("devices")
    return list_for_each_entry(dump, head, "struct pci_dev", "bus_list", limit=MAX_CHILDREN, what="the devices of a PCI bus")


def class_of(device: Any) -> int:
    """Base class and sub-class of a ``struct pci_dev``, 16 bits, without the programming interface. :raises FaultError:"""
    return int(device.Eval("class")) >> 8


def port_type(device: Any) -> str:
    """What kind of port a ``struct pci_dev`` is, as crash calls it; of one without PCI Express whether it is a bridge. :raises FaultError:"""
    if device.pcie_cap:
        return PORT_TYPES.get(device.pcie_flags_reg >> 4 & 0xF, "UNKNOWN")
    return "PCI BRIDGE" if class_of(device) == CLASS_BRIDGE_PCI else "ENDPOINT"
