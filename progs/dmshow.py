# SPDX-License-Identifier: GPL-2.0-or-later
"""Device mapper: mapped devices, tables, multipath, volumes of LVM."""

from __future__ import annotations

from itertools import groupby

from _pykd import Error
from pykd.core import fields
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.block import dm, dmtarget, nvme, scsi
from pykd.kernel.block.disks import SECTOR, bdev_name, dev_numbers, sectors
from pykd.kernel.task import members, threads
from pykd.kernel.task.state import state_names
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "0.0.2"

NO_TYPES = ("", "+++Cannot find debuginfo for DLKMs: dm_mod")
MEGABYTE = 1 << 20
MANY_KWORKERS = 5
"""Of them that wait for an array to flush are a herd"""


def parser() -> Parser:
    parser = Parser("dmshow")
    parser.add_argument("-x", "--hex", dest="hex", action="store_true", help="display fields in hex")
    parser.add_argument("--check", dest="check", action="store_true", help="check for common DM issues (WIP)")
    for flag, name, dest, const, text in (
        ("-m", "--multipath", "multipath", "nr_valid_paths,queue_io", "show multipath devices and fields"),
        ("-ll", "--list", "list", "nr_valid_paths,queue_io", 'show multipath device listing similar to "multipath -ll"'),
        ("-d", "--mapdev", "mapdev", "flags", "show mapped_devices and fields"),
    ):
        parser.add_argument(flag, name, dest=dest, nargs="?", const=const, default="", metavar="FIELDS", help=text)
    for name, text in (
        ("--table", 'show "dmsetup table" like output'),
        ("--lvs", 'show lvm volume information similar to "lvs" command'),
        ("--lvuuid", "show lvm volume and volume group's UUID"),
        ("--pvs", 'show physical volume information similar to "pvs" command'),
    ):
        parser.add_argument(name, action="store_true", help=text)
    return parser


# -- rows


def rows(session: Any, options: Any) -> Iterator[Row]:
    dump = session.dump
    if not any(module.name == "dm_mod" for module in dump.modules()) and not dump.address_of("dm_table_create", default=0):
        raise CommandError("device-mapper not in use")
    if not dm.has_types(dump):
        yield {"kind": "error", "error": fault("the dump has no types of dm_mod")}
        return
    cells, errors = dm.mapped_devices(dump)
    kind, make = next(((kind, make) for option, kind, make in VIEWS if getattr(options, option)), ("device", _device))
    for cell in cells:
        yield from _guarded(kind, cell, make, dump, cell, options)
    yield from ({"kind": kind, "error": fault(error)} for error in errors)
    if options.check:
        yield from _checks(session, cells)


def _guarded(kind: str, cell: Any, make: Any, *arguments: Any) -> Iterator[Row]:
    try:
        for row in make(*arguments):
            yield {"kind": kind, **row}
    except Error as error:
        try:
            name: Any = str(cell.name)
        except Error:
            name = f"{int(cell):#x}"
        yield {"kind": kind, "name": name, "error": fault(error)}


def _device(dump: Any, cell: Any, options: Any) -> Iterator[Row]:
    device = cell.md
    flags = int(device.flags)
    yield {
        "minor": int(device.disk.first_minor),
        "name": str(cell.name),
        "uuid": str(cell.uuid) if cell.uuid else "",
        "address": int(device),
        "flags": [name for bit, name in enumerate(dm.FLAGS) if flags >> bit & 1],
        "open": int(device.open_count.counter),
        "fields": fields.rows_of(device, options.mapdev or "flags"),
    }


def _targets(dump: Any, cell: Any, wanted: str = "") -> Iterator[Any]:
    """The targets of a device, of one kind if that is told."""
    table = dm.table_of(dump, cell.md)
    for target in dm.targets(dump, table) if table is not None else ():
        if not wanted or str(target.type.name) == wanted:
            yield target


def _table(dump: Any, cell: Any, options: Any) -> Iterator[Row]:
    empty = True
    for target in _targets(dump, cell):
        empty = False
        found: Row = {"name": str(cell.name), "begin": int(target.begin), "length": int(target.len), "target": str(target.type.name)}
        try:
            found["parameters"] = dmtarget.parameters(dump, target)
        except Error as error:
            found["error"] = fault(error, partial=True)
        yield found
    if empty:
        yield {"name": str(cell.name), "target": None}


def _multipath(dump: Any, cell: Any, options: Any) -> Iterator[Row]:
    for target in _targets(dump, cell, "multipath"):
        multipath = dmtarget.context(dump, target)
        yield {
            "minor": int(cell.md.disk.first_minor),
            "name": str(cell.name),
            "address": int(multipath),
            "paths": int(multipath.nr_valid_paths.counter),
            "queues_if_no_path": dmtarget.queues_if_no_path(multipath),
            "fields": fields.rows_of(multipath, options.multipath),
        }


def _listing(dump: Any, cell: Any, options: Any) -> Iterator[Row]:
    for target in _targets(dump, cell, "multipath"):
        multipath = dmtarget.context(dump, target)
        groups: list[Row] = [
            {
                "policy": str(group.ps.type.name),
                "paths": [_path(dump, group, path) for path in dmtarget.paths(dump, group)],
            }
            for group in dmtarget.priority_groups(dump, multipath)
        ]
        vendors = [path["vendor"] for group in groups for path in group["paths"] if "vendor" in path]
        yield {
            "minor": int(cell.md.disk.first_minor),
            "name": str(cell.name),
            "uuid": str(cell.uuid).partition("-")[2] if cell.uuid else "",
            "vendor": vendors[0] if vendors else "<unknown>",
            "size": sectors(cell.md.disk.part0) * SECTOR,
            "queues_if_no_path": dmtarget.queues_if_no_path(multipath),
            "handler": str(multipath.hw_handler_name) if multipath.hw_handler_name else None,
            "handler_parameters": str(multipath.hw_handler_params) if multipath.hw_handler_params else None,
            "groups": groups,
        }


def _path(dump: Any, group: Any, path: Any) -> Row:
    found: Row = {"address": int(path)}
    try:
        disk = path.path.dev.bdev.bd_disk
        major, minor = dev_numbers(int(path.path.dev.bdev.bd_dev))
        found |= {"disk": str(disk.disk_name), "major": major, "minor": minor, "active": bool(path.is_active), "failures": int(path.fail_count)}
        found["parameters"] = dmtarget.path_words(dump, group, path)
        if found["disk"].startswith("sd"):
            found |= _scsi_path(dump, disk)
        elif found["disk"].startswith("nvme"):
            found |= _nvme_path(dump, disk)
    except Error as error:
        found["error"] = fault(error, partial=True)
    return found


def _scsi_path(dump: Any, disk: Any) -> Row:
    device = dump.object("struct scsi_device", int(disk.queue.queuedata))
    vendor, model, _ = scsi.inquiry(dump, device)
    return {"id": scsi.sdev_name(device), "vendor": f"{vendor} {model}", "device": int(device), "state": str(device.sdev_state)}


def _nvme_path(dump: Any, disk: Any) -> Row:
    namespace = nvme.namespace_of_disk(dump, disk)
    controller = namespace.ctrl
    return {
        "id": f"{controller.instance}:{nvme.namespace_instance(namespace)}:{controller.cntlid}:{nvme.namespace_id(namespace)}",
        "vendor": f"NVME {nvme.model(controller)}",
        "device": int(namespace),
        "controller": int(controller),
        "subsystem": int(controller.subsys) if controller.hasField("subsys") else None,
        "state": str(controller.state),
    }


def _volume(dump: Any, cell: Any) -> Row | None:
    """What all views of a logical volume have; None of what is none."""
    uuid = str(cell.uuid) if cell.uuid else ""
    group, volume = dm.split_lvm_name(str(cell.name))
    if not uuid.startswith("LVM-") or not group:
        return None
    return {"minor": int(cell.md.disk.first_minor), "name": volume, "group": group, "size": sectors(cell.md.disk.part0) * SECTOR}


def _lvs(dump: Any, cell: Any, options: Any) -> Iterator[Row]:
    volume = _volume(dump, cell)
    for target in _targets(dump, cell) if volume is not None else ():
        found: Row = {**(volume or {}), "open": int(cell.md.open_count.counter), "target": str(target.type.name)}
        yield found | _below(dump, target)


def _below(dump: Any, target: Any) -> Row:
    try:
        return {"devices": [_physical(dump, bdev) for bdev in dmtarget.legs(dump, target)]}
    except Error as error:
        return {"devices": [], "error": fault(error, partial=True)}


def _physical(dump: Any, bdev: Any) -> Row:
    disk = bdev.bd_disk
    mapped = dm.device_of_disk(dump, disk)
    name = bdev_name(bdev)
    if mapped is not None and mapped.interface_ptr:
        cell = dump.object("struct hash_cell", int(mapped.interface_ptr))
        name = f"{cell.name} ({disk.disk_name})"
    return {"name": name, "address": int(mapped) if mapped is not None else None, "size": sectors(bdev if bdev.hasField("bd_nr_sectors") else disk.part0) * SECTOR}


def _lvuuid(dump: Any, cell: Any, options: Any) -> Iterator[Row]:
    volume = _volume(dump, cell)
    if volume is not None:
        group, own = dm.lvm_uuids(str(cell.uuid))
        yield {**volume, "uuid": own, "group_uuid": group}


def _pvs(dump: Any, cell: Any, options: Any) -> Iterator[Row]:
    volume = _volume(dump, cell)
    for target in _targets(dump, cell) if volume is not None else ():
        found = _below(dump, target)
        for device in found["devices"]:
            yield {"name": device["name"], "address": device["address"], "size": device["size"], "group": (volume or {})["group"], "volume": (volume or {})["name"]}
        if "error" in found:
            yield {"name": str(cell.name), "error": found["error"]}


VIEWS = (
    ("multipath", "multipath", _multipath), ("list", "listing", _listing), ("lvs", "lv", _lvs), ("lvuuid", "lvuuid", _lvuuid),
    ("pvs", "pv", _pvs), ("table", "table", _table),
)  # fmt: skip
"""(option, kind of its rows, what makes those of a device), the first that is given counts"""


# -- what is wrong


def _sleepers(dump: Any) -> tuple[list[tuple[int, str]], bool]:
    """(PID and name of each thread in uninterruptible sleep, whether there is a multipathd)."""
    letters = state_names(dump).letters
    state = members.path("state", dump)
    tasks = [int(task) for task in threads.threads(dump)]
    found, daemon = [], False
    for pid, comm, value in dump.read_columns(tasks, "struct task_struct", ("pid", "comm", state)):
        if isinstance(value, Error) or isinstance(comm, Error) or isinstance(pid, Error):
            continue
        daemon |= "multipathd" in str(comm)
        if letters(int(value)) == "UN":
            found.append((int(pid), str(comm)))
    return found, daemon


def _checks(session: Any, cells: list[Any]) -> Iterator[Row]:
    dump = session.dump
    sleepers, daemon = _sleepers(dump)
    herd = 0
    for pid, comm in sleepers:
        if "kworker" in comm:
            functions = {frame.get("function") for row in session.rows("bt", str(pid)) for frame in row.get("frames", ())}
            herd += {"md_flush_request", "dio_aio_complete_work"} <= functions
    errors = []
    if herd >= MANY_KWORKERS:
        errors.append(f"{herd} kworker threads are stuck in UN state waiting to flush the IO requests on mdraid devices: a thundering herd?")
    has_paths = False
    for cell in cells:
        try:
            kinds = [str(target.type.name) for target in _targets(dump, cell)]
            has_paths |= "multipath" in kinds
            sizes = {
                int(bdev.bd_disk.queue.limits.logical_block_size)
                for target in _targets(dump, cell, "linear") for bdev in dmtarget.legs(dump, target)
            }  # fmt: skip
            if len(sizes) > 1:
                errors.append(f"{cell.name} underlying device logical_block_size values are not the same!")
        except Error as error:
            yield {"kind": "check", "error": fault(error)}
    if has_paths and not daemon:
        errors.append("multipath device(s) are present, but multipathd service is not running. IO failover/failback may not work.")
    stuck = any("multipath" in comm for _, comm in sleepers)
    if stuck and any("scsi_wq" in comm or "fc_wq" in comm for _, comm in sleepers):
        errors.append("multipathd and scsi/fc work_queue processes are stuck in UN state, this could block IO failover on multipath devices")
    elif stuck:
        errors.append("multipathd processes stuck in UN state, this could block IO failover on multipath devices")
    yield {"kind": "check", "sleepers": len(sleepers), "problems": errors}


# -- text


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    kind = next((kind for option, kind, _ in VIEWS if getattr(options, option)), "device")
    found, refused = 0, False
    titled = False
    for group, some in groupby(rows, lambda row: row["kind"]):
        if group not in ("error", "check") and not titled:
            titled = True
            yield from TITLES.get(group, ())
        refused |= group == "error"
        for row in some:
            found += group == kind and "error" not in row
            if "error" in row and "partial" not in row["error"]:
                yield from NO_TYPES if group == "error" else (f"ERROR: {row.get('name', '?')}: map skipped: {mark(row)}",)
            else:
                yield from TEXTS[group](row, options)
    if refused:
        return
    if not titled:
        yield from TITLES.get(kind, ())
    if kind in ("multipath", "listing") and not found:
        yield from ("", "No dm-multipath devices found!")
    if kind == "pv":
        yield from (
            "", "", "   Note: 'DEVICE SIZE' column shows the size of device used for PV, it is",
            "         not the actual PV size. Depending upon the number of Physical",
            "         Extents and Extent size, actual PV size could be slightly less.",
        )  # fmt: skip


def _device_text(row: Row, options: Any) -> Iterator[str]:
    line = f"dm-{row['minor']:<4d} {row['name']:<50} {row['address']:#x} "
    shown = fields.text(row["fields"], hexadecimal=options.hex or not options.mapdev, blanks="   ")
    states = {
        "[Device suspended]": {"block I/O for suspend", "suspended", "flush not for suspend"},
        "[Device frozen]": {"frozen"},
        "[Device is being deleted]": {"deleting"},
        "[Device suspended internally]": {"suspended internally"},
    }
    if any(field["name"] == "flags" for field in row["fields"]):
        shown += "".join(state for state, flags in states.items() if flags & set(row["flags"]))
    yield line + shown


def _table_text(row: Row, options: Any) -> Iterator[str]:
    if row["target"] is None:
        yield f"{row['name']}: "
        return
    line = f"{row['name']}: {row['begin']} {row['length']} {row['target']}"
    if "error" in row:
        yield f"{line} {mark(row)}"
    elif row["parameters"] is None:
        yield f"{line} (not yet supported by this command)"
    else:
        yield " ".join([line, *row["parameters"]])


def _multipath_text(row: Row, options: Any) -> Iterator[str]:
    state = "Enabled" if row["queues_if_no_path"] else "Disabled"
    yield f"dm-{row['minor']:<4d}  {row['name']:<38} {row['address']:#x} {row['paths']:15d}{state:>19s}"


def _listing_text(row: Row, options: Any) -> Iterator[str]:
    yield "-" * 90
    yield f"{row['name']}  ({row['uuid']})  dm-{row['minor']:<4d}  {row['vendor']}"
    queue = "enabled" if row["queues_if_no_path"] else "disabled"
    line = f"size={row['size'] / MEGABYTE:.2f}M  (queue_if_no_path {queue})  hwhandler={row['handler']}"
    yield line + (f" hwhandler params={row['handler_parameters']}  " if row["handler"] else "  ")
    for group in row["groups"]:
        yield f"+- policy='{group['policy']}' "
        yield from map(_path_text, group["paths"])


def _path_text(path: Row) -> str:
    if "disk" not in path:
        return f"  `- {path['address']:x} {mark(path)}"
    line = f"  `- {path.get('id', '<unknown>'):10s} {path['disk']:8s} {path['major']:>3d}:{path['minor']:<12d}"
    if "controller" in path:
        subsystem = f"nvme_subsystem: {path['subsystem']:#x} " if path["subsystem"] else ""
        line += f"\t[{subsystem}nvme_ctrl: {path['controller']:#x} nvme_ns: {path['device']:#x} state: {path['state']}]"
    elif "device" in path:
        line += f"[scsi_device: {path['device']:#x} sdev_state: {path['state']}]"
    return f"{line} {mark(path)}" if "error" in path else line


def _lv_text(row: Row, options: Any) -> Iterator[str]:
    pool = "Pool: " if row["target"] == "thin" else ""
    below = ",".join((pool if device["address"] else "") + device["name"] for device in row["devices"])
    yield f"dm-{row['minor']:<10d} {row['name']:<40s}  {row['group']:<40s} {row['open']:>10d} {row['size'] / MEGABYTE:>18.2f}     {below}{mark(row)}"


def _lvuuid_text(row: Row, options: Any) -> Iterator[str]:
    yield f"dm-{row['minor']:<10d} {row['name']:40s}  {row['group']:40s} {row['size'] / MEGABYTE:18.2f}  {row['uuid']:10s}  {row['group_uuid']:10s}"


def _pv_text(row: Row, options: Any) -> Iterator[str]:
    mapped = f"{row['address']:x}" if row["address"] else "[PV not DM dev]"
    yield f"{row['name']:<48s}{mapped:<16}{row['size'] / MEGABYTE:>20.2f}  {row['group']:<40s}  {row['volume']}"


def _check_text(row: Row, options: Any) -> Iterator[str]:
    yield from ("", "", "Checking for device-mapper issues...", "")
    yield f"Getting a list of processes in UN state...\t\t\t[Done] (Count: {row['sleepers']})"
    if row["sleepers"]:
        yield from ("", "Processing the back trace of hung tasks...\t\t\t[Done]")
    for problem in row["problems"]:
        yield from ("", f" ** {problem}")
    if row["sleepers"]:
        yield from ("", f"    Found {row['sleepers']} processes in UN state.")
        yield from ("", "    Run 'hanginfo' for more information on processes in UN state.")
    elif not row["problems"]:
        yield "No issues detected by utility."


TEXTS = {
    "device": _device_text, "table": _table_text, "multipath": _multipath_text, "listing": _listing_text, "lv": _lv_text,
    "lvuuid": _lvuuid_text, "pv": _pv_text, "check": _check_text,
}  # fmt: skip
TITLES = {
    "device": (f"{'NUMBER':6}  {'NAME':50} {'MAPPED_DEVICE':20}  FLAGS",),
    "multipath": (f"{'NUMBER':7}  {'NAME':38s} {'MULTIPATH':19s} {'nr_valid_paths':15s}  queue_if_no_path",),
    "lv": (f"{'LV DM-X DEV':11s}   {'LV NAME':40s}  {'VG NAME':40s} {'OPEN COUNT':10s} {'      LV SIZE (MB)':18s}     PV NAME",),
    "lvuuid": (f"{'LV DM-X DEV':14s}{'LV NAME':40s}  {'VG NAME':40s} {'LV SIZE (MB)':>18s}  {'LV UUID':32s}  VG UUID",),
    "pv": (f"{'PV NAME':48s}PV's MAPPED_DEVICE{'  DEVICE SIZE (MB)':20s}{'VG NAME':40s}  LV NAME",),
}
"""By kind of row"""

COMMAND = Program(
    name="dmshow",
    summary="Device mapper",
    topic="system",
    parser=parser,
    description="Without options the mapped devices with their flags; --table as `dmsetup table` shows them, with the name of each device in "
    "brackets and keys as zeros; multipath as `multipath -ll` (-ll); volumes of LVM with their devices (--lvs, --pvs, --lvuuid); what is "
    "wrong (--check). FIELDS are members of struct mapped_device or struct multipath.",
    fields={
        "kind": "device, table, multipath, listing (of multipath), lv, lvuuid, pv, check, error",
        "minor": "of dm-MINOR", "name": "of the mapped device, the logical volume, the physical one",
        "uuid": "as given at its making; of a logical volume its own", "address": "struct mapped_device, or struct multipath",
        "flags": "of the mapped device, by name", "open": "how many have it open", "fields": "members asked for: name, value, pointer",
        "begin": "first sector of the target", "length": "sectors of 512 bytes", "target": "its kind; null: the table is empty",
        "parameters": "words of the table; null: not known of this kind", "paths": "how many are valid",
        "queues_if_no_path": "whether I/O waits for a path", "vendor": "of the disks: vendor and model", "size": "bytes",
        "handler": "hardware handler", "handler_parameters": "what it is told",
        "groups": "priority groups, each with policy and paths: disk, major, minor, active, failures, id, device, state",
        "group": "volume group", "devices": "below a volume: name, address (struct mapped_device or null), size in bytes",
        "group_uuid": "of the volume group", "volume": "logical volume",
        "sleepers": "threads in uninterruptible sleep", "problems": "what is wrong, a line each",
    },
    examples=[
        ("dmshow --table", "tables of all devices"),
        ("dmshow -ll", "multipath devices with their paths and the states of these"),
        ("dmshow --lvs", "logical volumes and the devices they lie on"),
        ("dmshow -d open_count.counter,flags -x", "two members of each mapped device"),
    ],
    rows=rows,
    text=text,
)

if __name__ == "__main__":
    COMMAND.main()
