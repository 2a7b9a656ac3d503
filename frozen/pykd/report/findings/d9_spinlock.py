# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs that spin for a lock, or for another CPU to answer."""

from __future__ import annotations

from pykd.report.finding import CPU_STUCK, FOUND, GUESS, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

SPINS = {
    "native_queued_spin_lock_slowpath": "a spinlock", "__pv_queued_spin_lock_slowpath": "a spinlock", "queued_spin_lock_slowpath": "a spinlock",
    "queued_read_lock_slowpath": "a read-write lock (to read)", "queued_write_lock_slowpath": "a read-write lock (to write)",
    "smp_call_function_many_cond": "another CPU to answer an interrupt", "smp_call_function_single": "another CPU to answer an interrupt",
    "multi_cpu_stop": "all CPUs to stop",
}  # fmt: skip
LEAST, LONG = 1.0, 10.0
"""Seconds: less is contention; more explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    spinning = {cpu: name for cpu in facts.running if (name := next((one for one in facts.functions_on(cpu) if one in SPINS), ""))}
    if not spinning:
        return
    ages = {cpu: facts.seconds(facts.running[cpu].address) for cpu in spinning}
    age = max(ages.values())
    if age < LEAST:
        return
    evidence = []
    for cpu, name in spinning.items():
        functions = facts.functions_on(cpu)
        caller = functions[functions.index(name) + 1 :][:6]
        evidence.append(f"CPU {cpu} {facts.who(facts.running[cpu].address)}: {name} < {' < '.join(caller)}; on the CPU for {ages[cpu]:.1f} s")
    others = [cpu for cpu, thread in facts.running.items() if cpu not in spinning and thread.pid]
    suspects = [cpu for cpu in others if facts.seconds(facts.running[cpu].address) >= LEAST]
    kinds = ", ".join(sorted({SPINS[name] for name in spinning.values()}))
    text = f"{number(len(spinning), 'CPU spins', 'CPUs spin')} for {kinds}, for up to {age:.0f} s"
    if not others:
        proven = age >= LONG
        text += "; no other CPU runs anything: it waits for itself, or its holder sleeps"
        yield Found(text, STOPS if proven else SERIOUS, FOUND if proven else GUESS, tuple(evidence), "bt -a", len(spinning), age)
        return
    for cpu in suspects[:2]:
        evidence.append(f"CPU {cpu} does not spin, and may hold it: {facts.who(facts.running[cpu].address)} in {' < '.join(facts.functions_on(cpu)[:6])}")
    severity = STOPS if age >= LONG and suspects else SERIOUS if suspects else NOTE
    yield Found(text, severity, FOUND if age >= LONG and len(suspects) == 1 else GUESS, tuple(evidence), "bt -a", len(spinning), age)


FINDING = Finding(
    key="D9",
    title="spinning CPUs",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="contention: they have spun for less than a second",
    excluded="no CPU spins for a lock or for another CPU",
)
