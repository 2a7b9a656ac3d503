# SPDX-License-Identifier: GPL-2.0-or-later
"""The interactive session: prompt, history, completion.

Lines are edited by CPython's own ``_pyrepl``, which works over any terminal that understands the common escape sequences; where
there is none (a pipe, TERM=dumb) lines are simply read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from _pykd import Error
from pykd import banner
from pykd.session import Quit, Session

PROMPT = "pykd> "
HISTORY_LENGTH = 2000


def interact(session: Session, pager: bool = True) -> bool:
    """Ask for commands until the end of input; True if every one worked (asked of a terminal: always)."""
    terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    if not terminal:
        return all(session.run(line) for line in sys.stdin if line.strip())
    for line in banner.lines(session.dump):
        print(line)
    print()
    read = _editor(session) or _plain
    if read is not _plain and pager:
        session.pager = _pager()
    try:
        while True:
            try:
                line = read()
            except KeyboardInterrupt:
                print("^C")
                continue
            except EOFError:
                print()
                break
            _run(session, line)
    except Quit:
        pass
    finally:
        _save_history()
    return True


def _run(session: Session, line: str) -> None:
    """One line: a command, or `py …` for Python. Ctrl-C ends it."""
    try:
        session.run(line)
    except KeyboardInterrupt:
        print("^C")
    except BrokenPipeError:
        pass


def _pager() -> str | None:
    """``less``, where the host has it: it ends by itself with the output, and stays away if that fits the screen."""
    for folder in os.environ.get("PATH", "").split(":"):
        if folder and os.access(os.path.join(folder, "less"), os.X_OK):
            return "less -EFXR"
    return None


def _plain() -> str:
    return input(PROMPT)


_readline: Any = None


def _editor(session: Session) -> Any:
    """A function that reads a line with editing, or None where the terminal does not allow it."""
    global _readline
    from pykd import terminfo

    try:
        terminfo.setupterm()
        terminfo.install()
        from _pyrepl import readline  # type: ignore[import-not-found]

        wrapper = readline._get_reader_wrapper() if hasattr(readline, "_get_reader_wrapper") else readline._wrapper
        wrapper.config.completer_delims = frozenset(" \t\n;|()")
        wrapper.config.readline_completer = Completer(session)
        wrapper.get_reader()
    except Exception:
        # Any trouble with the terminal: a plain prompt is better than none.
        return None
    _readline = wrapper
    _load_history()
    return lambda: wrapper.input(PROMPT)


# -- history


def history_file() -> str | None:
    """In the user's state folder; None when there is no home that can be written."""
    state = os.environ.get("XDG_STATE_HOME") or (
        os.path.join(os.environ["HOME"], ".local", "state") if os.environ.get("HOME") else None
    )
    if state is None:
        return None
    folder = os.path.join(state, "pykd")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return None
    return os.path.join(folder, "history") if os.access(folder, os.W_OK) else None


def _load_history() -> None:
    path = history_file()
    if path is None:
        return
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            _readline.get_reader().history.extend(line.rstrip("\n") for line in file if line.strip())
    except OSError:
        pass


def _save_history() -> None:
    path = history_file() if _readline is not None else None
    if path is None:
        return
    lines = [line for line in _readline.get_reader().history if line.strip() and "\n" not in line]
    try:
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.writelines(f"{line}\n" for line in lines[-HISTORY_LENGTH:])
    except OSError:
        pass


# -- completion


class Completer:
    """Completes commands, their options, types, members, symbols, PIDs and files; called as readline calls it."""

    LIMIT = 500
    """No list is longer."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.matches: list[str] = []
        self._symbols: list[str] | None = None
        self._structs: list[str] | None = None

    def __call__(self, stem: str, state: int) -> str | None:
        if state == 0:
            try:
                self.matches = sorted(set(self._candidates(stem)))[: self.LIMIT]
            except Error:
                self.matches = []
        return self.matches[state] if state < len(self.matches) else None

    def _line(self) -> str:
        reader = _readline.get_reader()
        text: str = "".join(reader.buffer[: reader.pos])
        return text.rpartition(";")[2].lstrip()

    def _candidates(self, stem: str) -> Iterator[str]:
        words = self._line().split()
        first = not words or (len(words) == 1 and stem)
        if first:
            yield from (name for name in self.session.names() if name.startswith(stem))
            return
        command = words[0]
        if stem.startswith("-"):
            yield from self._options(command, stem)
        elif command in ("help", "man", "?"):
            yield from (name for name in self.session.names() if name.startswith(stem))
        elif command in ("struct", "union", "*", "whatis", "p", "list", "tree") and "." in stem:
            yield from self._members(stem)
        elif command in ("struct", "union", "*"):
            yield from (name for name in self.structs() if name.startswith(stem))
        elif "/" in stem or command in ("<", "extend", "epython"):
            yield from _files(stem)
        elif len(stem) > 1:
            yield from (name for name in self.structs() if name.startswith(stem))
            yield from (name for name in self.symbols() if name.startswith(stem))

    def _options(self, name: str, stem: str) -> Iterator[str]:
        from pykd import command

        found = command.find(self.session.aliases.get(name, name).split()[0])
        if found is not None:
            yield from (option.flag for option in found.options if option.flag.startswith(stem))

    def _members(self, stem: str) -> Iterator[str]:
        """``task_struct.mm`` and ``init_task.mm``: members of what stands before the last dot."""
        path, _, part = stem.rpartition(".")
        name, _, inner = path.partition(".")
        dump = self.session.dump
        type = dump.find_type("struct", name) or dump.find_type("union", name)
        if type is None and dump.address_of(name):
            type = dump.symbol_type(name).strip()
        if type is not None and inner:
            member = type.member(inner)
            type = member.type.strip() if member else None
        if type is not None and type.kind == "pointer" and type.target is not None:
            type = type.target.strip()
        if type is not None and type.kind in ("struct", "union"):
            yield from (f"{path}.{member.name}" for member in type.members() if member.name and member.name.startswith(part))

    def structs(self) -> list[str]:
        if self._structs is None:
            dump = self.session.dump
            self._structs = [type.name for kind in ("struct", "union") for type in dump.types(kind) if type.name]  # type: ignore[arg-type]
        return self._structs

    def symbols(self) -> list[str]:
        if self._symbols is None:
            self._symbols = [symbol.name for symbol in self.session.dump.kernel_symbols()]
        return self._symbols


def _files(stem: str) -> Iterator[str]:
    folder, slash, part = stem.rpartition("/")
    try:
        entries = list(os.scandir(folder + slash or "."))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(part):
            yield folder + slash + entry.name + ("/" if entry.is_dir() else "")
