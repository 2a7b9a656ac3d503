# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules that are being loaded or removed, and live patches that are not everywhere yet."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.report.finding import EXACT, LIMITS, NOTE, Finding, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

STATES = {1: "loaded", 2: "removed"}
"""``module.state``: MODULE_STATE_COMING, _GOING"""
MAX_PATCHES = 10_000


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    for module in dump.modules():
        try:
            state = int(dump.object("struct module", module.address).state)
        except Error as error:
            facts.note(error)
            continue
        if state in STATES:
            yield Found(f"The module {module.name} was being {STATES[state]}", NOTE, EXACT, (f"module {module.address:#x}: state {state}",), f"mod -s {module.name}")
    head = dump.address_of("klp_patches", "", default=0)
    if not head or not dump.address_of("klp_transition_patch", "", default=0):
        return
    patch = facts.number("klp_transition_patch", 8)
    if patch and any(not isinstance(one, Error) and int(one) == patch for one in caught(list_for_each_entry(dump, head, "struct klp_patch", "list", limit=MAX_PATCHES))):
        yield Found("A live patch is not everywhere yet: some threads still run the old code", NOTE, EXACT, (f"klp_patch {patch:#x}",), "ps")


FINDING = Finding(
    key="O3",
    title="modules and live patches on the way",
    level=LIMITS,
    rule=rule,
    false_alarm="a module that takes long by design; a patch that is younger than a minute",
    advice="look at the stack of the module's init or of the thread that does not pass (bt)",
)
