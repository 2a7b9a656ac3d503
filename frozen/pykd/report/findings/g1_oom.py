# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that ran out: what the killer did, and zones below their marks."""

from __future__ import annotations

from pykd.kernel.mm import vmstat
from pykd.report.facts import size
from pykd.report.finding import EXACT, MEMORY, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.logsigns import told
from pykd.report.shortage import RECENT, low_zones
from pykd.report.wording import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    for found in told(facts, r"(\S+) invoked oom-killer", "Memory ran out {times}: first for {0}", SERIOUS, command="memory"):
        yield found if found.seconds <= RECENT else found._replace(severity=NOTE)
    limit = r"oom-kill:constraint=CONSTRAINT_MEMCG.*oom_memcg=([^,]+)"
    for found in told(facts, limit, "The memory limit of the cgroup {0} was reached, and a process of it was killed ({times})", SERIOUS):
        yield found._replace(severity=STOPS) if found.seconds <= RECENT else found
    yield from told(facts, r"System is deadlocked on memory", "Memory ran out, and there was nobody to kill", STOPS, command="memory")
    yield from told(facts, r"page allocation failure: order:(\d+)", "Memory could not be allocated ({times}), first of order {0}", NOTE, command="kmem -f")
    reclaiming = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key == "reclaim"]
    low = low_zones(facts)
    if not low:
        return
    evidence = [f"zone {vmstat.zone_name(zone)}: {size(free)} free, the lowest mark is {size(least)}" for zone, free, least in low]
    evidence += [f"{facts.who(task)} waits {facts.seconds(task):.1f} s for memory" for task in reclaiming[:5]]
    text = f"Memory is used up: {len(low)} of the zones have less than their lowest mark free" + (f", and {threads(len(reclaiming))} for it" if reclaiming else "")
    seconds = max((facts.seconds(task) for task in reclaiming), default=0.0)
    yield Found(text, SERIOUS, EXACT, tuple(evidence), "kmem -z", len(reclaiming), seconds)


FINDING = Finding(
    key="G1",
    title="out of memory",
    level=MEMORY,
    rule=rule,
    false_alarm="one kill long ago; a small zone that nobody needs",
    advice="look at who has the memory (the finding on the use of memory), not at who was killed",
    excluded="memory did not run out",
)
