# SPDX-License-Identifier: GPL-2.0-or-later
"""ftrace's records, by the guest's own files ``trace``, and files of the page cache, by what the guest knew of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from comparisons.registry import comparison, unequal_sets
from truth import Truth

LINE = re.compile(r"\s*(.{1,16})-(\d+)\s+\[(\d+)\] (\S+)\s+(\d+)\.(\d{6}): (.*)$")
FORMATTED = frozenset(("sched_switch", "sched_wakeup", "sched_waking", "sched_stat_runtime", "irq_handler_entry", "softirq_raise", "signal_generate", "sys_enter", "sys_exit"))
"""Events whose whole text is compared; of others when, where and by whom"""


def _lines(truth: Truth, name: str) -> Iterator[tuple]:
    for line in truth.lines(f"run/truth/trace-{name}"):
        if match := LINE.match(line):
            yield match[1].strip(), int(match[2]), int(match[3]), match[4], int(match[5]) * 1_000_000 + int(match[6]), match[7]


def _unequal(truth: Truth, found: list, name: str) -> Iterator[str]:
    have = [(row["comm"], row["pid"], row["cpu"], row["latency"], (int(row["time"]) + 500) // 1000) for row in found if "text" in row]
    lines = list(_lines(truth, name))
    yield from unequal_sets(f"record of {name}", set(have), {line[:5] for line in lines})
    if len(have) != len(lines):
        yield f"{name}: {len(have)} records, were {len(lines)}"
    texts = {f"{row['event']}: {row['text']}" for row in found if row.get("event") in FORMATTED}
    yield from unequal_sets(f"text of {name}", texts, {line[5] for line in lines if line[5].split(":")[0] in FORMATTED})


@comparison("$ trace show", once=True)
def ftrace(truth: Truth, found: list) -> Iterator[str]:
    """Records of the main buffer: all events for a moment."""
    if truth.text("run/truth/trace-global"):
        yield from _unequal(truth, found, "global")
