# SPDX-License-Identifier: GPL-2.0-or-later
"""``sys``: the system that crashed."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import DAMAGE, CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import firmware, modules, syscalls, sysinfo
from pykd.kernel.config import configuration
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.panic:
        raise CommandError("cannot panic a dumpfile!")
    if options.c:
        yield from _system_calls(dump, options.arguments)
    elif options.arguments and (options.t or options.i or options.arguments != ["config"]):
        raise UsageError(f"unknown argument {options.arguments[0]}")
    elif options.t:
        yield _taint(dump)
    elif options.i:
        yield from _identification(dump)
    elif options.arguments:
        for line in configuration(dump).splitlines():
            yield {"line": line}
    else:
        for name in sysinfo.FIELDS:
            value = sysinfo.field(dump, name)
            if value is not None:
                yield {"field": name, "value": value} | (_numbers(dump, name) if options.values else {})


def _numbers(dump: Dump, name: str) -> Row:
    """What a field is as data; nothing where its text says that it cannot be told."""
    try:
        return sysinfo.NUMBERS[name](dump) if name in sysinfo.NUMBERS else {}
    except DAMAGE:
        return {}


def _system_calls(dump: Dump, wanted: list[str]) -> Iterator[Row]:
    found = False
    for number, symbol in enumerate(syscalls.table(dump)):
        if wanted and not any(_matches(word, number, symbol.name) for word in wanted):
            continue
        found = True
        yield {"number": number, "name": symbol.name, "address": symbol.address}
    if wanted and not found:
        raise CommandError(f"no system call {wanted[0]}")


def _matches(word: str, number: int, name: str) -> bool:
    try:
        return int(word, 0) == number
    except ValueError:
        return word in name


def _taint(dump: Dump) -> Row:
    mask = modules.tainted_mask(dump)
    letters = modules.taint_letters(mask)
    return {"taint_bits": mask, "letters": letters, "taints": list(letters)}


def _identification(dump: Dump) -> Iterator[Row]:
    found = False
    for name, value in firmware.identification(dump):
        found = True
        yield {"field": name, "error": fault(value)} if isinstance(value, Error) else {"field": name, "value": value}
    if not found:
        raise CommandError("the firmware of this machine has told nothing (no DMI)")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.c:
        yield "NUM  SYSTEM CALL"
        for row in rows:
            yield f"{row['number']:3d}  {row['name']}"
    elif options.t:
        for row in rows:
            yield f"TAINTED_MASK: {row['taint_bits']:x}  {row['letters']}"
    elif options.arguments:
        for row in rows:
            yield row["line"]
    else:
        width = 25 if options.i else 12
        for row in rows:
            first, *others = sysinfo.lines(row["field"], row["value"]) if "value" in row else [mark(row)]
            yield f"{row['field']:>{width}}: {first}" if first or options.i else f"{row['field']:>{width}}:"
            for other in others:
                yield " " * (width + 2) + other


COMMAND = Command(
    name="sys",
    summary="the system that crashed",
    topic="system",
    options=(
        Option("-c", help="system calls: all, or those of a NUMBER or with NAME in theirs"),
        Option("-t", help="what taints the kernel"),
        Option("-i", help="what the firmware says of the machine (DMI)"),
        Option("-panic", help="refused: a dump is not a running system"),
    ),
    arguments="[config] [NAME|NUMBER]…",
    description="Without options: the dump, the machine, when and why it crashed. `sys config` prints the kernel's configuration,\n"
    "where it has it (CONFIG_IKCONFIG).",
    fields={
        "field": "name of the line, or of the DMI field",
        "value": "text",
        "count": "CPUs present, or tasks",
        "online": "CPUs",
        "date": "of the crash",
        "seconds": "since boot",
        "loads": "of the last 1, 5 and 15 minutes",
        "bytes": "of memory",
        "number": "of the system call (-c)",
        "name": "of its function (-c)",
        "address": "of its function (-c)",
        "taint_bits": "tainted_mask (-t)", "taints": "its letters",
        "letters": "their letters (-t)",
        "line": "of the configuration",
    },
    examples=(("sys", "the system"), ("sys -c read", "system calls with read in their names")),
    rows=rows,
    text=text,
)
