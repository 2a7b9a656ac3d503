# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks of the host that it does not answer for: the guest is healthy, and its storage is not."""

from __future__ import annotations

from pykd.report.finding import FOUND, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.virtio import late_disks, was_alive
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

LONG = 30.0
"""Seconds from which on it explains a hang"""
_IO = ("request", "folio", "buffer", "tag", "queue", "throttle", "commit", "dirty", "writeback", "xfs")
"""Purposes of threads that wait for disks"""


def rule(facts: Facts) -> Iterator[Found]:
    waiting = sum(1 for wait in facts.graph.waits.values() if wait.purpose and wait.purpose.key in _IO)
    for disk in late_disks(facts):
        # Whoever stops a guest to dump it waits for all I/O: the answers came then.
        late = was_alive(facts) and any(ring.unseen for ring in disk.rings)
        if not disk.rings or (not late and any(ring.unseen for ring in disk.rings)):
            continue
        given = sum(ring.given for ring in disk.rings)
        broken = [ring for ring in disk.rings if ring.broken]
        text = f"The host does not answer for {disk.name}: it has had {number(disk.requests, 'request')} for up to {disk.seconds:.0f} s"
        text += " (the device is broken)" if broken else " (until it stopped the guest for the dump)" if late else ""
        evidence = tuple(f"{ring.name}: vring_virtqueue {ring.address:#x}: the host has {ring.given} buffers; {ring.unseen} that came back are not seen" for ring in disk.rings[:5])
        severity = STOPS if disk.seconds >= LONG and (given or late) else SERIOUS
        yield Found(text, severity, FOUND, evidence, "inflight", waiting + disk.requests, disk.seconds)


FINDING = Finding(
    key="N5",
    title="the host's storage",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="the host is known to be slow, and the requests differ in age",
    advice="ask the host about its storage at the time when the oldest request began",
    excluded="the host answers for all virtio disks",
)
