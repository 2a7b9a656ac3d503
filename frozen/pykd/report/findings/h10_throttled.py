# SPDX-License-Identifier: GPL-2.0-or-later
"""I/O that limits of cgroups hold back, so that no driver has it."""

from __future__ import annotations

from pykd.kernel import cgroups
from pykd.report.finding import EXACT, NO_ANSWER, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.findings.h7_bios import LEAST, LONG, device_of, waiting_for_io
from pykd.report.heldback import held_back
from pykd.report.wording import members, number, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    for disk, held in held_back(facts):
        waiting = [task for task in waiting_for_io(facts) if f"/{disk}" in device_of(facts, task) or device_of(facts, task) == disk]
        seconds = max((facts.seconds(task) for task in waiting), default=0.0)
        limits = ", ".join(held.limits)
        text = f"The cgroup {cgroups.path(held.group)} has used up what it may do to {disk}{f' ({limits})' if limits else ''}: {number(sum(held.bios), 'bio')} of it are held back"
        text += f", and {threads(len(waiting))}, up to {seconds:.0f} s" if waiting else ""
        evidence = (f"{held.bios[0]} reads and {held.bios[1]} writes wait", *members([facts.waited(task, facts.graph.waits[task].function) for task in waiting]))
        severity = STOPS if seconds >= LONG else SERIOUS if seconds >= LEAST else NOTE
        yield Found(text, severity, EXACT, evidence, "cgroups", len(waiting), seconds)


FINDING = Finding(
    key="H10",
    title="limits of I/O",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="the limit is set on purpose, and nobody outside of the cgroup waits for it",
    advice="raise or lift the limit (io.max of the cgroup): who waits for a page or a journal that it is to write waits as long",
    excluded="no cgroup's limit holds I/O back",
)
