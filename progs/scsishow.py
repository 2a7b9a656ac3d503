# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI hosts, devices, targets, remote ports, commands, and what is wrong with them."""

from __future__ import annotations

from itertools import groupby

from _pykd import Error
from pykd.core import fields
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import timekeeping
from pykd.kernel.block import hba, requests, scsi, scsicheck
from pykd.kernel.block.disks import disk_of_queue
from pykd.kernel.block.scsirows import description, device_row, host_lines, host_row
from pykd.kernel.modules import taint_letters
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "0.0.3"

NO_TYPES = """\
+++Cannot find symbolic info for <scsi_device_types> or <enum scsi_host_state>
   Put 'scsi_mod' debuginfo file into current directory
   and then re-run the command adding --reload option"""
OPCODES = {
    0x00: "TUR", 0x03: "REQ-SENSE", 0x08: "READ(6)", 0x0A: "WRITE(6)", 0x12: "INQUIRY", 0x16: "RESERVE(6)", 0x17: "RELEASE(6)",
    0x25: "READ-CAP(10)", 0x28: "READ(10)", 0x2A: "WRITE(10)", 0x35: "SYNC CACHE", 0x41: "WR SAME", 0x56: "RESERVE(10)", 0x57: "RELEASE(10)",
    0x88: "READ(16)", 0x8A: "WRITE(16)", 0xA0: "REPORT LUNS", 0xA8: "READ(12)", 0xAA: "WRITE(12)",
}  # fmt: skip


def parser() -> Parser:
    parser = Parser("scsishow")
    parser.add_argument("-v", "--verbose", dest="verbose", default=0, action="count", help="verbose output")
    parser.add_argument("-p", "--proc", dest="proc", action="store_true", help="show /proc/scsi/scsi style information")
    for flag, name, dest, const, text in (
        ("-d", "--devices", "devices", "device_busy,sdev_state", "show all devices"),
        ("-s", "--hosts", "hosts", "host_busy,host_failed", "show all hosts"),
        ("-T", "--Targets", "targets", "target_busy", "show all the scsi targets"),
        ("-f", "--fcrports", "rports", "port_state", "show all the FC rports"),
        ("-c", "--commands", "commands", "jiffies_at_alloc", "show SCSI commands"),
        ("-q", "--queue", "queue", "jiffies_at_alloc", "show the IO requests, SCSI commands from request_queue"),
        ("-r", "--requests", "requests", "timeout,deadline", "show requests to SCSI devices (INCOMPLETE)"),
    ):
        parser.add_argument(flag, name, dest=dest, nargs="?", const=const, default="", metavar="FIELDS", help=text)
    parser.add_argument("-x", "--hex", dest="hex", action="store_true", help="display fields in hex")
    parser.add_argument("--check", dest="check", action="store_true", help="check for common SCSI issues")
    parser.add_argument("--time", dest="time", action="store_true", help="display time and state information for SCSI commands")
    relative = "show fields relative to the given value/symbol. Uses jiffies without argument"
    parser.add_argument("--relative", dest="relative", nargs="?", const="jiffies", default="", help=relative)
    return parser


# -- rows


def rows(session: Any, options: Any) -> Iterator[Row]:
    dump = session.dump
    if dump.address_of("shost_class", default=0) == 0:
        raise CommandError("scsi_mod is not loaded")
    if not scsi.has_types(dump):
        yield {"kind": "error", "error": fault("the dump has no types of scsi_mod")}
        return
    if options.check:
        yield from _checks(dump)
    if options.proc:
        yield from _proc(dump)
    if options.commands or options.time:
        yield from _commands(dump, options)
    if options.devices:
        yield from _devices(dump)
    if options.targets:
        yield from _targets(dump)
    if options.requests:
        yield from _requests(dump, options)
    if options.queue:
        yield from _queues(dump)
    if options.rports:
        yield from _rports(dump)
    if options.hosts or not (
        options.check or options.proc or options.devices or options.commands or options.requests or options.time or options.targets
        or options.queue or options.rports
    ):  # fmt: skip
        yield from _hosts(dump, options.verbose)


def _each(items: Iterator[Any], kind: str) -> Iterator[Any]:
    """The items; a row of that kind for each error among them and for what ends them early."""
    try:
        for item in items:
            yield {"kind": kind, "error": fault(item)} if isinstance(item, Error) else item
    except Error as error:
        yield {"kind": kind, "error": fault(error)}


def _made(kind: str, function: Any, *arguments: Any) -> Row:
    """A row; where it cannot be made one that says why."""
    try:
        return {"kind": kind, **function(*arguments)}
    except Error as error:
        return {"kind": kind, "address": int(arguments[1]), "error": fault(error)}


def _host(dump: Any, host: Any) -> Row:
    return {
        "name": str(host.shost_gendev.kobj.name),
        "driver": scsi.driver(host),
        "address": int(host),
        "shost_data": int(host.shost_data),
        "hostdata": int(host) + host.fieldOffset("hostdata"),
    }


def _of_hosts(dump: Any, kind: str, walk: Any, make: Any, *more: Any) -> Iterator[Row]:
    """A row for each of what *walk* finds on each host."""
    for host in _each(scsi.for_each_shost(dump), kind):
        if isinstance(host, dict):
            yield host
            continue
        header = _made("host", _host, dump, host)
        for one in _each(walk(dump, host), kind):
            yield {"host": header, **(one if isinstance(one, dict) else _made(kind, make, dump, one, *more))}


def _devices(dump: Any) -> Iterator[Row]:
    yield from _of_hosts(dump, "device", scsi.for_each_sdev, device_row, disk_of_queue(dump))


def _target(dump: Any, target: Any) -> Row:
    return {
        "name": str(target.dev.kobj.name),
        "address": int(target),
        "channel": int(target.channel),
        "id": int(target.id),
        "state": str(target.state),
        "busy": int(target.target_busy.counter),
        "blocked": int(target.target_blocked.counter),
    }


def _targets(dump: Any) -> Iterator[Row]:
    yield from _of_hosts(dump, "target", scsi.for_each_starget, _target)


def _rport(dump: Any, target: Any) -> Row:
    port = scsi.rport_of(dump, target)
    found: Row = {"name": str(target.dev.kobj.name), "address": int(target)}
    if port is None:
        return found | {"rport": None}
    return found | {
        "rport": int(port),
        "node_name": int(port.node_name),
        "port_name": int(port.port_name),
        "port_id": int(port.port_id),
        "state": str(port.port_state),
        "fast_io_fail_tmo": int(port.fast_io_fail_tmo),
        "dev_loss_tmo": int(port.dev_loss_tmo),
    }


def _rports(dump: Any) -> Iterator[Row]:
    for row in _of_hosts(dump, "rport", scsi.for_each_starget, _rport):
        if row.get("rport") or "error" in row:
            yield row


def _host_details(dump: Any, host: Any, verbose: int) -> Row:
    driver = scsi.driver(host)
    module = host.hostt.module
    found: Row = {
        "host": _host(dump, host),
        "version": str(module.version) if module else None,
        "taint_bits": (taints := int(module.taints) if module else 0), "taints": list(taint_letters(taints)),
        "busy": scsi.host_busy(dump, host), "blocked": int(host.host_blocked.counter),
        "failed": int(host.host_failed),
        "self_blocked": int(host.host_self_blocked),
        "state": str(host.shost_state),
        "eh_deadline": int(host.eh_deadline) if host.hasField("eh_deadline") else None,
        "can_reset": bool(host.hostt.eh_host_reset_handler),
        "max_lun": int(host.max_lun),
        "cmd_per_lun": int(host.cmd_per_lun),
        "work_queue": scsi.work_queue(host),
        "has_details": driver in hba.ADAPTERS,
    }
    if verbose and driver in hba.ADAPTERS:
        found["adapter"] = _adapter(dump, host, driver)
    return found


def _adapter(dump: Any, host: Any, driver: str) -> Row:
    found: Row = {"maker": hba.ADAPTERS[driver][0], "ports": hba.fc_ports(dump, host), "fibre_channel": driver in hba.FC_DRIVERS}
    try:
        found["details"] = [
            {"name": label, "error": fault(value, partial=True)} if isinstance(value, Error) else {"name": label, "value": value, "format": form}
            for label, value, form in hba.details(dump, host, driver)
        ]
    except Error as error:
        found["details"] = []
        found["error"] = fault(error, partial=True)
    return found


def _hosts(dump: Any, verbose: int) -> Iterator[Row]:
    for host in _each(scsi.for_each_shost(dump), "host"):
        yield host if isinstance(host, dict) else _made("host", _host_details, dump, host, verbose)


def _each_device(dump: Any, kind: str) -> Iterator[Any]:
    for host in _each(scsi.for_each_shost(dump), kind):
        if isinstance(host, dict):
            yield host
        else:
            yield from _each(scsi.for_each_sdev(dump, host), kind)


def _each_command(dump: Any, kind: str) -> Iterator[tuple[Any, Any]]:
    """(device, command), each of them or both as a row that says what is wrong."""
    for device in _each_device(dump, kind):
        if isinstance(device, dict):
            yield None, device
        else:
            yield from ((device, command) for command in _each(scsi.for_each_command(dump, device), kind))


def _command(dump: Any, command: Any, device: Any, options: Any, relative: int) -> Row:
    request = scsi.request_of(dump, command)
    found: Row = {"address": int(command), "device": int(device), "id": scsi.sdev_name(device), "request": int(request)}
    if options.time:
        found |= scsi.times(dump, command, request)
    if options.commands:
        found["fields"] = fields.rows_of(command, options.commands, relative)
    return found


def _commands(dump: Any, options: Any) -> Iterator[Row]:
    relative = _number(dump, options.relative) if options.relative else 0
    for device, command in _each_command(dump, "command"):
        yield command if isinstance(command, dict) else _made("command", _command, dump, command, device, options, relative)


def _number(dump: Any, text: str) -> int:
    """A number, or the value of a variable. :raises NotFoundError:"""
    try:
        return int(text, 0)
    except ValueError:
        return timekeeping.jiffies(dump) if text == "jiffies" else int(dump.variable(text))


def _requests(dump: Any, options: Any) -> Iterator[Row]:
    for device, command in _each_command(dump, "request"):
        if isinstance(command, dict):
            yield command
            continue
        request = scsi.request_of(dump, command)
        yield {
            "kind": "request", "address": int(request), "id": scsi.sdev_name(device), "fields": fields.rows_of(request, options.requests),
        }  # fmt: skip


def _queued(dump: Any, command: Any) -> Row:
    request = scsi.request_of(dump, command)
    code = scsi.cdb(command)[:1]
    return {
        "address": int(request),
        "bio": int(request.bio),
        "command": int(command),
        "opcode": code[0] if code else None,
        "age_ms": (timekeeping.jiffies(dump) - int(command.jiffies_at_alloc)) * 1000 // timekeeping.hz(dump),
        "sector": requests.sector(request),
    }


def _queue(dump: Any, device: Any, disks: Any) -> Row:
    found = device_row(dump, device, disks)
    found["requests"] = [
        one if isinstance(one, dict) else _made("queued", _queued, dump, one) for one in _each(scsi.for_each_command(dump, device), "queued")
    ]
    return found


def _queues(dump: Any) -> Iterator[Row]:
    disks = disk_of_queue(dump)
    for device in _each_device(dump, "queue"):
        yield device if isinstance(device, dict) else _made("queue", _queue, dump, device, disks)


def _checks(dump: Any) -> Iterator[Row]:
    counts = dict.fromkeys(("host", "device", "target"), 0)
    for subject, level, message in scsicheck.check(dump):
        counts[subject] += level != "NOTE"
        yield {"kind": "check", "subject": subject, "level": level, "text": message}
    yield {"kind": "summary", **counts}


def _proc(dump: Any) -> Iterator[Row]:
    yield from ({**row, "kind": "proc-device"} for row in _devices(dump))
    for host in _each(scsi.for_each_shost(dump), "proc-host"):
        yield host if isinstance(host, dict) else _made("proc-host", host_row, dump, host)


# -- text


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    seen = set()
    for kind, group in groupby(rows, lambda row: row["kind"]):
        seen.add(kind)
        yield from TEXTS[kind](group, options)
    if (options.commands or options.time) and not seen & {"command", "error"}:
        yield "No SCSI commands found"
    if options.requests and not seen & {"request", "error"}:
        yield from ("", "Requests found in SCSI layer: 0")


def _error_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    for _ in rows:
        yield from NO_TYPES.split("\n")


def _header(host: Row) -> Iterator[str]:
    yield "HOST      DRIVER"
    yield f"{'NAME':10s}{'NAME':22s} {'Scsi_Host':24s} {'shost_data':24s} {'hostdata':24s}"
    yield "-" * 99
    if "error" in host:
        yield f"{host['address']:x}  {mark(host)}"
    else:
        yield f"{host['name']:9s} {host['driver']:22s} {host['address']:12x} {host['shost_data']:24x} {host['hostdata']:24x}"
    yield ""


def _by_host(rows: Iterable[Row], width: int, titles: str, rule: int) -> Iterator[str | Row]:
    """Headers of hosts, and the rows below each."""
    last = None
    for row in rows:
        host = row.get("host")
        if host is not None and host["address"] != last:
            last = host["address"]
            yield from ("", "=" * width)
            yield from _header(host)
            yield from (titles, "-" * rule)
        yield f"{row.get('address', 0):x}  {mark(row)}" if "error" in row else row


def _devices_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    titles = (
        f"{'DEV NAME':12s} {'scsi_device':19s} {'H:C:T:L':12s} {'VENDOR/MODEL':26s} {'DEVICE STATE':22s} "
        "IOREQ-CNT  IODONE-CNT          IOERR-CNT"
    )  # fmt: skip
    for row in _by_host(rows, 136, titles, 136):
        if isinstance(row, str):
            yield row
            continue
        vendor = f"{row['vendor']} {row['model']}"
        left = row["requested"] - row["done"]
        yield (
            f"{row['name']:12s} {row['address']:x}    {row['id']:12} {vendor:26s} {row['state']:20s}"
            f"{row['requested']:12d} {row['done']:11d}  ({left:3d}){row['errors']:12d}"
        )


def _targets_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    titles = f"{'TARGET DEVICE':15s} {'scsi_target':20s} {'CHANNEL':8s} {'ID':6s} {'TARGET STATUS':20s} {'TARGET_BUSY':15s} {'TARGET_BLOCKED':15s}"
    for row in _by_host(rows, 111, titles, 104):
        if isinstance(row, str):
            yield row
            continue
        yield (
            f"{row['name']:15s} {row['address']:x} {'':3s} {row['channel']:5d} {row['id']:5d} {'':4s}{row['state']:20s}"
            f"{row['busy']:12d} {row['blocked']:18d}"
        )


def _rports_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    titles = (
        f"{'TARGET DEVICE':15s} {'scsi_target':16s} {'fc_rport':16s} {'node_name':16s} {'port_name':16s} {'port_id':11s} {'port_state':24s} "
        f"{'fast_io_fail_tmo':20s} {'dev_loss_tmo':16s}"
    )
    for row in _by_host(rows, 154, titles, 154):
        if isinstance(row, str):
            yield row
            continue
        yield (
            f"{row['name']:15s} {row['address']:x} {row['rport']:x} {row['node_name']:x} {row['port_name']:x} {row['port_id']:#x}\t"
            f"{row['state']:24s}{row['fast_io_fail_tmo']:16d}s {row['dev_loss_tmo']:15d}s"
        )


def _hosts_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    told = has_details = False
    for row in rows:
        yield from ("", "=" * 121)
        if "error" in row:
            yield f"{row.get('address', 0):x}  {mark(row)}"
            continue
        yield from _header(row["host"])
        has_details |= row["has_details"]
        told |= "adapter" in row
        yield from _host_text(row)
    if has_details and not told:
        yield from ("", "", "   *** NOTE: More detailed HBA information available, use '-v' or '--verbose' to view.")


def _host_text(row: Row) -> Iterator[str]:
    yield f"   Driver version      : {row['version']}"
    yield f"   Taints bitmask      : {row['taint_bits']:#x}"
    if row["taints"]:
        driver = row["host"]["driver"]
        yield f"   WARNING: Out-of-box or tech-preview SCSI host module ({driver}) loaded. Output from scsishow may be impacted."
    yield ""
    for label, key in (("host_busy", "busy"), ("host_blocked", "blocked"), ("host_failed", "failed"), ("host_self_blocked", "self_blocked")):
        yield f"   {label:19s} : {row[key]}"
    yield f"   shost_state         : {row['state']}"
    deadline = row["eh_deadline"]
    if deadline == -1:
        yield f"   eh_deadline         : -1 ({'off' if row['can_reset'] else 'off, not supported by driver'})"
    elif deadline is not None and row["can_reset"]:
        yield f"   eh_deadline         : {deadline}"
    yield f"   max_lun             : {row['max_lun']}"
    yield f"   cmd_per_lun         : {row['cmd_per_lun']}"
    yield f"   work_q_name         : {row['work_queue']}"
    if "adapter" in row:
        yield from _adapter_text(row["adapter"])


def _adapter_text(adapter: Row) -> Iterator[str]:
    if adapter["fibre_channel"]:
        yield from ("", "", "   FC/FCoE HBA attributes", "   ----------------------")
        if adapter["ports"]:
            for label, value in zip(("fc_host_attrs", "node_name (wwnn)", "port_name (wwpn)"), adapter["ports"], strict=True):
                yield f"   {label:19s} : {value:x}"
        else:
            yield "   Error in fetching port wwnn and wwpn"
    title = f"{adapter['maker']} HBA specific details"
    yield from ("", "", f"   {title}", f"   {'-' * len(title)}")
    if "error" in adapter:
        yield f"   {adapter['error']['message']}"
    for one in adapter["details"]:
        yield f"   {one['name']:19s} : {mark(one) if 'error' in one else format(one['value'], one['format'])}"


def _commands_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    for row in rows:
        if "error" in row:
            yield f"scsi_cmnd {row.get('address', 0):x} {mark(row)}"
            continue
        line = f"scsi_cmnd {row['address']:x} on scsi_device {row['device']:#x} ({row['id']})"
        if "state" in row:
            shown = ("Err" if row[key] is None else row[key] for key in ("deadline", "allocated", "request_started"))
            line += " is {}, deadline: {} cmnd-alloc: {} rq-alloc: {}".format(row["state"], *shown)
        yield line + fields.text(row.get("fields", ()), hexadecimal=options.hex)


def _requests_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    count = 0
    for row in rows:
        if "error" in row:
            yield f"{row.get('address', 0):x} {mark(row)}"
            continue
        count += 1
        device = f"({row['id']})"
        yield f"{row['address']:x} {device:<13}" + fields.text(row["fields"], hexadecimal=options.hex)
    yield from ("", f"Requests found in SCSI layer: {count}")


def _queues_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    rule = "        " + "-" * 87
    for row in rows:
        yield from ("", "=" * 119)
        if "error" in row:
            yield f"    ### DEVICE : {row.get('address', 0):x}  {mark(row)}"
            continue
        yield from (f"    ### DEVICE : {row['name']}", "", rule)
        if row["gendisk"] is None:
            yield f"\tgendisk        \t:  <Can't find gendisk> |\tscsi_device \t:  {row['address']:x}"
        else:
            yield f"\tgendisk        \t:  {row['gendisk']:x}\t|\tscsi_device \t:  {row['address']:x}"
        yield f"\trequest_queue  \t:  {row['queue']:x}\t|\tH:C:T:L       \t:  {row['id']}"
        yield f"\televator_name  \t:  {row['elevator'] or '<none>'}    \t\t|\tVENDOR/MODEL\t:  {row['vendor']} {row['model']}"
        yield from (rule, "")
        yield f"     {'NO.':10s}{'request':20s} {'bio':20s} {'scsi_cmnd':18s} {'OPCODE':14s} {'COMMAND AGE':20s} {'SECTOR':10s}"
        yield "     " + "-" * 113
        for number, one in enumerate(row["requests"], 1):
            yield _queued_text(number, one)
        if not row["requests"]:
            yield "\t\t<<< NO I/O REQUESTS FOUND ON THE DEVICE! >>>"


def _queued_text(number: int, row: Row) -> str:
    if "error" in row:
        return f"     {number:3d}     {row.get('address', 0):18x} {mark(row)}"
    code = "-NA-" if row["opcode"] is None else OPCODES.get(row["opcode"], f"{row['opcode']:#x}")
    place = "       ---NA---" if row["sector"] is None else f"{row['sector']:15d}"
    return f"     {number:3d}     {row['address']:18x} {row['bio']:20x} {row['command']:20x}   {code:14} {row['age_ms']:8d} ms {place}"


def _checks_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    for row in rows:
        yield f"{row['level'] + ':':8s} {row['text']}"


def _summary_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    for row in rows:
        yield from ("", "### Summary:", "", "    Task                             Errors/Warnings", "    " + "-" * 48)
        yield f"    SCSI host checks:                {row['host']}"
        yield f"    SCSI device, command checks:     {row['device']}"
        yield f"    SCSI target checks:              {row['target']}"


def _proc_devices_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    found = list(rows)
    whole = [row for row in found if "error" not in row]
    yield from ("", f"{' Summary ':=^70}", f"   -- {len(found)} SCSI Devices, {sum(bool(row['busy']) for row in whole)} Are Busy --")
    yield f"{' Vendors/Types ':.^70}"
    for lines in dict.fromkeys(tuple(description(row)) for row in whole):
        yield from (*lines, "")
    for row in found:
        if "error" in row:
            yield f"  {row.get('address', 0):x} {mark(row)}"


def _proc_hosts_text(rows: Iterable[Row], options: Any) -> Iterator[str]:
    yield from ("", f"{' Scsi_Hosts':=^70}")
    for row in rows:
        if "error" in row:
            yield f" {row.get('address', 0):x} {mark(row)}"
            continue
        yield from host_lines(row)


TEXTS = {
    "error": _error_text,
    "check": _checks_text,
    "summary": _summary_text,
    "proc-device": _proc_devices_text,
    "proc-host": _proc_hosts_text,
    "command": _commands_text,
    "device": _devices_text,
    "target": _targets_text,
    "request": _requests_text,
    "queue": _queues_text,
    "rport": _rports_text,
    "host": _hosts_text,
}
"""By kind of row"""

COMMAND = Program(
    name="scsishow",
    summary="SCSI hosts and devices",
    topic="system",
    parser=parser,
    description="Without options the hosts and their state, -v with what the driver of an adapter keeps (lpfc, qla2xxx, hpsa, vmw_pvscsi, qedf, "
    "fnic, bfa). Devices (-d), targets (-T), remote ports of Fibre Channel (-f), commands that were given to drivers or wait in a scheduler "
    "(-c, --time, -r, and by device -q), and what is wrong with all of them (--check).\n\n"
    "FIELDS are members of the structure: `scsishow -c retries,cmnd[0],device.lun`.",
    fields={
        "kind": "which table: host, device, target, rport, command, request, queue, check, summary, proc-device, proc-host, error",
        "address": "its structure: struct scsi_device, scsi_target, scsi_cmnd, request, Scsi_Host",
        "host": "the host it is on: name, driver, address, shost_data, hostdata (summary: how many warnings about hosts)",
        "name": "name of the disk, or of the kind of device; of the target",
        "id": "HOST:CHANNEL:TARGET:LUN; of a target its number",
        "type": "kind of device, in the words of /proc/scsi/scsi",
        "vendor": "8 bytes of INQUIRY data", "model": "16 bytes of INQUIRY data", "revision": "4 bytes of INQUIRY data",
        "level": "scsi_device.scsi_level",
        "state": "of the host, device, target or port; of a command: active, softirq, timeout, queued, unknown",
        "requested": "commands given to the device", "done": "commands that came back", "errors": "commands that came back with an error",
        "busy": "commands under way", "blocked": "the counter that says so", "failed": "commands that error handling has",
        "gendisk": "struct gendisk; null: it has none", "queue": "struct request_queue", "elevator": "I/O scheduler; null: none",
        "channel": "of the target", "rport": "struct fc_rport", "node_name": "WWNN", "port_name": "WWPN", "port_id": "its address in the fabric",
        "fast_io_fail_tmo": "seconds", "dev_loss_tmo": "seconds",
        "version": "of the driver", "taints": "letters of the driver's module", "taint_bits": "of these", "self_blocked": "Scsi_Host.host_self_blocked",
        "eh_deadline": "jiffies; -1: off", "can_reset": "whether the driver has a handler that resets the host",
        "max_lun": "Scsi_Host.max_lun", "cmd_per_lun": "Scsi_Host.cmd_per_lun", "work_queue": "name of the transport's work queue",
        "has_details": "whether -v says more", "adapter": "what the driver keeps: maker, ports, details",
        "device": "struct scsi_device (summary: how many warnings about devices and commands)", "request": "struct request",
        "requests": "of a queue, each with address, bio, command, opcode, age_ms, sector",
        "fields": "members asked for: name, value, pointer",
        "deadline": "jiffies from now until it times out", "allocated": "jiffies from now, below 0: when the command began",
        "request_started": "the same of its request",
        "subject": "what the check is of: host, device, target", "level ": "of a check: WARNING, ERROR, NOTE", "text": "what is wrong",
        "target": "how many warnings about targets", "number": "of the host", "path": "in sysfs", "last_reset": "jiffies",
        "eh_scheduled": "Scsi_Host.host_eh_scheduled", "driver": "hostt.name", "hostdata": "address of what the driver keeps",
    },
    examples=[
        ("scsishow", "hosts"),
        ("scsishow -d", "devices of each host: name, H:C:T:L, model, state, commands given and done"),
        ("scsishow --check", "what is wrong: hosts in recovery, devices offline, commands older than their timeout"),
        ("scsishow -c retries,result --time", "each command with its state and two members"),
    ],
    rows=rows,
    text=text,
)

if __name__ == "__main__":
    COMMAND.main()
