# SPDX-License-Identifier: GPL-2.0-or-later
"""The stack of the thread that panicked, with the registers and the code where it was interrupted."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.stack import backtrace
from pykd.kernel.stack.tracer import Tracer
from pykd.kernel.task.table import at
from pykd.report.blocks import Block, lines
from pykd.report.sections import Section
from pykd.report.verdict import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

_BEFORE, _BEHIND = 42, 22
"""Bytes of code around the instruction, as an oops shows them"""


def make(facts: Facts) -> Iterator[Block]:
    task = verdict(facts).task
    thread = facts.threads.get(task) or (at(facts.dump, [task])[0] if task else None)
    if thread is None:
        yield lines(["no thread is known to have panicked"])
        return
    row = Tracer(facts.dump).trace(thread)
    yield lines([thread.header(), *backtrace.trace_lines(row, offsets=True, radix=16)])
    frames = [frame for frame in row["frames"] if "registers" in frame]
    if frames:
        yield lines([code_line(facts, frames[0]["pc"])], f"Code in {frames[0]['function']}")


def code_line(facts: Facts, pc: int) -> str:
    """Bytes of code, that of the instruction in brackets: ``48 89 e5 <0f> 0b``."""
    parts = []
    for address in range(pc - _BEFORE, pc + _BEHIND):
        try:
            byte = facts.dump.read_unsigned(address, 1)
        except Error:
            continue
        parts.append(f"<{byte:02x}>" if address == pc else f"{byte:02x}")
    return " ".join(parts) or "(unreadable)"


SECTION = Section("Panic stack", make)
