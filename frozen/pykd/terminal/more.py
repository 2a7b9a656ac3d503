# SPDX-License-Identifier: GPL-2.0-or-later
"""The pager of a host that has none: pages forward and back, and search."""

from __future__ import annotations

import os
import shutil
import sys

from pykd.core.shown import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEPT = 200_000
"""Lines that can be gone back to."""
KEYS = "blank page, Enter line, b back, g top, G rest, /TEXT: search, n again, q quit"


class More:
    """Asks for a key behind each page; ``h`` says which there are."""

    PROMPT = "\033[7m--More--\033[0m"
    END = "\033[7m--End--\033[0m"
    """Behind what was searched for, if all that follows is on the screen: from there one may go back."""

    def __init__(self, terminal: Any, columns: int) -> None:
        self.terminal = terminal
        self._columns = columns
        self._part = ""
        """A line that has not ended."""
        self._lines: list[str] = []
        self._at = 0
        """The line to show next."""
        self._room = self._page()
        self._is_free = False
        """No more questions."""
        self._wanted = ""
        """What was searched for last, and..."""
        self._sought_from: int | None = None
        """...where the search that goes on began."""
        self._has_found = False
        """Since the last question."""

    @staticmethod
    def _page() -> int:
        return shutil.get_terminal_size().lines - 1

    def write(self, text: str) -> int:
        *whole, self._part = (self._part + text).split("\n")
        for line in whole:
            self._lines.append(line)
            self._show()
        if len(self._lines) > KEPT and self._sought_from is None:
            gone = len(self._lines) - KEPT
            del self._lines[:gone]
            self._at -= gone
        return len(text)

    def _show(self) -> None:
        """What there is, as far as the user wants it."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if self._sought_from is not None:
                if self._wanted not in line.lower():
                    self._at += 1
                    continue
                self._sought_from, self._room, self._has_found = None, self._page(), True
            height = self._height(line)
            if self._room < height and not self._is_free:
                self._ask()
                continue
            self._room -= height
            self._at += 1
            own(self.terminal, f"{line}\n")

    def _height(self, line: str) -> int:
        return 1 + max(0, len(line) - 1) // self._columns

    def _ask(self, prompt: str = PROMPT) -> None:
        self._has_found = False
        own(self.terminal, prompt)
        self.terminal.flush()
        key = _key()
        own(self.terminal, "\r\033[K")
        if key in ("q", "Q", "\x03", "\x04"):
            self._part = ""
            raise BrokenPipeError
        if key == "h":
            own(self.terminal, f"{KEYS}\n")
            self._has_found = prompt is self.END
            return
        self._room = 1 if key in ("\r", "\n", "j") else self._page()
        if key == "b":
            self._at = self._before(2)
        elif key == "g":
            self._at = 0
        elif key == "G":
            self._is_free = True
        elif key == "/":
            self._wanted = _line(self.terminal).lower() or self._wanted
            self._seek()
        elif key == "n":
            self._seek()

    def _seek(self) -> None:
        if self._wanted:
            self._sought_from = self._at

    def _before(self, pages: int) -> int:
        """Where the page began that was shown so many pages ago, the one on the screen being the first."""
        room, at = pages * self._page(), self._at
        while at and (room := room - self._height(self._lines[at - 1])) >= 0:
            at -= 1
        return at

    def close(self) -> None:
        """All has been written. What was searched for and is not there costs nothing: the rest is shown."""
        while self._sought_from is not None or self._has_found:
            if self._sought_from is not None:
                self._at, self._sought_from, self._room = self._sought_from, None, 0
                own(self.terminal, f"{self._wanted} is not there\n")
            else:
                self._ask(self.END)
            self._show()
        self.flush()

    def flush(self) -> None:
        own(self.terminal, self._part)
        self._part = ""
        self.terminal.flush()

    def fileno(self) -> int:
        number: int = self.terminal.fileno()
        return number


def _line(terminal: Any) -> str:
    """A line that the user types behind a slash; empty: never mind."""
    own(terminal, "/")
    terminal.flush()
    text = ""
    while (key := _key()) not in ("\r", "\n", "\x1b", "\x03", "\x04"):
        text = text[:-1] if key in ("\x7f", "\b") else text + key
        own(terminal, f"\r\033[K/{text}")
        terminal.flush()
    own(terminal, "\r\033[K")
    return text if key in ("\r", "\n") else ""


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
