#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI hosts and devices, those that are busy and all."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from optparse import OptionParser

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.block import scsi
from pykd.kernel.block.disks import disk_of_queue
from pykd.kernel.block.scsirows import description, device_row, host_lines, host_row
from pykd.kernel.devices import kobject_path
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "1.0.1"

OBSOLETE = ("***** This command is not under active development/maintenance anymore ****", "Please use 'scsishow' instead.")
RED, RESET = "\033[41m", "\033[0m"
NO_TYPES = """\
+++Cannot find symbolic info for <scsi_device_types> or <enum scsi_host_state>
   Put 'scsi_mod' debuginfo file into current directory
   and then re-run the command adding --reload option"""
FLAGS = (("last_reset", "last_reset"), ("host_busy", "busy"), ("host_failed", "failed"), ("host_eh_scheduled", "eh_scheduled"))
"""(member of struct Scsi_Host, key): a host is busy if one of them is not 0"""


def parser() -> OptionParser:
    parser = OptionParser()
    parser.add_option("-v", dest="verbose", default=0, action="count", help="verbose output")
    parser.add_option("--iscsi", dest="iscsi", default=0, action="store_true", help="Print iSCSI info")
    parser.add_option("--hosts", dest="hosts", default=0, action="store_true", help="Print SCSI Hosts info")
    parser.add_option("--devices", dest="devices", default=0, action="store_true", help="Print SCSI Devices info")
    parser.add_option(
        "-a", "--all", dest="all", default=0, action="store_true", help="Print info for all hosts/devs. By default, we print busy only"
    )
    return parser


# -- rows


def rows(session: Any, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.iscsi:
        yield from _iscsi(dump)
        return
    if not dump.address_of("shost_class", default=0):
        raise CommandError("scsi_mod is not loaded")
    if not scsi.has_types(dump):
        yield {"kind": "error", "error": fault("the dump has no types of scsi_mod")}
        return
    hosts = [one if isinstance(one, dict) else _made("host", host_row, dump, one) for one in _each(scsi.for_each_shost(dump), "host")]
    if options.hosts:
        yield from (row for row in hosts if options.all or _is_busy(row))
        return
    devices = list(_devices(dump, options.verbose))
    if options.devices:
        yield from (row for row in devices if options.all or _is_busy(row))
        return
    yield _summary(hosts, devices)
    if options.verbose:
        yield from (row for row in (*hosts, *devices) if options.all or _is_busy(row))


def _each(items: Iterator[Any], kind: str) -> Iterator[Any]:
    return ({"kind": kind, "error": fault(item)} if isinstance(item, Error) else item for item in caught(items))


def _made(kind: str, function: Any, *arguments: Any) -> Row:
    try:
        return {"kind": kind, **function(*arguments)}
    except Error as error:
        return {"kind": kind, "address": int(arguments[1]), "error": fault(error)}


def _is_busy(row: Row) -> bool:
    """Whether it is shown unasked: what cannot be read is too."""
    return "error" in row or any(row.get(key) for _, key in FLAGS)


def _devices(dump: Any, verbose: int) -> Iterator[Row]:
    disks = disk_of_queue(dump)
    for host in scsi.for_each_shost(dump):
        for device in _each(scsi.for_each_sdev(dump, host), "device") if not isinstance(host, Error) else ():
            yield device if isinstance(device, dict) else _made("device", _device, dump, device, disks, verbose)


def _device(dump: Any, device: Any, disks: Any, verbose: int) -> Row:
    target = dump.object("struct scsi_target", int(device.sdev_gendev.parent) - dump.struct_class("struct scsi_target").member_offset("dev"))
    found = device_row(dump, device, disks)
    found |= {
        "host": int(device.host), "path": kobject_path(dump, device.sdev_gendev.kobj), "target": int(target), "target_state": str(target.state),
    }  # fmt: skip
    if verbose:
        found["commands"] = [
            one if isinstance(one, dict) else _made("command", _command, dump, one) for one in _each(scsi.for_each_command(dump, device), "command")
        ]
    return found


def _command(dump: Any, command: Any) -> Row:
    request = scsi.request_of(dump, command)
    return {"address": int(command), "request": int(request), "hz": timekeeping.hz(dump), **scsi.times(dump, command, request)}


def _summary(hosts: list[Row], devices: list[Row]) -> Row:
    whole = [row for row in devices if "error" not in row]
    found = [row for row in hosts if "error" not in row]
    return {
        "kind": "summary",
        "hosts": len(hosts),
        "models": dict(sorted(Counter(row["driver"] for row in found).items())),
        "flags": {name: count for name, key in FLAGS if (count := sum(bool(row[key]) for row in found))},
        "devices": len(devices),
        "busy": sum(row["busy"] > 0 for row in whole),
        "kinds": sorted({tuple(description(row)) for row in whole}),
    }


def _iscsi(dump: Any) -> Iterator[Row]:
    """The transports of iSCSI that are registered."""
    from pykd.kernel.lists.linked import list_for_each_entry

    head = dump.address_of("iscsi_transports", default=0)
    if not head:
        raise CommandError("scsi_transport_iscsi is not loaded")
    if dump.find_type("struct", "iscsi_internal") is None:
        raise CommandError("the dump has no types of scsi_transport_iscsi")
    for one in _each(list_for_each_entry(dump, head, "struct iscsi_internal", "list", limit=1000), "transport"):
        yield one if isinstance(one, dict) else _made("transport", _transport, dump, one)


def _transport(dump: Any, one: Any) -> Row:
    transport = one.iscsi_transport
    symbol = dump.symbol_at(int(transport))
    return {"name": str(transport.name), "address": int(transport), "symbol": symbol.name if symbol else None}


# -- text


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    red, reset = (RED, RESET) if session.coloured(sys.stdout) else ("", "")
    yield from (red, *OBSOLETE, reset)
    summary = not (options.hosts or options.devices or options.iscsi)
    for kind, group in groupby(rows, lambda row: row["kind"]):
        if summary and kind in ("host", "device"):
            yield from _title(f" {'All' if options.all else 'Busy'} SCSI {kind.capitalize()}s ")
        for row in group:
            if "error" in row:
                yield from NO_TYPES.split("\n") if kind == "error" else (f" {row.get('address', 0):x} {mark(row)}",)
            else:
                yield from TEXTS[kind](row, options)


def _title(text: str) -> tuple[str, str, str]:
    return "*" * 78, f"{text:=^78}", "*" * 78


def _summary_text(row: Row, options: Any) -> Iterator[str]:
    yield from _title(" A Summary of SCSI Subsystem ")
    yield f"  -------- SCSI hosts: {row['hosts']} --------"
    yield "    ... By Model ..."
    yield from (f"       {name}:  {count}" for name, count in row["models"].items())
    if row["flags"]:
        yield "    ... By flags set ..."
        yield from (f"       {name}:  {count}" for name, count in sorted(row["flags"].items()))
    yield f"  -------- SCSI Devices: {row['devices']} in total, {row['busy']} of them are busy --------"
    yield "      .. Vendors/Types .."
    for lines in row["kinds"]:
        yield from (*lines[:-1], f"{lines[-1]} ", "")


def _host_text(row: Row, options: Any) -> Iterator[str]:
    yield from host_lines(row)


def _device_text(row: Row, options: Any) -> Iterator[str]:
    scsi_device, host = f"scsi_device {row['address']:#x}", f"Scsi_Host {row['host']:#x}"
    yield f"{scsi_device:-^39}{host:-^39}"
    number, channel, target, lun = (int(part) for part in row["id"].split(":"))
    yield f"Host: scsi{number} Channel: {channel:02} Id: {target:02} Lun: {lun:02}"
    yield from description(row)
    yield f"     {row['path'].removeprefix('/devices')}"
    if row["busy"]:
        yield f"     **busy={row['busy']}"
    if row["gendisk"]:
        yield f"    devname={row['name']}"
    if not options.verbose:
        return
    yield f"  <struct scsi_target {row['target']:#x}> state = {row['target_state']}"
    yield f"  <struct request_queue {row['queue']:#x}>"
    yield f"  iorequest_cnt={row['requested']}, iodone_cnt={row['done']}, diff={row['requested'] - row['done']}"
    for command in row.get("commands", ()):
        yield from _command_text(command)


def _command_text(row: Row) -> Iterator[str]:
    if "error" in row:
        yield f"    {row.get('address', 0):x} {mark(row)}"
        return
    yield f"    {row['state']:8} <struct scsi_cmnd {row['address']:#x}> <struct request {row['request']:#x}>"
    if row["allocated"] is not None:
        line = f"            started {-row['allocated'] / row['hz']:.2f} s ago"
        if row["deadline"] is not None:
            left = row["deadline"] / row["hz"]
            line += f", times out in {left:5.2f}s" if left > 0 else f", timed out {-left:5.2f}s ago"
        yield line
        yield f"\t     (jiffies - cmnd->jiffies_at_alloc)={-row['allocated']}"


def _transport_text(row: Row, options: Any) -> Iterator[str]:
    yield row["symbol"] or row["name"]


TEXTS = {"summary": _summary_text, "host": _host_text, "device": _device_text, "transport": _transport_text}
"""By kind of row"""

COMMAND = Program(
    name="scsi",
    summary="SCSI devices and commands",
    topic="system",
    parser=parser,
    description="A summary; with -v the hosts and devices that are busy too, with -v -a all. `scsishow` says more.",
    fields={
        "kind": "summary, host, device, transport (of iSCSI), error", "address": "struct Scsi_Host, scsi_device, iscsi_transport",
        "hosts": "how many", "models": "how many hosts each driver has", "flags": "on how many hosts a counter is not 0",
        "devices": "how many", "busy": "commands under way; of the summary: devices with any", "kinds": "two lines each on devices that differ",
        "number": "of the host", "path": "in sysfs", "last_reset": "jiffies", "failed": "commands that error handling has",
        "eh_scheduled": "Scsi_Host.host_eh_scheduled", "state": "of the host or device", "driver": "hostt.name",
        "hostdata": "address of what the driver keeps", "name": "of the disk, of the kind of device, of the transport",
        "id": "HOST:CHANNEL:TARGET:LUN", "type": "kind of device", "vendor": "", "model": "", "revision": "", "level": "scsi_device.scsi_level",
        "requested": "commands given to the device", "done": "commands that came back", "errors": "commands that came back with an error",
        "gendisk": "struct gendisk; null: none", "queue": "struct request_queue", "elevator": "I/O scheduler", "host": "struct Scsi_Host",
        "target": "struct scsi_target", "target_state": "of the target",
        "commands": "with -v: address, request, state, and jiffies from now: deadline, allocated, request_started", "symbol": "of the transport",
    },
    examples=[("scsi", "a summary"), ("scsi --devices -a -v", "all devices with their commands"), ("scsi --iscsi", "transports of iSCSI")],
    rows=rows,
    text=text,
)

if __name__ == "__main__":
    COMMAND.main()
