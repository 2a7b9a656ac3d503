# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with SCSI hosts, devices, commands and targets, as rules over :mod:`pykd.kernel.block.scsi`."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import timekeeping
from pykd.kernel.block import scsi
from pykd.kernel.block.disks import disk_of_queue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LARGE_TIMEOUT, HUGE_TIMEOUT = 60, 300
"""Seconds that no command should be given, and that look like a mistake"""

Finding = tuple[str, str, str]
"""(``host``, ``device`` or ``target``; ``WARNING``, ``ERROR`` or ``NOTE``; one line)"""


def check(dump: Dump) -> Iterator[Finding]:
    """All there is to say: first of hosts, then of devices with their commands, then of targets. What cannot be read is an ``ERROR`` too.

    :raises Error: there is no list of hosts.
    """
    hosts = [host for host in scsi.for_each_shost(dump) if not isinstance(host, Error)]
    for host in hosts:
        yield from _guarded("host", host, _host, dump, host)
    queues = disk_of_queue(dump)
    strangers = 0
    for host in hosts:
        for device in _each(scsi.for_each_sdev(dump, host)):
            yield from _guarded("device", device, _device, dump, device)
            strangers += scsi.device_type(device.type) == "Direct-Access" and int(device.request_queue) not in queues
    if strangers:
        yield "device", "NOTE", (
            f"The scsi_device->request_queue is not same as gendisk->request_queue for {strangers} scsi device(s): no disk that the kernel "
            "knows uses it. Multipathing from elsewhere may have made disks that are not registered."
        )
    for host in hosts:
        for target in _each(scsi.for_each_starget(dump, host)):
            yield from _guarded("target", target, _target, dump, target)


def _each(items: Iterator[Any]) -> Iterator[Any]:
    """The items up to where they cannot be followed; the programs that list them say why."""
    try:
        for item in items:
            if not isinstance(item, Error):
                yield item
    except Error:
        return


def _guarded(subject: str, one: Any, rule: Any, *arguments: Any) -> Iterator[Finding]:
    try:
        yield from ((subject, level, text) for level, text in rule(*arguments))
    except Error as error:
        yield subject, "ERROR", f"{type(one).PYT_type.name} {int(one):#x} cannot be checked: {error}"


def _host(dump: Dump, host: Any) -> Iterator[tuple[str, str]]:
    name = f"Scsi_Host {int(host):#x} ({host.shost_gendev.kobj.name})"
    if not host.host_failed:
        return
    if host.host_failed == scsi.host_busy(dump, host):
        yield "WARNING", f"{name} is running error recovery!"
    else:
        yield "WARNING", f"{name} has timed out commands, but has not started error recovery!"
    if int(host.host_blocked.counter):
        yield "WARNING", f"{name} is blocked! HBA driver refusing all commands with SCSI_MLQUEUE_HOST_BUSY?"


def _device(dump: Dump, device: Any) -> Iterator[tuple[str, str]]:
    name = f"scsi_device {int(device):#x} ({scsi.sdev_name(device)})"
    if int(device.device_blocked.counter):
        yield "WARNING", f"{name} is blocked! HBA driver returning SCSI_MLQUEUE_DEVICE_BUSY or device returning SAM_STAT_BUSY?"
    if str(device.sdev_state) != "SDEV_RUNNING":
        yield "WARNING", f"{name} is in {device.sdev_state} state"
    busy = scsi.device_busy(dump, device)
    if busy < 0:
        yield "ERROR", f"{name} device_busy count is: {busy}"
    for command in scsi.for_each_command(dump, device):
        if isinstance(command, Error):
            yield "ERROR", f"a command of {name} cannot be read: {command}"
        else:
            yield from _command(dump, command, device)


def _command(dump: Dump, command: Any, device: Any) -> Iterator[tuple[str, str]]:
    name = f"scsi_cmnd {int(command):#x} on scsi_device {int(device):#x} ({scsi.sdev_name(device)})"
    request = scsi.request_of(dump, command)
    hz = timekeeping.hz(dump)
    timeout = int(request.timeout)
    shown = timeout * 1000 // hz
    if timeout >= HUGE_TIMEOUT * hz:
        yield "WARNING", f"{name} has a huge timeout of {shown}ms!"
    elif timeout > LARGE_TIMEOUT * hz:
        yield "WARNING", f"{name} has a large timeout of {shown}ms."
    if timeout and timekeeping.jiffies(dump) > timeout + int(command.jiffies_at_alloc):
        yield "WARNING", f"{name} older than its timeout: EH or stalled queue?"
    if command.retries > 0:
        yield "WARNING", f"{name} has a retries value of {command.retries}!"
    result = int(command.result) & 0xFFFFFFFF
    if result:
        status, host = result & 0xFF, result >> 16 & 0xFF
        host_byte = scsi.HOST_BYTES[host] if host < len(scsi.HOST_BYTES) else f"invalid value: {host:#x}"
        status_byte = scsi.STATUS_BYTES.get(status, f"invalid value: {status:#x}")
        yield "WARNING", f"{name} has a result value of {result:#x}! host_byte: {host_byte} status_byte: {status_byte}"
    pieces = int(command.sdb.table.nents)
    for limit, what in (
        (int(device.host.sg_tablesize), "Scsi_Host->sg_tablesize"),
        (int(request.q.limits.max_segments), "request_queue.limits.max_segments"),
    ):
        if pieces > limit:
            yield "ERROR", f"{name} has cmnd.sdb.table.nents count ({pieces}) more than {what} ({limit})"


def _target(dump: Dump, target: Any) -> Iterator[tuple[str, str]]:
    name = f"scsi_target {target.dev.kobj.name!s:10s} {int(target):x}"
    if int(target.target_busy.counter) > 0:
        yield "WARNING", f"{name} is having non-zero target_busy count: {target.target_busy.counter}"
    if int(target.target_blocked.counter) > 0:
        yield "WARNING", f"{name} is blocked (target_blocked count: {target.target_blocked.counter})"
    if str(target.state) != "STARGET_RUNNING":
        yield "WARNING", f"{name} not in RUNNING state"
    port = scsi.rport_of(dump, target)
    if port is not None and str(port.port_state) != "FC_PORTSTATE_ONLINE":
        yield "WARNING", f"FC rport (WWPN: {int(port.port_name):x}) on {target.dev.kobj.name!s:10s} is in {port.port_state} state"
