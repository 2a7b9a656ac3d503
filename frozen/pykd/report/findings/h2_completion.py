# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests that the host has answered and the guest has not seen: an interrupt that was lost, or is not handled."""

from __future__ import annotations

from pykd.report.finding import EXACT, NO_ANSWER, STOPS, Finding, Found
from pykd.report.virtio import late_disks, was_alive
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    if was_alive(facts):
        return  # whoever stops a guest to dump it waits for all I/O: the answers came after the guest could see them
    for disk in late_disks(facts):
        lost = [ring for ring in disk.rings if ring.unseen]
        if lost:
            unseen = sum(one.unseen for one in lost)
            text = f"{number(unseen, 'request')} to {disk.name} {'is' if unseen == 1 else 'are'} done, and its driver has not seen that"
            text += f": the oldest request is {disk.seconds:.0f} s old; its interrupt was lost or is not handled"
            evidence = tuple(f"{one.name}: vring_virtqueue {one.address:#x}: the host is {one.unseen} ahead of the driver" for one in lost[:5])
            yield Found(text, STOPS, EXACT, evidence, "irq -s", disk.requests, disk.seconds)


FINDING = Finding(
    key="H2",
    title="lost completions",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="the host dumped the guest while it ran; or it answered in the last milliseconds: the oldest request is young then",
    advice="look at the interrupt of that queue (irq): its CPU, affinity, and whether it is masked",
    excluded="no answer of the host to a virtio disk is unseen",
)
