# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI devices, I/O memory and ports: :mod:`pykd.kernel.pci` and :mod:`pykd.kernel.resources` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.core.walk import caught
from pykd.kernel import pci, resources
from pykdump import API
from pykdump.highlevel import pylog, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["print_PCI_devices", "print_PCI_resources"]
API.hand_on(globals())


def pci_name(pdev: Any) -> str:
    """``0000:00:1f.2``"""
    return str(pdev.dev.kobj.name)


def get_PCI_devices() -> list[Any]:
    """Each ``struct pci_dev``; those that cannot be read are a warning."""
    found = []
    for device in caught(pci.for_each_pci_dev(pykd.current())):
        if isinstance(device, pykd.Error):
            pylog.warning(f"a PCI device cannot be read: {device}")
        else:
            found.append(readSU("struct pci_dev", int(device)))
    return found


def print_PCI_devices(v: int = 0) -> None:
    """Print a line for each device as ``lspci -n`` has it: ``00:01.0 0601: 8086:7000 (rev 00)``."""
    for device in get_PCI_devices():
        if v > 0:
            print("----------", device, "-----------")
        kind = getattr(device, "class") >> 8
        print(f"{pci_name(device)[-7:]} {kind:04x}: {device.vendor:04x}:{device.device:04x} (rev {device.revision:02x})")


def next_resource(resource: Any) -> Any:
    """The ``struct resource`` that comes after another in its tree; false after the last."""
    if resource.child:
        return resource.child
    for _ in range(100):
        if resource.sibling or not resource.parent:
            break
        resource = resource.parent
    return resource.sibling


def walk_resource(root: Any, v: int = 0) -> None:
    """Print what is below a ``struct resource`` as /proc/iomem has it."""
    digits = 4 if root.end < 0x10000 else 8
    for one in caught(resources.for_each_resource(pykd.current(), int(root))):
        if isinstance(one, pykd.Error):
            pylog.warning(f"the rest of the resources is lost: {one}")
            return
        depth, resource, lost = one
        if lost is not None:
            pylog.warning(f"what is within {resource.name} is lost: {lost}")
        if not depth:
            continue
        if v:
            print(f"\n{readSU('struct resource', int(resource))!s:-^40}")
        print(f"{'  ' * (depth - 1)}{resource.start:0{digits}x}-{resource.end:0{digits}x} : {resource.name}")


def print_PCI_resources(v: int = 0) -> None:
    """Print the trees of I/O memory and ports."""
    for name in resources.ROOTS:
        try:
            root = pykd.current().symbol(name, "").address
        except pykd.NotFoundError:
            continue
        print(f"\n{name:=^70}")
        walk_resource(readSU("struct resource", root), v)
