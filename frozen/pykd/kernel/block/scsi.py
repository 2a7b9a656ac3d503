# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI hosts, devices, targets and commands (scsi_mod)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import has_member, offset_of
from pykd.kernel import timekeeping
from pykd.kernel.block.requests import MQ_RQ_COMPLETE, MQ_RQ_IN_FLIGHT, allocated_requests, started_requests
from pykd.kernel.block.sbitmap import Sbitmap
from pykd.kernel.devices import devices, private_of
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_DEVICES = 1 << 17
"""Of one host"""
MAX_CDB = 260
"""Bytes of the longest command descriptor block, a variable-length one"""
SCMD_STATE_INFLIGHT = 1 << 1
"""``scsi_cmnd.state``"""

DEVICE_TYPES = (
    "Direct-Access", "Sequential-Access", "Printer", "Processor", "WORM", "CD-ROM", "Scanner", "Optical Device", "Medium Changer",
    "Communications", "ASC IT8", "ASC IT8", "RAID", "Enclosure", "Direct-Access-RBC", "Optical card", "Bridge controller", "Object storage",
    "Automation/Drive", "Security Manager", "Direct-Access-ZBC",
)  # fmt: skip
"""Peripheral device types of SPC, as the kernel names them (scsi_device_types)"""
STATUS_BYTES = {
    0x00: "SAM_STAT_GOOD", 0x02: "SAM_STAT_CHECK_CONDITION", 0x04: "SAM_STAT_CONDITION_MET", 0x08: "SAM_STAT_BUSY",
    0x10: "SAM_STAT_INTERMEDIATE", 0x14: "SAM_STAT_INTERMEDIATE_CONDITION_MET", 0x18: "SAM_STAT_RESERVATION_CONFLICT",
    0x22: "SAM_STAT_COMMAND_TERMINATED", 0x28: "SAM_STAT_TASK_SET_FULL", 0x30: "SAM_STAT_ACA_ACTIVE", 0x40: "SAM_STAT_TASK_ABORTED",
}  # fmt: skip
"""The lowest byte of ``scsi_cmnd.result``"""
HOST_BYTES = (
    "DID_OK", "DID_NO_CONNECT", "DID_BUS_BUSY", "DID_TIME_OUT", "DID_BAD_TARGET", "DID_ABORT", "DID_PARITY", "DID_ERROR", "DID_RESET",
    "DID_BAD_INTR", "DID_PASSTHROUGH", "DID_SOFT_ERROR", "DID_IMM_RETRY", "DID_REQUEUE", "DID_TRANSPORT_DISRUPTED",
    "DID_TRANSPORT_FAILFAST", "DID_TARGET_FAILURE", "DID_NEXUS_FAILURE", "DID_ALLOC_FAILURE", "DID_MEDIUM_ERROR", "DID_TRANSPORT_MARGINAL",
)  # fmt: skip
"""Bits 16 to 23 of ``scsi_cmnd.result``"""

SHOST_STATES = ("", "created", "running", "cancel", "deleted", "recovery", "cancel/recovery", "deleted/recovery")
"""``Scsi_Host.shost_state``, as /sys/class/scsi_host/hostN/state has them"""
SDEV_STATES = ("", "created", "running", "cancel", "deleted", "quiesce", "offline", "transport-offline", "blocked", "created-blocked")
"""``scsi_device.sdev_state``, as /sys/class/scsi_device/H:C:T:L/device/state has them"""


def has_types(dump: Dump) -> bool:
    """Whether the dump, or a file given with it, knows the types of scsi_mod, where that is a module."""
    return dump.find_type("struct", "Scsi_Host") is not None and dump.find_type("struct", "scsi_device") is not None


# -- hosts


def for_each_shost(dump: Dump) -> Iterator[Any]:
    """Each ``struct Scsi_Host``, and the errors met on the way. :raises NotFoundError: scsi_mod is not loaded. :raises FaultError:"""
    private = private_of(dump, dump.symbol("shost_class").address, "class")
    if private is None:
        return
    host: Any = dump.struct_class("struct Scsi_Host")
    offset = offset_of(host, "shost_dev")
    yield from (one if isinstance(one, Error) else host(one - offset) for one in devices(dump, private, "class"))


def driver(host: Any) -> str:
    """Module that a ``struct Scsi_Host`` belongs to; ``unknown`` of one that is built in. :raises FaultError:"""
    module = host.hostt.module
    return str(module.name) if module else "unknown"


def work_queue(host: Any) -> str:
    """Name of the work queue of a ``struct Scsi_Host``'s transport; empty if there is none. Newer hosts have no text of their own for it.

    :raises FaultError:
    """
    if has_member(host, "work_q_name"):
        return str(host.work_q_name)
    return str(host.work_q.name) if host.work_q else ""


def host_busy(dump: Dump, host: Any) -> int:
    """How many of its commands a ``struct Scsi_Host``'s driver has, by the tags of its queues.

    6eb045e092ef ("scsi: core: avoid host-wide host_busy counter for scsi_mq") (in v5.10): a counter before.

    :raises FaultError:
    """
    found = 0
    for request in started_requests(dump, host.tag_set):
        if not isinstance(request, Error):
            found += bool(command_of(dump, request).state & SCMD_STATE_INFLIGHT)
    return found


# -- targets and devices


def for_each_starget(dump: Dump, host: Any) -> Iterator[Any]:
    """Each ``struct scsi_target`` of a ``struct Scsi_Host``. :raises FaultError, LimitError: the list has no end."""
    head = int(host) + host.fieldOffset("__targets")
    yield from list_for_each_entry(dump, head, "struct scsi_target", "siblings", limit=MAX_DEVICES, what="the targets of a SCSI host")


def rport_of(dump: Dump, target: Any) -> Any:
    """The ``struct fc_rport`` that a ``struct scsi_target`` is behind; None: it is behind none, or scsi_transport_fc has no types.

    :raises FaultError:
    """
    release = dump.address_of("fc_rport_dev_release", default=0)
    parent = target.dev.parent
    if not release or not parent or int(parent.release) != release or dump.find_type("struct", "fc_rport") is None:
        return None
    kind: Any = dump.struct_class("struct fc_rport")
    return kind(int(parent) - offset_of(kind, "dev"))


def for_each_sdev(dump: Dump, host: Any) -> Iterator[Any]:
    """Each ``struct scsi_device`` of a ``struct Scsi_Host`` (shost_for_each_device()). :raises FaultError, LimitError: the list has no end.

    Not the one that stands for the host itself since v6.19, which sysfs does not show either.
    """
    head = int(host) + host.fieldOffset("__devices")
    own = int(host.pseudo_sdev) if host.hasField("pseudo_sdev") else 0
    for device in list_for_each_entry(dump, head, "struct scsi_device", "siblings", limit=MAX_DEVICES, what="the devices of a SCSI host"):
        if int(device) != own:
            yield device


def sdev_name(device: Any) -> str:
    """HOST:CHANNEL:TARGET:LUN. :raises FaultError:"""
    return f"{device.host.host_no}:{device.channel}:{device.id}:{device.lun}"


def device_type(number: int) -> str:
    """What kind of device a ``scsi_device.type`` is, in the words of /proc/scsi/scsi."""
    if number == 0x1E:
        return "Well-known LUN"
    if number == 0x1F:
        return "No Device"
    return DEVICE_TYPES[number] if number < len(DEVICE_TYPES) else "Unknown"


def inquiry(dump: Dump, device: Any) -> tuple[str, str, str]:
    """(vendor, model, revision) of a ``struct scsi_device``, of its INQUIRY data: 8, 16 and 4 bytes without the blanks at the end.

    :raises FaultError:
    """
    vendor, model, revision = (_inquired(dump, device, name, size) for name, size in (("vendor", 8), ("model", 16), ("rev", 4)))
    return vendor, model, revision


def _inquired(dump: Dump, device: Any, name: str, size: int) -> str:
    """They are arrays of 7.x, of the device itself; pointers into the data of INQUIRY before."""
    member: Any = dump.type("struct scsi_device").member(name)
    at = int(device) + member.offset
    if member.type.strip().kind != "array":
        at = dump.read_unsigned(at)
    return dump.read(at, size).split(b"\0")[0].decode("ascii", "backslashreplace").strip()


def device_busy(dump: Dump, device: Any) -> int:
    """How many commands of a ``struct scsi_device`` count against its queue depth.

    020b0f0a3192 ("scsi: core: Replace sdev->device_busy with sbitmap") (in v5.13): a counter before.

    :raises FaultError:
    """
    if not has_member(device, "budget_map"):
        return int(device.device_busy.counter)
    bitmap = Sbitmap(dump, int(device) + device.fieldOffset("budget_map"))
    if bitmap.error is not None:
        raise bitmap.error
    return sum(1 for _ in bitmap.busy())


# -- commands


def command_of(dump: Dump, request: Any) -> Any:
    """The ``struct scsi_cmnd`` behind a ``struct request`` of a SCSI device."""
    return dump.object("struct scsi_cmnd", int(request) + dump.type("struct request").size)


def request_of(dump: Dump, command: Any) -> Any:
    """The ``struct request`` before a ``struct scsi_cmnd``: blk-mq allocates both as one."""
    return dump.object("struct request", int(command) - dump.type("struct request").size)


def for_each_command(dump: Dump, device: Any) -> Iterator[Any]:
    """Each ``struct scsi_cmnd`` of a ``struct scsi_device`` that waits for its scheduler or has been given to its driver, and the errors met on
    the way. :raises FaultError: the rest of the tags cannot be read."""
    for request in allocated_requests(dump, device.request_queue):
        yield request if isinstance(request, Error) else command_of(dump, request)


def cdb(command: Any) -> bytes:
    """The command descriptor block of a ``struct scsi_cmnd``; no longer than it says it is.

    ce70fd9a551a ("scsi: core: Remove the cmd field from struct scsi_request") (in v5.18): an array; a pointer before.

    :raises FaultError:
    """
    return bytes(int(command.cmnd[i]) & 0xFF for i in range(min(int(command.cmd_len), MAX_CDB)))


def command_state(command: Any, request: Any) -> str:
    """Where a ``struct scsi_cmnd`` is: ``active`` with its driver, ``softirq`` done and not yet told, ``timeout`` with error handling, ``queued``.

    :raises FaultError:
    """
    link = int(command) + command.fieldOffset("eh_entry")
    if int(command.eh_entry.next) not in (0, link):
        return "timeout"
    return {MQ_RQ_IN_FLIGHT: "active", MQ_RQ_COMPLETE: "softirq"}.get(int(request.state), "queued")


def times(dump: Dump, command: Any, request: Any) -> dict[str, Any]:
    """Of a ``struct scsi_cmnd`` its ``state`` (:func:`command_state`), and in jiffies from now, negative if past: ``deadline``,
    ``allocated`` (when it began), ``request_started`` (when its request was made); None where the kernel noted none.

    :raises FaultError:
    """
    now = timekeeping.jiffies(dump)
    started = int(request.start_time_ns)
    return {
        "state": command_state(command, request),
        "deadline": int(request.deadline) - now if request.deadline else None,
        "allocated": int(command.jiffies_at_alloc) - now if command.jiffies_at_alloc else None,
        "request_started": -((timekeeping.ktime(dump) - started) * timekeeping.hz(dump) // 1_000_000_000) if started else None,
    }
