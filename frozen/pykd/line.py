# SPDX-License-Identifier: GPL-2.0-or-later
"""A line of input: cut into commands, words, pipes and redirections, by the rules of crash's prompt.

``;`` separates commands, ``#`` and ``//`` at the start of a command begin a comment, ``|`` and ``!`` give the rest of the line to the
shell with the command's output as its input, ``> FILE`` and ``>> FILE`` write it. Quotes and parentheses protect all of these.
"""

from __future__ import annotations

from collections.abc import Iterator


class LineError(ValueError):
    """A quote or parenthesis that is not closed, a redirection without a file."""


class Line:
    """One command of a line."""

    __slots__ = ("append", "command", "file", "shell")

    def __init__(self, command: str) -> None:
        self.command = command
        """The command without pipes and redirections, stripped."""
        self.shell: str | None = None
        """What the shell runs with the output as its input."""
        self.file: str | None = None
        """Where the output goes."""
        self.append = False


def _top_level(text: str) -> Iterator[tuple[int, str]]:
    """(position, character) of *text* outside quotes and parentheses."""
    quote = ""
    depth = 0
    for i, c in enumerate(text):
        if quote:
            if c == quote and text[i - 1] != "\\":
                quote = ""
        elif c == '"' or (c == "'" and (not i or not text[i - 1].isalnum())):
            quote = c
        elif c == "(":
            depth += 1
        elif c == ")":
            depth = max(0, depth - 1)
        elif not depth:
            yield i, c


def split_commands(text: str) -> list[str]:
    """The commands of a line, at its top-level semicolons; a pipe takes the rest, as the shell has semicolons of its own."""
    start = 0
    commands = []
    for i, c in _top_level(text):
        if c in "|!" and text[start:i].strip():
            break
        if c == ";":
            commands.append(text[start:i])
            start = i + 1
    commands.append(text[start:])
    return [command.strip() for command in commands if command.strip()]


def parse(text: str) -> Line:
    """Take one command apart. :raises LineError:"""
    line = Line(text.strip())
    for i, c in _top_level(text):
        # A struct's `->` is no redirection, nor are comparisons and shifts of an expression.
        if c == ">" and i and text[i - 1].isspace():
            line.command = text[:i].strip()
            line.append = text[i + 1 : i + 2] == ">"
            line.file = text[i + 1 + line.append :].strip().strip('"')
            if not line.file or " " in line.file:
                raise LineError("a redirection takes one file")
            break
        if c in "|!" and text[:i].strip() and (c == "|" or text[i - 1].isspace()):
            line.command = text[:i].strip()
            line.shell = text[i + 1 :].strip()
            if not line.shell:
                raise LineError("nothing to pipe to")
            break
    return line


def words(text: str, *, apostrophes: bool = False) -> list[str]:
    """Blank-separated words; ``"…"`` and ``'…'`` group, ``(…)`` is one word with its parentheses.

    :param apostrophes: keep those around ``'…'``.
    :raises LineError:
    """
    found: list[str] = []
    word: list[str] | None = None
    quote = ""
    depth = 0
    for i, c in enumerate(text):
        if quote:
            if c == quote:
                quote = ""
                if c == "'" and apostrophes and word is not None:
                    word.append(c)
                continue
        elif depth:
            depth += (c == "(") - (c == ")")
        elif c == '"' or (c == "'" and word is None):
            quote = c
            word = [] if word is None else word
            if c == "'" and apostrophes:
                word.append(c)
            continue
        elif c == "(" and word is None:
            depth = 1
        elif c.isspace():
            if word is not None:
                found.append("".join(word))
            word = None
            continue
        if c == "\\" and quote and text[i + 1 : i + 2] == quote:
            continue
        word = [c] if word is None else [*word, c]
    if quote or depth:
        raise LineError(f"no closing {quote or ')'}")
    if word is not None:
        found.append("".join(word))
    return found
