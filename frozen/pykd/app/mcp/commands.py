# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands and programs as an agent runs them: rows as the contract of JSON has them, of which a selection is given."""

from __future__ import annotations

from _pykd import Error
from pykd.app import sandbox
from pykd.app.mcp.dumps import RefusedError
from pykd.app.mcp.selection import MAX_CHARACTERS, Selection
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session import contract, identity, program
from pykd.session import line as lines
from pykd.session.answer import Answer
from pykd.session.command import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.app.mcp.protocol import Call
    from pykd.session.session import Session

OFTEN = (
    "sys", "ps", "bt", "log", "blocked", "locks", "runq", "mod", "mount", "files", "vm", "net", "sockets", "dev", "irq",
    "kmem", "inflight", "fs", "workqueues", "rcu", "cgroups", "memory",
)
"""Commands that are tools of their own; all are, if the server is told so"""


def answer(session: Session, text: str, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    """The answer of a command line as JSON has it. :raises RefusedError: it cannot be run, and why."""
    try:
        selection = Selection(arguments)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    return answer_of(session, text, selection, call)


def answer_of(session: Session, text: str, selection: Selection, call: Call) -> dict[str, Any]:
    """:raises RefusedError:"""
    text = text.strip()
    head: dict[str, Any] = {"schema": contract.VERSION, "command": text, "dump": identity.of(session.dump)}
    if not text or "\n" in text or not sandbox.is_plain(session, text):
        raise RefusedError(f"{text or 'an empty line'!r} is not run here: one command of pykd's own, without pipes, files and the shell")
    try:
        text, found = session.resolve(session.expand_alias(text))
        words = lines.words(text)
        if found is None:
            found = program.declared(words[0])
        if found is None:
            return head | _printed(session, text)
        options = found.parse(found.split(text) if not isinstance(found, program.Program) else words[1:])
    except UsageError as error:
        raise RefusedError(f"{error}\n{found.usage() if found is not None else ''}".strip()) from None
    except CommandError as error:
        raise RefusedError(f"{error}; help lists the commands") from None
    except Error as error:
        raise RefusedError(str(error)) from None
    outcome: dict[str, Any] = {}
    rows = _rows(session, found, options, outcome, contract.of(text))
    return head | selection.of(rows, lambda looked: call.at(looked, "rows")) | outcome


def _rows(session: Session, found: Command, options: Any, outcome: dict[str, Any], shape: contract.Shape | None) -> Iterator[Row]:
    """What ends it goes into *outcome*, behind the rows that were there."""
    one = Answer(found, options)
    try:
        for row in one.watch(found.rows(session, options)):
            yield contract.row(row, shape)
    except (Exception, SystemExit) as error:
        outcome["error"] = session.fault(found.name, error)
    else:
        if not one.worked:
            outcome["error"] = {"reason": "failed", "message": one.why_not()}


def _printed(session: Session, text: str) -> dict[str, Any]:
    """Of a program that only prints."""
    output, messages, worked = session.capture_apart(text)
    found: dict[str, Any] = {"rows": [], "total": 0, "text": output[:MAX_CHARACTERS]}
    if not worked:
        found["error"] = {"reason": "failed", "message": messages.strip()[:2000] or "it failed"}
    return found
