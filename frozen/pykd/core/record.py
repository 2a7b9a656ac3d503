# SPDX-License-Identifier: GPL-2.0-or-later
"""Tuples whose items have names, declared and checked as those of :mod:`typing` are.

That module, and collections which does the work for it, take longer to import than all that a short command does with its dump.
"""

from __future__ import annotations

# What collections.namedtuple() makes members of, too.
from _collections import _tuplegetter  # type: ignore[import-not-found]

__all__ = ["NamedTuple"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple


class _Maker(type):
    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        if bases[0].__base__ is tuple:  # the class is declared, not derived from one that was
            fields = tuple(body.get("__annotations__", ()))
            body["_defaults"] = {field: body[field] for field in fields if field in body}
            body |= {"_fields": fields, "__match_args__": fields}
            body |= {field: _tuplegetter(index, None) for index, field in enumerate(fields)}
        return super().__new__(cls, name, bases, body | {"__slots__": ()})


if not TYPE_CHECKING:

    class NamedTuple(tuple, metaclass=_Maker):
        """A class derived from it has its annotated names as fields, in their order; what is assigned to one there is its default."""

        def __new__(cls, *values: Any, **named: Any) -> NamedTuple:
            if named or len(values) != len(cls._fields):
                values += cls._others(len(values), named)
            return tuple.__new__(cls, values)

        @classmethod
        def _others(cls, given: int, named: dict[str, Any]) -> tuple[Any, ...]:
            """The fields behind so many that are given without their names."""
            try:
                others = tuple([named.pop(field) if field in named else cls._defaults[field] for field in cls._fields[given:]])
            except KeyError as error:
                raise TypeError(f"{cls.__name__} lacks {error}") from None
            if named or given > len(cls._fields):
                raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)}, each once")
            return others

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in self._asdict().items())})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changed: Any) -> NamedTuple:
            return type(self)(**{**self._asdict(), **changed})
