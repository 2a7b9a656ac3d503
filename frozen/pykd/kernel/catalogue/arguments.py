# SPDX-License-Identifier: GPL-2.0-or-later
"""What the helpers take: checked where a program gives it, so that it hears what was expected, and what it has instead.

A kind of argument is a word:

``struct foo``, ``struct foo|struct bar``
    a typed object of (one of) these, or its address; of a kernel that has none of them anything.
``address``, ``number``, ``cpu``
    an int, typed or not; one that is no object; the number of a CPU that the kernel has.
``type``, ``member``, ``percpu``, ``name``
    a C type of this kernel as text (or a :class:`_pykd.Type`); a path of members of the type before it; a per-CPU variable; any text.
``name in ROOM.TABLE``, ``names in ROOM.TABLE``
    one of the names in that table of :mod:`pykd.kernel`; some of them, or one.
``data``, ``function``
    bytes; what can be called.

``?`` behind it: None will do. Behind ``->`` is what comes: ``...`` behind a kind: one after the other; ``[...]``: a list; ``(...)``: a tuple. Addresses
come as objects where a struct is promised.
"""

from __future__ import annotations

from _pykd import Dump, Error, FlexArray, MemberError, NotFoundError, Pointer, Struct, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

_WORDS = {
    "number": "a number",
    "address": "an address",
    "cpu": "the number of a CPU",
    "type": "a C type as text, 'struct foo',",
    "member": "the name of a member as text",
    "percpu": "the name of a per-CPU variable",
    "name": "text",
    "data": "bytes",
    "function": "a function",
}
"""Kinds that are no struct, as a message has them."""


class Arguments:
    """What one helper takes and gives."""

    def __init__(self, name: str, module: str, function: Callable[..., Any], kind: str, table: Mapping[str, Sequence[tuple[str, str, str, str]]]) -> None:
        """
        :param module: where the function is, and the records that it gives.
        :param function: of a room; its parameters but ``dump`` and ``problem`` are those of the helper.
        :param kind: as the table of helpers has it.
        :param table: all helpers, to say which gives what is wanted.
        """
        code: Any = function.__code__
        self.name = name
        self.module = module
        self.all: list[str] = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        self.is_open = bool(code.co_flags & 4)
        """Whether it takes any number of arguments."""
        self._table = table
        positional = [one for one in self.all[: code.co_argcount] if one not in ("dump", "problem")]
        defaults = len([one for one in self.all[code.co_argcount - len(function.__defaults__ or ()) : code.co_argcount] if one in positional])
        self.required = len(positional) - defaults
        self.parameters = [one for one in self.all if one not in ("dump", "problem")]
        taken, _, self.gives = (part.strip() for part in kind.partition("->"))
        self.kinds = dict(zip(positional, taken.split(", "))) if taken else {}
        self._positional = len(positional)
        self._plain = {one for one, said in function.__annotations__.items() if str(said).startswith("int")}
        """Parameters that are addresses to the function, which counts from there in bytes, not in structs."""

    @property
    def prototype(self) -> str:
        """``irq_count(desc: struct irq_desc, cpu) -> number``"""
        shown = [f"{one}: {kind}" if kind != one else one for one, kind in self.kinds.items()]
        shown += [f"{one}=..." for one in self.parameters if one not in self.kinds]
        return f"{self.name}({', '.join(shown)}{', ...' if self.is_open else ''}) -> {self.gives}".replace("|", " or ")

    # -- what is given

    def checked(self, dump: Dump, arguments: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments, with objects in place of addresses; *named* is changed. :raises TypeError, Error: they are not what was expected."""
        if not self.is_open and len(arguments) > self._positional:
            raise TypeError(f"{self.prototype} takes {_count(self._positional)}, not {len(arguments)}")
        for one in named:
            if one not in self.all and not self.is_open:
                from pykd.core.near import hint

                raise TypeError(f"{self.name}() has no argument `{one}`{hint(one, self.parameters)}: {self.prototype}")
        known = dict(zip(self.kinds, arguments)) | named
        missing = [one for one in self.parameters[: self.required] if one not in known]
        if missing and not self.is_open:
            raise TypeError(f"`{missing[0]}` is missing: {self.prototype}")
        found = list(arguments)
        for number, (parameter, kind) in enumerate(self.kinds.items()):
            if parameter in known:
                value = self._one(dump, parameter, kind, known[parameter], known)
                if parameter in self._plain and isinstance(value, int):
                    value = int(value)
                if number < len(found):
                    found[number] = value
                else:
                    named[parameter] = value
        return tuple(found)

    def _one(self, dump: Dump, parameter: str, kind: str, value: Any, known: dict[str, Any]) -> Any:
        if kind.endswith("?"):
            if value is None or (type(value) is int and not value):
                return value
            kind = kind[:-1]
        if kind.startswith(("struct ", "union ")):
            return self._object(dump, parameter, kind.split("|"), value)
        kind, _, place = kind.partition(" in ")
        if place:
            return self._known(parameter, kind, place, value)
        if kind in ("number", "cpu"):
            self._is(parameter, kind, value, isinstance(value, int) and not isinstance(value, (Struct, Pointer, FlexArray)))
        elif kind == "address":
            self._is(parameter, kind, value, isinstance(value, int))
        elif kind in ("name", "member", "percpu"):
            self._is(parameter, kind, value, isinstance(value, str))
        elif kind == "data":
            self._is(parameter, kind, value, isinstance(value, (bytes, bytearray, memoryview)))
        elif kind == "function":
            self._is(parameter, kind, value, callable(value))
        elif kind == "type":
            self._is(parameter, kind, value, isinstance(value, (str, Type)))
        if kind in ("cpu", "type", "member", "percpu"):
            self._exists(dump, kind, value, known)
        return value

    def _known(self, parameter: str, kind: str, place: str, value: Any) -> Any:
        """A name of a table, or names."""
        room, _, table = place.rpartition(".")
        there = list(getattr(__import__(f"pykd.kernel.{room}", fromlist=(table,)), table))
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, (list, tuple, set, frozenset)) or (kind == "name" and given is value):
            self._refuse(parameter, f"one of {', '.join(map(repr, there))}", value)
        for one in given:
            if one not in there:
                from pykd.core.near import hint

                raise TypeError(f"{self.name}() takes one of {', '.join(map(repr, there))} as `{parameter}`, not {one!r}{hint(str(one), there)}")
        return value if kind == "name" else given

    def _is(self, parameter: str, kind: str, value: Any, good: bool) -> None:
        if not good:
            self._refuse(parameter, _WORDS[kind], value)

    def _refuse(self, parameter: str, expected: str, value: Any, instead: str = "") -> NoReturn:
        raise TypeError(f"{self.name}() takes {expected} as `{parameter}`, not {_spoken(value)}{instead}")

    def _exists(self, dump: Dump, kind: str, value: Any, known: dict[str, Any]) -> None:
        """:raises NotFoundError, MemberError: the kernel has no such thing; with what is near."""
        try:
            if kind == "cpu":
                from pykd.kernel import cpus

                if value not in (there := cpus.possible(dump)):
                    raise NotFoundError(f"there is no CPU {value:d}; the kernel has {cpus.list_text(there)}")
            elif kind == "type" and isinstance(value, str):
                dump.type(value)
            elif kind == "percpu":
                dump.symbol(value)
                dump.symbol_type(value)
            elif kind == "member":
                outer = next(known[one] for one, its in self.kinds.items() if its == "type")
                (outer if isinstance(outer, Type) else dump.type(outer)).offset_of(value)
        except (NotFoundError, MemberError) as error:
            raise type(error)(f"{self.name}(): {error}{self._near(dump, kind, value, known, error)}") from None

    def _near(self, dump: Dump, kind: str, value: Any, known: dict[str, Any], error: Error) -> str:
        from pykd.core.near import sentence
        from pykd.values import known as names

        if kind == "member":
            outer = next(known[one] for one, its in self.kinds.items() if its == "type")
            return sentence(names.members(outer if isinstance(outer, Type) else dump.type(outer), value)[:1])
        return names.hint(dump, error)

    # -- objects

    def _object(self, dump: Dump, parameter: str, wanted: list[str], value: Any) -> Any:
        if isinstance(value, Struct) and type(value).PYT_symbol in wanted:
            return value
        there = [one for one in wanted if dump.find_type(*one.split(" ", 1)) is not None]  # type: ignore[arg-type]
        if not there and isinstance(value, Struct):
            return value
        if not there:
            raise NotFoundError(f"{self.name}() takes {_article(wanted[0])} as `{parameter}`, of which this dump has no type: no such code, or a module's")
        if isinstance(value, int) and not isinstance(value, Struct) and dump.is_kernel(value):
            return dump.object(there[0], int(value))
        return self._refuse(parameter, " or ".join(_article(one) for one in there), value, self._instead(value, there))

    def _instead(self, value: Any, wanted: list[str]) -> str:
        """Where there is one: in a member of what was given, or from another helper."""
        if isinstance(value, Struct) and (kind := type(value).PYT_type.strip()).complete:
            for member in kind.members():
                inner = member.type.strip()
                inner = inner.target.strip() if inner.kind == "pointer" and inner.target is not None else inner
                if member.name and inner.name and f"{inner.kind} {inner.name}" in wanted:
                    return f"; its `{member.name}` is one"
        giving = [
            name
            for topic in self._table.values()
            for name, _, kind, _ in topic
            if (gives := kind.partition("->")[2].strip().removesuffix("...")) in wanted and name != self.name and (not isinstance(value, Struct) or gives)
        ]
        return f"; {' and '.join(f'{name}()' for name in giving[:2])} give{'s' if len(giving) == 1 else ''} such" if giving else ""

    # -- what comes

    def result(self, dump: Dump) -> Callable[[int], Any] | None:
        """What makes objects of addresses, where such are promised."""
        kind = self.gives.removesuffix("...").strip("[]")
        tag, _, name = kind.partition(" ")
        if tag not in ("struct", "union") or not name.isidentifier() or dump.find_type(tag, name) is None:  # type: ignore[arg-type]
            return None
        return dump.struct_class(kind)

    def typed(self, dump: Dump, found: Any) -> Any:
        """What was found, as it was promised."""
        if type(found) is int and (make := self.result(dump)) is not None:
            return make(found)
        if type(found) is list and found and type(found[0]) is int and (make := self.result(dump)) is not None:
            return [make(one) for one in found]
        return found


def _article(kind: str) -> str:
    return f"a {kind}"


def _count(number: int) -> str:
    return "no arguments" if not number else "1 argument" if number == 1 else f"{number} arguments"


def _spoken(value: Any) -> str:
    """What was given, as a message has it."""
    if isinstance(value, Struct):
        return f"the {type(value).PYT_symbol} at {int(value):#x}"
    if isinstance(value, (Pointer, FlexArray)):
        return repr(value)
    if type(value) is int:
        return f"the number {value}" if abs(value) < 1 << 20 else f"{value:#x}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
