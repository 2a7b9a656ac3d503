# SPDX-License-Identifier: GPL-2.0-or-later
"""Free memory in pieces too small for who asks."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm import vmstat
from pykd.report.facts import size
from pykd.report.finding import EXACT, MEMORY, NOTE, SERIOUS, Finding, Found
from pykd.report.wording import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

SMALL = 4
"""Orders below are small: up to 32 KiB"""
SHARE = 0.95
"""Of what is free, in small pieces"""
LEAST = 0.02
"""Share of all memory that is free: with less it is short, not in pieces"""
_COMPACTS = ("compact_zone", "try_to_compact_pages", "compact_zone_order")


def rule(facts: Facts) -> Iterator[Found]:
    free = [0, 0]
    evidence = []
    for _, node in vmstat.nodes(facts.dump):
        for zone in vmstat.zones(node):
            try:
                small, large = _pieces(zone)
            except Error as error:
                facts.note(error)
                continue
            free[0] += small
            free[1] += large
            if small + large:
                evidence.append(f"zone {vmstat.zone_name(zone)}: {size(small)} free in pieces of up to 32 KiB, {size(large)} in larger ones")
    whole = sum(free)
    if whole < LEAST * facts.total_pages or free[0] < SHARE * whole:
        return
    waiting = [task for task, wait in facts.graph.waits.items() if any(function in wait.functions for function in _COMPACTS)]
    failed = facts.messages(r"page allocation failure: order:[1-9]")
    text = f"{free[0] / whole:.0%} of the free memory is in pieces of up to 32 KiB" + (f", and {threads(len(waiting))} for larger ones" if waiting else "")
    evidence += [f"{len(failed)} allocations of more than one page failed"] * bool(failed)
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    yield Found(text, SERIOUS if waiting or failed else NOTE, EXACT, tuple(evidence), "kmem -f", len(waiting), seconds)


def _pieces(zone: Any) -> tuple[int, int]:
    """Free pages of a ``struct zone`` in small and in large pieces."""
    small = large = 0
    for order, area in enumerate(zone.free_area):
        pages = int(area.nr_free) << order
        small, large = (small + pages, large) if order < SMALL else (small, large + pages)
    return small, large


FINDING = Finding(
    key="G17",
    title="memory in pieces",
    level=MEMORY,
    rule=rule,
    false_alarm="nobody asks for more than a page",
    advice="look at who asks for pages of high order and could do with less; raise vm.min_free_kbytes, or compact (vm.compact_memory) while it runs",
    excluded="free memory is not in pieces",
)
