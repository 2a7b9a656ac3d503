# SPDX-License-Identifier: GPL-2.0-or-later
"""Pools of workers that have something to do."""

from __future__ import annotations

from itertools import islice

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.workqueues import for_each_busy_worker, for_each_pending, for_each_pool
from pykd.report.blocks import Block, lines, table
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

MAX_PENDING = 10000


def make(facts: Facts) -> Iterator[Block]:
    rows = []
    pools = 0
    for pool in caught(for_each_pool(facts.dump)):
        if isinstance(pool, Error):
            continue
        pools += 1
        try:
            pending = sum(1 for _ in islice(for_each_pending(facts.dump, pool), MAX_PENDING))
            busy = []
            for worker in for_each_busy_worker(facts.dump, pool):
                symbol = facts.dump.symbol_at(int(worker.current_func))
                busy.append(symbol.name if symbol else f"{int(worker.current_func):#x}")
            if pending or busy:
                rows.append([int(pool.id), int(pool.cpu), int(pool.nr_workers), pending, ", ".join(sorted(set(busy)))])
        except Error:
            continue
    if rows:
        yield table(("pool", "CPU", "workers", "pending", "running"), rows)
    else:
        yield lines([f"none of {pools} pools of workers has anything to do"])


SECTION = Section("Workqueues", make)
