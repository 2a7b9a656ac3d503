# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine, its kernel, and the dump."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import sysinfo, uts
from pykd.kernel.mm import dumplevel
from pykd.kernel.modules import taint_letters
from pykd.report.blocks import Block, fields
from pykd.report.sections import Section
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

TAINTS = {
    "P": "proprietary module", "F": "module loaded by force", "S": "processor out of specification", "R": "module unloaded by force", "M": "machine check",
    "B": "bad page", "U": "asked for by user space", "D": "an oops before", "A": "ACPI table replaced", "W": "a warning before", "C": "staging driver",
    "I": "firmware workaround", "O": "module from out of tree", "E": "unsigned module", "L": "a soft lockup before", "K": "live patched",
    "X": "distribution's own", "T": "built with randomised structs", "N": "test module", "J": "user-made changes of the firmware",
}  # fmt: skip
_FIELDS = ("RELEASE", "VERSION", "NODENAME", "CPUS", "MEMORY", "DATE", "UPTIME", "LOAD AVERAGE")


def taint_words(letters: str) -> str:
    """``a warning before (W), unsigned module (E)``"""
    return ", ".join(f"{TAINTS.get(letter, '?')} ({letter})" for letter in letters) or "not tainted"


def make(facts: Facts) -> Iterator[Block]:
    dump = facts.dump
    pairs: list[tuple[str, str | None]] = [(name.capitalize(), sysinfo.field(dump, name)) for name in _FIELDS]
    pairs.append(("Tasks", _tasks(facts)))
    hardware = facts.messages(r"^Hardware name: ")
    if hardware:
        pairs.append(("Hardware", hardware[-1].text.removeprefix("Hardware name: ")))
    pairs.append(("Taint", taint_words(taint_letters(facts.number("tainted_mask", 8, default=0)))))
    try:
        line = uts.command_line(dump)
    except Error:
        line = ""
    pairs.append(("Command line", line))
    level = dumplevel.dump_level(dump)
    pairs.append(("Dump", f"{', '.join(dump.paths)}: {dump.format}" + (f", dump level {level}" if level is not None else "")))
    yield fields(pairs)


def _tasks(facts: Facts) -> str | None:
    """How many threads there are, as ``sys`` counts them: with the idle ones, which other counts leave out."""
    every = sysinfo.field(facts.dump, "TASKS")
    if every is None or not every.isdigit():
        return every
    idle = sum(not thread.pid for thread in facts.threads.values())
    return f"{every} ({number(idle, 'idle one')} of the CPUs among them)"


SECTION = Section("System", make)
