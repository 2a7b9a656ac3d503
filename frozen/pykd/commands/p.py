# SPDX-License-Identifier: GPL-2.0-or-later
"""``p``: the value of a C expression or of a per-CPU variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd.cformat import Formatter
from pykd.command import Command, CommandError, Option, Row, UsageError
from pykd.commands.struct_ import radix_of
from pykd.context import cpu_list
from pykd.expression import ExpressionError, Value, evaluate
from pykd.session import Session


def is_percpu(session: Session, name: str) -> bool:
    """Whether a symbol is a per-CPU variable: it lies in the kernel's or a module's per-CPU section."""
    dump = session.dump
    address = dump.address_of(name)
    start, end = dump.address_of("__per_cpu_start"), dump.address_of("__per_cpu_end")
    if (address or name in ("__per_cpu_start", "fixed_percpu_data")) and start <= address < end:
        return True
    if not address:
        return False
    return any(at <= address < at + size for at, size in (module.percpu for module in dump.modules()) if size)


def rows(session: Session, options: Any) -> Iterator[Row]:
    expression = " ".join(options.arguments)
    if not expression:
        raise UsageError("an expression is missing")
    name, colon, cpus = expression.partition(":")
    if name.isidentifier() and session.dump.address_of(name) and is_percpu(session, name):
        all_cpus = {cpu.nr: cpu for cpu in session.dump.cpus()}
        address = session.dump.symbol(name).address
        for nr in cpu_list(session, cpus) if colon else all_cpus:
            yield {"name": name, "cpu": nr, "address": address + all_cpus[nr].percpu, "listed": not colon}
        return
    yield {"name": expression}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    formatter = Formatter(session.dump, radix_of(session, options))
    listed = False
    for row in rows:
        if "cpu" not in row:
            yield _expression(session, formatter, row["name"])
            continue
        type = _type_of(session, row["name"])
        if not row["listed"]:
            value = formatter.value(type, row["address"])
            yield f"per_cpu({row['name']}, {row['cpu']}) = ${next_number(session)} = {value}"
            continue
        if not listed:
            yield "PER-CPU DATA TYPE:"
            yield f"  {type.declare(row['name'])};"
            yield "PER-CPU ADDRESSES:"
            listed = True
        yield f"  [{row['cpu']}]: {row['address']:x}"


def _type_of(session: Session, name: str) -> Any:
    try:
        return session.dump.symbol_type(name)
    except Error:
        raise CommandError(f"{name}: its type is not known") from None


def next_number(session: Session) -> int:
    """gdb numbers the values that it prints."""
    number: int = session.state.get("value number", 0) + 1
    session.state["value number"] = number
    return number


def _expression(session: Session, formatter: Formatter, expression: str) -> str:
    try:
        value: Value = evaluate(session.dump, expression)
        shown = value.text(formatter)
    except ExpressionError as error:
        raise CommandError(str(error)) from None
    number = next_number(session)
    # crash names a plain variable before gdb's number
    prefix = f"{expression} = " if expression.isidentifier() and session.dump.address_of(expression) else ""
    return f"{prefix}${number} = {shown}"


COMMAND = Command(
    name="p",
    summary="print the value of an expression",
    topic="data",
    options=(
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
        Option("-u", help="addresses are of the user space of the current context"),
    ),
    arguments="EXPRESSION | SYMBOL[:CPUS]",
    description="""\
EXPRESSION is C: variables, members, indexes, casts, sizeof, arithmetic. A per-CPU variable alone lists its addresses;
with :CPUS (0,2-3 or a) its values.""",
    fields={"name": "expression", "cpu": "CPU number", "address": "of the variable"},
    examples=(("p init_task.comm", ""), ("p ((struct list_head *)modules.next)->next", ""), ("p runqueues:0", "")),
    intermixed=False,
    raw=True,
    rows=rows,
    text=text,
)
