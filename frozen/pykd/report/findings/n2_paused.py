# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that its host stopped for a while: all its CPUs were stuck for the same time."""

from __future__ import annotations

from pykd.report.finding import FOUND, HARDWARE, SERIOUS, Finding, Found
from pykd.report.paused import stood_still

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    seconds = stood_still(facts)
    if seconds:
        text = f"All CPUs stood still for {seconds} s at once: the host stopped, saved or moved the guest, and nothing in the guest did that"
        evidence = ("every CPU reported a soft lockup of the same length within two seconds",)
        yield Found(text, SERIOUS, FOUND, evidence, "log", 0, float(seconds))


FINDING = Finding(
    key="N2",
    title="the machine stood still",
    level=HARDWARE,
    rule=rule,
    false_alarm="the lengths differ between CPUs: then each has its own reason",
    advice="ask the host when it stopped, saved or moved the guest; lockups and stalls of that moment mean nothing",
    excluded="the machine did not stand still as a whole",
)
