# SPDX-License-Identifier: GPL-2.0-or-later
"""A session: one open dump, its settings and context, and the dispatch of command lines.

Commands write to ``sys.stdout``; the session points it at the terminal, a file, a pipe to the shell, or a buffer. An
error ends a command, never the session; it goes to ``sys.stderr`` in one line.
"""

from __future__ import annotations

import io
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from _pykd import Dump, Error
from pykd import command as commands
from pykd import line as lines

ALIASES = {
    "man": "help",
    "?": "help",
    "quit": "q",
    "exit": "q",
    "sf": "set scroll off",
    "sn": "set scroll on",
    "hex": "set radix 16",
    "dec": "set radix 10",
    "g": "gdb",
    "px": "p -x",
    "pd": "p -d",
    "for": "foreach",
    "size": "*",
    "dmesg": "log",
    "lsmod": "mod",
    "last": "ps -l",
}
"""The aliases that every session begins with; crash has the same."""

HOST_PROGRAMS = frozenset("vi pwd grep cat more less echo ls clear".split())
"""First words that go to the shell as they are."""


class Quit(Exception):
    """The user asked to leave."""


class Session:
    """See the module's docstring."""

    current: Session | None = None
    """The session whose dump ``crash`` and ``pykdump.API`` mean."""

    def __init__(self, dump: Dump, *, reload: bool = False, json: bool = False) -> None:
        """
        :param reload: every program run reloads the modules that came from files, as if ``--reload`` were given.
        :param json: built-in commands print one JSON document each.
        """
        self.dump = dump
        self.reload = reload
        self.json = json
        self.aliases = dict(ALIASES)
        self.settings: dict[str, Any] = {"radix": 10, "scroll": True, "debug": 0}
        self.state: dict[str, Any] = {}
        """What commands and helpers keep for the life of the session, by their name."""
        self.pager: str | None = None
        """Shell command that shows output a screenful at a time; set by the prompt, on a terminal only."""
        self._task: int | None = None
        Session.current = self

    # -- context

    @property
    def task(self) -> int:
        """Address of the task_struct that commands without one mean; at first the one that panicked."""
        if self._task is None:
            from pykd.tasks import panic_task

            self._task = int(panic_task(self.dump))
        return self._task

    @task.setter
    def task(self, address: int) -> None:
        self._task = address

    # -- running

    def run(self, text: str) -> bool:
        """Run a line of input; True if all its commands worked. :raises Quit:"""
        text = text.strip()
        if text.startswith("!"):
            return self._shell(text[1:])
        worked = True
        for one in lines.split_commands(text):
            worked &= self._guarded(one)
        return worked

    def _guarded(self, text: str) -> bool:
        """Run one command; every error of it is told here."""
        try:
            return self._redirected(text)
        except lines.LineError as error:
            message = f"{text.split()[0]}: {error}"
        except commands.CommandError as error:
            message = f"{text.split()[0]}: {error}"
        except BrokenPipeError:
            raise
        except OSError as error:
            message = f"{error.filename or text.split()[0]}: {error.strerror or error}"
        except Error as error:
            message = f"{text.split()[0]}: {error}"
        except KeyboardInterrupt:
            message = "interrupted"
        except Exception as error:
            message = self._bug(text, error)
        sys.stdout.flush()
        print(message, file=sys.stderr)
        return False

    def _bug(self, text: str, error: Exception) -> str:
        """A mistake of pykd's own, or data that no check foresaw, ends a command and not the session."""
        if self.settings["debug"]:
            import traceback

            traceback.print_exception(error)
        return f"{text.split()[0]}: internal error: {type(error).__name__}: {error}; `set debug 1` shows where"

    def _redirected(self, text: str) -> bool:
        if text.startswith(("#", "//")):
            return True
        line = lines.parse(self.expand_alias(text))
        if line.file is not None:
            with open(line.file, "a" if line.append else "w", encoding="utf-8") as file, output_to(file):
                return self.execute(line.command)
        if line.shell is None and self.pager is not None and self.settings["scroll"]:
            line.shell = self.pager
        if line.shell is not None:
            return self._piped(line)
        return self.execute(line.command)

    def expand_alias(self, text: str) -> str:
        """Replace the first word if it is an alias; a leading backslash protects it."""
        if text.startswith("\\"):
            return text[1:]
        first, *rest = text.split(None, 1)
        replacement = self.aliases.get(first)
        return " ".join([replacement, *rest]) if replacement else text

    def execute(self, text: str) -> bool:
        """Run one command without aliases and redirections.

        :returns: False if it failed and has said so itself.
        :raises CommandError, Error: for the caller to show.
        """
        if text.startswith("<"):
            return self.run_file(text[1:].strip())
        name = text.split(None, 1)[0] if text.strip() else ""
        if not name:
            return True
        if name == "q":
            raise Quit
        found = commands.find(name)
        if found is not None:
            return self.run_command(found, found.split(text))
        words = lines.words(text)
        from pykd import runtime

        if name == "epython" or runtime.is_registered(name):
            return runtime.run_line(self, words)
        if name in HOST_PROGRAMS:
            return self._shell(text)
        return self._shortcut(text, name)

    def _shortcut(self, text: str, name: str) -> bool:
        """A symbol, a type, an expression: crash guesses the command."""
        from pykd import shortcut

        better = shortcut.command_line(self.dump, text)
        if better is not None:
            return self.execute(better)
        import difflib

        near = difflib.get_close_matches(name, self.names(), 1)
        hint = f"; did you mean `{near[0]}`?" if near else "; `help` lists the commands"
        sys.stdout.flush()
        print(f"pykd: command not found: {name}{hint}", file=sys.stderr)
        return False

    def names(self) -> list[str]:
        """All commands, registered programs among them."""
        from pykd import runtime

        return sorted({*commands.names(), *runtime.registered(), *self.aliases, "q"})

    def run_command(self, found: commands.Command, words: list[str]) -> bool:
        """Run a declared command with its arguments; its answer goes to ``sys.stdout``."""
        if "-h" in words[:1] and not any(option.flag == "-h" for option in found.options):
            from pykd import manual

            sys.stdout.write(manual.page(found))
            return True
        as_json = self.json
        if "--json" in words:
            words = [word for word in words if word != "--json"]
            as_json = True
        try:
            return self._run_parsed(found, found.parse(words), words, as_json)
        except commands.UsageError as error:
            error.usage = found.usage()
            raise

    def _run_parsed(self, found: commands.Command, options: commands.Options, words: list[str], as_json: bool) -> bool:
        errors = 0

        def counted(rows: Iterable[commands.Row]) -> Iterator[commands.Row]:
            nonlocal errors
            for row in rows:
                errors += "error" in row
                yield row

        rows = _begun(counted(found.rows(self, options)))
        if as_json:
            import json

            document = {"command": " ".join([found.name, *words]), "rows": list(rows)}
            json.dump(document, sys.stdout, ensure_ascii=False, default=str)
            sys.stdout.write("\n")
            return True
        write = sys.stdout.write
        for line in found.text(rows, options, self):
            write(line)
            write("\n")
        return True

    def run_file(self, path: str) -> bool:
        """Run the lines of a file; True if all worked."""
        with open(path, encoding="utf-8", errors="replace") as file:
            return all(self.run(line) for line in file if line.strip())

    def capture(self, text: str) -> tuple[str, bool]:
        """Run one command and return what it printed, its messages included, and whether it worked."""
        output, messages, worked = self.capture_apart(text)
        return output + messages, worked

    def capture_apart(self, text: str) -> tuple[str, str, bool]:
        """Run one command: what it printed, its error messages, and whether it worked."""
        output, messages = _buffer(), _buffer()
        with output_to(output, messages):
            worked = self.guarded_plain(text)
        return _contents(output), _contents(messages), worked

    def guarded_plain(self, text: str) -> bool:
        """Run one command without aliases and redirections; errors go to ``sys.stderr``."""
        try:
            return self.execute(text)
        except (commands.CommandError, lines.LineError, Error) as error:
            print(f"{text.split()[0]}: {error}", file=sys.stderr)
            return False

    # -- the host

    def _shell(self, text: str) -> bool:
        sys.stdout.flush()
        return os.waitstatus_to_exitcode(os.system(text)) == 0

    def _piped(self, line: lines.Line) -> bool:
        """Run the command with its output going to a shell command."""
        assert line.shell is not None
        sys.stdout.flush()
        reader, writer = os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, reader, 0), (os.POSIX_SPAWN_CLOSE, writer)]
        pid = os.posix_spawn("/bin/sh", ["/bin/sh", "-c", line.shell], os.environ, file_actions=actions)
        os.close(reader)
        try:
            with open(writer, "w", encoding="utf-8", errors="surrogateescape") as pipe, output_to(pipe):
                worked = self.execute(line.command)
        except BrokenPipeError:
            worked = True  # `| head` has seen enough
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return worked and status == 0


def _begun(rows: Iterator[commands.Row]) -> Iterator[commands.Row]:
    """The same rows, the first of them read now: what fails at once fails before titles are printed."""
    for first in rows:
        return itertools.chain((first,), rows)
    return iter(())


def _buffer() -> io.TextIOWrapper:
    """A file in memory; programs expect what a real ``sys.stdout`` can do."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)


def _contents(file: io.TextIOWrapper) -> str:
    file.flush()
    data = file.buffer
    assert isinstance(data, io.BytesIO)
    return data.getvalue().decode("utf-8", "surrogateescape")


@contextmanager
def output_to(output: Any, messages: Any = None) -> Iterator[None]:
    """Let ``sys.stdout`` be *output* for a while, and ``sys.stderr`` *messages* if given."""
    saved = sys.stdout, sys.stderr
    sys.stdout.flush()
    sys.stdout = output
    if messages is not None:
        sys.stderr = messages
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout, sys.stderr = saved
