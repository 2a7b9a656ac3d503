# SPDX-License-Identifier: GPL-2.0-or-later
"""Warnings of the kernel (WARN)."""

from __future__ import annotations

from pykd.report.finding import FIRST_MESSAGE, NOTE, SERIOUS, Finding
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts
    from pykd.report.finding import Found

PATTERN = r"^WARNING: (?:CPU: \d+ PID: \d+ at )?(\S+:\d+)(?: at)? (\S+)"
BOOT, LATER = 60.0, 600.0
"""Seconds since boot: warnings until then are of the boot, and have little to do with an end that comes so late"""


def rule(facts: Facts) -> Iterator[Found]:
    for found in told(facts, PATTERN, "The kernel warned {times}, first at {0} in {1}", SERIOUS):
        last = facts.messages(PATTERN)[-1].time / 1e9
        yield found._replace(severity=NOTE) if last < BOOT and facts.clock / 1e9 > LATER else found


FINDING = Finding(
    key="A4",
    title="warning",
    level=FIRST_MESSAGE,
    rule=rule,
    false_alarm="a warning at boot that has nothing to do with the end",
    advice="read what the warning asserts at its line of the source, and what came before it in the log",
    excluded="the log has no warning",
)
