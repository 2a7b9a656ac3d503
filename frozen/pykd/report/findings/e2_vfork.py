# SPDX-License-Identifier: GPL-2.0-or-later
"""Parents that wait for their vfork children."""

from __future__ import annotations

from pykd.report.finding import EXACT, LIMITS, NOTE, Finding, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    for thing in facts.graph.things:
        if thing.kind != "completion" or thing.proof != EXACT or not thing.held.startswith("child "):
            continue
        for task in thing.waiters:
            child = thing.holders[0]
            wait = facts.graph.waits.get(child)
            does = f"sleeps in {wait.function}" if wait and wait.function else "has not called exec"
            text = f"{facts.who(task)} waits {facts.seconds(task):.1f} s for its vfork child {facts.who(child)}, which {does}"
            yield Found(text, NOTE, EXACT, (f"completion {thing.address:#x} is the child's vfork_done",), "blocked", 1, facts.seconds(task))


FINDING = Finding(
    key="E2",
    title="vfork parent",
    level=LIMITS,
    rule=rule,
    false_alarm="this is normal life unless the parent holds what others wait for",
    advice="look at what the child does before it calls exec",
)
