# SPDX-License-Identifier: GPL-2.0-or-later
"""Panics whose own text is the cause, as far as the kernel can know it: init ended, no root file system, a driver's or a cluster's own panic."""

from __future__ import annotations

import re

from pykd.kernel.waits.things import function_name
from pykd.report.finding import EXACT, FIRST_MESSAGE, SERIOUS, STOPS, Finding, Found
from pykd.report.verdict import Verdict, panic_stamp, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

OWN = ("init", "no root", "ext4", "panic", "stack")
SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}


def exit_words(code: int) -> str:
    """What an exit code of do_exit() says: the low 7 bits are the signal, bits 8 to 15 the status."""
    signal, status = code & 0x7F, code >> 8 & 0xFF
    if signal:
        return f"killed by signal {signal}" + (f" ({SIGNALS[signal]})" if signal in SIGNALS else "")
    return f"with status {status}" + (" (a program or a library was not found)" if status == 127 else "")


def rule(facts: Facts) -> Iterator[Found]:
    found = verdict(facts)
    if found.kind not in OWN:
        return
    text = found.text
    if code := re.search(r"exitcode=0x([0-9a-f]+)", found.message):
        text = f"Process 1 ended, {exit_words(int(code[1], 16))}"
    evidence = [line for line in (panic_stamp(facts), _caller(facts, found)) if line]
    yield Found(text, SERIOUS if found.kind == "stack" else STOPS, EXACT, tuple(evidence), "bt")


def _caller(facts: Facts, found: Verdict) -> str:
    """Who called panic()."""
    names = [(function_name(frame), frame.module) for frame in facts.dump.unwind(found.task, crash=True).frames if function_name(frame)] if found.task else []
    place = next((number for number, (name, _) in enumerate(names) if name in ("panic", "vpanic")), -1)
    if place < 0 or place + 1 >= len(names):
        return ""
    name, module = next(((name, module) for name, module in names[place + 1 :] if name not in ("panic", "vpanic")), ("", None))
    return f"panic() was called by {name}" + (f" of the module {module}" if module else "") if name else ""


FINDING = Finding(
    key="A2",
    title="panic",
    level=FIRST_MESSAGE,
    rule=rule,
    false_alarm="init was killed by an error of its disk or for lack of memory: that is in the log before",
    advice="read the log before the panic: what killed init, or which driver gave up and why, stands there",
)
