# SPDX-License-Identifier: GPL-2.0-or-later
"""``repeat``: a command again and again, of a live kernel."""

from __future__ import annotations

import sys
import time

from pykd.core.errors import UsageError
from pykd.core.rows import Row, fault
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    words = list(options.arguments)
    pause = 0.0
    if words and words[0].startswith("-"):
        try:
            pause = float(words.pop(0)[1:])
        except ValueError:
            raise UsageError("the pause is a number of seconds") from None
    if not words:
        raise UsageError("a command is missing")
    line = " ".join(words)
    # A dump does not change: if nobody is there to press Ctrl-C, once is enough to see what there is.
    again = session.dump.live or (session.prompting and not session.json)
    if again:
        try:
            sys.stdout.fileno()  # a pager lets everything through from here on
        except OSError:
            pass
    while session.run(line):
        if not again:
            return
        sys.stdout.flush()
        time.sleep(pause)
    yield {"error": fault(f"it failed: {line}")}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for _ in rows:
        yield from ()


COMMAND = Command(
    name="repeat",
    summary="a command again and again",
    topic="session",
    arguments="[-SECONDS] COMMAND…",
    description="At a prompt, and of a live kernel, until Ctrl-C or until it fails; otherwise once, as a dump does not change.",
    intermixed=False,
    may_be_empty=True,
    rows=rows,
    text=text,
)
