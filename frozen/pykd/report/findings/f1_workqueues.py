# SPDX-License-Identifier: GPL-2.0-or-later
"""Pools of workers that make no progress, and works that block while others wait for them."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.workqueues import for_each_busy_worker, for_each_pending, for_each_pool, progress_age
from pykd.report.finding import EXACT, FOUND, LOCKS, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LIMIT = 30.0
"""Seconds without progress, ``workqueue.watchdog_thresh`` unless set"""
PENDING = 10000
"""Works that are counted"""


def rule(facts: Facts) -> Iterator[Found]:
    for pool in caught(for_each_pool(facts.dump)):
        try:
            if isinstance(pool, Error):
                raise pool
            found = _found(facts, pool)
        except Error as error:
            facts.note(error)
            continue
        if found:
            yield found


def _found(facts: Facts, pool: Any) -> Found | None:
    pending = []
    for work in for_each_pending(facts.dump, pool):
        pending.append(work)
        if len(pending) >= PENDING:
            break
    age = progress_age(facts.dump, pool) if pending else None
    if age is None or not LIMIT < age < 1 << 32:
        return None
    busy = list(for_each_busy_worker(facts.dump, pool))
    where = f"CPU {pool.cpu}" if pool.cpu >= 0 else "any CPU"
    evidence = [f"worker_pool {int(pool):#x} (id {pool.id}): {number(len(pending), 'work')} pending, first {_function(facts, int(pending[0].func))}"]
    explained = 0
    for worker in busy[:5]:
        task = int(worker.task)
        wait = facts.graph.waits.get(task)
        explained += bool(wait and wait.thing and wait.thing.address)
        state = facts.threads[task].state if task in facts.threads else "?"
        evidence.append(f"{facts.who(task)} runs {_function(facts, int(worker.current_func))}, state {state}, {facts.seconds(task):.1f} s")
    text = f"The workers for {where} have made no progress for {age:.0f} s, with {number(len(pending), 'work')} pending"
    # A worker that waits for a lock is not the cause; who holds that is.
    return Found(text, SERIOUS if explained else STOPS, EXACT if busy else FOUND, tuple(evidence), "workqueues", len(pending), age)


def _function(facts: Facts, address: int) -> str:
    symbol = facts.dump.symbol_at(address)
    return symbol.name if symbol else f"{address:#x}"


FINDING = Finding(
    key="F1",
    title="workqueue",
    level=LOCKS,
    rule=rule,
    false_alarm="the pool's CPU is itself stuck, or its workers wait for a lock: that is the cause then",
    advice="look at the stack of the worker that runs: what it does or waits for holds up all others",
    excluded="all workqueues make progress",
)
