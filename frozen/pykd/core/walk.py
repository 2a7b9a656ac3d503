# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule of all walks through the kernel's data, for their ends: see :mod:`pykd.kernel`."""

from __future__ import annotations

from _pykd import Error, LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, Literal

    from _pykd import FaultError


def caught[T](walk: Iterable[T]) -> Iterator[T | Error]:
    """The items of a walk, and what ended it early as the last one."""
    try:
        yield from walk
    except Error as error:
        yield error


def readable[T](walk: Iterable[T | Error]) -> Iterator[T]:
    """The items of a walk but for the errors among them. :raises Error: the first of these, where there is nothing else."""
    lost: Error | None = None
    found = False
    for item in caught(walk):
        if isinstance(item, Error):
            lost = lost or item
        else:
            found = True
            yield item
    if lost is not None and not found:
        raise lost


def or_error[T](function: Callable[..., T], *arguments: Any, **named: Any) -> T | Error:
    """``function(*arguments)``; of what cannot be read the :class:`_pykd.Error`, which is returned and not raised: its text says why."""
    try:
        return function(*arguments, **named)
    except Error as error:
        return error


def unread(column: Sequence[Any]) -> list[int]:
    """Where in a column of :meth:`_pykd.Dump.read_plain` there are errors."""
    if not any(issubclass(one, Error) for one in set(map(type, column))):
        return []
    return [place for place, value in enumerate(column) if isinstance(value, Error)]


def ended(why: Literal["limit", "cycle"] | FaultError, what: str) -> Error:
    """Why :meth:`_pykd.Dump.follow` ended early, as an error to raise.

    :param what: ``the list of mounts``
    """
    return why if isinstance(why, Error) else LimitError(f"{what} does not end properly ({why})")
