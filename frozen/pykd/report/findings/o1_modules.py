# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules that are not the kernel's own, told with weight only if one of their functions is on the stack that failed."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.modules import taint_letters, taints_of
from pykd.report.finding import EXACT, LIMITS, NOTE, SERIOUS, Finding, Found
from pykd.report.verdict import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

FOREIGN = "POEF"
"""Letters of taints: proprietary, out of tree, unsigned, forced"""
ROOTS = 10
"""Ends of chains of waiting that are looked at, and threads of each"""
LONG = 10.0
"""Seconds"""


def rule(facts: Facts) -> Iterator[Found]:
    foreign = {}
    for module in facts.dump.modules():
        try:
            letters = "".join(letter for letter in taint_letters(taints_of(facts.dump, module)) if letter in FOREIGN)
        except Error as error:
            facts.note(error)
            continue
        if letters:
            foreign[module.name] = letters
    if not foreign:
        return
    names = tuple(f"{name} ({letters})" for name, letters in foreign.items())
    task = verdict(facts).task
    try:
        on_path = [frame.module for frame in facts.dump.unwind(task, crash=True).frames if frame.module in foreign] if task else []
    except Error:
        on_path = []
    if on_path:
        yield Found(f"The module {on_path[0]}, which is not the kernel's own, is on the stack that failed", SERIOUS, EXACT, names, "mod -t")
    elif involved := _involved(facts, foreign):
        yield Found(f"The module {involved[0]}, which is not the kernel's own, {involved[1]}", SERIOUS, EXACT, names, "mod -t")
    else:
        yield Found(f"Modules that are not the kernel's own are loaded, and none is on the stack that failed: {', '.join(list(foreign)[:6])}", NOTE, EXACT, names, "mod -t")


def _involved(facts: Facts, foreign: dict[str, str]) -> tuple[str, str] | None:
    """(module, how) of one whose lock is waited for, whose code is on the stack of a thread that others wait for, or of a CPU that does not get on."""
    for root in facts.graph.roots()[:ROOTS]:
        symbol = facts.dump.symbol_at(root.thing.address) if root.thing is not None and root.thing.address else None
        if symbol is not None and symbol.module in foreign:
            return symbol.module, f"has what threads wait for: {symbol.name}"
        for task in root.tasks[:ROOTS]:
            try:
                frames = facts.dump.unwind(task).frames
            except Error:
                continue
            if name := next((frame.module for frame in frames if frame.module in foreign), None):
                return name, f"is on the stack of {facts.who(task)}, which others wait for"
    for cpu, trace in facts.traces.items():
        name = next((frame.module for frame in trace.frames if frame.module in foreign), None)
        if name and facts.seconds(facts.running[cpu].address) >= LONG:
            return name, f"is on the stack of CPU {cpu}, which has run it for {facts.seconds(facts.running[cpu].address):.0f} s"
    return None


FINDING = Finding(
    key="O1",
    title="foreign modules",
    level=LIMITS,
    rule=rule,
    false_alarm="the module is idle, and neither its code nor its objects are involved",
    advice="try without the module, or ask its maker with its version and this report",
)
