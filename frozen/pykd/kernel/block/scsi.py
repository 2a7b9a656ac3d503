# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI hosts and devices (scsi_mod)."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.block.requests import started_requests
from pykd.kernel.devices import devices, private_of
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_DEVICES = 1 << 17
"""Of one host"""
SCMD_STATE_INFLIGHT = 1 << 1
"""``scsi_cmnd.state``"""

SHOST_STATES = ("", "created", "running", "cancel", "deleted", "recovery", "cancel/recovery", "deleted/recovery")
"""``Scsi_Host.shost_state``, as /sys/class/scsi_host/hostN/state has them"""
SDEV_STATES = ("", "created", "running", "cancel", "deleted", "quiesce", "offline", "transport-offline", "blocked", "created-blocked")
"""``scsi_device.sdev_state``, as /sys/class/scsi_device/H:C:T:L/device/state has them"""


def for_each_shost(dump: Dump) -> Iterator[Any]:
    """Each ``struct Scsi_Host``, and the errors met on the way. :raises NotFoundError: scsi_mod is not loaded. :raises FaultError:"""
    private = private_of(dump, dump.symbol("shost_class").address, "class")
    if private is None:
        return
    host: Any = dump.struct_class("struct Scsi_Host")
    offset = host.member_offset("shost_dev") or 0
    yield from (one if isinstance(one, Error) else host(one - offset) for one in devices(dump, private, "class"))


def for_each_sdev(dump: Dump, host: Any) -> Iterator[Any]:
    """Each ``struct scsi_device`` of a ``struct Scsi_Host`` (shost_for_each_device()). :raises FaultError, LimitError: the list has no end."""
    head = int(host) + host.fieldOffset("__devices")
    yield from list_for_each_entry(dump, head, "struct scsi_device", "siblings", limit=MAX_DEVICES, what="the devices of a SCSI host")


def sdev_name(device: Any) -> str:
    """HOST:CHANNEL:TARGET:LUN. :raises FaultError:"""
    return f"{device.host.host_no}:{device.channel}:{device.id}:{device.lun}"


def command_of(dump: Dump, request: Any) -> Any:
    """The ``struct scsi_cmnd`` behind a ``struct request`` of a SCSI device."""
    return dump.object("struct scsi_cmnd", int(request) + dump.type("struct request").size)


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
