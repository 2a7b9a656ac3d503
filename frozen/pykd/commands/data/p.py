# SPDX-License-Identifier: GPL-2.0-or-later
"""``p``: the value of a C expression or of a per-CPU variable."""

from __future__ import annotations

import re

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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


_CPUS = re.compile(r"\s*(?:a|all|[\d,\s-]*)\s*")


def rows(session: Session, options: Any) -> Iterator[Row]:
    expression = " ".join(options.arguments)
    if not expression:
        raise UsageError("an expression is missing")
    name, colon, cpus = expression.partition(":")
    if (not colon or _CPUS.fullmatch(cpus)) and name.isidentifier() and cpus_of.is_percpu(name, session.dump):
        yield from _per_cpu(session, options, name, cpu_list(session, cpus) if colon else None)
        return
    row: Row = {"name": expression}
    if colon and _CPUS.fullmatch(cpus) and session.dump.address_of(name, default=0):
        row = {"name": name, "warning": f"WARNING: {name} is not percpu; cpuspec ignored."}
    memory = context.memory(session, options.u)
    value = evaluate(memory, row["name"], history(session))
    row |= {"type": str(value.type)} | ({} if value.address is None else {"address": value.address}) | ({"value": _data(value)} if options.values else {})
    yield row | {"line": printed(session, Formatter(memory, radix_of(session, options)), row["name"], value)}


def _per_cpu(session: Session, options: Any, name: str, wanted: list[int] | None) -> Iterator[Row]:
    """A row for each CPU; with *wanted* ones their text has the value, else the address only."""
    from pykd.values import cdata

    memory = context.memory(session, options.u)
    formatter = Formatter(memory, radix_of(session, options))
    type = _type_of(session, name)
    start = session.dump.symbol(name).address
    for nr in cpus_of.possible(session.dump) if wanted is None else wanted:
        address = cpus_of.address_on(start, nr, session.dump)
        row: Row = {"name": name, "cpu": nr, "address": address, "type": str(type), "declaration": type.declare(name), "listed": wanted is None}
        if options.values:
            row["value"] = cdata.value(memory, type, address)
        if wanted is not None:
            value = Value(session.dump, type, address=address)
            shown = value.text(formatter)
            row["line"] = f"per_cpu({name}, {nr}) = ${remember(session, value)} = {shown}"
        yield row


def _data(value: Value) -> Any:
    from pykd.values import cdata

    if value.data is not None:
        return value.data.partition(b"\0")[0].decode("utf-8", "backslashreplace")
    if value.bits is not None or value.address is None:
        return cdata.scalar(value.dump, value.type, value.integer())
    return cdata.value(value.dump, value.type, value.address)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    listed = False
    for row in rows:
        if "warning" in row:
            yield row["warning"]
        if "line" in row:
            yield row["line"]
            continue
        if not listed:
            yield "PER-CPU DATA TYPE:"
            yield f"  {row['declaration']};"
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


def printed(session: Session, formatter: Formatter, expression: str, value: Value) -> str:
    """``$1 = VALUE``, which is remembered; of a plain variable crash names it before gdb's number, and lets what is no number begin a line."""
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
EXPRESSION is C, with C's types of constants and results: variables, members, indexes, casts, sizeof, arithmetic, and gdb's OBJECT@COUNT,
{TYPE} ADDRESS and $N. Of a symbol whose type is not known the address can be taken, and a cast says what it is: (int)mount_lock. A per-CPU
variable alone lists its addresses; with :CPUS (0,2-3 or a) its values; per_cpu(NAME, CPU), NAME:CPU and cpu_rq(CPU) are parts of expressions.""",
    fields={
        "name": "expression", "type": "C type", "value": "as `struct` has it", "address": "of a variable or what else lies in memory",
        "cpu": "CPU number of a per-CPU variable", "listed": "all CPUs: text has the addresses only", "line": "of text", "declaration": "in C", "warning": "",
    },
    examples=(("p init_task.comm", ""), ("p ((struct list_head *)modules.next)->next", ""), ("p runqueues:0", "")),
    intermixed=False,
    raw=True,
    rows=rows,
    text=text,
)
