# SPDX-License-Identifier: GPL-2.0-or-later
"""What a line means whose first word is no command: crash's rule about the names of symbols and types, then gdb's commands."""

from __future__ import annotations

import re

from _pykd import Dump, Error, Type
from pykd.core.errors import UnknownCommandError
from pykd.session.command import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from _pykd import Kind

KINDS: tuple[Kind, ...] = ("struct", "union", "typedef")
"""Of types that a name alone may mean."""
WIDTHS = {1: "-8", 2: "-16", 4: "-32", 8: "-64"}
"""Options of ``rd`` by the size of an integer."""

_VARIABLE = re.compile(r"&?\**([A-Za-z_]\w*)(?::[\w,-]*)?(?=$|\.|->|\[)")
"""``jiffies``, ``runqueues:0``, ``init_task.comm``, ``&init_task``"""

_QUESTION = re.compile(r"[A-Za-z_][\w.]*(?:[(\[].*)?\?{1,2}")
"""``d_path?``, ``find_task(1).mm?``"""


def command_line(dump: Dump, text: str, names: Callable[[], list[str]]) -> str:
    """The command that *text* stands for.

    ``SYMBOL``: ``p``, and so is an expression that begins with one, or with a parenthesis. ``TYPE …``: ``struct`` or ``union``; a
    typedef of one alone, an enum and other types: ``whatis``; a typedef of an integer and an address: ``rd`` of that width. A command
    of gdb: ``gdb``. ``NAME?`` asks what that is: a command, or something of Python, as ``help(NAME)`` does.

    :param names: what could have been meant.
    :raises UnknownCommandError: it stands for nothing.
    """
    if text.startswith("help(") and text.endswith(")"):
        return f"py {text}"
    if text.endswith("?") and _QUESTION.fullmatch(text):
        name = text.rstrip("?")
        return f"help {name}" if find(name) is not None else f"py {text}"
    found = _of_dump(dump, text)
    if found is not None:
        return found
    first = text.split()[0]
    gdb = find("gdb")
    if gdb is not None and gdb.begins is not None and gdb.begins(first):
        return f"gdb {text}"
    from pykd.core import near

    hint = near.hint(first, names()) or "; `help` lists the commands"
    raise UnknownCommandError(f"command not found: {first}{hint}")


def _enumerator(dump: Dump, text: str) -> str | None:
    """``PIDTYPE_PID``"""
    try:
        dump.enumerator(text)
    except Error:
        return None
    return f"whatis {text}"


def _of_dump(dump: Dump, text: str) -> str | None:
    words = text.split()
    first, rest = words[0], words[1:]
    if first == "enum":
        return f"whatis {text}"
    try:
        text.encode()
        if first[0] == "(" or (not rest and _begins_with_variable(dump, first)):
            return f"p {text}"
        # "task_struct.pid,comm ADDRESS" names members, as the command does; "*task_struct" is the command * without its blank.
        if first[0] == "*":
            return _of_type(dump, first[1:], " ".join([first[1:], *rest]))
        name = first.partition(".")[0]
        if not name.isidentifier():
            return None
        for kind in ("struct", "union"):
            if dump.find_type(kind, name) is not None:
                return f"{kind} {text}"
        return _typedef(dump, text, name, rest)
    except UnicodeEncodeError:
        return None  # bytes that are no UTF-8 name nothing
    except Error:
        return _enumerator(dump, text)  # no such name; or a dump without names or types


def _of_type(dump: Dump, word: str, text: str) -> str | None:
    """``struct`` of a type that *word* names, with or without members."""
    name = word.partition(".")[0]
    if name.isidentifier() and any(dump.find_type(kind, name) is not None for kind in KINDS):
        return f"struct {text}"
    return None


def _begins_with_variable(dump: Dump, word: str) -> bool:
    match = _VARIABLE.match(word)
    return match is not None and dump.address_of(match[1], default=0) != 0


def _typedef(dump: Dump, text: str, name: str, rest: list[str]) -> str | None:
    found: Type = dump.type(name)
    under = found.strip()
    if under.kind in ("struct", "union"):
        return f"{under.kind} {text}" if rest or "." in text else f"whatis {text}"
    if under.kind == "int" and rest and under.size in WIDTHS:
        return f"rd {WIDTHS[under.size]} {' '.join(rest)}"
    return f"whatis {name}"
