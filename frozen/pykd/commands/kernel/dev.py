# SPDX-License-Identifier: GPL-2.0-or-later
"""``dev``: character and block devices, disk I/O, resources, PCI."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import pci
from pykd.kernel.block.disks import for_each_disk, for_each_driver, stats_in_flight
from pykd.kernel.block.requests import counts_dispatched, dispatched, inflight_requests, is_write
from pykd.kernel.chardevs import cdev_of, for_each_chrdev
from pykd.kernel.resources import ROOTS, for_each_resource
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

SKIPPED = ("loop", "ram")
"""crash leaves these disks out of dev -d"""


def _function(dump: Dump, address: int) -> str:
    symbol = dump.symbol_at(address) if address else None
    return symbol.name if symbol and symbol.address == address else f"{address:x}"


def _character(dump: Dump) -> Iterator[Row]:
    for entry in caught(for_each_chrdev(dump)):
        row: Row = {"kind": "character"}
        try:
            if isinstance(entry, Error):
                raise entry
            row |= {"major": entry.major, "name": str(entry.name)}
            if found := cdev_of(dump, entry):
                row |= {"address": found, "operations": _function(dump, int(dump.object("struct cdev", found).ops))}
        except Error as error:
            row["error"] = fault(error)
        yield row


def _block(dump: Dump) -> Iterator[Row]:
    by_major: dict[int, Any] = {}
    for disk in caught(for_each_disk(dump)):
        try:
            if isinstance(disk, Error):
                raise disk
            by_major[disk.major] = disk
        except Error as error:
            yield {"kind": "block", "error": fault(error)}
    for entry in caught(for_each_driver(dump)):
        row: Row = {"kind": "block"}
        try:
            if isinstance(entry, Error):
                raise entry
            row |= {"major": entry.major, "name": str(entry.name)}
            if found := by_major.get(entry.major):
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
    for root in ROOTS:
        try:
            for _, one, lost in for_each_resource(dump, dump.symbol(root, "").address):
                yield {"root": root} | _resource(one, lost)
        except Error as error:
            yield {"root": root, "error": fault(error)}


def _resource(one: Any, lost: Error | None) -> Row:
    row: Row = {"address": int(one)}
    try:
        row |= {"start": one.start, "end": one.end, "name": str(one.name or "")}
        if lost is not None:
            row["error"] = fault(lost, partial=True)
    except Error as error:
        row["error"] = fault(error)
    return row


# -- -p


def _buses(dump: Dump) -> Iterator[Row]:
    for one in pci.for_each_bus(dump):
        if isinstance(one, Error):
            yield {"error": fault(one)}
            continue
        devices: list[Row] = []
        row: Row = {"bus": int(one.bus), "root": one.depth == 0, "devices": devices}
        try:
            row["name"] = str(one.bus.dev.kobj.name)
            for device in pci.devices_on(dump, one.bus):
                devices.append(_device(device))
        except Error as error:
            row["error"] = fault(error)
        yield row


def _device(device: Any) -> Row:
    row: Row = {"device": int(device)}
    try:
        row |= {"class": pci.class_of(device), "vendor": device.vendor, "id": device.Eval("device"), "name": str(device.dev.kobj.name)}
        row["type"] = pci.port_type(device)
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
        yield from _buses(dump)
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
