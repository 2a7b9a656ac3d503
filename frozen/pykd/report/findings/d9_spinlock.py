# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs that spin for a lock, or for all CPUs to stop."""

from __future__ import annotations

from pykd.kernel.waits.names import name_of
from pykd.kernel.waits.spinning import SLOWPATHS, has_on_stack, lock_of
from pykd.report.finding import CPU_STUCK, FOUND, GUESS, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import chain, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

SPINS = {
    "native_queued_spin_lock_slowpath": "a spinlock", "__pv_queued_spin_lock_slowpath": "a spinlock", "queued_spin_lock_slowpath": "a spinlock",
    "queued_read_lock_slowpath": "a read-write lock (to read)", "queued_write_lock_slowpath": "a read-write lock (to write)",
    "multi_cpu_stop": "all CPUs to stop",
}  # fmt: skip
LEAST, LONG = 1.0, 10.0
"""Seconds: less is contention; more explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    spinning = {cpu: name for cpu in facts.running if (name := next((one for one in facts.functions_on(cpu) if one in SPINS), ""))}
    locks = _locks(facts, [cpu for cpu, name in spinning.items() if name in SLOWPATHS])
    known = {cpu for cpus in locks.values() for cpu in cpus}
    groups = [(lock, cpus) for lock, cpus in locks.items()]
    if rest := [cpu for cpu in spinning if cpu not in known]:
        groups.append((0, rest))
    for lock, cpus in groups:
        if found := _found(facts, lock, cpus, spinning, len(groups) > 1):
            yield found


def _found(facts: Facts, lock: int, cpus: list[int], spinning: dict[int, str], others_spin: bool) -> Found | None:
    """What CPUs spin for that spin for one lock, or for which it is not known: then *lock* is 0. With others that spin for another one
    it is not proven which of them a CPU has that does not spin."""
    ages = {cpu: facts.seconds(facts.running[cpu].address) for cpu in cpus}
    age = max(ages.values())
    if age < LEAST:
        return None
    evidence = []
    for cpu in cpus:
        functions = facts.functions_on(cpu)
        caller = functions[functions.index(spinning[cpu]) + 1 :]
        evidence.append(f"CPU {cpu} {facts.who(facts.running[cpu].address)}: {spinning[cpu]} < {chain(caller, 6)}; on the CPU for {ages[cpu]:.1f} s")
    name = name_of(facts.dump, lock) if lock else ""
    if lock:
        word = facts.dump.read_unsigned(lock, 4)
        evidence.append(f"spinlock {lock:#x}{f' ({name})' if name else ''}: val {word:#x}, CPU {', '.join(map(str, cpus))} spins for it")
        holders = [cpu for cpu, trace in facts.traces.items() if cpu not in spinning and has_on_stack(facts.dump, trace, lock)]
        if len(holders) == 1:
            return _held(facts, lock, holders[0], cpus, age, evidence)
    others = [cpu for cpu, thread in facts.running.items() if cpu not in spinning and thread.pid]
    suspects = [cpu for cpu in others if facts.seconds(facts.running[cpu].address) >= LEAST]
    kinds = ", ".join(sorted({SPINS[spinning[cpu]] for cpu in cpus}))
    text = f"{number(len(cpus), 'CPU spins', 'CPUs spin')} for {kinds}{f' ({name})' if name else ''}, for up to {age:.0f} s"
    if not others:
        proven = age >= LONG
        text += "; no other CPU runs anything: it waits for itself, or its holder sleeps"
        return Found(text, STOPS if proven else SERIOUS, FOUND if proven else GUESS, tuple(evidence), "bt -a", len(cpus), age)
    if len(suspects) == 1:
        text += f"; CPU {suspects[0]}, which runs {facts.who(facts.running[suspects[0]].address)}, does not spin and may hold it"
        text += ", or it waits for itself" if others_spin else ""
    for cpu in suspects[:2]:
        evidence.append(f"CPU {cpu} does not spin, and may hold it: {facts.who(facts.running[cpu].address)} in {chain(facts.functions_on(cpu), 6)}")
    severity = STOPS if age >= LONG and suspects else SERIOUS if suspects else NOTE
    proof = FOUND if age >= LONG and len(suspects) == 1 and not others_spin else GUESS
    return Found(text, severity, proof, tuple(evidence), "bt -a", len(cpus), age)


def _locks(facts: Facts, cpus: list[int]) -> dict[int, list[int]]:
    """CPUs by the spinlock that they spin for, as far as it is found."""
    found: dict[int, list[int]] = {}
    for cpu in cpus:
        if cpu in facts.traces and (lock := lock_of(facts.dump, facts.traces[cpu], cpus)):
            found.setdefault(lock, []).append(cpu)
    return found


def _held(facts: Facts, lock: int, holder: int, cpus: list[int], age: float, evidence: list[str]) -> Found:
    """A spinlock whose address one other CPU has, which does not spin."""
    name = name_of(facts.dump, lock) or f"{lock:#x}"
    functions = facts.functions_on(holder)
    thread = facts.running[holder]
    lines = (*evidence, f"CPU {holder} has its address and does not spin: {facts.who(thread.address)} in {chain(functions)}")
    text = f"{number(len(cpus), 'CPU spins', 'CPUs spin')} for the spinlock {name}, for up to {age:.0f} s; CPU {holder} holds it, which runs {facts.who(thread.address)}"
    return Found(text, STOPS if age >= LONG else SERIOUS, FOUND, lines, f"bt -c {holder}", len(cpus), age)


FINDING = Finding(
    key="D9",
    title="spinning CPUs",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="contention: they have spun for less than a second",
    advice="look at what the CPU does that holds the lock (bt -c); if none does, at who took it and slept or returned with it",
    excluded="no CPU spins for a lock",
)
