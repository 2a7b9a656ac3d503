# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel stacks that were overrun."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.stack.tracer import STACK_END_MAGIC
from pykd.report.finding import CORRUPTION, EXACT, STOPS, Finding, Found
from pykd.report.logsigns import told
from pykd.report.verdict import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    where = verdict(facts).function
    text = "A kernel stack overflowed" + (f", in {where}" if where else "")
    yield from told(facts, r"stack guard page was hit|kernel stack overflow|corrupted stack end", text.replace("{", "{{").replace("}", "}}"), STOPS)
    yield from told(facts, r"Kernel stack is corrupted in: (\S+)", "A function has overrun its part of the stack: {0}", STOPS)
    dump = facts.dump
    addresses = [address for address in facts.addresses() if address != dump.address_of("init_task", default=0)]
    (stacks,) = dump.read_plain(addresses, "struct task_struct", ("stack",))
    for task, stack in zip(addresses, stacks, strict=True):
        if isinstance(stack, Error):
            facts.note(stack)
            continue
        if not stack:
            continue  # a zombie has none
        try:
            mark = dump.read_unsigned(stack)
        except Error as error:
            facts.note(error)
            continue
        if mark != STACK_END_MAGIC:
            evidence = (f"the lowest word of its stack, at {stack:#x}, is {mark:#x} and not {STACK_END_MAGIC:#x}",)
            yield Found(f"The kernel stack of {facts.who(task)} was overrun", STOPS, EXACT, evidence, f"bt {facts.threads[task].pid}")


FINDING = Finding(
    key="P1",
    title="stack overflow",
    level=CORRUPTION,
    rule=rule,
    false_alarm="stacks of idle tasks and of interrupts have other bounds; these are left out",
    advice="look at the frames for recursion and for functions with large frames",
    excluded="no kernel stack was overrun",
)
