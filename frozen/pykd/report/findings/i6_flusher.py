# SPDX-License-Identifier: GPL-2.0-or-later
"""Flushers that write dirty pages back and do not get on."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.fs.writeback import for_each_bdi, for_each_wb, for_each_work
from pykd.kernel.workqueues import for_each_busy_worker, for_each_pool
from pykd.report.devices import known_as
from pykd.report.finding import EXACT, NO_ANSWER, SERIOUS, Finding, Found
from pykd.report.wording import chain, number, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LEAST = 10.0
"""Seconds"""


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    busy = _busy(facts)
    waiting = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key == "writeback"]
    for bdi in caught(for_each_bdi(dump)):
        try:
            if isinstance(bdi, Error):
                raise bdi
            for wb in for_each_wb(dump, bdi):
                if found := _found(facts, bdi, wb, busy, waiting):
                    yield found
        except Error as error:
            facts.note(error)


def _busy(facts: Facts) -> dict[int, int]:
    """task_struct of the worker by the work that it runs."""
    found = {}
    for pool in caught(for_each_pool(facts.dump)):
        try:
            if isinstance(pool, Error):
                raise pool
            found.update({int(worker.current_work): int(worker.task) for worker in for_each_busy_worker(facts.dump, pool)})
        except Error as error:
            facts.note(error)
    return found


def _found(facts: Facts, bdi: Any, wb: Any, busy: dict[int, int], waiting: list[int]) -> Found | None:
    task = busy.get(int(wb) + wb.fieldOffset("dwork.work"), 0)
    thread = facts.threads.get(task)
    if thread is None or thread.state != "UN" or facts.seconds(task) < LEAST:
        return None
    works = sum(1 for _ in for_each_work(facts.dump, wb))
    wait = facts.graph.waits.get(task)
    seconds = facts.seconds(task)
    text = f"The flusher of the device {known_as(facts.dump, str(bdi.dev_name))} has waited for {seconds:.0f} s" + (f", with {number(works, 'more work')} to do" if works else "")
    text += f"; {threads(len(waiting))} for writeback" if waiting else ""
    evidence = [f"{facts.who(task)}: {chain(wait.functions) if wait else thread.state}"]
    evidence += [facts.waited(one, facts.graph.waits[one].function) for one in waiting[:5]]
    return Found(text, SERIOUS, EXACT, tuple(evidence), "blocked", len(waiting) + 1, seconds)


FINDING = Finding(
    key="I6",
    title="writeback",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="much is to be written, and pages are written all the time; what the flusher waits for is the cause",
    advice="look at what the flusher waits for (bt of its worker)",
    excluded="no flusher is stuck",
)
