# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command is: one declaration that feeds the parser, ``help``, the man page, JSON and completion.

A command lives in a file of its own, ``pykd/commands/TOPIC/NAME.py``, as a module attribute ``COMMAND``::

    COMMAND = Command(
        name="swap",
        summary="swap devices",
        topic="memory",
        options=(Option("-v", help="pages too"),),
        arguments="[NAME…]",
        fields={"address": "struct swap_info_struct", "pages": "size in pages"},
        rows=rows,
        text=text,
    )

``rows(session, options)`` yields dictionaries: the answer as data, JSON-serialisable, numbers as numbers. ``text(rows,
options, session)`` yields lines of text (where there are very many, several in one piece) made of these rows and of
nothing else, the dump least of all: the one view; the other is JSON. What could not be read is in the row under ``error``, as
:func:`pykd.core.rows.fault` makes it; the command goes on. What ends the whole command is raised: :class:`CommandError` (shown as ``NAME: message``) or an error of
the core.
"""

from __future__ import annotations

import _pykd_files as files
from pykd.core.errors import UsageError
from pykd.core.rows import Row, mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any


class Option:
    """An option as crash's users type it: ``-a``, ``-C CPUS``, ``--json``.

    :param flag: with its dash or dashes; ``-S=`` for one whose value follows without a blank.
    :param value: name of its value in the synopsis; None: it has none and counts how often it was given.
    :param repeat: values are collected in a list.
    """

    __slots__ = ("flag", "help", "key", "repeat", "value")

    def __init__(self, flag: str, value: str | None = None, *, help: str, repeat: bool = False) -> None:
        self.flag = flag
        self.value = value
        self.help = help
        self.repeat = repeat
        self.key = flag.lstrip("-").replace("-", "_").replace("=", "_")

    def __str__(self) -> str:
        return f"{self.flag}{'' if self.flag.endswith('=') else ' '}{self.value}" if self.value else self.flag


def count(text: str | None, what: str) -> int | None:
    """The number that an option was given, as ``-n COUNT``; None where it was not.

    :param what: is counted, as the message names it: ``files``
    :raises UsageError: it is no number.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise UsageError(f"no number of {what}: {text}")
    return int(text)


class Options:
    """Parsed options: attribute per option (its flag without dashes), and ``arguments``.

    An option without a value is the number of times it was given; one with a value is the text, None if absent; a
    repeated one a list.
    """

    arguments: list[str]
    values = True
    """Whether the rows are to hold values of C types as data, beside the lines that show them; the session says so when it only prints."""

    def __init__(self, options: Sequence[Option]) -> None:
        self.arguments = []
        for option in options:
            initial: Any = [] if option.repeat else None if option.value else 0
            setattr(self, option.key, initial)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class Command:
    """A declared command; see the module's docstring."""

    def __init__(
        self,
        *,
        name: str,
        summary: str,
        topic: str,
        rows: Callable[[Any, Any], Iterable[Row]],
        text: Callable[[Iterable[Row], Any, Any], Iterable[str]],
        options: Sequence[Option] = (),
        arguments: str = "",
        description: str = "",
        fields: dict[str, str] | None = None,
        examples: Sequence[tuple[str, str]] = (),
        aliases: Sequence[str] = (),
        intermixed: bool = True,
        raw: bool = False,
        patterns: bool = False,
        may_be_empty: bool = False,
        begins: Callable[[str], bool] | None = None,
        writes: Sequence[str] = (),
    ) -> None:
        """
        :param arguments: synopsis of what is not an option: ``[PID|TASK|COMM]…``.
        :param fields: what each key of a row means, with its unit.
        :param examples: (command line, what it shows).
        :param intermixed: options may follow arguments; False where these may begin with a dash.
        :param patterns: arguments in apostrophes keep these: regular expressions.
        :param may_be_empty: no row is an answer too, whatever the arguments: it acts, or what it looks for need not be there.
        :param begins: whether a line whose first word is this, which names nothing else, is for the command as if its name stood before it.
        :param writes: options whose value is a file that is written; a batch with one of them has to do without the sandbox.
        :param raw: what follows the options is one argument as it was typed, quotes and blanks included.
        """
        self.name = name
        self.summary = summary
        self.topic = topic
        self.rows = rows
        self.text = text
        self.options = tuple(options)
        self.arguments = arguments
        self.description = description
        self.fields = fields or {}
        self.examples = tuple(examples)
        self.aliases = tuple(aliases)
        self.intermixed = intermixed
        self.raw = raw
        self.patterns = patterns
        self.may_be_empty = may_be_empty
        self.begins = begins
        self.writes = tuple(writes)

    def split(self, text: str) -> list[str]:
        """The words behind the name in a line of input. :raises LineError:"""
        from pykd.session import line

        if not self.raw:
            return line.words(text, apostrophes=self.patterns)[1:]
        flags = {option.flag for option in self.options if option.value is None}
        words = []
        rest = text.partition(" ")[2].strip()
        while rest.split(" ", 1)[0] in flags:
            flag, _, rest = rest.partition(" ")
            words.append(flag)
        rest = rest.strip()
        if rest.endswith(" --json") or rest.startswith("--json "):
            words.append("--json")
            rest = rest.removeprefix("--json ").removesuffix(" --json").strip()
        while (last := rest.rpartition(" "))[2] in flags and last[0]:  # behind the argument, as getopt finds it too
            words.append(last[2])
            rest = last[0].rstrip()
        if rest.startswith("-") and not self._is_option(rest):
            words.append("--")
        return [*words, rest] if rest else words

    def _is_option(self, text: str) -> bool:
        """Whether it looks like one, known or not, and is no expression that begins with a minus."""
        word = text.split(None, 1)[0]
        return len(word) == 2 and word[1].isalpha() and word == text

    def parse(self, words: Sequence[str]) -> Options:
        """Parse the words behind the command's name as getopt does: ``-lm`` is ``-l -m``, ``-C1`` is ``-C 1``.

        :raises UsageError:
        """
        by_flag = {option.flag: option for option in self.options}
        joined = [flag for flag in by_flag if flag.endswith("=")]
        options = Options(self.options)
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--":
                options.arguments += rest
                break
            if len(word) < 2 or word[0] != "-" or (word not in by_flag and _is_number(word)):
                options.arguments.append(word)
                if not self.intermixed:
                    options.arguments += rest
                    break
                continue
            if word in by_flag:
                flag, tail = word, None
            elif flag := next(filter(word.startswith, joined), ""):
                tail = word.removeprefix(flag)
            elif word.startswith("--"):
                flag, equals, value = word.partition("=")
                tail = value if equals else None
            else:
                flag, tail = word[:2], word[2:]
            option = by_flag.get(flag)
            if option is None:
                raise UsageError(f"invalid option -- '{flag.lstrip('-')}'{_meant(flag, by_flag)}")
            if option.value is None:
                setattr(options, option.key, getattr(options, option.key) + 1)
                if tail:
                    rest.insert(0, "-" + tail)
                continue
            if not tail:
                if not rest:
                    raise UsageError(f"option requires an argument -- '{flag.lstrip('-')}'")
                tail = rest.pop(0)
            if option.repeat:
                getattr(options, option.key).append(tail)
            else:
                setattr(options, option.key, tail)
        if options.arguments and not self.arguments:
            raise UsageError(f"unexpected argument: {options.arguments[0]}")
        return options

    def usage(self) -> str:
        """What a user sees who gave wrong options or arguments."""
        import textwrap

        lines = textwrap.wrap(self.synopsis(), 78, initial_indent="  ", subsequent_indent=" " * (len(self.name) + 3), break_on_hyphens=False)
        return "\n".join(["Usage:", *lines, f'Enter "help {self.name}" for details.'])

    def synopsis(self) -> str:
        """One line: the name, its options, its arguments."""
        words = [self.name]
        words += [f"[{option}]{'…' if option.repeat else ''}" for option in self.options]
        if self.arguments:
            words.append(self.arguments)
        return " ".join(words)


def _meant(flag: str, flags: Iterable[str]) -> str:
    if not flag.startswith("--"):
        return ""
    from pykd.core import near

    return near.hint(flag, (*(one for one in flags if one.startswith("--")), "--json", "--ndjson", "--help"))


def _is_number(word: str) -> bool:
    """``-5`` and ``-0x10`` are arguments, not options."""
    try:
        int(word, 0)
    except ValueError:
        return False
    return True


FOLDER = "pykd/commands"
"""Where they lie in the executable: a folder for each topic, a file in it for each command."""
FILES = {"struct": "struct_", "list": "list_", "*": "struct_", "union": "union_", "set": "set_", "eval": "eval_"}
"""Commands whose file cannot bear their name, because another thing of Python does."""


_TOPICS = [topic for topic in files.listdir(FOLDER) if not topic.endswith(".py")]


def find(name: str) -> Command | None:
    """The built-in command of that name; None if there is none. Imports that command only."""
    stem = FILES.get(name, name)
    if not stem.isidentifier() or stem[0] == "_" or name in FILES.values():
        return None
    for topic in _TOPICS:
        if files.is_file(f"{FOLDER}/{topic}/{stem}.py"):
            command: Command = __import__(f"pykd.commands.{topic}.{stem}", fromlist=("COMMAND",)).COMMAND
            return command
    return None


def names() -> list[str]:
    """Names of all built-in commands, sorted; imports none of them."""
    special = {file: name for name, file in FILES.items() if name != "*"}
    stems = (file.removesuffix(".py") for topic in _TOPICS for file in files.listdir(f"{FOLDER}/{topic}"))
    return sorted(special.get(stem, stem) for stem in stems if stem[0] != "_")


def centered(text: str, width: int) -> str:
    """As str.center(), but with the odd blank always on the right, as in crash's columns."""
    return (" " * ((width - len(text)) // 2) + text).ljust(width)


def table(rows: Iterable[Row], columns: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Lines of a plain table.

    :param columns: (title, key, format spec such as ``>8`` or ``016x``); the title is aligned as the values are. A row
        with ``error`` in place of a value prints its word at the end of its line.
    """
    head = []
    for title, _, spec in columns:
        width = "".join(c for c in spec if c.isdigit()).lstrip("0") or str(len(title))
        align = "<" if "<" in spec else ">" if ">" in spec else "^"
        head.append(f"{title:{align}{width}}")
    yield " ".join(head).rstrip()
    for row in rows:
        cells = [format(row[key], spec) if row.get(key) is not None else "" for _, key, spec in columns]
        line = " ".join(cells)
        if "error" in row:
            line += f"  {mark(row)}"
        yield line.rstrip()
