# SPDX-License-Identifier: GPL-2.0-or-later
"""``p``: the value of a C expression or of a per-CPU variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd.commands.data.struct_ import radix_of
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.kernel import cpus as cpus_of
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.context import cpu_list
from pykd.session.session import Session
from pykd.values.cformat import Formatter
from pykd.values.expression import Value, evaluate


def rows(session: Session, options: Any) -> Iterator[Row]:
    expression = " ".join(options.arguments)
    if not expression:
        raise UsageError("an expression is missing")
    name, colon, cpus = expression.partition(":")
    if colon and session.dump.address_of(name, default=0) and not cpus_of.is_percpu(name, session.dump):
        yield {"name": name, "warning": f"WARNING: {name} is not percpu; cpuspec ignored."}
        return
    if name.isidentifier() and cpus_of.is_percpu(name, session.dump):
        all_cpus = cpus_of.possible(session.dump)
        address = session.dump.symbol(name).address
        for nr in cpu_list(session, cpus) if colon else all_cpus:
            yield {"name": name, "cpu": nr, "address": cpus_of.address_on(address, nr, session.dump), "listed": not colon}
        return
    yield {"name": expression}


def details(session: Session, options: Any, row: Row) -> Row:
    """With type and value."""
    from pykd.values import cdata

    memory = context.memory(session, options.u)
    if "warning" in row:
        return row
    if "cpu" in row:
        type = _type_of(session, row["name"])
        return row | {"type": str(type), "value": cdata.value(memory, type, row["address"])}
    value = evaluate(memory, row["name"], history(session))
    remember(session, value)
    return row | {"type": str(value.type)} | ({} if value.address is None else {"address": value.address}) | {"value": _data(value)}


def _data(value: Value) -> Any:
    from pykd.values import cdata

    if value.data is not None:
        return value.data.partition(b"\0")[0].decode("utf-8", "backslashreplace")
    if value.bits is not None or value.address is None:
        return cdata.scalar(value.dump, value.type, value.integer())
    return cdata.value(value.dump, value.type, value.address)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    memory = context.memory(session, options.u)
    formatter = Formatter(memory, radix_of(session, options))
    listed = False
    for row in rows:
        if "warning" in row:
            yield row["warning"]
        if "cpu" not in row:
            yield printed(session, formatter, row["name"])
            continue
        type = _type_of(session, row["name"])
        if not row["listed"]:
            value = Value(session.dump, type, address=row["address"])
            yield f"per_cpu({row['name']}, {row['cpu']}) = ${remember(session, value)} = {formatter.value(type, row['address'])}"
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
        if name == "__per_cpu_start":
            return session.dump.type("char []")
        raise CommandError(f"{name}: its type is not known") from None


def history(session: Session) -> list[Value]:
    """The values that were printed: ``$1`` is the first."""
    found: list[Value] = session.state.setdefault("printed values", [])
    return found


def remember(session: Session, value: Value) -> int:
    """Add a value to the history; its number."""
    history(session).append(value)
    return len(history(session))


def printed(session: Session, formatter: Formatter, expression: str) -> str:
    """``$1 = VALUE``; of a plain variable crash names it before gdb's number, and lets what is no number begin a line."""
    value = evaluate(formatter.dump, expression, history(session))
    shown = value.text(formatter)
    number = remember(session, value)
    if not (expression.isidentifier() and session.dump.address_of(expression, default=0)):
        return f"${number} = {shown}"
    apart = shown.startswith("{") and value.type.strip().kind in ("array", "function")
    return f"{expression} = ${number} = " + ("\n " if apart else "") + shown


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
    fields={
        "name": "expression", "type": "C type", "value": "as `struct` has it", "address": "of a variable or what else lies in memory",
        "cpu": "CPU number of a per-CPU variable", "listed": "all CPUs: text has the addresses only",
    },
    examples=(("p init_task.comm", ""), ("p ((struct list_head *)modules.next)->next", ""), ("p runqueues:0", "")),
    intermixed=False,
    raw=True,
    rows=rows,
    text=text,
    details=details,
)
