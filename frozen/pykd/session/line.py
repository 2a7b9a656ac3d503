# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of input: cut into commands, words, pipes and redirections, by the rules of crash's prompt.

``;`` separates commands, ``#`` and ``//`` at the start of a line begin a comment, ``|`` and ``!`` give the rest of the line to the
shell with the command's output as its input, ``> FILE`` and ``>> FILE`` write it. Quotes and parentheses protect all of these.

A line goes on in the next one behind a backslash, and while a quote or a parenthesis is open. ``py`` takes whole statements of Python,
semicolons included.
"""

from __future__ import annotations

from itertools import islice

from pykd.core.errors import LineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

HOST_PROGRAMS = frozenset("vi pwd grep cat more less echo ls clear".split())
"""First words of lines that go to the shell as they are."""


_EXPRESSIONS = frozenset("p px pd print output call eval gdb g py".split())
"""First words of lines in which ``>`` without a blank before it compares."""


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


MAX_LENGTH = 1 << 20
"""Characters of a line; what has more is no file of commands."""
MAX_BLOCK = 2000
"""Lines of a statement of Python that are waited for: at each the statement is compiled, to see whether it goes on."""


def bounded(file: IO[str]) -> Iterator[str]:
    """The lines of a file. :raises LineError: one has no end."""
    while line := file.readline(MAX_LENGTH):
        if len(line) == MAX_LENGTH and line[-1] != "\n":
            raise LineError(f"a line has more than {MAX_LENGTH} characters")
        yield line


class _Scan:
    """A walk along a command that may come in parts: what is quoted or in brackets, and what is not."""

    __slots__ = ("_before", "_depth", "_quote")

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._before = ""

    @property
    def is_open(self) -> bool:
        """Whether a quote or a bracket is."""
        return bool(self._quote or self._depth)

    def top_level(self, text: str) -> Iterator[tuple[int, str]]:
        """(position, character) of the next part outside quotes and brackets."""
        for i, c in enumerate(text):
            before, self._before = self._before, c
            if self._quote:
                if c == self._quote and before != "\\":
                    self._quote = ""
            elif c == '"' or (c == "'" and not before.isalnum()):
                self._quote = c
            elif c in "([{":
                self._depth += 1
            elif c in ")]}":
                self._depth = max(0, self._depth - 1)
            elif not self._depth:
                yield i, c


def _top_level(text: str) -> Iterator[tuple[int, str]]:
    return _Scan().top_level(text)


def _is_pipe(text: str, i: int) -> bool:
    """Whether the shell's part begins here: a command stands before it, and it is no operator of an expression."""
    if text[i] == "|":
        return bool(text[:i].strip())
    return text[i] == "!" and i > 0 and text[i - 1].isspace() and text[i + 1 : i + 2] != "=" and bool(text[:i].strip())


class _Open:
    """Whether a quote or bracket of a command, up to its pipe, is not closed, as its lines come."""

    def __init__(self, first: str) -> None:
        self._scan = _Scan()
        self._is_whole = _first(first) in HOST_PROGRAMS or first.lstrip()[:1] == "!"

    def after(self, text: str) -> bool:
        """Behind one more part."""
        if not self._is_whole:
            self._is_whole = any(_is_pipe(text, i) for i, _ in self._scan.top_level(text))
        return not self._is_whole and self._scan.is_open


def _first(text: str) -> str:
    """The first word; "" if there is none."""
    return next(iter(text.split(None, 1)), "")


_COMMENTS = ("#", "//")
_CLAUSES = ("else", "elif", "except", "finally", "case")
"""First words of lines that continue a statement of Python without being indented."""


def python_code(text: str) -> str | None:
    """What ``py`` is to run; None: the line is another command, or has no code in it."""
    first, _, code = text.lstrip().partition(" ")
    return code.strip(" ") or None if first == "py" else None


def _python_is_open(code: str) -> bool:
    """Whether no line can end here: a bracket or string is open, or a block has not begun."""
    import codeop
    import warnings

    try:
        with warnings.catch_warnings(action="ignore"):
            return codeop.compile_command(code, "<py>", "exec") is None
    except (SyntaxError, ValueError, OverflowError):
        return False


def python_goes_on(code: str) -> bool:
    """Whether more lines are needed to make *code*, as typed, complete: a blank line ends a block."""
    last = code.rpartition("\n")[2]
    return _python_is_open(code) or (last[:1].isspace() and bool(last.strip()))


def goes_on(text: str) -> bool:
    """Whether more lines are needed to make *text*, as typed at a prompt, complete."""
    last = text.rpartition("\n")[2]
    start = _last_start(text)
    code = python_code(start)
    if code is not None:
        return python_goes_on(code if last.strip() else code + "\n")
    return last.endswith("\\") or (bool(last.strip()) and bool(start) and _Open(start).after(start))


def _last_start(text: str) -> str:
    """The last logical line of *text*: pasted text may have complete ones before it."""
    return ["", *logical(text.split("\n"), keep=True)][-1]


class _Ahead:
    """Lines of which the next can be looked at. It is not fetched before: somebody may have to type it."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._next: list[str] = []

    def peek(self) -> str | None:
        if not self._next:
            self._next = [line.rstrip("\r\n") for line in islice(self._lines, 1)]
        return self._next[0] if self._next else None

    def pop(self) -> str | None:
        line = self.peek()
        self._next = []
        return line


def logical(lines: Iterable[str], keep: bool = False) -> Iterator[str]:
    """The lines of a file or a paste, those put together that belong together, without blank ones and comments.

    :param keep: leave backslashes and line ends in.
    """
    ahead = _Ahead(lines)
    while (line := ahead.pop()) is not None:
        if not line.strip() or line.lstrip().startswith(_COMMENTS):
            continue
        if python_code(line) is not None:
            yield _python_statement(line.lstrip(), ahead)
            continue
        parts = [line]
        opened = _Open(line)
        while True:
            goes_on = parts[-1].endswith("\\")
            if goes_on and not keep:
                parts[-1] = parts[-1].removesuffix("\\")
            goes_on |= opened.after(parts[-1] if len(parts) == 1 else f"{chr(10) if keep else ' '}{parts[-1]}")
            if not goes_on or (following := ahead.pop()) is None:
                break
            parts.append(following if keep else following.strip())
        if text := "\n".join(parts) if keep else " ".join(parts).strip():
            yield text


def _python_statement(line: str, ahead: _Ahead) -> str:
    """*line* with those behind it that its statement takes: a block has what is indented, blank lines, and clauses."""
    found = [line]
    while True:
        if not _python_is_open(python_code("\n".join(found)) or ""):
            if len(found) == 1 or (following := ahead.peek()) is None:
                break
            part = following.strip()
            if part and not following[0].isspace() and part.split()[0].rstrip(":") not in _CLAUSES:
                break
        if len(found) >= MAX_BLOCK or (following := ahead.pop()) is None:
            break
        found.append(following)
    return "\n".join(found).rstrip()


def split_commands(text: str) -> list[str]:
    """The commands of a line, at its top-level semicolons; a pipe takes the rest, as the shell has semicolons of its own."""
    if text.startswith("!") or python_code(text) is not None:
        return [text]
    start = 0
    commands = []
    for i, c in _top_level(text):
        if _is_pipe(text, i):
            break
        if c == ";":
            commands.append(text[start:i])
            start = i + 1
            if python_code(text[start:]) is not None:
                break
    commands.append(text[start:])
    return [command.strip() for command in commands if command.strip()]


def parse(text: str) -> Line:
    """Take one command apart; those of the shell and blocks of Python stay whole. :raises LineError:"""
    line = Line(text.strip())
    if text.startswith("!") or "\n" in text or _first(text) in HOST_PROGRAMS:
        return line
    for i, c in _top_level(text):
        if c == ">" and _is_redirection(text, i):
            line.command = text[:i].strip()
            line.append = text[i + 1 : i + 2] == ">"
            files = words(text[i + 1 + line.append :])
            if len(files) != 1:
                raise LineError("a redirection takes one file")
            line.file = files[0]
            if _is_number(line.file):
                raise LineError(f"> {line.file} would write a file; put a comparison in parentheses")
            break
        if _is_pipe(text, i):
            line.command = text[:i].strip()
            line.shell = text[i + 1 :].strip()
            if not line.shell:
                raise LineError("nothing to pipe to")
            break
    return line


def _is_redirection(text: str, i: int) -> bool:
    """Whether the ``>`` there is one: that of ``->`` is not, nor are comparisons and shifts of an expression."""
    if not i or text[i - 1].isspace():
        return i > 0
    return text[i - 1] not in "-<>" and text[i + 1 : i + 2] != "=" and _first(text) not in _EXPRESSIONS


def _is_number(word: str) -> bool:
    try:
        int(word, 0)
    except ValueError:
        return False
    return True


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
        if word is None:
            word = []
        word.append(c)
    if quote or depth:
        raise LineError(f"no closing {quote or ')'}")
    if word is not None:
        found.append("".join(word))
    return found
