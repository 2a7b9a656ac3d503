# SPDX-License-Identifier: GPL-2.0-or-later
"""``cmdline``: the arguments that processes were started with."""

from __future__ import annotations

from pykd.commands.tasks import _words
from pykd.core.rows import Row, mark
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    yield from _words.rows(session, options.arguments, "arguments", "arg_start", "arg_end")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    import shlex

    for row in rows:
        shown = " ".join(map(shlex.quote, row["arguments"])) if row["arguments"] else f"[{row['comm']}]"
        yield f"{row['pid']:>7}  {shown} {mark(row)}".rstrip()


COMMAND = Command(
    name="cmdline",
    summary="the arguments that processes were started with",
    topic="tasks",
    arguments="[PID|TASK|COMM]…",
    description="They lie in the memory of the process, which has them as it left them; most dumps are without it. In brackets is the name of one of which they\n"
    "are not known, or that has none: a thread of the kernel, or what has ended. Words are quoted as a shell would have them.",
    fields={"pid": "", "task": "", "cpu": "", "comm": "", "arguments": "texts; null: not known"},
    examples=(("cmdline 1", "of init"),),
    rows=rows,
    text=text,
)
