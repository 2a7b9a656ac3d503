# SPDX-License-Identifier: GPL-2.0-or-later
"""``extend``: programs from files as commands."""

from __future__ import annotations

import os

from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session import runtime
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    loaded: dict[str, str] = session.state.setdefault("extend", {})
    if options.u:
        for name in options.arguments or list(loaded):
            if loaded.pop(name, None) is None:
                raise CommandError(f"{name}: not loaded")
            session.aliases.pop(name, None)
        return
    for path in options.arguments:
        if not os.path.isfile(path):
            raise CommandError(f"{path}: no such file")
        name = os.path.basename(path).removesuffix(".py")
        loaded[name] = os.path.abspath(path)
        session.aliases[name] = f"epython {loaded[name]}"
    for name, path in loaded.items():
        yield {"name": name, "path": path}
    if not options.arguments:
        for name in runtime.registered():
            yield {"name": name, "path": "(built in)"}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield f"{row['path']}: command {row['name']}"


COMMAND = Command(
    name="extend",
    summary="programs from files as commands",
    topic="session",
    options=(
        Option("-u", help="forget them again"),
        Option("-s", help="accepted for crash's sake"),
        Option("-l", help="likewise: loading is what it does anyway"),
    ),
    arguments="[FILE.py]…",
    description="Each FILE becomes a command of its name, run as `epython FILE`. Without arguments lists what is there.",
    fields={"name": "of the command", "path": "of the program"},
    may_be_empty=True,
    rows=rows,
    text=text,
)
