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
    else:
        yield Found(f"Modules that are not the kernel's own are loaded, and none is on the stack that failed: {', '.join(list(foreign)[:6])}", NOTE, EXACT, names, "mod -t")


FINDING = Finding(
    key="O1",
    title="foreign modules",
    level=LIMITS,
    rule=rule,
    false_alarm="the module is idle, and neither its code nor its objects are involved",
)
