# SPDX-License-Identifier: GPL-2.0-or-later
"""A tick that stood still, and timers whose function does not end."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import cpus, timekeeping, timers
from pykd.report.finding import CPU_STUCK, FOUND, SERIOUS, Finding, Found
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

BEHIND = 5.0
"""Seconds; from boot on the two clocks differ by a second or so"""
LATE = 10.0


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    behind = facts.clock / 1e9 - timekeeping.jiffies_since_boot(dump) / facts.hz
    if behind > BEHIND:
        who = facts.number("tick_do_timer_cpu", 4, default=(1 << 32) - 1)
        evidence = [f"jiffies are {behind:.1f} s behind the clock of the run queues", f"tick_do_timer_cpu is {who if who < 1 << 31 else 'none'}"]
        if who in facts.running:
            evidence.append(f"CPU {who} runs {facts.who(facts.running[who].address)}: {chain(facts.functions_on(who), 6)}")
        yield Found(f"The tick stood still: jiffies are {behind:.0f} s behind", SERIOUS, FOUND, tuple(evidence), "timer", 0, behind)
    for cpu in cpus.online(dump):
        try:
            yield from _running(facts, cpu)
        except Error as error:
            facts.note(error)


def _running(facts: Facts, cpu: int) -> Iterator[Found]:
    """Timers whose function a CPU is in, and was when its wheel should have gone on long ago."""
    for wheel in timers.wheels(facts.dump, cpu):
        base: object = facts.dump.object("struct timer_base", wheel.address)
        timer = int(base.running_timer)  # type: ignore[attr-defined]
        late = ((facts.jiffies - int(base.clk)) & (1 << 64) - 1) / facts.hz  # type: ignore[attr-defined]
        if not timer or not LATE < late < 1 << 32:
            continue
        functions = facts.functions_on(cpu)
        if not any("expire_timers" in name or name == "call_timer_fn" for name in functions):
            continue
        called = functions[next(place for place, name in enumerate(functions) if "expire_timers" in name or name == "call_timer_fn") - 1]
        evidence = (f"timer_list {timer:#x} on CPU {cpu}, {wheel.name} {late:.1f} s behind", f"CPU {cpu}: {chain(functions)}")
        yield Found(f"The function of a timer, {called}, has not ended on CPU {cpu} for {late:.0f} s", SERIOUS, FOUND, evidence, f"timer -C {cpu}", 0, late)


FINDING = Finding(
    key="K3",
    title="tick and timers",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the CPU is idle: its wheel stands still then",
    advice="look at the CPU that should keep the time, and at the timer's function that does not end",
    excluded="the tick went on, and no timer's function is stuck",
)
