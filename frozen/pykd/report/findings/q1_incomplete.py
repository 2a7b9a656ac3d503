# SPDX-License-Identifier: GPL-2.0-or-later
"""How much of the system is not in the dump."""

from __future__ import annotations

from _pykd import FaultError
from pykd.kernel.task.threads import listed, problems
from pykd.report.finding import DUMP, EXACT, FOUND, NOTE, SERIOUS, Finding, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts



def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    if not dump.complete:
        yield Found("The dump is incomplete: writing it ended early", SERIOUS, EXACT, (), "help -D")
    if broken := problems(dump):
        lost = len(listed(dump).unreadable)
        text = "The list of threads is damaged or incomplete in the dump" + (f": {number(lost, 'thread')} could not be read" if lost else "")
        yield Found(text, SERIOUS if lost else NOTE, EXACT, tuple(broken[:5]), "ps")
    tasks = list(facts.addresses())
    partly = sum(isinstance(thread.error, FaultError) for thread in facts.threads.values())
    if partly:
        text = f"Of {partly} of {number(len(tasks), 'thread')} a part of the task_struct was excluded, which no dump level asks for: makedumpfile may be older than the kernel"
        yield Found(text, SERIOUS, FOUND, (), "ps")


FINDING = Finding(
    key="Q1",
    title="completeness of the dump",
    level=DUMP,
    rule=rule,
    false_alarm="a small dump of a machine whose memory is mostly cache is whole all the same",
    advice="make the next dump with a newer makedumpfile, and with enough room for it",
    excluded="the dump has all threads",
)
