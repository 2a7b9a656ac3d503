# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs that wait for another one to answer an interrupt: to call a function, or to flush its translations."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import smp
from pykd.report.finding import CPU_STUCK, EXACT, GUESS, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import chain, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

WAITS = ("smp_call_function_many_cond", "smp_call_function_single", "smp_call_function_any", "csd_lock_wait_toolong")
LEAST, LONG = 1.0, 10.0
"""Seconds: an answer takes microseconds; more than the second explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    waiting: dict[int, list[int]] = {}
    for cpu in facts.running:
        if any(name in WAITS for name in facts.functions_on(cpu)) and facts.seconds(facts.running[cpu].address) >= LEAST:
            try:
                targets = smp.awaited_by(facts.dump, cpu)
            except Error as error:
                facts.note(error)
                targets = []
            # A CPU that waits itself answers when it is done: it passes the question on.
            for target in targets or [-1]:
                waiting.setdefault(target, []).append(cpu)
    for target, asking in waiting.items():
        age = max(facts.seconds(facts.running[cpu].address) for cpu in asking)
        evidence = [f"CPU {cpu} {facts.who(facts.running[cpu].address)}: {chain(facts.functions_on(cpu), 6)}" for cpu in asking[:4]]
        text = f"{number(len(asking), 'CPU has', 'CPUs have')} waited for up to {age:.0f} s for "
        if target < 0:
            yield Found(text + "another CPU to answer an interrupt", SERIOUS if age >= LONG else NOTE, GUESS, tuple(evidence), "bt -a", len(asking), age)
            continue
        thread = facts.running.get(target)
        functions = facts.functions_on(target)
        text += f"CPU {target} to answer an interrupt" + (f", which runs {facts.who(thread.address)} in {functions[0] if functions else '?'}" if thread else "")
        evidence.append(f"CPU {target} has not taken it: {chain(functions, 6) or 'its stack is not known'}")
        yield Found(text, STOPS if age >= LONG else SERIOUS, EXACT, tuple(evidence), f"bt -c {target}", len(asking), age)


FINDING = Finding(
    key="L5",
    title="interrupts between CPUs",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="it has waited for less than a second; or the other CPU waits for a lock or another CPU itself, which then is the cause",
    advice="look at the CPU that does not answer: what it does with its interrupts off",
    excluded="no CPU waits for another one to answer an interrupt",
)
