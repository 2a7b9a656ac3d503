# SPDX-License-Identifier: GPL-2.0-or-later
"""The helpers, by the names that kernel people know: ``from pykd.kernel import *``, or ``pykd.kernel.d_path``.

They ask the dump that the first typed object is of, else the current one, or ``dump=``. A line like ``irq_count(desc: struct irq_desc, cpu) ->
number`` says what a helper takes and gives; where a struct is wanted its address will do, ``...`` is one after the other, in a ``for``.

For all walks one rule holds: a walk gives what can be read, goes on behind what cannot, and ends. What was left out is told in a line on standard
error, or appended to the list that is given as ``errors=``. Everything else raises an :class:`_pykd.Error`; arguments of another kind than those
that a helper names are a ``TypeError``, which says what was expected.
"""

from __future__ import annotations

import sys

from _pykd import Dump, Error, StructType, current
from pykd.core.walk import caught
from pykd.kernel.catalogue import arguments as kinds
from pykd.kernel.catalogue.table import HELPERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = ["HELPERS", "example", "find", "names", "prototype"]

_ENTRIES = {entry[0]: entry for topic in HELPERS.values() for entry in topic}


def names() -> list[str]:
    """All of them, by topic."""
    return list(_ENTRIES)


def example(name: str) -> str:
    """A line that shows how a helper is used; empty if there is none."""
    return _ENTRIES[name][3] if name in _ENTRIES else ""


def prototype(name: str) -> str:
    """``irq_count(desc: struct irq_desc, cpu: cpu) -> number``"""
    helper: Any = find(name)
    return str(helper.prototype)


def find(name: str) -> Callable[..., Any] | None:
    """The helper of that name."""
    entry = _ENTRIES.get(name)
    return None if entry is None else _public(*entry)


def _public(name: str, path: str, kind: str, line: str) -> Callable[..., Any]:
    room, _, attribute = path.partition(":")
    module = f"pykd.{room}" if room.startswith("core.") else f"pykd.kernel.{room}"
    function = getattr(__import__(module, fromlist=(attribute,)), attribute)
    taken = kinds.Arguments(name, module, function, kind, HELPERS)
    parameters = taken.all
    first, by_name, tells = parameters[:1] == ["dump"], "dump" in parameters[1:], "problem" in parameters

    def helper(*arguments: Any, errors: list[Error] | None = None, dump: Dump | None = None, **named: Any) -> Any:
        if arguments and isinstance(arguments[0], Dump):
            dump, *arguments = arguments  # type: ignore[assignment]
        dump = dump or _dump_of(arguments)
        arguments = taken.checked(dump, arguments, named)
        lost: list[Error] = [] if errors is None else errors
        if by_name:
            named["dump"] = dump
        if tells:
            named.setdefault("problem", lambda text: lost.append(Error(text)))
        found = function(dump, *arguments, **named) if first else function(*arguments, **named)
        if hasattr(found, "__next__"):
            return _walk(name, found, taken.result(dump), lost, errors is None)
        return taken.typed(dump, found)

    helper.__name__ = helper.__qualname__ = name
    helper.__module__ = "pykd.kernel"
    helper.__doc__ = (function.__doc__ or "").strip() + (f"\n\n>>> {line}" if line else "")
    helper.__wrapped__ = function  # type: ignore[attr-defined]
    helper.prototype = taken.prototype  # type: ignore[attr-defined]
    helper.arguments = taken  # type: ignore[attr-defined]
    return helper


def _dump_of(arguments: tuple[Any, ...]) -> Dump:
    for one in arguments:
        if isinstance(type(one), StructType):
            return type(one).PYT_dump  # type: ignore[no-any-return]
    return current()


def _walk(name: str, found: Iterator[Any], result: Callable[[int], Any] | None, lost: list[Error], is_told: bool) -> Iterator[Any]:
    """:param result: what makes an object of an address."""
    for item in caught(found):
        if isinstance(item, Error):
            lost.append(item)
        else:
            yield result(item) if result is not None and type(item) is int else item
    if is_told and lost:
        others = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        print(f"pykd: {name}: left out: {lost[0]}{others}", file=sys.stderr)
