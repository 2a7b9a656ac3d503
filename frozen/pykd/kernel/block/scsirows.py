# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI hosts and devices as rows, for all programs that list them."""

from __future__ import annotations

from pykd.core.rows import Row
from pykd.kernel.block import requests, scsi
from pykd.kernel.devices import kobject_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

SHORT_TYPES = {"Sequential-Access": "Tape", "Medium Changer": "Chngr", "RAID": "CTRL", "Direct-Access": "Disk", "CD-ROM": "Disk"}
"""What a device without a disk is called, by its kind"""


def device_row(dump: Dump, device: Any, disks: dict[int, Any]) -> Row:
    """A ``struct scsi_device``: name, address, H:C:T:L, kind, INQUIRY data, state, counters, disk, queue, scheduler.

    :param disks: as :func:`pykd.kernel.block.disks.disk_of_queue` has them.
    :raises FaultError:
    """
    vendor, model, revision = scsi.inquiry(dump, device)
    disk = disks.get(int(device.request_queue))
    kind = scsi.device_type(device.type)
    return {
        "name": str(disk.disk_name) if disk is not None else SHORT_TYPES.get(kind, kind),
        "address": int(device),
        "id": scsi.sdev_name(device),
        "type": kind,
        "vendor": vendor,
        "model": model,
        "revision": revision,
        "level": int(device.scsi_level),
        "state": str(device.sdev_state),
        "requested": int(device.iorequest_cnt.counter),
        "done": int(device.iodone_cnt.counter),
        "errors": int(device.ioerr_cnt.counter),
        "busy": scsi.device_busy(dump, device),
        "gendisk": int(disk) if disk is not None else None,
        "queue": int(device.request_queue),
        "elevator": requests.elevator(device.request_queue),
    }


def host_row(dump: Dump, host: Any) -> Row:
    """A ``struct Scsi_Host``: number, address, path in sysfs, counters, state, driver and what that keeps. :raises FaultError:"""
    return {
        "number": int(host.host_no),
        "address": int(host),
        "path": kobject_path(dump, host.shost_gendev.kobj),
        "last_reset": int(host.last_reset),
        "busy": scsi.host_busy(dump, host),
        "failed": int(host.host_failed),
        "eh_scheduled": int(host.host_eh_scheduled),
        "state": str(host.shost_state),
        "driver": str(host.hostt.name),
        "hostdata": int(host) + host.fieldOffset("hostdata"),
    }


def description(row: Row) -> list[str]:
    """Two lines on a device as /proc/scsi/scsi has them."""
    return [
        f"  Vendor: {row['vendor']:8} Model: {row['model']:16} Rev: {row['revision']:4}",
        f"  Type:   {row['type']:17}                ANSI  SCSI revision: {row['level'] - (row['level'] > 1):02x}",
    ]


def host_lines(row: Row, *, flags: str = "     ") -> list[str]:
    """A host as LinuxDump.scsi prints it."""
    return [
        f" *scsi{row['number']}*  <struct Scsi_Host {row['address']:#x}>",
        f"     {row['path']}",
        f"{flags} last_reset={row['last_reset']} host_busy={row['busy']} host_failed={row['failed']} host_eh_scheduled={row['eh_scheduled']}",
        f"      shost_state={row['state']}",
        f"       hostt: {row['driver']}   <shost_priv(shost) {row['hostdata']:#x}>",
    ]
