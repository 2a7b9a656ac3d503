# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands for a value that memory no longer has in one piece."""

from __future__ import annotations

from itertools import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Parts:
    """Values that used to lie together in a struct and no longer do."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)

    def hasField(self, name: str) -> bool:
        return name in self.__dict__

    def __repr__(self) -> str:
        return f"Parts({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class Count(int):
    """A number that became an atomic one: a number to old programs, with its counter to new ones."""

    @property
    def counter(self) -> int:
        return int(self)


class Elements(int):
    """Stands for the head of a list: a walk from here finds *addresses*, which lie in another kind of table now."""

    addresses: list[int]

    def __new__(cls, addresses: Iterable[int]) -> Elements:
        self = super().__new__(cls, next(_nowhere))
        self.addresses = list(addresses)
        return self

    def __int__(self) -> int:
        # The plain number leads back to this: see elements_of().
        number = super().__int__()
        _numbers[number] = self
        if len(_numbers) > MAX_NUMBERS:
            del _numbers[next(iter(_numbers))]
        return number

MAX_NUMBERS = 64
"""How many heads of lists are remembered after a program asked for their number."""

_nowhere = count(0xBAD_0000_0000_0000, 16)  # not a canonical address

_numbers: dict[int, Elements] = {}


def elements_of(head: int) -> Elements | None:
    """What the head of a list stands for, if it is no address in memory."""
    return head if isinstance(head, Elements) else _numbers.get(int(head)) if _numbers else None


class Nothing(Parts):
    """A NULL pointer to such a struct."""

    def __bool__(self) -> bool:
        return False

    def __int__(self) -> int:
        return 0
