# SPDX-License-Identifier: GPL-2.0-or-later
"""Warnings of the kernel (WARN)."""

from __future__ import annotations

from pykd.report.finding import FIRST_MESSAGE, SERIOUS, Finding
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts
    from pykd.report.finding import Found


def rule(facts: Facts) -> Iterator[Found]:
    yield from told(facts, r"^WARNING: (?:CPU: \d+ PID: \d+ at )?(\S+:\d+)(?: at)? (\S+)", "The kernel warned {times}, first at {0} in {1}", SERIOUS)


FINDING = Finding(
    key="A4",
    title="warning",
    level=FIRST_MESSAGE,
    rule=rule,
    false_alarm="a warning at boot that has nothing to do with the end",
    excluded="the log has no warning",
)
