# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads in uninterruptible sleep for so long that the kernel calls them hung."""

from __future__ import annotations

from pykd.kernel.waits.sites import story
from pykd.report.facts import stamp
from pykd.report.finding import CONSEQUENCE, EXACT, FOUND, SERIOUS, Finding, Found
from pykd.report.wording import number, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

TIMEOUT = 120
"""``sysctl_hung_task_timeout_secs`` unless set"""
_MESSAGE = r"INFO: task .+:\d+ (is )?blocked.* for more than \d+ seconds|likely (owned|last held) by task"


def rule(facts: Facts) -> Iterator[Found]:
    limit = facts.number("sysctl_hung_task_timeout_secs", 8, default=TIMEOUT) or TIMEOUT
    graph = facts.graph
    hung = [task for task in graph.blocked if graph.seconds(task) >= limit]
    told = facts.messages(_MESSAGE)
    if not hung and not told:
        return
    groups: dict[tuple[str, ...], list[int]] = {}
    for task in hung:
        wait = graph.waits.get(task)
        groups.setdefault(story(wait.functions)[:3] if wait else (), []).append(task)
    evidence = []
    for functions, tasks in sorted(groups.items(), key=lambda item: -len(item[1]))[:5]:
        evidence.append(f"{len(tasks)} in {' < '.join(functions) or 'a place that is not known'}, the longest {facts.who(tasks[0])} for {seconds(graph.seconds(tasks[0]))}")
    evidence += [stamp(record) for record in told[:3]]
    oldest = max((graph.seconds(task) for task in hung), default=0.0)
    text = f"{number(len(hung), 'thread')} blocked for more than {limit} s" if hung else f"The log tells {number(len(told), 'time')} of threads blocked for long"
    yield Found(text, SERIOUS, EXACT if told else FOUND, tuple(evidence), f"blocked -t {limit}", len(hung), oldest)


FINDING = Finding(
    key="E1",
    title="hung threads",
    level=CONSEQUENCE,
    rule=rule,
    false_alarm="idle workers, and threads that the freezer stopped, sleep uninterruptibly too; these are left out",
    advice="look at what the oldest of them wait for (blocked, locks -g): these are the victims",
    excluded="no thread is blocked for as long as the kernel calls hung",
)
