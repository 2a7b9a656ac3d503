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

_remembered_of_live: dict[object, tuple[object, float]] = {}


def forget() -> None:
    """Drop what :func:`per_dump` remembers of a running kernel; every command of a session begins with this."""
    _remembered_of_live.clear()


def per_dump[T](function: Callable[[Dump], T]) -> Callable[..., T]:
    """Decorate a function of one dump: called without an argument it means the current dump, and it remembers the answer.

    Of a running kernel for a moment: one command sees one list of tasks, and a program that looks again and again sees
    it change.
    """
    known: dict[Dump, T] = {}

    def wrapper(dump: Dump | None = None) -> T:
        dump = dump or current()
        if dump in known:
            return known[dump]
        if not dump.live:
            value = known[dump] = function(dump)
            return value
        from time import monotonic

        now = monotonic()
        key = (function, dump)
        remembered, since = _remembered_of_live.get(key, (None, now - 2 * MEMORY_OF_LIVE))
        if now - since > MEMORY_OF_LIVE:
            remembered = function(dump)
            _remembered_of_live[key] = (remembered, now)
        return remembered  # type: ignore[return-value]

    wrapper.__name__ = wrapper.__qualname__ = function.__name__
    wrapper.__doc__ = function.__doc__
    wrapper.__module__ = function.__module__
    return wrapper
