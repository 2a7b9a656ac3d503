# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver model: buses, classes and their devices."""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.core.members import has_member, offset_of
from pykd.core.walk import caught
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_DEVICES = 200000
MAX_DEPTH = 64
"""Of folders in sysfs"""


def private_of(dump: Dump, holder: int, kind: str) -> Any:
    """``struct subsys_private`` of the ``struct class`` or ``struct bus_type`` (*kind*) at *holder*; None if it has none.

    d2bf38c088e0 (in v6.3) and 2df418cf4b72 (in v6.4) took the pointer ``p`` out of both: then the kset of all of them has to be searched.

    :raises FaultError: when it was not found and might be in what cannot be read.
    """
    one: Any = dump.object(f"struct {kind}", holder)
    if has_member(one, "p"):
        return one.p or None
    member, name = ("class", "class_kset") if kind == "class" else ("bus", "bus_kset")
    kset: Any = dump.object("struct kset", dump.read_unsigned(dump.symbol(name, "").address))
    private: Any = dump.struct_class("struct subsys_private")
    offset = offset_of(dump.struct_class("struct kobject"), "entry") + offset_of(private, "subsys.kobj")
    links, why = dump.follow(int(kset) + kset.fieldOffset("list"), limit=MAX_DEVICES)
    problem = why if isinstance(why, FaultError) else None
    for link in links[1:]:
        found = private(link - offset)
        try:
            if int(found.Eval(member)) == holder:
                return found
        except FaultError as error:
            problem = problem or error  # of another class or bus, if it is found after all
    if problem is not None:
        raise problem
    return None


def devices(dump: Dump, private: Any, kind: str) -> Iterator[int | Error]:
    """Addresses of ``struct device`` in the list of a bus or class, and the errors met in it."""
    holder = dump.struct_class("struct device_private")
    link = holder.member_offset("knode_class" if kind == "class" else "knode_bus")
    if link is None:
        raise Error(f"struct device_private of this kernel has no node in the list of a {kind}")
    back = offset_of(holder, "device")
    for node in caught(for_each_klist_node(dump, int(private) + private.fieldOffset("klist_devices"))):
        try:
            yield node if isinstance(node, Error) else dump.read_unsigned(int(node) - link + back)
        except FaultError as error:
            yield error


def for_each_klist_node(dump: Dump, klist: int) -> Iterator[Any]:
    """Each ``struct klist_node`` of the ``struct klist`` at an address. :raises FaultError, LimitError: it cannot be followed to its end."""
    head = klist + dump.type("struct klist").offset_of("k_list")
    return list_for_each_entry(dump, head, "struct klist_node", "n_node", limit=MAX_DEVICES, what="the list of devices")


def device_name(device: Any) -> str:
    """Of a ``struct device``; as long as it is not registered the name that it is to get, ``init_name``. :raises FaultError:"""
    return str((has_member(device, "init_name") and device.init_name) or device.kobj.name)


def kobject_path(dump: Dump, kobject: Any) -> str:
    """Where a ``struct kobject`` is in sysfs, by its parents: ``/devices/pci0000:00/…``. :raises FaultError:"""
    names = []
    for _ in range(MAX_DEPTH):
        if not kobject:
            break
        names.append(str(kobject.name))
        kobject = kobject.parent
    return "/" + "/".join(reversed(names))


_NOT_POWERED = "unsupported"


def for_each_device(dump: Dump) -> Iterator[Any]:
    """Each ``struct device`` of the machine, in the order in which they were found. :raises FaultError, LimitError: the rest cannot be found."""
    kset: Any = dump.object("struct kset", dump.read_unsigned(dump.symbol("devices_kset", "").address))
    device: Any = dump.struct_class("struct device")
    back = offset_of(device, "kobj")
    head = int(kset) + kset.fieldOffset("list")
    for kobject in list_for_each_entry(dump, head, "struct kobject", "entry", limit=MAX_DEVICES, what="the list of devices"):
        yield device(int(kobject) - back)


def power_state(device: Any) -> str:
    """What power/runtime_status of a ``struct device`` says: ``active``, ``suspended``, … ; ``unsupported`` where it is not managed. :raises FaultError:"""
    power = device.power
    if not power.hasField("runtime_status"):
        return _NOT_POWERED
    if int(power.runtime_error):
        return "error"
    if int(power.disable_depth):
        return _NOT_POWERED
    return str(power.runtime_status).removeprefix("RPM_").lower()


def iommu_group(device: Any) -> int | None:
    """Number of the IOMMU group of a ``struct device``; None: it is in none. :raises FaultError:"""
    group = device.iommu_group if has_member(device, "iommu_group") else None
    return int(group.id) if group else None
