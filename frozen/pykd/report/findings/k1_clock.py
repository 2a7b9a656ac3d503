# SPDX-License-Identifier: GPL-2.0-or-later
"""Clocks that the kernel gave up, and interrupts that nobody wanted."""

from __future__ import annotations

import re

from pykd.report.finding import CONSEQUENCE, LIMITS, NOTE, SERIOUS, Finding
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts
    from pykd.report.finding import Found

SIGNS = (
    (r"Marking clocksource '?(\w+)'? (?:as )?unstable (?:because|due to)", "The clock {0} was found unstable and given up", NOTE),
    (r"irq (\d+): nobody cared", "Nobody handled interrupt {0}, and it was switched off ({times}): devices on it do not work", SERIOUS),
    (r"hrtimer: interrupt took (\d+) ns", "An interrupt of timers once took {0} ns", NOTE),
    (r"perf: interrupt took too long", "Profiling took too long and was slowed down ({times})", NOTE),
    (r"sched: RT throttling activated", "Real-time threads used up their share of a CPU, and were stopped for a while", NOTE),
    (r"INFO: rcu_tasks detected stalls", "RCU found threads that do not sleep voluntarily ({times})", SERIOUS),
    (r"workqueue: (\S+) hogged CPU", "The work {0} ran for too long ({times})", NOTE),
    (r"BUG: workqueue lockup", "The kernel found that workers made no progress ({times})", SERIOUS),
    (r"BUG: scheduling while atomic", "A thread slept where it must not ({times})", SERIOUS),
)

_NANOSECONDS = re.compile(r"(\d{1,18}) ns$")


def rule(facts: Facts) -> Iterator[Found]:
    for pattern, text, severity in SIGNS:
        for found in told(facts, pattern, text, severity):
            yield found._replace(text=_NANOSECONDS.sub(lambda number: f"{int(number[1]) / 1e6:.3g} ms", found.text), level=CONSEQUENCE if severity == NOTE else 0)


FINDING = Finding(
    key="K1",
    title="clocks, interrupts and scheduling in the log",
    level=LIMITS,
    rule=rule,
    false_alarm="a virtual machine whose clock is not the processor's by design",
    advice="read the messages; choose another clocksource if it was called unstable again and again",
)
