# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the whole machine stood still: a guest that was stopped, saved or moved."""

from __future__ import annotations

import re

from pykd.kernel import cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.report.facts import Facts

_SOFT_LOCKUP = re.compile(r"BUG: soft lockup - CPU#(\d+) stuck for (\d+)s!")
NEAR = 2
"""Seconds by which what the CPUs say may differ, and within which they say it"""


def stood_still(facts: Facts) -> int:
    """Seconds for which all CPUs alike were stuck, as they said at once; 0: they did not. One CPU alone says nothing."""
    said: dict[int, tuple[int, int]] = {}
    for record in facts.records:
        if (match := _SOFT_LOCKUP.search(record.text)) and not record.facility:
            said.setdefault(int(match[1]), (int(match[2]), record.time // 1_000_000_000))
    online = cpus.online(facts.dump)
    if len(online) < 2 or set(said) < set(online):
        return 0
    lengths, stamps = zip(*said.values(), strict=True)
    return max(lengths) if max(lengths) - min(lengths) <= NEAR and max(stamps) - min(stamps) <= NEAR else 0
