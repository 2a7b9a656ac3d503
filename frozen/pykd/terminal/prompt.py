# SPDX-License-Identifier: GPL-2.0-or-later
"""The interactive session: banner, prompt, history, and a mode for Python.

Lines are edited where the terminal allows it (:mod:`pykd.terminal.editor`); on a dumb one they are simply read. Without a terminal there are
neither banner nor prompt: commands are read from standard input.
"""

from __future__ import annotations

import signal
import sys

from _pykd import Error
from pykd.core.errors import LineError
from pykd.core.output import Paged
from pykd.core.shown import own, shown
from pykd.session import line as lines
from pykd.session.line import bounded
from pykd.session.session import Quit, Session
from pykd.terminal import banner, history, terminfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PROMPT = "pykd> "
MORE = "    > "
"""Before further lines of one command."""


def interact(session: Session, pager: bool = True, quiet: bool = False) -> bool:
    """Ask for commands until the end of input; True if every one worked (asked of a terminal: always).

    :param quiet: without the banner.
    """
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()):
        try:
            return session.run_lines(bounded(sys.stdin) if sys.stdin is not None else ())
        except LineError as error:
            session.tell(error, "")
            return False
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as whoever started us has left it; but Ctrl-C is ours here
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not quiet:
        try:
            _show_banner(session)
        except (Exception, KeyboardInterrupt) as error:  # whatever is in the dump, it can be asked
            session.tell(error, "sys")
    Prompt(session, pager).run()
    return True


def _show_banner(session: Session) -> None:
    coloured = session.coloured(sys.stdout)
    for line in map(shown, banner.lines(session)):
        if coloured:
            from pykd.session import paint

            line = paint.line(line)
        own(sys.stdout, f"{line}\n")
    print(flush=True)


class Prompt:
    """Reads and runs lines until the user has enough."""

    def __init__(self, session: Session, pager: bool) -> None:
        self._session = session
        self._history = history.History(history.path(session.settings["history"], session.dump.file))
        self._editor = self._open_editor()
        self._completer: Any = None
        self._python_lines: list[str] = []
        if pager and not terminfo.is_dumb():
            session.pager = _open_pager
        session.python = self._python

    def _open_editor(self) -> Any:
        """None where the terminal cannot do it; the lines can be read all the same."""
        if terminfo.is_dumb():
            return None
        try:
            from pykd.terminal.editor import Editor

            return Editor(lambda: self._session.coloured(sys.stdout))
        except Exception:  # whatever a terminal may have against it
            return None

    def run(self) -> None:
        try:
            while True:
                try:
                    line = self._read_command()
                except KeyboardInterrupt:
                    self._new_line()
                except EOFError:
                    self._new_line()
                    return
                else:
                    self._run(line)
        except Quit:
            return

    def _new_line(self) -> None:
        """Behind what the terminal echoed of Ctrl-C or Ctrl-D; the editor has seen to it."""
        if self._editor is None:
            print()

    def _read_command(self) -> str:
        if self._editor is None:
            return _read_plain(PROMPT, MORE, lines.goes_on)
        text: str = self._editor.read(PROMPT, MORE, lines.goes_on, self._history.lines, self._complete, self._idle, self._vi())
        return text

    def _complete(self, text: str) -> tuple[str, list[str]]:
        return self._completing().complete(text)  # type: ignore[no-any-return]

    def _idle(self) -> None:
        self._completing().idle()

    def _completing(self) -> Any:
        """What completes lines, which is loaded when the prompt stands there."""
        if self._completer is None:
            from pykd.terminal.complete import Completer

            self._completer = Completer(self._session)
        return self._completer

    def _vi(self) -> bool:
        return self._session.settings.get("edit") == "vi"

    def _run(self, line: str) -> None:
        """Run a line, or several. Ctrl-C ends it, and nothing else."""
        line = line.rstrip()
        try:
            meant = self._history.expanded(line.lstrip()) if line else None
            if meant is not None:
                line = meant
                print(line)
            self._history.add(line)
            if line.split()[:1] == ["h"] and (parsed := lines.parse(line)).command == "h":
                self._session.show(self._history.listed(), parsed)
            else:
                self._session.run(line)
        except KeyboardInterrupt:
            print(file=sys.stderr)
        except BrokenPipeError:
            pass
        except history.HistoryError as error:
            self._session.complain(f"{line.split()[0]}: {error}")

    # -- Python

    def _python(self) -> None:
        """Lines of Python until Ctrl-D, in the namespace that programs share."""
        from pykd.commands.session import py

        print(f"Python {sys.version.split()[0]}; `dump` is the dump, `pykd` the API; Ctrl-D leads back")
        py.namespace(self._session)
        sys.stdout.fileno()  # a pager lets everything through from here on
        while True:
            try:
                text = self._read_python()
                if text.strip() in ("exit", "quit", "exit()", "quit()"):
                    return
                if text.strip():
                    self._python_lines.append(text.rstrip())
                    value = py.run(self._session, text)
                    if value is not None:
                        from pykd.values import show

                        self._session.show(show.displayed(value).split("\n"))
            except KeyboardInterrupt:
                print("KeyboardInterrupt", file=sys.stderr)
            except EOFError:
                self._new_line()
                return
            except (py.PythonError, Error) as error:
                self._session.tell(error, "py")

    def _read_python(self) -> str:
        if self._editor is None:
            return _read_plain(">>> ", "... ", lines.python_goes_on)
        text: str = self._editor.read(
            ">>> ", "... ", lines.python_goes_on, self._python_lines, self._completing().python, self._completing().idle, vi=self._vi()
        )
        return text


def _open_pager() -> Paged:
    from pykd.core.output import pager_command
    from pykd.terminal.pager import Pager

    return Pager(sys.stdout, pager_command())


def _read_plain(prompt: str, more: str, goes_on: Callable[[str], bool]) -> str:
    text = input(prompt)
    while goes_on(text):
        text += "\n" + input(more)
    return text
