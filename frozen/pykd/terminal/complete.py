# SPDX-License-Identifier: GPL-2.0-or-later
"""What Tab offers at the prompt: commands, their options, and the kinds of things that their declarations ask for."""

from __future__ import annotations

import os
import re

from _pykd import Error, Type
from pykd.session import command as commands
from pykd.session import line as lines
from pykd.session import program as programs
from pykd.session.session import Session
from pykd.terminal.names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIMIT = 500
"""No list is longer."""
_DELIMITERS = frozenset(" \t\n;|(<>\"'")
_CAST = re.compile(r"\((?:struct|union) (\w+) ?\*\)[^()]*\)(?:->|\.)((?:\w+(?:\[[^]]*\])?(?:->|\.))*)(\w*)$")
"""The type of the cast, the members behind it, and the beginning of another one."""
_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")


class Completer:
    """Completes a line of commands."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._names = Names(session)

    def idle(self) -> None:
        """The user does nothing: prepare."""
        self._names.work()

    def complete(self, text: str) -> tuple[str, list[str]]:
        """Of the text before the cursor: the part to complete, and what it may become, sorted. What is whole has a blank behind it."""
        code = lines.python_code(text)
        if code is not None:
            return self.python(code)
        text = text.rpartition("\n")[2]
        command = _last_command(text)
        cast = _CAST.search(command)
        start = cast.start(3) if cast else len(command)
        while not cast and start and (command[start - 1] not in _DELIMITERS or command[start - 2 : start] == "->"):
            start -= 1
        stem = command[start:]
        found = set()
        try:
            for name in self._behind_cast(cast, stem) if cast else self._candidates(command[:start], stem):
                found.add(name)
                if len(found) >= LIMIT:
                    break
            if len(found) == 1:
                found = {name if self._may_go_on(name) else f"{name} " for name in found}
        except Error:
            pass
        return stem, sorted(found)

    def python(self, code: str) -> tuple[str, list[str]]:
        """The same of Python."""
        from pykd.commands.session import py
        from pykd.terminal import pycomplete

        py.namespace(self.session)
        return pycomplete.completions(code, self._names)

    def _may_go_on(self, name: str) -> bool:
        """Whether something may follow at once: a file in a folder, a value, a member."""
        if name[-1:] in "/.(=":
            return True
        type = self._type_of(name.lstrip("&*"), [])
        return type is not None and type.kind in ("struct", "union")

    def _candidates(self, before: str, stem: str) -> Iterator[str]:
        words = before.split()
        if before[-2:].strip() in (">", "<", ">>"):
            yield from _files(stem)
            return
        shell = before.rpartition("|")[2] if "|" in before else before[1:] if before.startswith("!") else None
        if shell is not None:
            yield from _files(stem) if shell.strip() or "/" in stem else _host_programs(stem)
            return
        if not words:
            yield from (name for name in self.session.names() if name.startswith(stem))
            if len(stem) > 2:
                yield from self._data(stem)
            return
        words[:1] = self.session.aliases.get(words[0], words[0]).split()
        name = words[0]
        if name in lines.HOST_PROGRAMS or name in ("epython", "extend"):
            yield from _files(stem)
            if name == "epython":
                from pykd.session import runtime

                yield from _of((program for program, _ in runtime.frozen_programs()), stem)
        elif name == "set" and not stem.startswith("-"):
            yield from self._settings(words[1:], stem)
        elif name == "foreach" and (inner := _inner(words)) is not None:
            yield from self._arguments(inner, [inner, *words[words.index(inner) + 1 :]], stem)
        else:
            yield from self._arguments(name, words, stem)

    def _settings(self, words: list[str], stem: str) -> Iterator[str]:
        """The values of a setting, or settings and the tasks that may be the context."""
        from pykd.commands.session import set_

        if words and words[-1] in set_.SETTINGS:
            yield from _of(set_.SETTINGS[words[-1]][1] or (), stem)
            return
        yield from _of((*set_.SETTINGS, *set_.EDITORS), stem)
        if not words:
            yield from _of((option.flag for option in set_.COMMAND.options), stem)
            yield from self._tasks(stem)

    def _arguments(self, name: str, words: list[str], stem: str) -> Iterator[str]:
        """Of a declared command or of a program, by what it says of itself."""
        command = commands.find(name) or programs.find(name)
        if command is None:
            yield from self._of_program(name, stem)
            return
        options = {option.flag: option for option in command.options}
        if stem.startswith("-"):
            yield from _of([*options, "--json"], stem)
            return
        previous = options.get(words[-1]) if len(words) > 1 else None
        wanted = previous.value if previous is not None and previous.value else command.arguments
        if not stem and wanted is command.arguments:
            yield from options
        if name in ("struct", "union", "*") and wanted is command.arguments and all(word in options for word in words[1:]):
            yield from self._members(stem) if "." in stem else self._names.types(stem)
            return
        yield from self._of_kind(wanted, stem, name)

    def _of_program(self, name: str, stem: str) -> Iterator[str]:
        from pykd.session import runtime

        program = runtime.entry(name)
        if program is not None and (stem.startswith("-") or not stem):
            yield from _of({*_OPTION.findall(program.help), *_OPTION.findall(program.synopsis)}, stem)
        if stem:
            yield from _files(stem)

    def _of_kind(self, wanted: str, stem: str, name: str) -> Iterator[str]:
        """What a synopsis such as ``[PID|TASK|COMM]…`` asks for."""
        kinds = set(re.findall(r"[A-Z]+", wanted))
        if kinds & {"PID", "COMM"}:
            yield from self._tasks(stem)
        if name == "foreach":
            from pykd.commands.tasks import foreach

            yield from _of([*foreach.COMMANDS, *foreach.STATES, *re.findall(r"\b[a-z]{4,}\b", wanted)], stem)
        if name == "help":
            from pykd.session import topics

            yield from _of([*self.session.names(), *topics.names(), "all", "commands", "input", "output"], stem)
        elif "COMMAND" in kinds and name != "ps":
            yield from _of(self.session.names(), stem)
        if "MODULE" in kinds:
            yield from _of((module.name for module in self.session.dump.modules()), stem)
        if kinds & {"FILE", "PATH"} or "/" in stem:
            yield from _files(stem)
        if kinds & {"STRUCT", "MEMBER", "NAME", "TYPE", "SYMBOL", "ADDRESS", "EXPRESSION", "START", "TEXT", "VALUE"} and stem:
            yield from self._data(stem)

    def _data(self, stem: str) -> Iterator[str]:
        """Names of types, variables and functions, and members behind ``.`` and ``->``."""
        sigils = re.match(r"[&*]*", stem)
        lead = sigils[0] if sigils else ""
        rest = stem[len(lead) :]
        if "." in rest or "->" in rest:
            yield from (lead + name for name in self._members(rest))
            return
        if len(rest) < 2:
            return
        yield from (lead + name for name in self._names.types(rest))
        yield from (lead + name for name in self._names.symbols(rest))

    def _tasks(self, stem: str) -> Iterator[str]:
        from pykd.kernel.task import table as tasktable

        for thread in tasktable.threads(self.session.dump):
            if str(thread.pid).startswith(stem) and (stem or thread.active):
                yield str(thread.pid)
            if stem and thread.comm.startswith(stem) and " " not in thread.comm:
                yield thread.comm

    def _members(self, stem: str) -> Iterator[str]:
        """``task_struct.mm,pid``, ``init_task.mm->pgd``: members of what stands before the last of them."""
        match = re.match(r"(.*(?:\.|->|,))(\w*)$", stem)
        if match is None:
            return
        path, part = match[1], match[2]
        if path.endswith(","):
            outer = re.match(r"(\w+)\.", path)
            type = self._type_of(outer[1], []) if outer else None
        else:
            parts = [word for word in re.split(r"\.|->|\[[^]]*\]", path) if word]
            last = parts[-1].rpartition(",")[2]
            type = self._type_of(parts[0], [*parts[1:-1], last] if len(parts) > 1 else [])
        if type is not None and type.kind in ("struct", "union"):
            yield from (path + member for member in _member_names(type) if member.startswith(part))

    def _behind_cast(self, cast: re.Match[str], stem: str) -> Iterator[str]:
        """``((struct task_struct *)0xffff…)->mm->pgd``"""
        type = self._type_of(cast[1], [word for word in re.split(r"\.|->|\[[^]]*\]", cast[2]) if word])
        if type is not None and type.kind in ("struct", "union"):
            yield from _of(_member_names(type), stem)

    def _type_of(self, name: str, inner: list[str]) -> Type | None:
        dump = self.session.dump
        type = dump.find_type("struct", name) or dump.find_type("union", name)
        if type is None and dump.address_of(name, default=0):
            type = dump.symbol_type(name)
        for word in inner:
            type = _pointed(type)
            member = type.member(word) if type is not None and type.kind in ("struct", "union") else None
            if member is None:
                return None
            type = member.type
        return _pointed(type)


def _pointed(type: Type | None) -> Type | None:
    """What a variable or member of that type leads to: members are asked for, whatever pointers are between."""
    while type is not None:
        type = type.strip()
        if type.kind not in ("pointer", "array"):
            return type
        type = type.target
    return None


def _member_names(type: Type) -> Iterator[str]:
    from pykd.values import known  # a prompt comes without it

    return known.member_names(type)


def _of(names: Iterable[str], stem: str) -> Iterator[str]:
    return (name for name in names if name.startswith(stem))


def _inner(words: list[str]) -> str | None:
    """The command that ``foreach`` is to run, once it has been typed."""
    from pykd.commands.tasks import foreach

    return next((word for word in words[1:] if word in foreach.COMMANDS), None)


def _last_command(text: str) -> str:
    """What follows the last semicolon that separates commands."""
    return text.rpartition(";")[2].lstrip()


def _host_programs(stem: str) -> Iterator[str]:
    """What the host's shell would find."""
    for folder in os.environ.get("PATH", "").split(":"):
        try:
            entries = os.listdir(folder or ".") if stem else []
        except OSError:
            continue
        yield from (name for name in _of(entries, stem) if os.access(os.path.join(folder, name), os.X_OK))


def _files(stem: str) -> Iterator[str]:
    folder, slash, part = stem.rpartition("/")
    where = folder + slash
    if where.startswith("~/"):
        where = os.path.expanduser(where)
    try:
        entries = list(os.scandir(where or "."))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(part) and (part or not entry.name.startswith(".")):
            yield folder + slash + entry.name + ("/" if entry.is_dir() else "")
