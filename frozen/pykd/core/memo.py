# SPDX-License-Identifier: GPL-2.0-or-later
"""What was found out about a dump is remembered with it."""

from __future__ import annotations

from _pykd import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from _pykd import Dump

MEMORY_OF_LIVE = 1.0
"""Seconds for which an answer about a running kernel holds within one command."""

_command = 0
"""Counts the commands: what is remembered of a running kernel was found out within the one that runs."""


def forget() -> None:
    """Drop what :func:`per_dump` remembers of a running kernel; every command of a session begins with this."""
    global _command
    _command += 1


def per_dump[T](function: Callable[[Dump], T]) -> Callable[..., T]:
    """Decorate a function of one dump: called without an argument it means the current dump, and it remembers the answer.

    The answer hangs off the dump (``Dump.remembered``) and goes with it. Of a running kernel it holds for a moment: one
    command sees one list of tasks, and a program that looks again and again sees it change.
    """

    def wrapper(dump: Dump | None = None) -> T:
        dump = dump or current()
        known = dump.remembered
        if not dump.live:
            if function not in known:
                known[function] = function(dump)
            remembered: T = known[function]
            return remembered
        from time import monotonic

        now = monotonic()
        answer: T
        if function in known:
            answer, command, since = known[function]
            if command == _command and now - since <= MEMORY_OF_LIVE:
                return answer
        answer = function(dump)
        known[function] = (answer, _command, now)
        return answer

    wrapper.__name__ = wrapper.__qualname__ = function.__name__
    wrapper.__doc__ = function.__doc__
    wrapper.__module__ = function.__module__
    return wrapper
