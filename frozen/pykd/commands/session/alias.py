# SPDX-License-Identifier: GPL-2.0-or-later
"""``alias``: names for command lines."""

from __future__ import annotations

from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session import command, runtime
from pykd.session.command import Command
from pykd.session.session import ALIASES, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    words = options.arguments
    if len(words) > 1:
        name, *meaning = words
        if meaning == [""]:
            session.aliases.pop(name, None)
            return
        if command.find(name) is not None or runtime.is_registered(name):
            raise CommandError(f"cannot alias existing command name: {name}")
        session.aliases[name] = _meaning(session, " ".join(meaning))
    names = words[:1] or list(session.aliases)
    for name in names:
        if name not in session.aliases:
            raise CommandError(f"alias does not exist: {name}")
        origin = "builtin" if session.aliases[name] == ALIASES.get(name) else "runtime"
        yield {"name": name, "command": session.aliases[name], "origin": origin}


def _meaning(session: Session, line: str) -> str:
    """*line*, its own alias replaced: the prompt replaces one only. :raises CommandError: it is no command."""
    line = session.expand_alias(line)
    first = line.split()[0] if line.split() else ""
    if first not in ("q", "<") and first[:1] not in ("!", "<") and not session.knows(line):
        raise CommandError(f"invalid alias attempt on non-existent command: {first}")
    return line


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield "ORIGIN   ALIAS    COMMAND"
    for row in rows:
        yield f"{row['origin']:<7}  {row['name']:<7}  {row['command']}"


COMMAND = Command(
    name="alias",
    summary="names for command lines",
    topic="session",
    arguments="[NAME [COMMAND…]]",
    description="Without arguments lists the aliases. `\\NAME` at the prompt means the command and not the alias; `alias NAME \"\"` takes it back.",
    fields={"name": "", "command": "what it stands for", "origin": "builtin or runtime"},
    intermixed=False,
    may_be_empty=True,
    rows=rows,
    text=text,
)
