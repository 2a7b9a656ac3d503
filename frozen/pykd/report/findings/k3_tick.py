# SPDX-License-Identifier: GPL-2.0-or-later
"""A tick that stood still, and timers whose function does not end."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.kernel import cpus, rcu, timers
from pykd.report.finding import CPU_STUCK, FOUND, SERIOUS, Finding, Found
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

BEHIND = 2.0
"""Seconds by which jiffies may be late"""
LATE = 10.0


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    behind = _behind(facts)
    if behind > BEHIND:
        who = facts.number("tick_do_timer_cpu", 4, default=(1 << 32) - 1)
        evidence = [f"jiffies are {behind:.1f} s behind the clock of the run queues", f"tick_do_timer_cpu is {who if who < 1 << 31 else 'none'}"]
        if who in facts.running:
            evidence.append(f"CPU {who} runs {facts.who(facts.running[who].address)}: {chain(facts.functions_on(who), 6)}")
        yield Found(f"The tick stood still: jiffies are {behind:.0f} s behind", SERIOUS, FOUND, tuple(evidence), "timer", 0, behind)
    yield from _without_tick(facts)
    for cpu in cpus.online(dump):
        try:
            yield from _running(facts, cpu)
        except Error as error:
            facts.note(error)


def _behind(facts: Facts) -> float:
    """Seconds by which jiffies went on less than the clock of the run queues since the thread of RCU last ran, which noted the jiffies then.

    That the one counts from another moment of the boot than the other says nothing: by 11 s on a slow s390x.
    """
    state = rcu.state(facts.dump)
    thread = facts.threads.get(int(state.gp_kthread))
    if thread is None or not thread.last_run:
        raise NotFoundError("the thread of RCU, which notes the jiffies, is not known")
    ticks = facts.jiffies - int(state.gp_activity)
    return (facts.clock - thread.last_run) / 1e9 - ((ticks + (1 << 63)) % (1 << 64) - (1 << 63)) / facts.hz


def _without_tick(facts: Facts) -> Iterator[Found]:
    """CPUs that run a thread, have their interrupts on, and whose clock stands still all the same: no tick moves it on."""
    if facts.number("tick_nohz_full_running", 1, default=0):
        return  # some CPUs are to run without
    late = {}
    queues = cpus.run_queues(facts.dump)
    for cpu, rq in queues.items():
        thread = facts.running.get(cpu)
        behind = facts.behind(rq)
        if behind is None:
            continue
        off, frame = facts.interrupts_off(cpu)
        if thread is not None and thread.pid and behind > LATE and frame is not None and not off:
            late[cpu] = behind
    for cpu, behind in late.items():
        thread = facts.running[cpu]
        evidence = (f"the clock of its run queue is {behind:.1f} s behind, and its interrupts are on", f"CPU {cpu}: {chain(facts.functions_on(cpu), 6)}")
        text = f"CPU {cpu} runs {facts.who(thread.address)} and has had no tick for {behind:.0f} s: its timer is lost, or its virtual CPU was not run"
        yield Found(text, SERIOUS, FOUND, evidence, f"bt -c {cpu}", 1, behind)


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
    false_alarm="the CPU is idle: its wheel stands still then; or it is one that runs without a tick on purpose (nohz_full)",
    advice="look at the CPU that should keep the time, and at the timer's function that does not end",
    excluded="the tick went on, and no timer's function is stuck",
)
