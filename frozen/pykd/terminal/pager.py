# SPDX-License-Identifier: GPL-2.0-or-later
"""A screenful at a time, on a terminal.

Output is kept back until it is known whether it fits the screen: what does is written as it is, and costs no process. What does
not, or comes slowly, goes through ``$PAGER`` or ``less``; where the host has none, through the few lines of :class:`More`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time

from pykd.core import output
from pykd.core.shown import own, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATIENCE = 0.3
"""Seconds until the user wants to see what there is."""


class Pager(output.Paged):
    """Stands for ``sys.stdout`` while a command runs."""

    encoding = "utf-8"
    errors = "surrogateescape"
    closed = False

    def __init__(self, terminal: Any, program: str | None) -> None:
        """
        :param terminal: the real ``sys.stdout``.
        :param program: what :func:`pykd.core.output.pager_command` says.
        """
        self.terminal = terminal
        self.program = program
        self._began = time.monotonic()
        self._kept: list[str] = []
        self._target: Any = None
        """Where text goes; None: it is kept."""
        self._shell: output.Shell | None = None
        size = shutil.get_terminal_size()
        self._columns = size.columns
        self._room = size.lines - 1
        """Lines that still fit the screen, the last one being the prompt's."""

    def write(self, text: str) -> int:
        return self.own(shown(text))

    def own(self, text: str) -> int:
        """As of :class:`pykd.core.shown.Shown`."""
        if self._target is None:
            self._kept.append(text)
            self._room -= self._height(text)
            if self._room >= 0 and time.monotonic() - self._began < PATIENCE:
                return len(text)
            text, self._kept = "".join(self._kept), []  # before the program starts, which flushes us
            self._start()
        self._out(text)
        return len(text)

    def _out(self, text: str) -> None:
        own(self._target, text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def _height(self, text: str) -> int:
        """Lines of the screen that *text* takes, counting each newline and each time a long line wraps."""
        newlines = text.count("\n")
        if len(text) <= self._columns:
            return newlines
        return newlines + sum(max(0, len(line) - 1) // self._columns for line in text.split("\n"))

    def _start(self) -> None:
        from pykd.core import progress

        progress.hide()
        if self.program is None:
            self._target = More(self.terminal, self._columns)
            return
        try:
            self._shell = output.Shell(self.program)
            self._target = self._shell.pipe
        except OSError:
            self._target = More(self.terminal, self._columns)

    @property
    def started(self) -> bool:
        """Whether text goes to a pager, which owns the terminal."""
        return self._shell is not None

    def flush(self) -> None:
        """Whoever asks for it wants to be read now."""
        if self._target is not None:
            self._target.flush()
        elif self._kept:
            self._release()

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """Who asks for it wants to talk to the terminal itself (``input()`` does): from now on nothing is kept back."""
        if self._target is None:
            self._target = self.terminal
            self._release()
        number: int = self._target.fileno()
        return number

    def _release(self) -> None:
        kept, self._kept = "".join(self._kept), []
        own(self.terminal, kept)
        self.terminal.flush()

    def close(self) -> None:
        """Let the user read to the end. :raises BrokenPipeError: never; a pager that was left is none of our business."""
        if self._shell is not None:
            self._shell.close()
        elif self._target is None:
            self._release()
        else:
            self._target.flush()


class More:
    """The pager of a host without one: a page, then a key: blank for the next, Enter for a line, ``q`` for no more."""

    PROMPT = "\033[7m--More--\033[0m"

    def __init__(self, terminal: Any, columns: int) -> None:
        self.terminal = terminal
        self._columns = columns
        self._part = ""
        """A line that has not ended."""
        self._room = shutil.get_terminal_size().lines - 1

    def write(self, text: str) -> int:
        *whole, self._part = (self._part + text).split("\n")
        for line in whole:
            height = 1 + max(0, len(line) - 1) // self._columns
            if self._room < height:
                self._ask()
            self._room -= height
            own(self.terminal, f"{line}\n")
        return len(text)

    def _ask(self) -> None:
        own(self.terminal, self.PROMPT)
        self.terminal.flush()
        key = _key()
        own(self.terminal, "\r\033[K")
        if key in ("q", "Q", "\x03", "\x04"):
            self._part = ""
            raise BrokenPipeError
        self._room = 1 if key in ("\r", "\n", "j") else shutil.get_terminal_size().lines - 1

    def flush(self) -> None:
        own(self.terminal, self._part)
        self._part = ""
        self.terminal.flush()

    def fileno(self) -> int:
        number: int = self.terminal.fileno()
        return number


def _key() -> str:
    """A key, without waiting for Enter."""
    import termios
    import tty

    terminal = sys.__stdin__
    if terminal is None:
        return "q"
    saved = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSADRAIN)  # what was typed ahead counts
        return os.read(terminal.fileno(), 1).decode("ascii", "replace") or "q"
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, saved)
