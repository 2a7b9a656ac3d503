# SPDX-License-Identifier: GPL-2.0-or-later
"""Block devices: drivers and disks, requests under way, device mapper."""

from __future__ import annotations

from itertools import islice

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import fault, mark
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.block import disks, dm, requests
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry
from pykd.programs.crashinfo.notes import problem, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row
    from pykd.session.session import Session

MAX_TARGETS = 4096


def _function(dump: Dump, address: int) -> str:
    symbol = dump.symbol_at(address) if address else None
    return symbol.name if symbol and symbol.address == address else f"{address:#x}"


# ---- drivers


def drivers(session: Session) -> Iterator[Row]:
    """Each driver of block devices by its major number, with its disks."""
    dump = session.dump
    of_major: dict[int, list[Row]] = {}
    for disk in caught(disks.for_each_disk(dump)):
        try:
            if isinstance(disk, Error):
                raise disk
            queue = disk.queue
            row = {
                "disk": int(disk), "name": str(disk.disk_name), "first_minor": int(disk.first_minor), "operations": _function(dump, int(disk.fops)),
                "queue": int(queue), "elevator": _elevator(queue), "partitions": _partitions(dump, disk),
            }  # fmt: skip
            of_major.setdefault(int(disk.major), []).append(row)
        except Error as error:
            yield {"kind": "driver", "error": fault(error)}
    for found in session.rows("dev"):
        if found["kind"] == "block" and "name" in found:
            known = sorted(of_major.get(found["major"], ()), key=lambda one: one["first_minor"])
            yield {"kind": "driver", "major": found["major"], "name": found["name"], "disks": known}


def _elevator(queue: Any) -> str | None:
    elevator = queue.elevator
    return str(elevator.type.elevator_name) if elevator else None


def _partitions(dump: Dump, disk: Any) -> list[Row]:
    return [
        {"number": number, "address": int(part), "sectors": disks.sectors(part)} for number, part in disks.partitions(dump, disk).items() if number
    ]


def drivers_text(rows: Iterable[Row], verbose: int) -> Iterator[str]:
    found = list(rows)
    for row in sorted((row for row in found if "major" in row), key=lambda row: row["major"]):
        line = f"{row['major']:3}  {row['name']:16}"
        if verbose:
            yield line.rstrip()
            for one in row["disks"]:
                yield f"    first_minor={one['first_minor']:<4d}   {one['name']} <struct gendisk {one['disk']:#x}>"
                if one["elevator"]:
                    yield f"       I/O Elevator={one['elevator']}"
                yield from (f"        partition {part['number']}: {part['sectors']} sectors" for part in one["partitions"])
        else:
            first = row["disks"][0] if row["disks"] else None
            yield f"{line} <struct gendisk {first['disk']:#x}> fops={first['operations']}" if first else line
    yield from (f"  a disk {mark(row)}" for row in found if "major" not in row)


def damaged(dump: Dump) -> Iterator[Row]:
    """Disks whose struct is not what it must be."""
    for disk in caught(disks.for_each_disk(dump)):
        try:
            if isinstance(disk, Error):
                continue
            name = str(disk.disk_name)
            if name and not name.replace("!", "").replace("-", "").replace("_", "").replace(".", "").isalnum():
                yield problem(f"<struct gendisk {int(disk):#x}> has the name {name!r}")
        except Error:
            continue  # the dump lacks it


# ---- requests


def pending(dump: Dump) -> Iterator[Row]:
    """Requests that came not back, by disk, each with its age; and how many wait on each CPU to be finished."""
    seen: set[int] = set()
    for disk in caught(disks.for_each_disk(dump)):
        row: Row = {"kind": "queue"}
        try:
            if isinstance(disk, Error):
                raise disk
            queue = disk.queue
            if int(queue) in seen:
                continue
            seen.add(int(queue))
            row |= {"disk": int(disk), "name": str(disk.disk_name), "queue": int(queue)}
            row["requests"] = [_request(dump, one) for one in requests.inflight_requests(dump, queue)]
            if not queue.tag_set or not queue.mq_ops:
                row["bios"] = sum(disks.stats_in_flight(dump, disk.part0))
        except Error as error:
            row["error"] = fault(error)
        if row.get("requests") or row.get("bios") or "error" in row:
            yield row
    yield {"kind": "cpu_done", "requests": _cpu_done(dump)}


def _request(dump: Dump, request: Any) -> Row:
    if isinstance(request, Error):
        return {"error": fault(request)}
    row: Row = {"request": int(request)}
    try:
        row |= {"operation": requests.operation(request), "write": requests.is_write(request)}
        age = requests.request_age(dump, request)
        row["age"] = None if age is None else age / 1e9
        row["state"] = int(request.state)
    except Error as error:
        row["error"] = fault(error)
    return row


def _cpu_done(dump: Dump) -> list[Row]:
    """By CPU the requests that their driver has finished and the CPU not.

    f9ab49184af0 ("blk-mq: Use llist_head for blk_cpu_done") (in v5.12): a list before.
    """
    base = dump.address_of("blk_cpu_done", "", default=-1)
    if base < 0:
        return []
    member = "ipi_list"
    single = dump.type("struct request").member("ipi_list.prev") is None
    found = []
    for cpu in cpus.possible(dump):
        head = cpus.address_on(base, cpu, dump)
        try:
            walk = (hlist_for_each_entry if single else list_for_each_entry)(dump, head, "struct request", member)
            if here := [int(request) for request in walk]:
                found.append({"cpu": cpu, "requests": here})
        except Error as error:
            found.append({"cpu": cpu, "error": fault(error)})
    return found


def _ages(rows: Iterable[Row]) -> list[Row]:
    return [one for row in rows for one in row.get("requests", ()) if "request" in one]


def outstanding(dump: Dump) -> Iterator[Row]:
    """A warning if there are any."""
    found = [row for row in pending(dump) if row["kind"] == "queue" and ("requests" in row or "bios" in row)]
    number = len(_ages(found)) + sum(row.get("bios", 0) for row in found)
    if number:
        yield from found
        yield warning("there are outstanding blk_dev requests")


def pending_text(rows: Iterable[Row], verbose: int) -> Iterator[str]:
    found = [row for row in rows if row["kind"] == "queue"]
    every = _ages(found)
    started = sum(one.get("state") == requests.MQ_RQ_IN_FLIGHT for one in every)
    bios = sum(row.get("bios", 0) for row in found)
    yield f" -- Request Queues Analysis:     Count={len(every) + bios}, in_flight={started + bios}"
    if verbose:
        for row in sorted(found, key=lambda row: row.get("name", "")):
            if "name" in row:
                here = len(row.get("requests", ())) + row.get("bios", 0)
                yield f"{row['name']:<16s} count={here:<4d} {mark(row)}".rstrip()
                if verbose > 1:
                    yield f"  <struct request_queue {row['queue']:#x}>  <struct gendisk {row['disk']:#x}>"
            else:
                yield f"a disk {mark(row)}"


def ages_text(rows: Iterable[Row], verbose: int) -> Iterator[str]:
    every = _ages(row for row in rows if row["kind"] == "queue")
    started = sum(one.get("state") == requests.MQ_RQ_IN_FLIGHT for one in every)
    yield f" -- Requests by their tags:      Count={len(every)}, STARTED={started} WRITE={sum(bool(one.get('write')) for one in every)}"
    ages = sorted(one["age"] for one in every if one.get("age") is not None)
    if ages:
        yield f"      -- Since started: newest {ages[0]:8.2f}s,  oldest {ages[-1]:8.2f}s"
    if verbose:
        for one in sorted(every, key=lambda one: one.get("age") or 0):
            age = "an unknown time" if one.get("age") is None else f"{one['age']:.2f} s"
            yield f"    <struct request {one['request']:#x}>  {one.get('operation', '')} {mark(one)}".rstrip()
            yield f"\t  started {age} ago"


def done_text(row: Row, verbose: int) -> Iterator[str]:
    yield f" -- Requests on blk_cpu_done:    Count={sum(len(one.get('requests', ())) for one in row['requests'])}"
    for one in row["requests"]:
        if "error" in one:
            yield f"   CPU={one['cpu']} {mark(one)}"
        elif verbose:
            yield f"   CPU={one['cpu']} Len={len(one['requests'])}"
            if verbose > 1:
                yield from (f"   <struct request {address:#x}>" for address in one["requests"])


# ---- device mapper


def mapped(dump: Dump, verbose: int) -> Iterator[Row]:
    """The devices of device mapper by minor number, with their targets."""
    if not dm.has_types(dump):
        raise CommandError("To decode DeviceMapper structures, you need a debuggable dm_mod")
    rows = []
    for one in dm.for_each_hash_cell(dump):
        row: Row = {"kind": "mapped"}
        try:
            if isinstance(one, Error):
                raise one
            device = one.md
            row |= {"name": str(one.name), "minor": int(device.disk.first_minor), "device": int(device), "table": int(device.Eval("map"))}
            if verbose and row["table"]:
                row["targets"] = list(_targets(dump, dump.object("struct dm_table", row["table"])))
        except Error as error:
            row["error"] = fault(error)
        rows.append(row)
    yield from sorted(rows, key=lambda row: row.get("minor", -1))


def _targets(dump: Dump, table: Any) -> Iterator[Row]:
    for target in islice(dm.targets(dump, table), MAX_TARGETS):
        row: Row = {"target": int(target), "type": str(target.type.name), "begin": int(target.begin), "length": int(target.len)}
        if row["type"] == "linear" and dump.find_type("struct", "linear_c"):
            linear: Any = dump.object("struct linear_c", int(target.Eval("private")))
            row |= {"start": int(linear.start), "on": str(linear.dev.name)}
        yield row


def mapped_text(rows: Iterable[Row]) -> Iterator[str]:
    yield " ========== Devicemapper devices ============"
    for row in rows:
        if "targets" in row:
            yield "-" * 70
        yield f"{row.get('name', '?'):<40s}  minor={row.get('minor', '?')} {mark(row)}".rstrip()
        if "targets" in row:
            yield f"   <struct dm_table {row['table']:#x}>"
            yield f" -- {len(row['targets'])} targets"
        for number, target in enumerate(row.get("targets", ())):
            yield f"  {number} <struct dm_target {target['target']:#x}> {target['type']}"
            yield f"       | logical  sectors {target['begin']}->{target['begin'] + target['length'] - 1}"
            if "start" in target:
                yield f"       | physical sectors {target['start']}->{target['start'] + target['length'] - 1}"
                yield f"       |    device used {target['on']}"
