# SPDX-License-Identifier: GPL-2.0-or-later
"""``py``: Python, in the namespace that all programs of the session share."""

from __future__ import annotations

import builtins
import sys
from types import ModuleType

import __main__
import pykd
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session.command import Command
from pykd.session.session import Quit, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType
    from typing import Any

_FILE = "<py>[{}]"
"""What tracebacks call what the user typed."""
_number = 0
_REMEMBERED = 200
"""Sources that are kept for tracebacks."""


class PythonError(CommandError):
    """The user's code raised something: the message is the traceback's last line, the details are all of it."""


def namespace(session: Session) -> dict[str, Any]:
    """What names mean in the user's code."""
    names: dict[str, Any] = vars(__main__)
    names.setdefault("pykd", pykd)
    names.setdefault("dump", session.dump)
    return names


def _compiled(text: str, file: str) -> tuple[CodeType, bool]:
    """The code of *text*, and whether it has a value. :raises SyntaxError, ValueError:"""
    try:
        return compile(text, file, "eval"), True
    except SyntaxError:
        return compile(text, file, "exec"), False


def run(session: Session, text: str) -> Any:
    """Run code of the user's; its value, None if it has none. :raises PythonError, pykd.Error: what it raises."""
    if text.rstrip().endswith("?") and "#" not in text:
        text = f"help({_asked(session, text.strip().rstrip('?'))})"
    file = _remembered(text)
    try:
        code, has_value = _compiled(text, file)
        names = namespace(session)
        _put_at_hand(text, code, names)
        if has_value:
            value = eval(code, names)
            if value is not None:
                names["_"] = value
            return value
        exec(code, names)
    except (BrokenPipeError, KeyboardInterrupt, Quit):
        raise
    except SystemExit as request:
        if request.code not in (None, 0):
            raise PythonError(f"SystemExit: {request.code}") from None
    except BaseException as error:
        raise _told(session, error, file) from None
    return None


def _put_at_hand(text: str, code: CodeType, names: dict[str, Any]) -> None:
    """Helpers of :mod:`pykd.kernel` that code names are there without an import, if nothing else is called so."""
    unknown = {name for name in _named(code) if name not in names and not hasattr(builtins, name)}
    if not unknown:
        return
    from pykd.kernel import catalogue

    wanted = unknown.intersection(catalogue.names())
    if wanted:
        import ast

        used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        names.update((name, catalogue.find(name)) for name in wanted & used)


def _named(code: CodeType) -> Iterator[str]:
    """Names of globals and attributes, in functions within it too."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, type(code)):
            yield from _named(inner)


def _asked(session: Session, text: str) -> str:
    """What a question is about; a helper need not be imported for that."""
    name = text.partition("(")[0]
    if name.isidentifier() and name not in namespace(session):
        from pykd.kernel import catalogue

        return f"pykd.kernel.{text}" if name in catalogue.names() else text
    return text or "pykd"


def _remembered(text: str) -> str:
    """The name under which tracebacks find the source *text*."""
    global _number
    import linecache

    _number += 1
    file = _FILE.format(_number)
    linecache.cache[file] = len(text), None, [f"{line}\n" for line in text.split("\n")], file
    linecache.cache.pop(_FILE.format(_number - _REMEMBERED), None)
    return file


def _told(session: Session, error: BaseException, file: str) -> Exception:
    """The error to raise in place of the user's. It has details if these say more than the line that was just typed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    sys.last_exc = error
    full = session.settings["traceback"] == "full"
    own = trace is not None and trace.tb_next is None
    from pykd.session import meant as meanings

    if isinstance(error, pykd.Error) and not full:
        meant = meanings.hint(error, dump=session.dump) if own else ""
        return PythonError(f"{error.args[0]}{meant}") if meant else error
    import traceback

    line = "".join(traceback.format_exception_only(error)).strip().rpartition("\n")[2]
    if own and isinstance(error, (NameError, ImportError)) and "Did you mean" not in line:
        line += meanings.hint(error, namespace(session))
    shown = PythonError(line)
    from pykd.session import tracebacks

    refused = isinstance(error, (TypeError, CommandError)) or (isinstance(error, AttributeError) and isinstance(error.obj, ModuleType))
    refused = refused and trace is not None and tracebacks.is_inside(trace.tb_next)
    if full or (trace is not None and ((trace.tb_next is not None and not refused) or trace.tb_lineno > 1)):
        shown.details = tracebacks.describe(error, trace, full, session.coloured(sys.stderr))
    return shown


def rows(session: Session, options: Any) -> Iterator[Row]:
    text = " ".join(options.arguments)
    if not text:
        if session.python is None:
            raise UsageError("an expression or statement is missing")
        session.python()
        return
    value = run(session, text)
    if value is not None:
        from pykd.values import show

        yield {"value": show.displayed(value)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield row["value"]


COMMAND = Command(
    name="py",
    summary="Python expressions and statements",
    topic="session",
    arguments="[EXPRESSION | STATEMENT]",
    description="""\
The namespace is that of the programs; `dump` is the open dump, `pykd` the API, `_` the last value. Quotes, brackets and semicolons
are Python's; ` | ` and ` > ` are the prompt's, unless brackets protect them. A block goes on to the next blank line.

Without arguments, at a prompt, lines of Python are read until Ctrl-D.

The helpers of pykd.kernel (`help kernel`) are there without an import; programs import them.

`OBJECT?` and `help(OBJECT)` say what an object is; `help(pykd)` is where to begin. A typed object shows its members, print() too.

An error shows the calls in your own files and the one that failed; `set traceback full` shows those inside pykd too.""",
    fields={"value": "the value as the prompt shows it"},
    examples=(("py dump.variable('init_task').comm", ""), ("py [t.pid for t in pykd.tasks.threads()][:5]", "")),
    intermixed=False,
    raw=True,
    may_be_empty=True,
    rows=rows,
    text=text,
)
