# SPDX-License-Identifier: GPL-2.0-or-later
"""``foreach``: a command for many tasks."""

from __future__ import annotations

import itertools

from _pykd import Error
from pykd.commands.files import files
from pykd.commands.tasks import bt, ps
from pykd.core import progress
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault
from pykd.kernel.task import table as tasktable
from pykd.kernel.task import threads as tasks
from pykd.kernel.task.table import Thread
from pykd.session import command, context
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

COMMANDS = ("bt", "vm", "task", "files", "net", "set", "ps", "sig", "vtop", "test")
STATES = frozenset(("RU", "IN", "UN", "ST", "ZO", "TR", "SW", "DE", "WA", "PA", "ID", "NE"))
_KINDS: dict[str, Callable[[Thread], bool]] = {
    "user": lambda thread: not thread.is_kernel(),
    "kernel": lambda thread: thread.is_kernel(),
    "gleader": lambda thread: thread.pid == thread.tgid and not thread.is_kernel(),
    "active": lambda thread: thread.active,
}


class _Choice:
    """The specifications before the command: any of those that name tasks, and all of those that restrict them."""

    def __init__(self, session: Session) -> None:
        self.threads = context.table(session)
        self.chooser = tasktable.Chooser(self.threads)
        self.named: set[int] | None = None
        self.states: set[str] = set()
        self.kinds: list[Callable[[Thread], bool]] = []
        self.words: list[str] = []

    def add(self, word: str) -> None:
        if word in STATES:
            self.states.add(word)
        elif word in _KINDS:
            self.kinds.append(_KINDS[word])
            self.words.append(word)
            if "kernel" in self.words and not {"user", "gleader"}.isdisjoint(self.words):
                raise CommandError("user and kernel are mutually exclusive!")
        else:
            found = self.chooser.choose(word)
            if not found and word[0] != "'":
                raise CommandError(f'unknown argument: "{word}"')
            self.named = (self.named or set()) | {thread.address for thread in found}

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
    raise UsageError(f"a command is missing: one of {' '.join(COMMANDS)}")


def rows(session: Session, options: Any) -> Iterator[Row]:
    specifications, name, arguments = _split(options.arguments)
    choice = _Choice(session)
    for word in specifications:
        choice.add(word)
    threads = choice.result()
    if name == "test":
        yield from ({"thread": thread.identity()} for thread in threads)
        return
    found = bt.COMMAND if name == "bt" else command.find(name)
    if found is None:
        raise CommandError(f"{name}: no such command")
    inner: Any = found.parse(arguments)
    inner.values = options.values
    options.inner = inner
    yield from _of_all(session, found, threads, inner, arguments)
    if not specifications:
        yield from ({"error": fault(problem)} for problem in tasks.problems(session.dump))


def _of_all(session: Session, found: Command, threads: list[Thread], inner: Any, arguments: list[str]) -> Iterator[Row]:
    """The rows of the command *found* for all the threads."""
    name = found.name
    if name == "bt":
        yield from bt.rows_of(session, progress.over(threads, "foreach", len(threads)), inner)
    elif name == "ps":
        # one table of them all
        inner.arguments = [f"{thread.address:x}" for thread in threads]
        yield from found.rows(session, inner) if threads else ()
    else:
        if name == "sig" and inner.g:
            threads = [thread for thread in threads if thread.pid == thread.tgid]  # -g: of each group once
        if name == "net" and not (inner.s or inner.S):
            inner.s = 1
        yield from _of_each(session, found, progress.over(threads, "foreach", len(threads)), inner)


def _of_each(session: Session, found: Command, threads: Iterable[Thread], inner: Any) -> Iterator[Row]:
    """Rows of another command for one task after the other, each set with the lines that the command makes of it."""
    saved, arguments = session.task, inner.arguments
    try:
        for thread in threads:
            row: Row = {"thread": thread.identity()}
            session.task = thread.address
            inner.arguments = arguments if found.name in ("vtop", "set") else [*arguments, f"{thread.address:x}"]
            try:
                row["rows"] = list(found.rows(session, inner))
            except (CommandError, Error) as error:
                row["error"] = fault(error)
            yield row
    finally:
        session.task = saved


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    _, name, _ = _split(options.arguments)
    problems: list[str] = []
    rows = _apart(rows, problems)
    if name == "bt":
        yield from _then(rows, lambda found: bt.text(found, options.inner, session))
    elif name == "ps":
        yield from _then(rows, lambda found: ps.text(found, options.inner, session))
    elif name == "files":
        yield from _then(rows, lambda found: _files(found, options, session))
    elif name == "test":
        yield from (bt.header(row["thread"]) for row in rows)
    else:
        yield from _blocks(rows, name, options, session)
    yield from (f"foreach: {problem}" for problem in problems)


def _apart(rows: Iterable[Row], problems: list[str]) -> Iterator[Row]:
    """The rows of tasks; what the others say is added to *problems*."""
    for row in rows:
        if row.keys() == {"error"}:
            problems.append(row["error"]["message"])
        else:
            yield row


def _files(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    """Of all tasks as one answer: they share files, and what is said of these is said in the same words."""
    inner = options.inner
    if inner.d or inner.n or inner.p:
        return _blocks(rows, "files", options, session)
    return files.text((one for row in rows for one in _answers(row)), inner, session)


def _answers(row: Row) -> list[Row]:
    return [row["thread"] | {"files": [], "error": row["error"]}] if "error" in row else row["rows"]


def _blocks(rows: Iterable[Row], name: str, options: Any, session: Session) -> Iterator[str]:
    found = command.find(name)
    blocks = (block for row in rows if (block := _block(row, name, found, options, session)))
    yield from context.separated(("\n".join(block),) for block in blocks)


def _block(row: Row, name: str, found: Any, options: Any, session: Session) -> list[str]:
    """The lines about one task; none where the command had nothing to say, as with a reference that is not found."""
    header = [bt.header(row["thread"])]
    if "error" in row:
        return [*header, f"{name}: {row['error']['message']}"]
    lines = list(found.text(row["rows"], options.inner, session))
    while lines and not lines[-1]:
        lines.pop()
    return [*header, *lines] if lines and name in ("set", "vtop") else lines


def _then(rows: Iterable[Row], view: Callable[[Iterable[Row]], Iterable[str]]) -> Iterator[str]:
    """Options of the inner command are known once its first row is."""
    rows = iter(rows)
    for row in rows:
        yield from view(itertools.chain((row,), rows))


COMMAND = Command(
    name="foreach",
    summary="a command for many tasks",
    topic="tasks",
    arguments="[PID|TASK|NAME|'REGEX'|STATE|user|kernel|gleader|active]… COMMAND [ARGUMENTS]",
    description=(
        f"COMMAND is one of {' '.join(COMMANDS)}. STATE is one of {' '.join(sorted(STATES))}. Without a specification all "
        "tasks are meant. An argument in apostrophes is a regular expression for names of tasks. "
        "A name that is also a command, a state or a kind is written with a backslash before it."
    ),
    fields={"thread": "the task", "rows": "the command's answer; rows of bt and ps are as these commands have them"},
    examples=(
        ("foreach bt", "all stacks"),
        ("foreach UN bt -s", "of tasks in uninterruptible sleep"),
        ("foreach 'kworker.*' bt", "by name"),
    ),
    intermixed=False,
    patterns=True,
    may_be_empty=True,
    rows=rows,
    text=text,
)
