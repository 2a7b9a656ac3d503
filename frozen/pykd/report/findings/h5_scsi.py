# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI hosts in error handling, and devices that take no commands."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.walk import caught
from pykd.kernel.block.scsi import SDEV_STATES, SHOST_STATES, for_each_sdev, for_each_shost, sdev_name
from pykd.report.finding import EXACT, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.findings.h7_bios import waiting_for_io
from pykd.report.wording import chain, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

RECOVERY = (5, 6, 7)
"""Values of ``Scsi_Host.shost_state``: an error handler is at work."""
NO_COMMANDS = (5, 6, 7, 8)
"""Values of ``scsi_device.sdev_state``: quiesce, offline, transport-offline, blocked"""
LEAST = 5.0
"""Seconds of waiting from which on it explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    waiting = waiting_for_io(facts)
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    severity = STOPS if waiting and seconds >= LEAST else SERIOUS
    tail = f", and {threads(len(waiting))} for I/O" if waiting else ""
    for host in caught(for_each_shost(facts.dump)):
        if isinstance(host, NotFoundError):
            return  # scsi_mod is not loaded
        if isinstance(host, Error):
            facts.note(host)
        else:
            yield from _host(facts, host, severity, tail, len(waiting), seconds)


def _host(facts: Facts, host: Any, severity: int, tail: str, count: int, seconds: float) -> Iterator[Found]:
    try:
        state = int(host.shost_state)
    except Error:
        return
    if state in RECOVERY:
        handler = int(host.ehandler)
        wait = facts.graph.waits.get(handler)
        evidence = [f"Scsi_Host {int(host):#x}: {SHOST_STATES[state]}, {int(host.host_failed)} commands failed"]
        evidence += [f"{facts.who(handler)}: {chain(wait.functions)}"] if wait else []
        yield Found(f"SCSI host {int(host.host_no)} is in error handling{tail}", severity, EXACT, tuple(evidence), "dev -d", count, seconds)
    for device in caught(for_each_sdev(facts.dump, host)):
        try:
            if isinstance(device, Error):
                raise device
            if int(device.sdev_state) not in NO_COMMANDS:
                continue
            evidence = [f"scsi_device {int(device):#x}: sdev_state {int(device.sdev_state)}"]
            text = f"The SCSI device {sdev_name(device)} is {SDEV_STATES[int(device.sdev_state)]} and takes no commands{tail}"
            yield Found(text, severity, EXACT, tuple(evidence), "dev -d", count, seconds)
        except Error as error:
            facts.note(error)
            continue


FINDING = Finding(
    key="H5",
    title="SCSI",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="the error handler has just begun; a device of a multipath whose other paths are good",
    advice="read the log for the commands that timed out, and check path and target; the error handler's stack says how far it is",
    excluded="no SCSI host is in error handling, and no SCSI device is offline",
    concerns=lambda facts: any(True for _ in for_each_shost(facts.dump)),
)
