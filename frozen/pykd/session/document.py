# SPDX-License-Identifier: GPL-2.0-or-later
"""``--json``: the answer to a command as one JSON document on a line of its own, whatever happens.

``{"command": …, "rows": […]}`` of a command or program that is declared; ``{"command": …, "text": …}`` of what only prints: other programs,
the shell. What went wrong is in the document as ``"error"``, behind the rows that were there by then, and not on ``sys.stderr``.
"""

from __future__ import annotations

import json
import math
import sys

from pykd.core import output
from pykd.core.rows import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


def encode(value: Any) -> str:
    """JSON text that is valid UTF-8 and may be shown on a terminal: characters that are not printable are escaped, numbers that JSON lacks are null."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return encode(_finite(value))
    return text if text.isprintable() else json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def write_rows(
    command: str,
    make: Callable[[], Iterable[Row]],
    explain: Callable[[BaseException], str],
) -> bool:
    """Write the document of a declared command, row by row as they come; True if it worked.

    :param make: parses the options and gives the rows; what these print becomes ``"text"``.
    :param explain: the message for what they raise.
    """
    write = sys.stdout.write
    write(f'{{"command": {encode(command)}, "rows": [')
    separator = ""
    message = None
    printed = output.buffer()
    rows: Any = None
    try:
        rows = iter(_apart(printed, lambda: iter(make())))
        while True:
            row = _apart(printed, lambda: next(rows, None))
            if row is None:
                break
            write(separator + encode(row))
            separator = ", "
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        message = explain(error)
    write("]")
    _end(output.contents(printed), message)
    return message is None


class Rows:
    """The rows of a program, written one by one while what it prints goes elsewhere."""

    def __init__(self) -> None:
        self._file = sys.stdout
        self.begun = False
        self._separator = ""

    def begin(self) -> None:
        """It answers with rows, even if there are none."""
        self._file.write(', "rows": [')
        self.begun = True

    def write(self, row: Row) -> None:
        """One more, behind :meth:`begin`."""
        self._file.write(self._separator + encode(row))
        self._separator = ", "


def write_text(command: str, run: Callable[[Rows], bool], explain: Callable[[BaseException], str]) -> bool:
    """Write the document of something that prints; True if it worked. Its messages on ``sys.stderr`` are its error.

    :param run: is given where to write rows, if it has any: then what it prints is none of the answer.
    """
    printed, messages = output.buffer(), output.buffer()
    message = None
    worked = False
    sys.stdout.write(f'{{"command": {encode(command)}')
    rows = Rows()
    try:
        with output.output_to(printed, messages):
            worked = run(rows)
    except (Exception, KeyboardInterrupt) as error:
        message = explain(error)
    said = output.contents(messages).strip()
    if message is None and not worked:
        message = said or "it failed"
    if rows.begun:
        sys.stdout.write("]")
    _end("" if rows.begun else output.contents(printed), message, always=not rows.begun)
    return worked and message is None


def write_error(command: str, message: str) -> None:
    """Write the document of a command that could not even begin."""
    sys.stdout.write(f'{{"command": {encode(command)}')
    _end("", message)


def _apart(printed: Any, function: Callable[[], Any]) -> Any:
    """Call *function* with its prints kept out of the document."""
    saved = sys.stdout
    sys.stdout = printed
    try:
        return function()
    finally:
        sys.stdout = saved


def _end(text: str, error: str | None, always: bool = False) -> None:
    if text or always:
        sys.stdout.write(f', "text": {encode(text)}')
    if error is not None:
        sys.stdout.write(f', "error": {encode(error)}')
    sys.stdout.write("}\n")
