# SPDX-License-Identifier: GPL-2.0-or-later
"""How far long work has come: a bar on ``sys.stderr`` if that is a terminal and nothing else is to be seen.

    for thread in progress.over(threads, "foreach", len(threads)):

It shows itself when work has taken :data:`PATIENCE` without a line of output, and is gone before the next one.
"""

from __future__ import annotations

import os
import sys
import time

from pykd.core.blocks import block
from pykd.core.output import Paged
from pykd.core.shown import own, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import NoReturn

PATIENCE = 0.5
"""Seconds without output until the bar appears."""
INTERVAL = 0.1
"""Seconds between two pictures of it."""


class Bar:
    """One piece of work, of *total* units."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = total
        self.visible = False
        self._next = time.monotonic() + PATIENCE

    def at(self, done: int) -> None:
        """So much of the work is done."""
        now = time.monotonic()
        if now >= self._next and self.total > 0:
            self._next = now + INTERVAL
            self._draw(min(1.0, done / self.total))

    def _draw(self, part: float) -> None:
        if not _is_free():
            self._next += 3600
            return
        import shutil  # most work needs no bar

        columns = shutil.get_terminal_size().columns
        width = max(10, min(40, columns - len(self.what) - 10))
        filled = round(part * width)
        bar = "#" * filled + "." * (width - filled)
        own(sys.stderr, "\r" + shown(f"{self.what} [{bar}] {part:4.0%}")[: columns - 1])
        sys.stderr.flush()
        self.visible = True

    def hide(self) -> None:
        """There is something to read: go, and wait again."""
        if self.visible:
            self.visible = False
            own(sys.stderr, "\r\033[K")
            sys.stderr.flush()
        self._next = time.monotonic() + PATIENCE


_bar: Bar | None = None
"""The bar of the outermost work under way."""


def _is_free() -> bool:
    """Whether the terminal is ours: it is not when a pager shows something there."""
    stderr = sys.stderr
    if stderr is None or stderr is not sys.__stderr__ or not stderr.isatty():
        return False
    return not (isinstance(sys.stdout, Paged) and sys.stdout.started)


def hide() -> None:
    """Before output: the bar, if there is one, makes room."""
    if _bar is not None:
        _bar.hide()


def over[Item](items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """*items*, counted: each is one unit of *total*."""
    bar = begin(what, total)
    try:
        for done, item in enumerate(items):
            bar.at(done)
            yield item
    finally:
        end(bar)


def begin(what: str, total: int) -> Bar:
    """A bar for the caller to move, and to end. Work within other work has one that is never seen."""
    global _bar
    bar = Bar(what, total if _bar is None else 0)
    if _bar is None:
        _bar = bar
    return bar


@block
def waiting(what: str) -> Iterator[None]:
    """While one long step is done that nobody can look into: how long it has taken, told by a process of its own. Ctrl-C ends us meanwhile."""
    import signal

    if not _is_free():
        yield
        return
    since = time.monotonic()
    saved = signal.signal(signal.SIGINT, signal.SIG_DFL)
    teller = os.fork()
    if not teller:
        _tell(what, os.getppid())
    try:
        yield
    finally:
        os.kill(teller, signal.SIGKILL)
        os.waitpid(teller, 0)
        if time.monotonic() - since > PATIENCE:
            own(sys.stderr, "\r\033[K")
            sys.stderr.flush()
        signal.signal(signal.SIGINT, saved)


def _tell(what: str, parent: int) -> NoReturn:
    seconds = 0
    time.sleep(PATIENCE)
    while os.getppid() == parent:
        os.write(2, f"\r{shown(what)}, {seconds} s".encode("utf-8", "replace"))
        time.sleep(1)
        seconds += 1
    os._exit(0)


def end(bar: Bar | None = None) -> None:
    """The work of *bar* is done, or all of it: the session says so after each command."""
    global _bar
    if bar is None or bar is _bar:
        hide()
        _bar = None
