# SPDX-License-Identifier: GPL-2.0-or-later
"""``--json``: the answer to a command as one JSON document on a line of its own, whatever happens.

``{"schema": …, "command": …, "dump": …, "rows": […]}`` of a command or program that is declared; with ``"text"`` in place of rows of what only
prints: other programs, the shell. What went wrong is in the document as ``"error"``, behind the rows that were there by then, and not on
``sys.stderr``. With ``--ndjson`` each row is a line ``{"command": …, "row": …}``, and the document without rows follows them, with their
number as ``"rows"``. How values are written is said by :mod:`pykd.session.contract`.
"""

from __future__ import annotations

import json
import math
import sys

from pykd.core import output
from pykd.core.rows import Row
from pykd.session import contract

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


class Document:
    """One answer on its way to ``sys.stdout``."""

    def __init__(self, command: str, identity: Row, *, lines: bool = False, redact: Callable[[Any], Any] | None = None) -> None:
        """
        :param command: the line that is answered.
        :param identity: of the dump, as :func:`pykd.session.identity.of` has it.
        :param lines: each row is a line of its own.
        :param redact: takes out of a value what may not be written.
        """
        self._file = sys.stdout
        self._lines = lines
        self._encode = encode if redact is None else lambda value: encode(redact(value))
        self._command = self._encode(command)
        self._head = f'"schema": {contract.VERSION}, "command": {self._command}, "dump": {self._encode(identity)}'
        self._shape = contract.of(command)
        self._rows = 0
        self.begun = False

    def begin(self) -> None:
        """It answers with rows, even if there are none."""
        self.begun = True
        if not self._lines:
            self._file.write(f'{{{self._head}, "rows": [')

    def write(self, row: Row) -> None:
        """One row more, behind :meth:`begin`."""
        text = self._encode(contract.row(row, self._shape))
        if self._lines:
            self._file.write(f'{{"command": {self._command}, "row": {text}}}\n')
        else:
            self._file.write(f", {text}" if self._rows else text)
        self._rows += 1

    def end(self, text: str, error: Row | None, *, always: bool = False) -> None:
        """The rest of it.

        :param text: what was printed beside the rows.
        :param always: the text is said even if it is empty.
        """
        if not self.begun:
            self._file.write(f"{{{self._head}")
        else:
            self._file.write(f'{{{self._head}, "rows": {self._rows}' if self._lines else "]")
        if text or always:
            self._file.write(f', "text": {self._encode(text)}')
        if error is not None:
            self._file.write(f', "error": {self._encode(error)}')
        self._file.write("}\n")
        self._file.flush()


def write_rows(document: Document, make: Callable[[], Iterable[Row]], explain: Callable[[BaseException], Row]) -> bool:
    """Write the document of a declared command, row by row as they come; True if it worked.

    :param make: parses the options and gives the rows; what these print becomes ``"text"``.
    :param explain: what rows have under ``error``, for what they raise.
    """
    document.begin()
    error = None
    printed = output.buffer()
    rows: Any = None
    try:
        rows = iter(_apart(printed, lambda: iter(make())))
        while True:
            row = _apart(printed, lambda: next(rows, None))
            if row is None:
                break
            document.write(row)
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as problem:
        error = explain(problem)
    document.end(output.contents(printed), error)
    return error is None


def write_text(document: Document, run: Callable[[Document], bool], explain: Callable[[BaseException], Row]) -> bool:
    """Write the document of something that prints; True if it worked. Its messages on ``sys.stderr`` are its error.

    :param run: is given where to write rows, if it has any: then what it prints is none of the answer.
    """
    printed, messages = output.buffer(), output.buffer()
    error = None
    worked = False
    try:
        with output.output_to(printed, messages):
            worked = run(document)
    except (Exception, KeyboardInterrupt) as problem:
        error = explain(problem)
    said = output.contents(messages).strip()
    if error is None and not worked:
        error = {"reason": "failed", "message": said or "it failed"}
    document.end("" if document.begun else output.contents(printed), error, always=not document.begun)
    return worked and error is None


def _apart(printed: Any, function: Callable[[], Any]) -> Any:
    """Call *function* with its prints kept out of the document."""
    saved = sys.stdout
    sys.stdout = printed
    try:
        return function()
    finally:
        sys.stdout = saved
