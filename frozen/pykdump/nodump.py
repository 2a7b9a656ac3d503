# SPDX-License-Identifier: GPL-2.0-or-later
"""What modules of PyKdump read of the dump when they are imported, where none is open yet: for a look at their help, or before ``pykd.open()``."""

from __future__ import annotations

import pykd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "and", "or", "lshift", "rshift", "pow")


class _Later:
    """A number that is asked of the dump that is current when it is used."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __index__(self) -> int:
        return int(self._make())

    def __float__(self) -> float:
        return float(self._make())

    def __eq__(self, other: object) -> bool:
        return bool(self._make() == other)

    def __lt__(self, other: Any) -> bool:
        return bool(self._make() < other)

    def __gt__(self, other: Any) -> bool:
        return bool(self._make() > other)

    def __hash__(self) -> int:
        return hash(self._make())

    def __repr__(self) -> str:
        return repr(self._make()) if has_dump() else "<a number that the dump has>"


def _forwarded(name: str) -> Callable[[_Later, Any], Any]:
    return lambda self, other: getattr(self._make(), name)(other)


for _operator in _OPERATORS:
    for _name in (f"__{_operator}__", f"__r{_operator}__"):
        setattr(_Later, _name, _forwarded(_name))


def has_dump() -> bool:
    """Whether a dump is open."""
    try:
        pykd.current()
    except pykd.Error:
        return False
    return True


def of_dump(make: Callable[[], Any], without: Any = None) -> Any:
    """What *make* says of the dump; where there is none *without*, or a number that asks when it is used."""
    if has_dump():
        return make()
    return _Later(make) if without is None else without
