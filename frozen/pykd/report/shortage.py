# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether memory ran out."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm import vmstat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

RECENT = 600.0
"""Seconds before the end, from which on the killer's work has to do with it"""
WMARK_MIN = 0
_GLOBAL = r"oom-kill:constraint=CONSTRAINT_NONE|System is deadlocked on memory|Out of memory: (?:system-wide|compulsory) panic_on_oom"


def low_zones(facts: Facts) -> list[tuple[Any, int, int]]:
    """(struct zone, free pages, its mark ``min``) of each that has less free than that."""
    return [one for one in _zones(facts) if one[1] < one[2]]


def _zones(facts: Facts) -> Iterator[tuple[Any, int, int]]:
    for _, node in vmstat.nodes(facts.dump):
        for zone in vmstat.zones(node):
            try:
                if vmstat.managed_pages(zone) > 0:
                    yield zone, max(int(zone.vm_stat[0].counter), 0), vmstat.watermarks(zone)[WMARK_MIN]
            except Error:
                continue


def is_short(facts: Facts) -> bool:
    """Whether the whole system had no memory left: a zone of those that most is allocated from is below its lowest mark, or something was
    killed for it lately."""
    told = facts.messages(_GLOBAL)
    if told and (facts.clock - told[-1].time) / 1e9 <= RECENT:
        return True
    return any(vmstat.zone_name(zone) in ("Normal", "DMA32") for zone, _, _ in low_zones(facts))
