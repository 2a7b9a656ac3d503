# SPDX-License-Identifier: GPL-2.0-or-later
"""A session: one open dump, its settings and context, and the dispatch of command lines.

Commands write to ``sys.stdout``; the session points it at the terminal, a file, a pipe to the shell, or a buffer. An
error ends a command, never the session; it goes to ``sys.stderr`` in one line.
"""

from __future__ import annotations

import itertools
import os
import sys

from _pykd import Dump, Error
from pykd.core import colour
from pykd.core.blocks import block
from pykd.core.errors import CommandError, LineError, UnknownCommandError, UsageError
from pykd.core.host import set_current
from pykd.core.memo import forget
from pykd.core.output import Paged, Shell, buffer, contents, descriptor, output_to, run_shell, to_file
from pykd.core.rows import Row, fault
from pykd.core.shown import own, shown
from pykd.session import command as commands
from pykd.session import line as lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from pykd.session.document import Document

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


class Quit(Exception):
    """The user asked to leave."""


SETTINGS: dict[str, Any] = {
    "radix": 10,
    "scroll": True,
    "debug": 0,
    "color": "auto",
    "colour": "dark",
    "history": "user",
    "traceback": "short",
}
"""Settings that every session begins with; their types are those of the values."""

_MESSAGE = 2000
"""Characters of a message at most; it may quote what was typed."""
_INPUT = {
    "integer string conversion": "a number has too many digits",
    "null character": "there is a NUL character in it",
    "null byte": "there is a NUL character in it",
    "surrogates not allowed": "there is a byte in it that is no UTF-8",
}
"""By what Python says of them: values that come from who has typed the command."""
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((UsageError, LineError), "usage"),
    ((KeyboardInterrupt,), "interrupted"),
    ((CommandError, OSError, ValueError), "failed"),
)
"""What documents say is the reason, by the error of a command."""
CHOICES = {"color": colour.MODES, "colour": tuple(colour.THEMES), "history": ("user", "dump", "off"), "traceback": ("short", "full")}
"""The values that a setting of text may have."""


class Session:
    """See the module's docstring."""

    def __init__(self, dump: Dump, *, reload: bool = False, json: bool = False, color: str = "auto") -> None:
        """
        :param reload: every program run reloads the modules that came from files, as if ``--reload`` were given.
        :param json: each command answers with one JSON document.
        :param color: one of :data:`pykd.core.colour.MODES`.
        """
        self.dump = dump
        self.reload = reload
        self.json = json
        self.ndjson = False
        """With :attr:`json`: each row is a line of its own."""
        self.redact: Callable[[Any], Any] | None = None
        """With :attr:`json`: takes out of what is written what may not leave the site."""
        self.aliases = dict(ALIASES)
        self.settings = {**SETTINGS, "color": color}
        self.state: dict[str, Any] = {}
        """What commands and helpers keep for the life of the session, by their name."""
        self.pager: Callable[[], Paged] | None = None
        """Makes what shows long output a screenful at a time; set by the prompt, on a terminal only."""
        self.python: Callable[[], None] | None = None
        """Reads lines of Python until the user has enough of it; set by the prompt."""
        self._task: int | None = None
        self._for_program = False
        self._wants_rows: Any = None
        """Where rows of the program that runs go (a :class:`pykd.session.document.Document`); None: it prints."""
        self._files: list[str] = []
        """Files of commands under way, one called by the other."""
        set_current(self)

    # -- context

    @property
    def task(self) -> int:
        """Address of the task_struct that commands without one mean; at first the one that panicked."""
        if self._task is None:
            from pykd.kernel.task.threads import panic_task

            self._task = int(panic_task(self.dump))
        return self._task

    @task.setter
    def task(self, address: int) -> None:
        self._task = address

    def coloured(self, file: Any) -> bool:
        """Whether what is written to *file* has colours."""
        return colour.wanted(self.settings["color"], file)

    @property
    def for_program(self) -> bool:
        """Whether a program has asked, and parses what the command prints."""
        return self._for_program

    @property
    def prompting(self) -> bool:
        """Whether somebody types the commands."""
        return self.python is not None

    # -- running

    def run(self, text: str) -> bool:
        """Run a line of input, or several; True if all their commands worked. :raises Quit, BrokenPipeError:"""
        return self.run_lines(text.split("\n"))

    def run_lines(self, text: Iterable[str]) -> bool:
        """Run lines as they come."""
        worked = True
        for line in lines.logical(text):
            for one in lines.split_commands(line):
                worked &= self._guarded(one)
        return worked

    def _guarded(self, text: str) -> bool:
        """Run one command, with its pipe or redirection; every error of it is told here."""
        worked = True
        if self.dump.live:
            self._forget()
        try:
            line = lines.parse(self.expand_alias(text))
            with self._destination(line) as status:
                worked = self._answered(line.command)
            return worked and not status
        except (Quit, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            if not self.json:
                return self._failed(text, error)
            self._new_document(text).end("", self.fault(text, error))
            return False
        finally:
            from pykd.core import progress

            progress.end()

    def _answered(self, text: str) -> bool:
        """Run one command to where ``sys.stdout`` goes, and tell its errors."""
        if self.json:
            return self.run_file(text[1:].strip()) if text.startswith("<") else self._document(text)
        try:
            return self.execute(text)
        except (Quit, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            return self._failed(text, error)

    def _failed(self, text: str, error: BaseException) -> bool:
        self.tell(error, text)
        return False

    def _forget(self) -> None:
        """What was found out about a running kernel holds for one command."""
        forget()
        for key in ("threads", "thread_at", "thread_groups"):
            self.state.pop(key, None)

    def tell(self, error: BaseException, text: str) -> None:
        """Tell the user what became of the command *text*."""
        if isinstance(error, CommandError) and error.details:
            self._write_message(sys.stderr, error.details)
        else:
            self.complain(self._explain(text, error))

    def complain(self, message: str) -> None:
        """Tell the user that something failed, behind what was printed so far."""
        from pykd.core import progress

        progress.hide()
        # A pager that has begun owns the screen.
        file = sys.stdout if isinstance(sys.stdout, Paged) and sys.stdout.started else sys.stderr
        message = shown(message if len(message) <= _MESSAGE else f"{message[:_MESSAGE]}...")
        self._write_message(file, (colour.error(message) if self.coloured(file) else message) + "\n")

    def _write_message(self, file: Any, text: str) -> None:
        """Behind the output so far. That this could not be written is what the message says, or the end of the session will."""
        for action in (sys.stdout.flush, lambda: own(file, text)):
            try:
                action()
            except BrokenPipeError:
                raise
            except OSError:
                pass

    def show(self, text: Iterable[str], where: lines.Line | None = None) -> None:
        """Print lines, a screenful at a time where commands do so, or to where the line *where* sends its output."""
        with self._destination(where or lines.Line("")):
            for line in text:
                print(line)

    def _explain(self, text: str, error: BaseException) -> str:
        """The message for an error of a command, in one line."""
        name = _first(text)[:80] or "pykd"
        if isinstance(error, UnknownCommandError):
            return f"pykd: {error}"
        if isinstance(error, CommandError):
            return f"{name}: {error}{'' if self._for_program else error.hint()}"
        if isinstance(error, OSError):
            return f"{error.filename or name}: {error.strerror or error}"
        if isinstance(error, Error):
            return f"{name}: {error}"
        if isinstance(error, KeyboardInterrupt):
            return f"{name}: interrupted"
        if isinstance(error, MemoryError):
            return f"{name}: there is not enough memory for it"
        # A mistake of pykd's own, or data that no check foresaw, ends a command and not the session.
        if self.settings["debug"]:
            from pykd.session import tracebacks

            own(sys.stderr, tracebacks.describe(error, error.__traceback__, full=True))
        if isinstance(error, RecursionError):
            return f"{name}: nested too deeply; is the dump damaged?"
        if isinstance(error, ValueError):
            for words, meaning in _INPUT.items():
                if words in str(error):
                    return f"{name}: {meaning}"
        if type(error).__module__ == "re":
            return f"{name}: bad regular expression: {error}"
        return f"{name}: internal error: {type(error).__name__}: {error}; `set debug 1` shows where"

    def fault(self, text: str, error: BaseException) -> Row:
        """What ended the command *text*, as documents have it."""
        message = self._explain(text, error)
        what = error.__cause__ if isinstance(error, CommandError) else error
        if isinstance(what, Error):
            return fault(what, message)
        reason = next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), "internal")
        return {"reason": reason, "message": message}

    @block
    def _destination(self, line: lines.Line) -> Iterator[list[int]]:
        """Let output go where the line says; yields a list for the exit status of the shell, if that is not 0."""
        status: list[int] = []
        if line.file is not None:
            try:
                with to_file(line.file, line.append) as file, output_to(file):
                    yield status
            except OSError as error:
                raise OSError(error.errno, error.strerror, line.file) from None
        elif line.shell is not None:
            shell = Shell(line.shell, output=descriptor())
            try:
                with output_to(shell.pipe):
                    yield status
            except BrokenPipeError:
                pass  # `| head` has seen enough
            finally:
                code = shell.close()
                if code:
                    status.append(code)
                    self._end_echo(code)
        elif self.pager is not None and self.settings["scroll"] and not isinstance(sys.stdout, Paged):
            pager = self.pager()
            try:
                with output_to(pager):
                    yield status
            except BrokenPipeError:
                pass  # the user has seen enough
            finally:
                pager.close()
        else:
            yield status

    def expand_alias(self, text: str) -> str:
        """Replace the first word if it is an alias; a leading backslash protects it."""
        if text.startswith("\\"):
            return text[1:].lstrip()
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
        if text.startswith("!"):
            return self._run_host(text[1:])
        if not text:
            return True
        if text == "q":
            raise Quit
        text, found = self.resolve(text)
        if found is not None:
            return self.run_command(found, found.split(text))
        if _first(text) in lines.HOST_PROGRAMS or text.startswith("!"):
            return self._run_host(text.removeprefix("!"))
        from pykd.session import runtime

        words = lines.words(text)
        if "--json" in words and self._wants_rows is None:
            from pykd.session import program

            if program.find(_program_name(words)) is not None:
                return self._document(text)
        return runtime.run_line(words)

    def _run_host(self, command: str) -> bool:
        """Run a command of the host's shell; False if it failed, or was ended by a key."""
        status = run_shell(command)
        self._end_echo(status)
        return status == 0

    def _end_echo(self, status: int) -> None:
        """End the line that the terminal began with ^C, when that has ended a program of the host."""
        if not self.prompting:
            return
        import signal

        if status in (-signal.SIGINT, 128 + signal.SIGINT, -signal.SIGQUIT, 128 + signal.SIGQUIT):
            print()

    def resolve(self, text: str) -> tuple[str, commands.Command | None]:
        """The line with crash's shortcuts spelled out, and the declared command that it begins with; None: a program, or the shell's.

        :raises UnknownCommandError:
        """
        name = _first(text)
        found = commands.find(name)
        if found is not None or name in lines.HOST_PROGRAMS or name.startswith("!") or name == "epython":
            return text, found
        from pykd.session import runtime

        if runtime.is_registered(name):
            return text, None
        from pykd.session import shortcut

        better = shortcut.command_line(self.dump, text, self.names)
        return better, commands.find(_first(better))

    def knows(self, text: str) -> bool:
        """Whether the line begins with something that can be run, or shown."""
        try:
            self.resolve(text)
        except (CommandError, Error):
            return False
        return True

    def names(self) -> list[str]:
        """All commands, registered programs among them."""
        from pykd.session import runtime

        return sorted({*commands.names(), *runtime.registered(), *self.aliases, "q"})

    def run_command(self, found: commands.Command, words: list[str]) -> bool:
        """Run a declared command with its arguments; its answer goes to ``sys.stdout``."""
        if _asks_for_help(found, words):
            from pykd.session import manual

            sys.stdout.write(manual.page(found))
            return True
        if "--json" in words:
            text = " ".join([found.name, *words])
            return self._write_rows(text, found, lambda: words)
        try:
            options = found.parse(words)
            options.values = False
            return self._print(found, options)
        except UsageError as error:
            error.usage = found.usage()
            raise

    def _print(self, found: commands.Command, options: commands.Options) -> bool:
        """Print the text of a command; True if it answered anything."""
        from pykd.session.answer import Answer

        write: Callable[[str], int] = getattr(sys.stdout, "own", sys.stdout.write)
        answer = Answer(found, options, for_program=self._for_program)
        text: Iterator[str] = answer.lines(found.text(_begun(answer.watch(found.rows(self, options), as_lines=True)), options, self))
        if self.coloured(sys.stdout):
            from pykd.session import paint

            text = (paint.line(line) for piece in text for line in piece.split("\n"))
        from pykd.core import progress

        printed = False
        for line in text:
            printed = True
            progress.hide()
            write(f"{line}\n")
        for message in answer.messages:
            self.complain(f"{found.name}: {message}")
        for note in answer.notes():
            if not answer.for_program:
                write(f"{shown(note)}\n")
            elif sys.__stderr__ is not None:
                sys.__stderr__.write(f"{found.name}: {note}\n")  # for the user: what sys.stderr is now, the program reads
        if not answer.worked and not answer.messages and (answer.for_program or not printed):
            self.complain(f"{found.name}: {answer.why_not()}")
        return answer.worked

    def _document(self, text: str) -> bool:
        """Answer a command with a JSON document. :raises Quit:"""
        from pykd.session import document

        if not text:
            return True
        if text == "q":
            raise Quit
        try:
            text, found = self.resolve(text)
        except (CommandError, Error):
            found = None  # for the document to say
        if found is None or _asks_for_help(found, text.split()[1:]):
            return document.write_text(self._new_document(text), lambda rows: self._execute_for(rows, text), lambda error: self.fault(text, error))
        command = found
        return self._write_rows(text, command, lambda: command.split(text))

    def _execute_for(self, rows: Any, text: str) -> bool:
        """Run a program, with a place for the rows that it may have."""
        from pykd.session import program, runtime

        words = lines.words(text)
        if program.find(_program_name(words)) is None:
            return self.execute(text)
        outer, self._wants_rows = self._wants_rows, rows
        try:
            return runtime.run_line([word for word in words if word != "--json"])
        finally:
            self._wants_rows = outer

    def answer(self, program: Any, options: Any) -> bool:
        """Answer as a declared program that runs, in the form that is asked for; True if there was an answer."""
        rows = self._wants_rows
        if rows is None:
            return self._print(program, options)
        from pykd.session.answer import Answer

        rows.begin()
        answer = Answer(program, options)
        for row in answer.watch(program.rows(self, options)):
            rows.write(row)
        return answer.worked

    def _write_rows(self, text: str, found: commands.Command, words: Callable[[], list[str]]) -> bool:
        """Write the document of a declared command; *words*, which may raise, follow its name."""
        from pykd.session import document
        from pykd.session.answer import Answer

        def rows() -> Iterator[Row]:
            options = found.parse([word for word in words() if word != "--json"])
            answer = Answer(found, options)
            yield from answer.watch(found.rows(self, options))
            if not answer.worked:
                raise CommandError(answer.why_not())

        return document.write_rows(self._new_document(text), rows, lambda error: self.fault(text, error))

    def _new_document(self, text: str) -> Document:
        from pykd.session import identity
        from pykd.session.document import Document

        return Document(text, identity.of(self.dump), lines=self.ndjson, redact=self.redact)

    def run_file(self, path: str) -> bool:
        """Run the lines of a file; True if all worked. :raises CommandError: it runs itself."""
        real = os.path.realpath(path)
        if real in self._files:
            raise CommandError(f"{path} runs itself")
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            self._files.append(real)
            try:
                return self.run_lines(lines.bounded(file))
            finally:
                self._files.pop()

    # -- for programs

    def rows(self, *words: str) -> Iterable[Row]:
        """The answer of one command, a line or word by word, as rows. :raises CommandError, LineError, Error:"""
        text, found = self.resolve(words[0] if words else "")
        if found is None:
            from pykd.session import program

            found = program.find(_first(text))
        if found is None:
            raise UnknownCommandError(f"{_first(text)} is no command with rows")
        return found.rows(self, found.parse([*found.split(text), *words[1:]]))

    def run_program(self, words: Sequence[str]) -> bool:
        """Run the program *words*[0] with the others as its arguments; True if it ended well."""
        from pykd.session import runtime

        return runtime.run_program(list(words))

    def register(self, name: str, short: str, synopsis: str, help: str) -> bool:
        """Make program *name* a command; False, with a message, if there is a command of that name."""
        from pykd.session import runtime

        return runtime.register(name, short, synopsis, help)

    def registered(self) -> list[str]:
        """Names of the programs that are commands."""
        from pykd.session import runtime

        return runtime.registered()

    def capture(self, text: str) -> tuple[str, bool]:
        """Run one command and return what it printed, its messages included, and whether it worked."""
        output, messages, worked = self.capture_apart(text)
        return output + messages, worked

    def capture_apart(self, text: str) -> tuple[str, str, bool]:
        """Run one command: what it printed, its error messages, and whether it worked."""
        output, messages = buffer(), buffer()
        with output_to(output, messages):
            worked = self.guarded_plain(text)
        return contents(output), contents(messages), worked

    def guarded_plain(self, text: str) -> bool:
        """Run one command without aliases and redirections, for a program that parses what it prints; errors go to ``sys.stderr``."""
        outer = self._for_program, self._wants_rows
        self._for_program, self._wants_rows = True, None
        try:
            return self.execute(text)
        except (CommandError, Error) as error:
            print(self._explain(text, error), file=sys.stderr)
            return False
        finally:
            self._for_program, self._wants_rows = outer


def _first(text: str) -> str:
    return text.split(None, 1)[0] if text.strip() else ""


def _program_name(words: list[str]) -> str:
    """The program that a line runs, with or without ``epython``."""
    return words[1] if words[0] == "epython" and len(words) > 1 else words[0]


def _asks_for_help(found: commands.Command, words: list[str]) -> bool:
    return words[:1] == ["-h"] and not any(option.flag == "-h" for option in found.options)


def _begun(rows: Iterable[Row]) -> Iterable[Row]:
    """The same rows, the first of them read now: what fails at once fails before titles are printed."""
    if not hasattr(rows, "__next__"):
        return rows  # a list, or what makes rows and text when asked: it has not failed
    for first in rows:
        return itertools.chain((first,), rows)
    return ()

