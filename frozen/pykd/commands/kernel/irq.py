# SPDX-License-Identifier: GPL-2.0-or-later
"""``irq``: interrupts and softirqs."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus, irqs, machine
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def _function(dump: Dump, address: int) -> str | None:
    symbol = dump.symbol_at(address)
    return symbol.name if symbol else None


def _gates(dump: Dump) -> Iterator[Row]:
    for number, handler in enumerate(irqs.gates(dump)):
        symbol = dump.symbol_at(handler) if handler else None
        name = symbol and (symbol.name + (f"+{handler - symbol.address}" if handler != symbol.address else ""))
        yield {"gate": number, "handler": handler, "name": name}


def _row(dump: Dump, number: int, desc: Any, options: Any) -> Row:
    row: Row = {"irq": number, "descriptor": int(desc), "actions": []}
    try:
        for action in irqs.actions(desc):
            row["actions"].append({"address": int(action), "name": str(action.name or "")})
        if options.a:
            row["affinity"] = cpus.list_text(irqs.affinity(dump, desc))
        if options.s and row["actions"]:
            row |= {"chip": _chip(desc), "counts": {cpu: irqs.count_on(dump, desc, cpu) for cpu in options.shown}}
    except Error as error:
        row["error"] = fault(error)
    return row


def _chip(desc: Any) -> str:
    name = irqs.chip_name(desc)
    return f"{name:>8}-{desc.name or '':<8}" if desc.name else f"{name:>8} {'':8}"


def _number(word: str, last: int) -> int:
    if wrong := [c for c in word if c not in "0123456789"]:
        raise CommandError(f'{word}: "{wrong[0]}" is not a digit 0 - 9')
    if not word or int(word) > last:
        raise CommandError(f"invalid IRQ value: {word}  ({last} max)")
    return int(word)


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.d and not machine.of(dump).has_gates:
        raise CommandError("-d option not supported or applicable on this architecture or kernel")
    if options.d or options.b:
        softirqs = ({"vector": number, "action": action, "name": _function(dump, action)} for number, action in irqs.softirqs(dump))
        yield from _gates(dump) if options.d else softirqs
        return
    options.shown = context.cpu_list(session, options.c) if options.c else cpus.possible(dump)
    problems: list[str] = []
    found = dict(irqs.descriptors(dump, problems.append))
    if options.arguments:
        wanted = [_number(word, irqs.count(dump) - 1) for word in options.arguments]
    elif options.u or options.a or options.s:
        wanted = sorted(found)
    elif (end := max(irqs.count(dump), max(found, default=-1) + 1)) <= irqs.MAX_NUMBER:
        wanted = list(range(end))
    else:
        wanted = sorted(found)
        problems.append(f"there cannot be {end} interrupts; those without a descriptor are left out")
    for number in wanted:
        yield _row(dump, number, found[number], options) if number in found else {"irq": number, "actions": []}
    if problems:
        yield {"error": fault(problems[0])}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.b and not options.d:
        yield "SOFTIRQ_VEC      ACTION     "
        for row in rows:
            yield f"    [{row['vector']}]     {row['action']:016x}  <{row['name']}>"
    elif options.d:
        for row in rows:
            yield f"{'[' + str(row['gate']) + ']':>5} {row['name'] or format(row['handler'], 'x')}"
    elif options.s:
        yield from _table(rows, options)
    elif options.a:
        yield "IRQ NAME                 AFFINITY"
        for row in rows:
            if "irq" in row and (row["actions"] or "error" in row):
                name = ",".join(action["name"] for action in row["actions"])
                yield f"{row['irq']:>3} {name:<20} {row.get('affinity', '')}" + _error(row)
    else:
        yield " IRQ   IRQ_DESC/_DATA      IRQACTION      NAME"
        for row in rows:
            yield from _line(row)


def _error(row: Row) -> str:
    return f" {mark(row)}" if "error" in row else ""


def _line(row: Row) -> Iterator[str]:
    if "irq" not in row:
        yield _error(row).strip()
        return
    unused = "    (unused)    "
    head = f"{row['irq']!s:^5} " + (f"{row['descriptor']:016x}" if "descriptor" in row else unused)
    if not row["actions"]:
        yield head + (_error(row) if "error" in row else f"  {unused}  ")
    for number, action in enumerate(row["actions"]):
        yield f"{head if not number else '':22}  {action['address']:016x}  \"{action['name']}\"" + _error(row)


def _table(rows: Iterable[Row], options: Any) -> Iterator[str]:
    yield "     " + "".join(f"{'CPU' + str(cpu):>10} " for cpu in options.shown)
    for row in rows:
        if "counts" in row:
            names = ",".join(action["name"] for action in row["actions"])
            counts = "".join(f" {count:>10}" for count in row["counts"].values())
            yield f"{row['irq']:>3}:{counts} {row['chip']} {names}"
        elif "error" in row:
            yield f"{row.get('irq', ''):>3}:{_error(row)}"


COMMAND = Command(
    name="irq",
    summary="interrupts",
    topic="kernel",
    options=(
        Option("-u", help="only those that have a descriptor"),
        Option("-d", help="the interrupt descriptor table"),
        Option("-b", help="softirqs"),
        Option("-a", help="CPU affinity"),
        Option("-s", help="how often each came, by CPU"),
        Option("-c", "CPUS", help="with -s: these CPUs only"),
    ),
    arguments="[IRQ]…",
    fields={"irq": "number", "descriptor": "struct irq_desc", "actions": "address of struct irqaction, name", "counts": "by CPU", "chip": "", "affinity": ""},
    rows=rows,
    text=text,
)
