# SPDX-License-Identifier: GPL-2.0-or-later
"""``py``: Python, in the namespace that all programs of the session share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import __main__
import pykd
from pykd.command import Command, CommandError, Row, UsageError
from pykd.session import Session


def rows(session: Session, options: Any) -> Iterator[Row]:
    text = " ".join(options.arguments)
    if not text:
        raise UsageError("an expression or statement is missing")
    namespace = __main__.__dict__
    namespace.setdefault("pykd", pykd)
    namespace.setdefault("dump", session.dump)
    try:
        try:
            code = compile(text, "<py>", "eval")
        except SyntaxError:
            exec(compile(text, "<py>", "exec"), namespace)
            return
        value = eval(code, namespace)
    except (pykd.Error, BrokenPipeError):
        raise
    except Exception as error:
        raise CommandError(f"{type(error).__name__}: {error}") from None
    if value is not None:
        namespace["_"] = value
        yield {"value": repr(value)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield row["value"]


COMMAND = Command(
    name="py",
    summary="Python expressions and statements",
    topic="session",
    arguments="EXPRESSION | STATEMENT",
    description="""\
The namespace is that of the programs; `dump` is the open dump, `pykd` the API, `_` the last value. Quotes and parentheses
are Python's.""",
    fields={"value": "repr() of the value"},
    examples=(("py dump.variable('init_task').comm", ""), ("py [t.pid for t in pykd.tasks.threads()][:5]", "")),
    intermixed=False,
    raw=True,
    rows=rows,
    text=text,
)
