# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that were to be killed for lack of memory and cannot end: what they have is not given back."""

from __future__ import annotations

from _pykd import Error
from pykd.report.finding import EXACT, LOCKS, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LONG = 10.0
"""Seconds from which on a victim is taken not to end by itself"""


def rule(facts: Facts) -> Iterator[Found]:
    kind = facts.dump.find_type("struct", "signal_struct")
    if kind is None or kind.member("oom_mm") is None:
        return
    for task in facts.graph.blocked:
        wait = facts.graph.waits.get(task)
        try:
            one: Any = facts.dump.object("struct task_struct", task)
            doomed = bool(one.signal) and bool(one.signal.oom_mm)
        except Error as error:
            facts.note(error)
            continue
        seconds = facts.seconds(task)
        if not doomed or seconds < 1:
            continue
        what = wait.thing.text() if wait and wait.thing else "what is not known"
        evidence = (f"signal_struct.oom_mm of {facts.who(task)} is set", *([chain(wait.functions)] if wait and wait.functions else []))
        text = f"{facts.who(task)} was killed for lack of memory and cannot end: it has waited {seconds:.0f} s for {what}"
        yield Found(text, STOPS if seconds >= LONG else SERIOUS, EXACT, evidence, f"bt {facts.threads[task].pid}", 1, seconds)


FINDING = Finding(
    key="G5",
    title="victim that cannot end",
    level=LOCKS,
    rule=rule,
    false_alarm="it was killed less than 10 s ago, or the reaper has taken its memory already",
    advice="follow what it waits for: memory comes back only when that ends",
    excluded="no process that was killed for lack of memory is kept from ending",
)
