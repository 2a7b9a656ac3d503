# SPDX-License-Identifier: GPL-2.0-or-later
"""Loaded modules; those that are not the kernel's own stand out."""

from __future__ import annotations

import textwrap

from _pykd import Error
from pykd.kernel.modules import memory_error, taint_letters, taints_of
from pykd.report.blocks import Block, lines, table
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def make(facts: Facts) -> Iterator[Block]:
    tainted, names = [], []
    lost = memory_error(facts.dump) if facts.dump.modules() else None
    for module in facts.dump.modules():
        names.append(module.name)
        try:
            letters = taint_letters(taints_of(facts.dump, module))
        except Error:
            letters = "?"
        if letters:
            tainted.append([module.name, letters, module.size if lost is None else "?"])
    if tainted:
        yield table(("module", "taints", "bytes"), tainted, "That taint the kernel")
    yield lines(textwrap.wrap(", ".join(names), 76) or ["none"], f"Modules ({len(names)})")
    if facts.dump.modules_error:
        yield lines([f"the list of modules is cut off: {facts.dump.modules_error}"])


SECTION = Section("Modules", make)
