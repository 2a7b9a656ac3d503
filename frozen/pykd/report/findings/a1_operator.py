# SPDX-License-Identifier: GPL-2.0-or-later
"""A crash that somebody asked for, which is never a cause itself."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.waits.things import who
from pykd.report.finding import CONSEQUENCE, EXACT, NOTE, Finding, Found
from pykd.report.verdict import panic_stamp, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

MAX_PARENTS = 5


def rule(facts: Facts) -> Iterator[Found]:
    found = verdict(facts)
    if found.kind != "sysrq":
        return
    chain: list[str] = []
    task = found.task
    while task and len(chain) < MAX_PARENTS:
        try:
            chain.append(who(facts.dump, task))
            parent = int(facts.dump.object("struct task_struct", task).real_parent)
        except Error:
            chain.append("?")
            break
        if parent == task or chain[-1].startswith("PID 0 "):
            break
        task = parent
    evidence = [f"asked for by {', child of '.join(chain)}"] if chain else []
    if line := panic_stamp(facts):
        evidence.append(line)
    yield Found("The crash was asked for; look for why somebody did", NOTE, EXACT, tuple(evidence), "log")


FINDING = Finding(
    key="A1",
    title="crash on request",
    level=CONSEQUENCE,
    rule=rule,
    false_alarm="it is never a cause",
    advice="look for what was wrong before: the findings beside this one, and the log before the request; ask who requested it what they saw",
)
