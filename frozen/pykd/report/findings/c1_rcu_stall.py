# SPDX-License-Identifier: GPL-2.0-or-later
"""RCU grace periods that do not end, and the CPU or thread that keeps them from it."""

from __future__ import annotations

from pykd.kernel import rcu
from pykd.report.finding import CPU_STUCK, EXACT, FOUND, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.logsigns import told
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

STUCK = 10.0
"""Seconds for which a CPU has run the same thread"""


def rule(facts: Facts) -> Iterator[Found]:
    found = list(_stalled(facts))
    yield from found
    if not found:
        yield from told(facts, r"rcu: INFO: \S+ (?:self-detected stall|detected (?:expedited )?stalls)", "RCU reported {times} that a grace period did not end", SERIOUS)
        yield from told(facts, r"rcu: \S+ kthread (?:starved|timer wakeup didn't happen) for (\d+) jiffies", "The thread of RCU was not run for {0} jiffies", SERIOUS)


def _stalled(facts: Facts) -> Iterator[Found]:
    period = rcu.grace_period(facts.dump)
    if not period.is_stalled:
        return
    age = period.age
    evidence = [f"rcu_state.gp_seq {period.sequence:#x}, begun {age:.0f} s before the end (limit {period.limit} s)"]
    waiters = sum(1 for wait in facts.graph.waits.values() if wait.purpose and wait.purpose.key == "rcu")
    cpus, tasks, errors = rcu.blockers(facts.dump)
    for error in errors:
        facts.note(error)
    for cpu in cpus[:4]:
        thread = facts.running.get(cpu)
        who = f"; it runs {facts.who(thread.address)}: {chain(facts.functions_on(cpu), 6)}" if thread else ""
        evidence.append(f"CPU {cpu} has not reported{who}")
    evidence += [f"{facts.who(task)} was preempted or sleeps inside a reader" for task in tasks[:4]]
    level = CPU_STUCK
    if tasks:
        text = f"An RCU grace period has not ended for {age:.0f} s: {facts.who(tasks[0])} is inside a reader and does not go on"
    elif cpus:
        busy = [cpu for cpu in cpus if (thread := facts.running.get(cpu)) and thread.pid]
        where = busy[0] if busy else cpus[0]
        # A CPU that is stuck is told by others, and the grace period follows from it.
        level = NO_ANSWER if busy and facts.seconds(facts.running[where].address) >= STUCK else level
        text = f"An RCU grace period has not ended for {age:.0f} s: CPU {where} keeps it from that"
    else:
        thread = facts.threads.get(period.thread)
        text = f"An RCU grace period has not ended for {age:.0f} s, though all CPUs have reported: its thread {facts.who(period.thread)} does not run"
        evidence.append(f"its state is {thread.state if thread else '?'}, it last ran {facts.seconds(period.thread):.1f} s before the end")
    yield Found(text, STOPS, EXACT if tasks or cpus else FOUND, tuple(evidence), "rcu", waiters, age, level)


FINDING = Finding(
    key="C1",
    title="RCU stall",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the grace period is young; or the CPU waits for another one, which then is the cause",
    advice="look at why the CPU or thread that is named does not go on; waiters for the grace period go on by themselves then",
    excluded="no RCU grace period was stalled",
)
