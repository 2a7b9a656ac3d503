# SPDX-License-Identifier: GPL-2.0-or-later
"""RCU grace periods that do not end, and the CPU or thread that keeps them from it."""

from __future__ import annotations

from _pykd import Error
from pykd.report.finding import CPU_STUCK, EXACT, FOUND, SERIOUS, STOPS, Finding, Found
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

STALL = 21
"""``rcu_cpu_stall_timeout`` in seconds, unless set"""
GP_MASK = 3
"""Bits of ``rcu_state.gp_seq`` that are 0 between grace periods"""
MAX_NODES = 4096
_WORD = (1 << 64) - 1


def rule(facts: Facts) -> Iterator[Found]:
    found = list(_stalled(facts))
    yield from found
    if not found:
        yield from told(facts, r"rcu: INFO: \S+ (?:self-detected stall|detected (?:expedited )?stalls)", "RCU reported {times} that a grace period did not end", SERIOUS)
        yield from told(facts, r"rcu: \S+ kthread (?:starved|timer wakeup didn't happen) for (\d+) jiffies", "The thread of RCU was not run for {0} jiffies", SERIOUS)


def _stalled(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    state: Any = dump.object("struct rcu_state", dump.symbol("rcu_state", "").address)
    if not int(state.gp_seq) & GP_MASK:
        return
    limit = facts.number("rcu_cpu_stall_timeout", 4, default=STALL)
    # jiffies as an unsigned long: gp_start is one of them
    age = ((facts.jiffies - int(state.gp_start)) & _WORD) / facts.hz
    if not limit < age < 1 << 32:
        return
    evidence = [f"rcu_state.gp_seq {int(state.gp_seq):#x}, begun {age:.0f} s before the end (limit {limit} s)"]
    waiters = sum(1 for wait in facts.graph.waits.values() if wait.purpose and wait.purpose.key == "rcu")
    cpus, tasks = _blockers(facts)
    for cpu in cpus[:4]:
        thread = facts.running.get(cpu)
        who = f" runs {facts.who(thread.address)}: {' < '.join(facts.functions_on(cpu)[:6])}" if thread else ""
        evidence.append(f"CPU {cpu} has not reported{who}")
    evidence += [f"{facts.who(task)} was preempted or sleeps inside a reader" for task in tasks[:4]]
    if tasks:
        text = f"An RCU grace period has not ended for {age:.0f} s: {facts.who(tasks[0])} is inside a reader and does not go on"
    elif cpus:
        busy = [cpu for cpu in cpus if (thread := facts.running.get(cpu)) and thread.pid]
        where = busy[0] if busy else cpus[0]
        text = f"An RCU grace period has not ended for {age:.0f} s: CPU {where} keeps it from that"
    else:
        thread = facts.threads.get(int(state.gp_kthread))
        text = f"An RCU grace period has not ended for {age:.0f} s, though all CPUs have reported: its thread {facts.who(int(state.gp_kthread))} does not run"
        evidence.append(f"its state is {thread.state if thread else '?'}, it last ran {facts.seconds(int(state.gp_kthread)):.1f} s before the end")
    yield Found(text, STOPS, EXACT if tasks or cpus else FOUND, tuple(evidence), "bt -a", waiters, age)


def _blockers(facts: Facts) -> tuple[list[int], list[int]]:
    """CPUs and task_structs that the grace period waits for."""
    dump = facts.dump
    node = dump.type("struct rcu_node")
    state = dump.type("struct rcu_state")
    member = state.member("node")
    if member is None:
        return [], []
    start = dump.symbol("rcu_state", "").address + member.offset
    count = min(member.type.length or 1, MAX_NODES) if member.type.kind == "array" else 1
    cpus: list[int] = []
    tasks: list[int] = []
    every = [dump.object("struct rcu_node", start + number * node.size) for number in range(count)]
    deepest = max((int(one.level) for one in every), default=0)
    for one in every:
        try:
            if int(one.level) == deepest:
                mask = int(one.qsmask)
                cpus += [int(one.grplo) + bit for bit in range(64) if mask >> bit & 1]
            if one.hasField("gp_tasks") and int(one.gp_tasks):
                offset = dump.type("struct task_struct").offset_of("rcu_node_entry")
                head = int(one) + node.offset_of("blkd_tasks")
                links, _ = dump.follow(int(one.gp_tasks), stop=head, limit=1000)
                tasks += [link - offset for link in links]
        except Error as error:
            facts.note(error)
            continue
    return cpus, tasks


FINDING = Finding(
    key="C1",
    title="RCU stall",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the grace period is young; or the CPU waits for another one, which then is the cause",
    excluded="no RCU grace period was stalled",
)
