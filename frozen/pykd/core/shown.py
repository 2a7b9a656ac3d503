# SPDX-License-Identifier: GPL-2.0-or-later
"""What is written for people to read: every character of a dump is shown, and none obeyed.

A dump's names and messages are anybody's to choose (a process names itself with prctl), and a terminal obeys control characters, also
when the file that they went to is looked at later. :class:`Shown` stands before the terminal, pipes and files, and writes ``\\x1b`` for what would
be obeyed. What pykd itself has to tell the terminal (colours, the bar of progress) goes past it, by :func:`own`. :func:`one_line` is for
names, which must not end the line of a table either.
"""

from __future__ import annotations

import io
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pykd.core.rows import Row

TEXTS = frozenset(("line", "lines", "page", "text", "value"))
"""Keys of rows whose values are texts of several lines, not names."""
_PAINTER = "LinuxDump.crashcolor"
"""Module that gives programs their colours and moves the cursor for them; people may have one of their own."""
_marks: dict[str, str] = {}
"""By a character what it stands for: half a surrogate pair, which no text of a dump has."""
_LETTERS = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _code(character: str) -> str:
    """What is not printable by Python's rule (controls, directions, unassigned, half a surrogate pair), as Python would write it; blanks of all kinds pass."""
    if character.isprintable() or (character.isspace() and character > "\x9f" and character not in "\u2028\u2029"):
        return character
    if character in _marks:
        return _marks[character]
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{number & 0xFF:02x}"
    return f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def mark(sequence: str) -> str:
    """A character that :class:`Shown` writes as *sequence*, for who prints colours within text of a dump."""
    for character, known in _marks.items():
        if known == sequence:
            return character
    character = chr(0xD800 + len(_marks))
    _marks[character] = sequence
    return character


def shown(text: str) -> str:
    """*text* with what a terminal would obey spelled out; ends of lines and tabs pass."""
    # Lines in one piece are looked at as one: character by character, a structure took longer to look at than to make.
    if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join([c if c in "\n\t" else _code(c) for c in text])


def one_line(text: str) -> str:
    """*text* as a name that stays within its line: ends of lines and tabs are spelled out, too."""
    if text.isprintable():
        return text
    return "".join([_LETTERS.get(c) or _code(c) for c in text])


def named(row: Row) -> Row:
    """A row whose names stay within their line; the same one if they do already."""
    found = row
    for key, value in row.items():
        if key in TEXTS:
            continue
        better = _named(value)
        if better is not value:
            if found is row:
                found = dict(row)
            found[key] = better
    return found


def _named(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isprintable() else one_line(value)
    if type(value) is dict:
        return named(value)
    if type(value) in (list, tuple):
        better = {place: new for place, item in enumerate(value) if (new := _named(item)) is not item}
        return type(value)(better.get(place, item) for place, item in enumerate(value)) if better else value
    return value


class Shown(io.TextIOWrapper):
    """A text file for people, that writes what :func:`shown` makes of everything."""

    def write(self, text: str) -> int:
        if text.isprintable() or text == "\n":
            return super().write(text)
        if sys._getframe(1).f_globals.get("__name__") == _PAINTER:
            return super().write(text)
        super().write(shown(text))
        return len(text)

    own = io.TextIOWrapper.write
    """Write what is meant for the terminal."""


def again(file: Any, kind: type[io.TextIOWrapper] = Shown) -> Any:
    """The text file *file* anew, as a *kind*."""
    file.flush()
    return kind(file.buffer, encoding=file.encoding, errors=file.errors, line_buffering=file.line_buffering, write_through=file.write_through)


def own(file: Any, text: str) -> None:
    """Write what is meant for the terminal to *file*, which may be any that programs use."""
    getattr(file, "own", file.write)(text)
