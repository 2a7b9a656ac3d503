# SPDX-License-Identifier: GPL-2.0-or-later
"""A screenful at a time, on a terminal.

Output is kept back until it is known whether it fits the screen: what does is written as it is, and costs no process. What does
not, or comes slowly, goes through ``$PAGER`` or ``less``; where the host has none, through the few lines of :class:`More`.
"""

from __future__ import annotations

import codecs
import io
import shutil
import time

from pykd.core import output
from pykd.core.shown import own, shown
from pykd.terminal.more import More

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATIENCE = 0.3
"""Seconds until the user wants to see what there is."""


class Bytes:
    """Stands for ``sys.stdout.buffer``: what is written joins the text."""

    def __init__(self, pager: Pager) -> None:
        self._pager = pager
        self._decoder = codecs.getincrementaldecoder(Pager.encoding)(Pager.errors)

    def write(self, data: Any) -> int:
        self._pager.write(self._decoder.decode(bytes(data)))
        return len(data)

    def flush(self) -> None:
        self._pager.write(self._decoder.decode(b"", True))
        self._pager.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pager, name)


class Pager(output.Paged):
    """Stands for ``sys.stdout`` while a command runs, and can do all that programs expect of that."""

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
        self._bytes: Bytes | None = None
        size = shutil.get_terminal_size()
        self._columns = size.columns
        self._room = size.lines - 1
        """Lines that still fit the screen, the last one being the prompt's."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.terminal, name)

    def reconfigure(self, **_: Any) -> None:
        """Text is kept as it is, and the terminal stays what it is."""

    @property
    def buffer(self) -> Bytes:
        """As of a file."""
        self._bytes = self._bytes or Bytes(self)
        return self._bytes

    def detach(self) -> Any:
        """As of a file. :raises io.UnsupportedOperation: always, there is no file below."""
        raise io.UnsupportedOperation("detach")

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
        elif isinstance(self._target, More):
            self._target.close()
        else:
            self._target.flush()
