# SPDX-License-Identifier: GPL-2.0-or-later
"""``dev``: character and block devices, disk I/O, resources, PCI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.block.disks import for_each_disk, stats_in_flight
from pykd.kernel.block.requests import counts_dispatched, dispatched, inflight_requests, is_write
from pykd.session.command import Command, Option
from pykd.session.session import Session

MAX_CHAIN = 1000
"""Devices in a bucket, and the depth of trees"""
SKIPPED = ("loop", "ram")
"""crash leaves these disks out of dev -d"""
PORT_TYPES = {
    0: "ENDPOINT", 1: "LEGACY ENDPOINT", 4: "ROOT PORT", 5: "UPSTREAM PORT", 6: "DOWNSTREAM PORT", 7: "PCI BRIDGE", 8: "PCIE BRIDGE",
    9: "RC ENDPOINT", 10: "RC EVENT COLLECTOR",
}  # fmt: skip


def _chain(first: Any) -> Iterator[Any]:
    seen: set[int] = set()
    while first and int(first) not in seen and len(seen) < MAX_CHAIN:
        seen.add(int(first))
        yield first
        first = first.next


def _function(dump: Dump, address: int) -> str:
    symbol = dump.symbol_at(address) if address else None
    return symbol.name if symbol and symbol.address == address else f"{address:x}"


def _hashed(dump: Dump, table: str, type: str) -> Iterator[Any]:
    """Entries of a hash table of 255 chains, with the errors met in it."""
    start = dump.symbol(table, "").address
    for number in range(255):
        try:
            first = dump.read_unsigned(start + 8 * number)
            if first:
                yield from _chain(dump.object(type, first))
        except Error as error:
            yield error


def _character(dump: Dump) -> Iterator[Row]:
    cdevs: Any = dump.object("struct kobj_map", dump.read_unsigned(dump.symbol("cdev_map", "").address))
    for entry in _hashed(dump, "chrdevs", "struct char_device_struct"):
        if isinstance(entry, Error):
            yield {"kind": "character", "error": fault(entry)}
            continue
        row: Row = {"kind": "character"}
        try:
            row |= {"major": entry.major, "name": str(entry.name)}
            found = int(entry.cdev) or _probe(cdevs, entry.major, entry.baseminor)
            if found:
                row |= {"address": found, "operations": _function(dump, int(dump.object("struct cdev", found).ops))}
        except Error as error:
            row["error"] = fault(error)
        yield row


def _probe(cdevs: Any, major: int, minor: int) -> int:
    """The cdev that open() of this device would find."""
    wanted = major << 20 | minor
    for probe in _chain(cdevs.probes[major % 255]):
        if probe.dev >> 20 == major and probe.dev <= wanted < probe.dev + probe.range:
            return int(probe.data)
    return 0


def _block(dump: Dump) -> Iterator[Row]:
    by_major: dict[int, Any] = {}
    for disk in caught(for_each_disk(dump)):
        try:
            if isinstance(disk, Error):
                raise disk
            by_major[disk.major] = disk
        except Error as error:
            yield {"kind": "block", "error": fault(error)}
    for entry in _hashed(dump, "major_names", "struct blk_major_name"):
        if isinstance(entry, Error):
            yield {"kind": "block", "error": fault(entry)}
            continue
        row: Row = {"kind": "block"}
        try:
            row |= {"major": entry.major, "name": str(entry.name)}
            found = by_major.get(entry.major)
            if found:
                row |= {"address": int(found), "operations": _function(dump, int(found.fops))}
        except Error as error:
            row["error"] = fault(error)
        yield row


# -- -d


def _disks(dump: Dump) -> Iterator[Row]:
    synchrony = counts_dispatched(dump)
    for disk in caught(for_each_disk(dump)):
        if isinstance(disk, Error):
            yield {"error": fault(disk)}
            continue
        row: Row = {"disk": int(disk)}
        try:
            row |= {"name": str(disk.disk_name), "major": disk.major, "queue": int(disk.queue)}
            if row["name"].startswith(SKIPPED):
                continue
            row["reads"], row["writes"] = _in_flight(dump, disk)
            row["by"] = "synchrony" if synchrony else "direction"
        except Error as error:
            row["error"] = fault(error)
        yield row


def _in_flight(dump: Dump, disk: Any) -> tuple[int, int]:
    """Reads and writes that the driver has and has not finished, or where the kernel counts by these asynchronous and synchronous requests; of
    disks without requests what their statistics say."""
    queue = disk.queue
    if not queue.tag_set or not queue.mq_ops:
        return stats_in_flight(dump, disk.part0)
    if counts_dispatched(dump):
        return dispatched(dump, queue)
    counts = [0, 0]
    for request in inflight_requests(dump, queue):
        if not isinstance(request, Error):
            counts[is_write(request)] += 1
    return counts[0], counts[1]


# -- -i


def _resources(dump: Dump) -> Iterator[Row]:
    for root in ("ioport_resource", "iomem_resource"):
        waiting = [dump.symbol(root, "").address]
        seen: set[int] = set()
        while waiting:
            address = waiting.pop()
            if address in seen:
                yield {"root": root, "error": fault(f"the tree of resources runs in a circle at {address:#x}")}
                break
            seen.add(address)
            row: Row = {"root": root, "address": address}
            try:
                one: Any = dump.object("struct resource", address)
                row |= {"start": one.start, "end": one.end}
                if one.sibling:
                    waiting.append(int(one.sibling))
                if one.child:
                    waiting.append(int(one.child))
                row["name"] = str(one.name or "")
            except Error as error:
                row["error"] = fault(error)
            yield row


# -- -p


def _buses(dump: Dump, head: int, offset: int, depth: int) -> Iterator[Row]:
    kind: Any = dump.struct_class("struct pci_bus")
    links, why = dump.follow(head, limit=MAX_CHAIN)
    for link in links[1:]:
        bus = kind(link - offset)
        row: Row = {"bus": int(bus), "root": depth == 0, "devices": []}
        try:
            row["name"] = str(bus.dev.kobj.name)
            row["devices"] = [_device(dump, device) for device in _members(dump, bus)]
            yield row
            if depth < MAX_CHAIN:
                yield from _buses(dump, int(bus) + bus.fieldOffset("children"), offset, depth + 1)
        except Error as error:
            yield row | {"error": fault(error)}
    if why is not None:
        yield {"error": fault(why)}


def _members(dump: Dump, bus: Any) -> Iterator[Any]:
    kind: Any = dump.struct_class("struct pci_dev")
    for link in dump.follow(int(bus) + bus.fieldOffset("devices"), limit=MAX_CHAIN)[0][1:]:
        yield kind(link - kind.member_offset("bus_list"))


def _device(dump: Dump, device: Any) -> Row:
    row: Row = {"device": int(device)}
    try:
        row |= {"class": int(device.Eval("class")) >> 8, "vendor": device.vendor, "id": device.Eval("device"), "name": str(device.dev.kobj.name)}
        row["type"] = PORT_TYPES.get(device.pcie_flags_reg >> 4 & 0xF, "UNKNOWN") if device.pcie_cap else "ENDPOINT"
        if not device.pcie_cap and row["class"] == 0x604:
            row["type"] = "PCI BRIDGE"
    except Error as error:
        row["error"] = fault(error)
    return row


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.arguments and options.v is None:
        raise UsageError(f"unknown argument {options.arguments[0]}")
    if options.V or options.v is not None:
        raise CommandError("no device dumps found in this dumpfile")
    if options.d or options.D:
        yield from _disks(dump)
    elif options.i:
        yield from _resources(dump)
    elif options.p:
        offset = dump.struct_class("struct pci_bus").member_offset("node") or 0
        yield from _buses(dump, dump.symbol("pci_root_buses", "").address, offset, 0)
    else:
        yield from _character(dump)
        yield from _block(dump)


def _error(row: Row) -> str:
    return mark(row) if "error" in row else ""


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.d or options.D:
        rows = list(rows)
        kinds = "ASYNC  SYNC" if any(row.get("by") == "synchrony" for row in rows) else " READ WRITE"
        yield f"MAJOR GENDISK            NAME       REQUEST_QUEUE      TOTAL {kinds} "
        for row in rows:
            if options.D and not (row.get("reads") or row.get("writes") or "error" in row):
                continue
            line = f"{row.get('major', '?'):>5} {row['disk']:016x}   {row.get('name', ''):<10} " if "disk" in row else ""
            if "writes" in row:
                line += f"{row['queue']:016x} {row['reads'] + row['writes']:>7} {row['reads']:>5} {row['writes']:>5} "
            yield line + _error(row)
    elif options.i:
        yield from _resources_text(rows)
    elif options.p:
        yield from _buses_text(rows)
    else:
        yield from _devices_text(rows)


def _resources_text(rows: Iterable[Row]) -> Iterator[str]:
    last = None
    for row in rows:
        port = row["root"] == "ioport_resource"
        if row["root"] != last:
            if last:
                yield ""
            last = row["root"]
            yield "    RESOURCE        RANGE    NAME" if port else "    RESOURCE            RANGE        NAME"
        if "end" in row:
            digits = 4 if port else 8
            yield f"{row['address']:016x}  {row['start']:0{digits}x}-{row['end']:0{digits}x}  {row.get('name', '')}{_error(row)}"
        else:
            yield f"{row.get('address', 0):016x}  {_error(row)}"


def _buses_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if "bus" not in row:
            yield _error(row)
            continue
        yield "    ROOT BUS     BUSNAME" if row["root"] else "     PCI BUS     BUSNAME"
        yield f"{row['bus']:016x} {row.get('name', '')}{_error(row)}"
        if row["devices"]:
            yield "      PCI DEV      DO:BU:SL.FN  CLASS   PCI_ID      TYPE   "
        for device in row["devices"]:
            line = f"  {device['device']:016x} "
            if "type" in device:
                line += f"{device['name']:<12}  {device['class']:04x}  {_pci_id(device):^9}  {device['type']} "
            yield line + _error(device)
        yield ""


def _pci_id(device: Row) -> str:
    return f"{device['vendor']:x}:{device['id']:x}"


def _devices_text(rows: Iterable[Row]) -> Iterator[str]:
    last = None
    for row in rows:
        if row["kind"] != last:
            if last:
                yield ""
            last = row["kind"]
            yield (
                "CHRDEV    NAME                 CDEV        OPERATIONS      "
                if last == "character"
                else "BLKDEV    NAME                GENDISK      OPERATIONS      "
            )
        line = f"{row['major']:>4}      {row['name']:<13}  " if "name" in row else ""
        if "address" in row:
            line += f"{row['address']:016x}  {row.get('operations', '')}"
        elif "error" not in row:
            line += "     (none)     "
        yield line + _error(row)


COMMAND = Command(
    name="dev",
    summary="devices and disk I/O",
    topic="kernel",
    options=(
        Option("-d", help="disks and the requests that their drivers work on"),
        Option("-D", help="the same without disks that have none"),
        Option("-V", help="device dumps (VMCOREDD notes, which ELF dumps of some drivers' machines have) are not known"),
        Option("-v", "INDEX", help="the same"),
        Option("-i", help="I/O ports and memory"),
        Option("-p", help="PCI devices"),
    ),
    fields={
        "kind": "character or block", "major": "", "name": "", "address": "struct cdev or gendisk", "operations": "", "disk": "struct gendisk",
        "queue": "struct request_queue", "reads": "requests in flight; before Linux 5.16 asynchronous ones",
        "writes": "the same; synchronous ones", "by": "direction, or synchrony where reads and writes stand for these", "bus": "struct pci_bus", "devices": "of the bus",
    },
    rows=rows,
    text=text,
)
