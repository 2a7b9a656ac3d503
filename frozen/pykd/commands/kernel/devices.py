# SPDX-License-Identifier: GPL-2.0-or-later
"""``devices``: the tree of devices with their buses, drivers, power states and IOMMU groups."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.members import offset_of
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import devices, pci
from pykd.kernel.block.disks import dev_numbers
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

MAX_DEPTH = 64
NAMED = ("bus", "class", "driver")
"""Members of ``struct device`` that have names"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    found: dict[int, Row] = {}
    lost: list[Row] = []
    for device in caught(devices.for_each_device(dump)):
        if isinstance(device, Error):
            lost.append({"error": fault(device)})
        else:
            found[int(device)] = _row(session, device)
    names = set(options.arguments)
    if names and (unknown := names - {row.get("name") for row in found.values()}):
        raise CommandError(f"no device is called {min(unknown)}")
    for row in _in_order(found):
        if options.b and row.get("bus") != options.b:
            continue
        if options.d and row.get("driver") != options.d:
            continue
        if names and row.get("name") not in names:
            continue
        yield row
    yield from lost


def _row(session: Session, device: Any) -> Row:
    row: Row = {"device": int(device)}
    try:
        row |= {"name": devices.device_name(device), "parent": int(device.parent or 0) or None}
        for key in NAMED:
            one = getattr(device, key)
            row[key] = str(one.name) if one else None
        number = int(device.devt)
        major, minor = dev_numbers(number)
        row |= {"power": devices.power_state(device), "iommu_group": devices.iommu_group(device), "number": f"{major}:{minor}" if number else None}
        if row["bus"] == "pci":
            row["pci"] = _pci(session, device)
    except Error as error:
        row["error"] = fault(error, partial="parent" in row)
    return row


def _pci(session: Session, device: Any) -> Row:
    """vendor, device, class and revision, as ``lspci -n`` has them."""
    kind: Any = session.dump.struct_class("struct pci_dev")
    one = kind(int(device) - offset_of(kind, "dev"))
    return {"vendor": int(one.vendor), "device": int(one.device), "class": pci.class_of(one), "revision": int(one.revision), "irq": int(one.irq)}


def _in_order(found: dict[int, Row]) -> Iterator[Row]:
    """Each device followed by those below it, with ``depth``; what is in a circle or below something unknown comes as if it had no parent."""
    below: dict[int, list[int]] = {}
    for address, row in found.items():
        parent = row.get("parent") or 0
        below.setdefault(parent if parent in found else 0, []).append(address)
    seen: set[int] = set()
    for root in [*below.get(0, ()), *found]:
        stack = [(root, 0)]
        while stack:
            address, depth = stack.pop()
            if address in seen:
                continue
            seen.add(address)
            found[address]["depth"] = min(depth, MAX_DEPTH)
            yield found[address]
            stack += [(child, depth + 1) for child in reversed(below.get(address, ()))]


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    flat = options.b or options.d or options.arguments
    for row in rows:
        if "name" not in row:
            yield f"(not known) {mark(row)}"
            continue
        parts = [f"{key} {row[key]}" for key in NAMED if row.get(key)]
        if row.get("power") not in (None, "unsupported"):
            parts.append(row["power"])
        if row.get("iommu_group") is not None:
            parts.append(f"IOMMU group {row['iommu_group']}")
        if row.get("number"):
            parts.append(row["number"])
        if one := row.get("pci"):
            parts.append(f"{one['class']:04x}: {one['vendor']:04x}:{one['device']:04x} (rev {one['revision']:02x})")
        indent = "" if flat else "  " * row["depth"]
        yield f"{row['device']:016x} {indent}{row['name']}{': ' if parts else ''}{', '.join(parts)} {mark(row)}".rstrip()


COMMAND = Command(
    name="devices",
    summary="the tree of devices: buses, drivers, power states, IOMMU groups, PCI numbers",
    topic="kernel",
    options=(
        Option("-b", "BUS", help="only devices of this bus: pci, usb, scsi, virtio, platform…"),
        Option("-d", "DRIVER", help="only those of this driver"),
    ),
    arguments="[NAME]…",
    description="The tree of /sys/devices, each device followed by those below it. A power state is shown where it is managed at run time. Behind a device of\n"
    "PCI are class, vendor and device as lspci -n has them; dev -p shows the same devices as crash does.",
    fields={
        "device": "struct device", "name": "", "parent": "struct device; null: none", "depth": "in the tree", "bus": "null: none", "class": "null: none", "driver": "null: none",
        "power": "active, suspended, resuming, suspending, error, unsupported (not managed)", "iommu_group": "null: none", "number": "MAJOR:MINOR; null: none",
        "pci": "vendor, device, class, revision, irq",
    },
    examples=(("devices", "all"), ("devices -b pci", "those of PCI")),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
