# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors of Python code, for who wrote it: the lines of the user's own files and the one that failed, without pykd's insides."""

from __future__ import annotations

import linecache
import os

from _pykd import NotFoundError
from pykd.boot import importer
from pykd.core import colour
from pykd.core.shown import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


def describe(error: BaseException, trace: TracebackType | None, full: bool = False, coloured: bool = False) -> str:
    """The traceback as text for a terminal, with a newline at its end.

    :param trace: where it begins; the error's own may begin with the caller's business.
    :param full: as Python prints it.
    """
    import traceback

    _hint(error, trace)
    if full or not _has_insides(trace):
        made = traceback.TracebackException(type(error), error, trace, compact=True)
        if not coloured or not str(error).isprintable():
            return shown("".join(made.format()))
        return "".join(made.format(colorize=True))  # type: ignore[call-arg]
    frames = []
    while trace is not None:
        frames.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    lines = ["Traceback (most recent call last):"]
    hidden = 0
    for i, (code, number) in enumerate(frames):
        if _is_inside(code.co_filename) and i < len(frames) - 1:
            hidden += 1
            continue
        if hidden:
            lines.append(_hidden(hidden))
            hidden = 0
        lines += _frame(code.co_filename, number, code.co_name, coloured)
    last = shown("".join(traceback.format_exception_only(error)).rstrip("\n"))
    if coloured:
        name, colon, rest = last.partition(":")
        last = f"{colour.RED}{name}{colour.RESET}{colon}{rest}"
    return "\n".join([*lines, last]) + "\n"


def _hint(error: BaseException, trace: TracebackType | None) -> None:
    """Add what may have been meant by a name that the user's own line gave. (Python does so of attributes and of names that it knows.)"""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, (NotFoundError, NameError, ImportError)) or trace is None or _is_inside(trace.tb_frame.f_code.co_filename):
        return
    from pykd.session import meant as meanings

    meant = meanings.hint(error)
    if meant:
        error.add_note(meant.removeprefix("; "))


def _is_inside(path: str) -> bool:
    """Whether a file is part of the executable, other than as a program."""
    inner = importer.virtual(path)
    return inner is not None and not inner.startswith("progs/")


def is_inside(trace: TracebackType | None) -> bool:
    """Whether all calls of a traceback are pykd's own: what it says of them tells a user nothing."""
    while trace is not None and _is_inside(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace is None


def _has_insides(trace: TracebackType | None) -> bool:
    while trace is not None:
        if _is_inside(trace.tb_frame.f_code.co_filename):
            return True
        trace = trace.tb_next
    return False


def _hidden(number: int) -> str:
    frames = "1 call" if number == 1 else f"{number} calls"
    return f"  ... {frames} inside pykd; `set traceback full` shows them"


def _frame(path: str, number: int, function: str, coloured: bool) -> list[str]:
    file = os.path.relpath(path) if path.startswith(os.getcwd() + "/") else path
    if coloured:
        lines = [
            f'  File {colour.MAGENTA}"{file}"{colour.RESET}, line {colour.MAGENTA}{number}{colour.RESET}, '
            f"in {colour.MAGENTA}{function}{colour.RESET}"
        ]
    else:
        lines = [f'  File "{file}", line {number}, in {function}']
    source = linecache.getline(path, number).strip()
    if source:
        lines.append(f"    {source}")
    return lines
