# SPDX-License-Identifier: GPL-2.0-or-later
"""``env``: the environments of processes."""

from __future__ import annotations

from pykd.commands.tasks import _words
from pykd.core.rows import Row, mark
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    yield from _words.rows(session, options.arguments, "environment", "env_start", "env_end")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield from context.separated(map(_process, rows))


def _process(row: Row) -> Iterator[str]:
    yield context.header(row)
    yield from row["environment"] or ()
    if "error" in row:
        yield mark(row)
    elif not row["environment"]:
        yield "(no environment)"


COMMAND = Command(
    name="env",
    summary="the environments of processes",
    topic="tasks",
    arguments="[PID|TASK|COMM]…",
    description="What a process was started with, in its memory, as it left it there; most dumps are without it. What it set later is elsewhere, see strings.",
    fields={"pid": "", "task": "", "cpu": "", "comm": "", "environment": "texts, NAME=VALUE; null: not known"},
    examples=(("env 1", "of init"),),
    rows=rows,
    text=text,
)
