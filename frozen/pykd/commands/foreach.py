# SPDX-License-Identifier: GPL-2.0-or-later
"""``foreach``: a command for many tasks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd import command, tasktable
from pykd.command import Command, CommandError, Row, UsageError
from pykd.commands import bt
from pykd.session import Session
from pykd.tasktable import Thread

COMMANDS = ("bt", "vm", "task", "files", "net", "set", "ps", "sig", "vtop", "test")
_STATES = frozenset(("RU", "IN", "UN", "ST", "ZO", "TR", "SW", "DE", "WA", "PA", "ID", "NE"))
_KINDS: dict[str, Callable[[Thread], bool]] = {
    "user": lambda thread: not thread.is_kernel(),
    "kernel": lambda thread: thread.is_kernel(),
    "gleader": lambda thread: thread.pid == thread.tgid,
    "active": lambda thread: thread.active,
}


class _Choice:
    """The specifications before the command: any of those that name tasks, and all of those that restrict them."""

    def __init__(self, session: Session) -> None:
        self.threads = bt.all_threads(session)
        self.chooser = tasktable.Chooser(self.threads)
        self.named: set[int] | None = None
        self.states: set[str] = set()
        self.kinds: list[Callable[[Thread], bool]] = []

    def add(self, word: str) -> None:
        if word in _STATES:
            self.states.add(word)
        elif word in _KINDS:
            self.kinds.append(_KINDS[word])
        else:
            # The prompt takes the apostrophes off a regular expression: it is one if it is no name.
            found = self.chooser.choose(word) or self._matching(word)
            if not found:
                raise CommandError(f"not a task, a state or a command: {word}")
            self.named = (self.named or set()) | {thread.address for thread in found}

    def _matching(self, word: str) -> list[Thread]:
        try:
            pattern = re.compile(word)
        except re.error as error:
            raise CommandError(f"invalid regular expression {word}: {error}") from None
        return [thread for thread in self.threads if pattern.search(thread.comm)]

    def result(self) -> list[Thread]:
        return [
            thread
            for thread in self.threads
            if (self.named is None or thread.address in self.named)
            and (not self.states or thread.state in self.states)
            and all(kind(thread) for kind in self.kinds)
        ]


def _split(words: list[str]) -> tuple[list[str], str, list[str]]:
    """(specifications, command, its arguments)"""
    for i, word in enumerate(words):
        if word in COMMANDS:
            return words[:i], word, words[i + 1 :]
    raise UsageError(f"a command is missing; one of {' '.join(COMMANDS)}")


def rows(session: Session, options: Any) -> Iterator[Row]:
    specifications, name, arguments = _split(options.arguments)
    choice = _Choice(session)
    for word in specifications:
        choice.add(word)
    threads = choice.result()
    if name == "test":
        yield from ({"thread": _identity(thread)} for thread in threads)
        return
    found = bt.COMMAND if name == "bt" else command.find(name)
    if found is None:
        raise CommandError(f"{name}: no such command")
    if name == "bt":
        inner = found.parse(arguments)
        options.inner = inner
        yield from bt.rows_of(session, threads, inner)
        return
    yield from _of_each(session, found, threads, arguments)


def _identity(thread: Thread) -> Row:
    return {"pid": thread.pid, "task": thread.address, "cpu": thread.cpu, "command": thread.comm}


def _of_each(session: Session, found: Command, threads: Iterable[Thread], arguments: list[str]) -> Iterator[Row]:
    """Rows of another command for one task after the other, each set with the lines that the command makes of it."""
    saved = session.task
    try:
        for thread in threads:
            row: Row = {"thread": _identity(thread)}
            session.task = thread.address
            takes_task = found.name not in ("vtop", "set")
            inner = found.parse([*arguments, f"{thread.address:x}"] if takes_task else arguments)
            try:
                row["rows"] = list(found.rows(session, inner))
                row["lines"] = list(found.text(row["rows"], inner, session))
            except (CommandError, Error) as error:
                row["error"] = str(error)
            yield row
    finally:
        session.task = saved


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    _, name, _ = _split(options.arguments)
    if name == "bt":
        yield from _traces(rows, options, session)
        return
    first = True
    for row in rows:
        if name == "test":
            yield bt.header(row["thread"])
            continue
        if not first and name != "ps":
            yield ""
        if "error" in row:
            yield bt.header(row["thread"])
            yield f"{name}: {row['error']}"
        else:
            yield from row["lines"][0 if first or name != "ps" else 1 :]
        first = False


def _traces(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    """Options of the inner command are known once its first row is."""
    rows = iter(rows)
    for row in rows:
        yield from bt.text(_chain(row, rows), options.inner, session)


def _chain(first: Row, rest: Iterable[Row]) -> Iterator[Row]:
    yield first
    yield from rest


COMMAND = Command(
    name="foreach",
    summary="a command for many tasks",
    topic="tasks",
    arguments="[PID|TASK|NAME|'REGEX'|STATE|user|kernel|gleader|active]… COMMAND [ARGUMENTS]",
    description=(
        f"COMMAND is one of {' '.join(COMMANDS)}. STATE is one of {' '.join(sorted(_STATES))}. Without a specification all "
        "tasks are meant. A word that is no name of a task is a regular expression. "
        "A name that is also a command, a state or a kind is written with a backslash before it."
    ),
    fields={"thread": "the task", "rows": "the command's answer", "lines": "the same as text"},
    examples=(
        ("foreach bt", "all stacks"),
        ("foreach UN bt -s", "of tasks in uninterruptible sleep"),
        ("foreach 'kworker' bt", "by name"),
    ),
    intermixed=False,
    rows=rows,
    text=text,
)
