# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of one command on their way to whoever asked: what is missing in them, and whether anything was answered at all."""

from __future__ import annotations

from _pykd import is_plain
from pykd.core.rows import Row, is_fault
from pykd.core.shown import named, shown
from pykd.session.command import Command, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UNWATCHED = frozenset(("value", "lines", "command_line"))
"""Keys of what says itself, in its place, what could not be read of it"""


class Answer:
    """One run of a command.

    It worked if there was a row that is more than an error; without any row, if none was asked for by an argument or the command may
    come back with nothing.
    """

    def __init__(self, command: Command, options: Options, *, for_program: bool = False) -> None:
        """
        :param for_program: who reads is a program that knows crash's text, where every cell of a line has its value: what could not be read
            is left out. Its loss is in :meth:`notes`; what is no row's at all is in :attr:`messages`, as crash prints it.
        """
        self.command = command
        self.options = options
        self.for_program = for_program
        self.firsts: dict[str, Row] = {}
        """By reason the first fault."""
        self.counts: dict[str, int] = {}
        """By reason how many there are."""
        self.told: set[str] = set()
        """Reasons whose word was printed."""
        self.messages: list[str] = []
        self._rows = self._answers = 0

    @property
    def worked(self) -> bool:
        if self._rows:
            return self._answers > 0
        return self.command.may_be_empty or not self.options.arguments

    def why_not(self) -> str:
        """Of what did not work, one line for the user."""
        if not self._rows:
            return f"nothing found: {' '.join(self.options.arguments)}"
        return str(next(iter(self.firsts.values()))["message"])

    def watch(self, rows: Iterable[Row], *, as_lines: bool = False) -> Iterator[Row]:
        """The same rows, one by one.

        :param as_lines: for a command's text: names stay within their line.
        """
        for row in rows:
            self._rows += 1
            error: Row | None = row.get("error")
            if self.for_program and len(row) == 1 and error is not None:
                self.messages.append(error["message"])
                continue
            if not is_plain(row):
                self._look(row)
                if as_lines:
                    row = named(row)
            answers = error is None or "partial" in error
            self._answers += answers
            if not self.for_program or not self.counts:
                yield row
            elif answers:
                yield _without_faults(row)

    def _look(self, item: Row) -> None:
        """Note the faults in a row."""
        for key, value in item.items():
            if type(value) is dict:
                if is_fault(value):
                    reason = value["reason"]
                    self.counts[reason] = self.counts.get(reason, 0) + 1
                    self.firsts.setdefault(reason, value)
                elif key not in UNWATCHED:
                    self._look(value)
            elif type(value) is list and key not in UNWATCHED:
                for one in value:
                    if type(one) is dict:
                        self._look(one)

    def lines(self, text: Iterable[str]) -> Iterator[str]:
        """The same lines, as :func:`shown` makes them; remembers which words of faults are among them."""
        for piece in text:
            if len(self.told) < len(self.counts):
                self.told |= {reason for reason in self.counts if f"({reason})" in piece}
            yield piece if piece.isprintable() else shown(piece)

    def notes(self) -> Iterator[str]:
        """What the words in the text, or what a program did not get, stand for: a line for each reason."""
        for reason, count in self.counts.items():
            if self.for_program or reason in self.told:
                first = self.firsts[reason]
                example = f"address {first['address']}" if "address" in first else first["message"]
                yield f"({reason}): {count} {'value is' if count == 1 else 'values are'} missing{', such as' if count > 1 else ':'} {example}"


def _without_faults(item: Row) -> Row:
    """A row without its errors, and without the items that are nothing else."""
    found: Row = {}
    for key, value in item.items():
        if is_fault(value):
            continue
        if type(value) is dict and key not in UNWATCHED:
            found[key] = _without_faults(value)
        elif type(value) is list and key not in UNWATCHED:
            found[key] = [
                _without_faults(one) if type(one) is dict else one for one in value if not (type(one) is dict and is_fault(one.get("error")))
            ]
        else:
            found[key] = value
    return found
