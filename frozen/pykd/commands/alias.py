# SPDX-License-Identifier: GPL-2.0-or-later
"""``alias``: names for command lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pykd import command
from pykd.command import Command, CommandError, Row
from pykd.session import ALIASES, Session


def rows(session: Session, options: Any) -> Iterator[Row]:
    words = options.arguments
    if len(words) > 1:
        if command.find(words[0]) is not None:
            raise CommandError(f"{words[0]} is a command")
        session.aliases[words[0]] = " ".join(words[1:])
    names = words[:1] or list(session.aliases)
    for name in names:
        if name not in session.aliases:
            raise CommandError(f"alias does not exist: {name}")
        origin = "builtin" if session.aliases[name] == ALIASES.get(name) else "runtime"
        yield {"name": name, "command": session.aliases[name], "origin": origin}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield "ORIGIN   ALIAS    COMMAND"
    for row in rows:
        yield f"{row['origin']:<7}  {row['name']:<7}  {row['command']}"


COMMAND = Command(
    name="alias",
    summary="names for command lines",
    topic="session",
    arguments="[NAME [COMMAND…]]",
    description="Without arguments lists the aliases. `\\NAME` at the prompt means the command and not the alias.",
    fields={"name": "", "command": "what it stands for", "origin": "builtin or runtime"},
    intermixed=False,
    rows=rows,
    text=text,
)
