# SPDX-License-Identifier: GPL-2.0-or-later
"""``inflight``: what the kernel has asked others for and not been answered: requests to disks, SCSI commands, calls of RPC."""

from __future__ import annotations

from _pykd import Dump, Error, NotFoundError
from pykd.core.errors import UsageError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.block import dm, scsi
from pykd.kernel.block.disks import for_each_disk, stats_in_flight
from pykd.kernel.block.requests import MQ_RQ_COMPLETE, MQ_RQ_IN_FLIGHT, inflight_requests, operation, request_age, sector
from pykd.kernel.net import sunrpc
from pykd.kernel.waits import ends
from pykd.kernel.waits.graph import Graph, graph
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

STATES = {MQ_RQ_IN_FLIGHT: "driver", MQ_RQ_COMPLETE: "done"}
SHOWN = 3
"""Threads that are named in a line"""


class Waiters:
    """Who waits for a thing, by its address."""

    def __init__(self, found: Graph) -> None:
        self.threads = found.threads
        self.by_address: dict[int, list[int]] = {}
        for task, wait in found.waits.items():
            if wait.thing is not None and wait.thing.address:
                self.by_address.setdefault(wait.thing.address, []).append(task)

    def of(self, addresses: Iterable[int]) -> list[Row]:
        """pid, comm, task of each."""
        tasks = dict.fromkeys(task for address in addresses for task in self.by_address.get(address, ()))
        return [{"pid": self.threads[task].pid, "comm": self.threads[task].comm, "task": task} for task in tasks if task in self.threads]


def rows(session: Session, options: Any) -> Iterator[Row]:
    try:
        least = float(options.t or 0)
    except ValueError:
        raise UsageError(f"no number of seconds: {options.t}") from None
    dump = session.dump
    waiters = Waiters(graph(dump))
    every = options.b or options.r
    found: list[Row] = []
    if options.b or not every:
        found += _block(dump, waiters)
    if options.r or not every:
        found += _rpc(dump, waiters)
    found.sort(key=lambda row: -(row.get("age") or 0))
    for row in found:
        if not least or (row.get("age") or 0) >= least:
            yield row


# -- disks


def _block(dump: Dump, waiters: Waiters) -> Iterator[Row]:
    devices = _scsi_devices(dump)
    seen: set[int] = set()
    for disk in caught(for_each_disk(dump)):
        if isinstance(disk, Error):
            yield {"kind": "block", "error": fault(disk)}
            continue
        row: Row = {"kind": "block"}
        try:
            row["device"] = str(disk.disk_name)
            queue = disk.queue
            if not queue:
                continue
            seen.add(int(queue))
            if queue.tag_set and queue.mq_ops:
                yield from _requests(dump, row, queue, devices.get(int(queue)), waiters)
            elif count := sum(counts := stats_in_flight(dump, disk.part0)):
                yield {"kind": "bio", "device": row["device"], "count": count, "reads": counts[0], "writes": counts[1]}
            elif count := _mapped(dump, disk):
                yield {"kind": "bio", "device": row["device"], "count": count}
        except Error as error:
            yield row | {"error": fault(error)}
    for address, device in devices.items():
        if address not in seen:  # tapes, enclosures, what no driver serves
            try:
                yield from _requests(dump, {"kind": "block", "device": scsi.sdev_name(device)}, device.request_queue, device, waiters)
            except Error as error:
                yield {"kind": "block", "error": fault(error)}


def _mapped(dump: Dump, disk: Any) -> int:
    """Bios that a disk of device mapper has not finished, as far as the dump knows its types."""
    try:
        return dm.bios_in_flight(dump, disk) or 0
    except NotFoundError:
        return 0


def _scsi_devices(dump: Dump) -> dict[int, Any]:
    """``struct scsi_device`` by the address of its queue; those that cannot be read are left out."""
    found = {}
    if not scsi.has_types(dump):
        return {}
    for host in caught(scsi.for_each_shost(dump)):
        for device in () if isinstance(host, Error) else caught(scsi.for_each_sdev(dump, host)):
            try:
                if not isinstance(device, Error):
                    found[int(device.request_queue)] = device
            except Error:
                continue
    return found


def _requests(dump: Dump, base: Row, queue: Any, device: Any, waiters: Waiters) -> Iterator[Row]:
    for request in caught(inflight_requests(dump, queue)):
        if isinstance(request, Error):
            yield base | {"error": fault(request)}
            continue
        row: Row = base | {"request": int(request)}
        try:
            age = request_age(dump, request)
            row |= {"operation": operation(request), "age": None if age is None else age / 1e9, "state": STATES.get(int(request.state), "")}
            row |= {"sector": sector(request), "bytes": int(request.Eval("__data_len")), "timeout": int(request.timeout)}
            row["waiters"] = waiters.of(sorted(ends.wakes(dump, request)))
            if device is not None:
                row["scsi"] = _scsi_row(dump, device, request)
        except Error as error:
            row["error"] = fault(error)
        yield row


def _scsi_row(dump: Dump, device: Any, request: Any) -> Row:
    command = scsi.command_of(dump, request)
    row: Row = {"command": int(command)}
    try:
        row |= {"device": scsi.sdev_name(device), "cdb": scsi.cdb(command).hex(), "state": scsi.command_state(command, request)}
        row |= {"retries": int(command.retries), "allowed": int(command.allowed)}
    except Error as error:
        row["error"] = fault(error)
    return row


# -- RPC


def _rpc(dump: Dump, waiters: Waiters) -> Iterator[Row]:
    try:
        clients = list(sunrpc.for_each_client(dump))
        runstate = dump.type("struct rpc_task").offset_of("tk_runstate")
    except NotFoundError:
        return  # sunrpc is not loaded, or the dump has no types of it
    for client in clients:
        if isinstance(client, Error):
            yield {"kind": "rpc", "error": fault(client)}
            continue
        server = sunrpc.client_row(client)
        for task in caught(sunrpc.for_each_task(dump, client)):
            if isinstance(task, Error):
                yield {"kind": "rpc", "error": fault(task)}
                continue
            found = sunrpc.task_row(dump, task)
            row: Row = {"kind": "rpc", "request": found["task"], "device": server.get("server", ""), "operation": found.get("procedure", "")}
            row |= {"age": found.get("age"), "state": found.get("waits_on", ""), "retries": found.get("retries"), "program": server.get("program", "")}
            row["waiters"] = waiters.of([int(task) + runstate])
            yield row | ({"error": found["error"]} if "error" in found else {})


# -- text


def _who(row: Row) -> str:
    waiters = row.get("waiters", ())
    names = [f"{one['pid']} ({one['comm']})" for one in waiters[:SHOWN]]
    return ", ".join(names) + (f" and {len(waiters) - SHOWN} more" if len(waiters) > SHOWN else "")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    count = 0
    for row in rows:
        if not count:
            yield f"{'AGE s':>10}  {'KIND':<5} {'DEVICE':<12} {'REQUEST':<16} {'OPERATION':<14} {'BYTES':>8} {'SECTOR':>12}  WHO WAITS"
        count += 1
        if row["kind"] == "bio":
            ways = f": {row['reads']} reads, {row['writes']} writes" if "reads" in row else ""
            yield f"{'?':>10}  {'bio':<5} {row['device']:<12} {row['count']} by the disk's own count{ways}"
            continue
        age = "?" if row.get("age") is None else f"{row['age']:.3f}"
        address = f"{row['request']:016x}" if "request" in row else ""
        where = "" if row.get("sector") is None else row["sector"]
        kind = "scsi" if "scsi" in row else row["kind"]
        line = f"{age:>10}  {kind:<5} {row.get('device', ''):<12} {address:<16} {row.get('operation', ''):<14} {row.get('bytes', ''):>8} {where:>12}  {_who(row)}"
        yield f"{line.rstrip()} {mark(row)}".rstrip()
        if "scsi" in row:
            yield _scsi_line(row["scsi"])
        elif row["kind"] == "rpc" and row.get("retries") is not None:
            yield f"{'':12}{row['program']}: waits in {row['state'] or '?'}, sent again {row['retries']} times"
    if not count:
        yield "nothing is in flight" + (f" for {options.t} seconds" if options.t else "")


def _scsi_line(row: Row) -> str:
    line = f"{'':12}{row.get('device', '')} command {row['command']:x}"
    if "allowed" in row:
        line += f" {row['cdb']}: {row['state']}, tried again {row['retries']} of {row['allowed']} times"
    return f"{line} {mark(row)}".rstrip()


COMMAND = Command(
    name="inflight",
    summary="requests to disks and servers that are not answered, and who waits",
    topic="kernel",
    options=(
        Option("-b", help="only those to disks: of blk-mq, with the SCSI command where it is one"),
        Option("-r", help="only calls of RPC (NFS)"),
        Option("-t", "SECONDS", help="only those that are so old"),
    ),
    description="The oldest first. A request is in flight from when its driver has it until it is finished. Its age is that since it was made, or\n"
    "since its driver got it where the kernel noted no more (no statistics, no I/O scheduler); ? where neither is known.\n"
    "Who waits is who sleeps for its pages, its buffer or its completion; others wait for those, see locks -g.\n"
    "Disks whose drivers take bios (dm, md, loop in part) have no requests: of them there is a count.",
    fields={
        "kind": "block, bio (a count, of a disk without requests) or rpc", "device": "disk, or HOST:CHANNEL:TARGET:LUN; server", "request": "struct request; rpc_task",
        "operation": "READ, WRITE…; procedure", "age": "s; null: not known", "state": "driver: it has it; done: its end is not told yet; of RPC the queue it is in",
        "sector": "of 512 bytes; null without data", "bytes": "", "timeout": "jiffies; 0: that of the queue", "waiters": "pid, comm, task of each",
        "scsi": "command (struct scsi_cmnd), device, cdb (hexadecimal), state (queued, active, softirq, timeout), retries, allowed",
        "count": "of a bio row", "reads": "of these, where they are told apart", "writes": "the same", "retries": "how often a call was sent again", "program": "of RPC",
    },
    examples=(("inflight", "all, the oldest first"), ("inflight -t 30", "what has taken longer than the timeout of most disks"), ("inflight -r", "calls to NFS servers")),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
