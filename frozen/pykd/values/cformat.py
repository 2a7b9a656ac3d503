# SPDX-License-Identifier: GPL-2.0-or-later
"""Values of C types as text, in the shape in which gdb (and so crash) prints them.

``struct list_head {next = 0x…, prev = 0x…}`` over several lines, enums by name, character arrays quoted, pointers to code and data
with their symbol. Bytes that cannot be read print as ``<excluded 0xADDR>`` in their place.
"""

from __future__ import annotations

from _pykd import Dump, Error, FaultError, LimitError, Member, Symbol, Type
from pykd.values.words import bit_field, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type _Show = Callable[[Formatter, bytes, int, int], str]
    type _Scalar = Callable[[bytes], str]
    type _Step = tuple[str, int, int, _Scalar | None, _Show, str]
    """A member of a plan: its name, its place, how it is shown, the comma behind it."""

ELEMENTS = 256
"""crash's ``print_max``: more of an array or a string is cut off with ``...``"""

ELEMENTS_IN_ALL = 1 << 18
"""Of all arrays in one value, and members of all structs; types that are damaged may have dimension upon dimension."""

_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 27: "\\033", 34: '\\"', 92: "\\\\"}


def escape(byte: int, quote: str = '"') -> str:
    """A character of a C string or (quote ``'``) character constant, as gdb spells it."""
    if byte == 34 and quote == "'":
        return '"'
    if byte == 39 and quote == "'":
        return "\\'"
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def _character(value: int) -> str:
    """A number of one byte as gdb shows it: itself and the character."""
    return f"{value} '{escape(value & 0xFF, chr(39))}'"


def quoted(text: bytes) -> str:
    """A C string constant."""
    return '"' + "".join(map(escape, text)) + '"'


MAX_INDENT = 2 * 64
"""Structs are not nested deeper, but damaged types are, in themselves."""


class Unreadable(bytes):
    """Stands for bytes that are not there."""

    error: FaultError


def _bits_to_flags(value: int, enumerators: list[tuple[str, int]]) -> str | None:
    """``(A | B)`` if the enum is one of single bits; None if it is not."""
    seen = 0
    for _, bit in enumerators:
        if bit & (bit - 1) or bit < 0 or (bit and bit & seen):
            return None
        seen |= bit
    if not value:
        return "0"
    names = [name for name, bit in enumerators if bit and value & bit]
    unknown = value & ~seen
    if not names:
        return f"(unknown: {unknown:#x})"
    if unknown:
        names.append(f"unknown: {unknown:#x}")
    return "(" + " | ".join(names) + ")"


class Formatter:
    """Formats values of one dump.

    :param radix: 10 or 16, of integers.
    :param letter: how gdb is to show numbers (``x d u o t c a z``), as in ``p/x``; empty: each as its type is shown.
    """

    def __init__(self, dump: Dump, radix: int = 10, letter: str = "") -> None:
        self.dump = dump
        self.radix = radix
        self.letter = letter
        self._shapes: dict[Type, _Shape] = {}
        self._plans: dict[Type, tuple[list[Member], list[_Step | None]]] = {}
        self._elements_left = 0

    # -- public

    def value(self, type: Type, address: int, indent: int = 0) -> str:
        """The value of *type* at *address*; what is inside braces is indented by *indent* + 2."""
        self._elements_left = ELEMENTS_IN_ALL
        return self._at(self._shape(type), address, indent)

    def value_of_bytes(self, type: Type, data: bytes, address: int = 0, indent: int = 0) -> str:
        """The same of bytes that the caller has, as if they lay at *address*."""
        self._elements_left = ELEMENTS_IN_ALL
        return self._shape(type).show(self, data, address, indent)

    def member(self, member: Member, base: int, indent: int = 0) -> str:
        """The value of a member, bit field or not, of a struct at *base*."""
        self._elements_left = ELEMENTS_IN_ALL
        offset, shape = self._place(member)
        return self._at(shape, base + offset, indent)

    def members(self, type: Type, address: int, indent: int = 0) -> Iterator[str]:
        """Lines ``NAME = VALUE,`` of a struct, the last without the comma."""
        self._elements_left = ELEMENTS_IN_ALL
        data = self._load(address, type.strip().size)
        yield from self._member_lines(type.strip(), data, address, indent)

    def pointer(self, value: int, target: Type | None = None) -> str:
        """``0x0``, ``0xADDR <sym+off>``, ``0xADDR "text"``."""
        return _pointer(self.dump, value, target)

    def lettered(self, value: int, bits: int) -> str:
        """A number of *bits* bits as the letter has it."""
        return _lettered(self.dump, self.letter, value, bits)

    # -- memory

    def _load(self, address: int, size: int) -> bytes:
        try:
            return self.dump.read(address, size)
        except FaultError as error:
            missing = Unreadable(size)
            missing.error = error
            return missing

    def _at(self, shape: _Shape, address: int, indent: int) -> str:
        return shape.show(self, self._load(address, shape.size), address, indent)

    # -- values

    def _shape(self, type: Type) -> _Shape:
        shape = self._shapes.get(type)
        if shape is None:
            shape = self._shapes[type] = _shape(self, type, type.strip())
        return shape

    def _place(self, member: Member) -> tuple[int, _Shape]:
        """Where the bytes of a member are in its struct, and how they are shown."""
        if member.bit_size is None:
            return member.offset, self._shape(member.type)
        first, shift = divmod(member.bit_offset, 8)
        bits = member.bit_size
        return first, _scalar((shift + bits + 7) // 8, _bit_field(self, member, shift, bits))

    def _struct(self, type: Type, data: bytes, address: int, indent: int) -> str:
        if indent > MAX_INDENT:
            raise LimitError(f"{type} at {address:#x} is nested too deep")
        lines = list(self._member_lines(type, data, address, indent + 2))
        if not lines:
            return "{<No data fields>}" if type.complete else "<incomplete type>"
        return "{\n" + "\n".join(lines) + "\n" + " " * indent + "}"

    def _member_lines(self, type: Type, data: bytes, address: int, indent: int) -> Iterator[str]:
        if not type.complete:
            return
        known = self._plans.get(type)
        if known is None:
            members = type.members()
            known = self._plans[type] = members, [None] * len(members)
        members, plan = known
        self._count(type, len(plan), address)
        blank, missing = " " * indent, isinstance(data, Unreadable)
        for number, step in enumerate(plan):
            label, offset, size, scalar, show, tail = step or self._step(members, plan, number)
            if missing:
                text = show(self, self._load(address + offset, size), address + offset, indent)
            elif scalar is not None:
                text = scalar(data[offset : offset + size])
            else:
                text = show(self, data[offset : offset + size], address + offset, indent)
            yield f"{blank}{label}{text}{tail}"

    def _step(self, members: list[Member], plan: list[_Step | None], number: int) -> _Step:
        """Plan a member, when it is shown for the first time: the types of those behind it may be damaged."""
        member = members[number]
        offset, shape = self._place(member)
        label, tail = f"{member.name} = " if member.name else "", "," if number + 1 < len(members) else ""
        step = plan[number] = (label, offset, shape.size, shape.scalar, shape.show, tail)
        return step

    def _count(self, type: Type, nr: int, address: int) -> None:
        self._elements_left -= nr
        if self._elements_left < 0:
            raise LimitError(f"{type} at {address:#x} has too many elements to show")

    def _array(self, type: Type, data: bytes, address: int, indent: int) -> str:
        element = type.target
        assert element is not None
        length = type.length
        inner = element.strip()
        if not length:
            if _is_char(inner):
                return f'{self.pointer(address)} ""' if length == 0 else self.pointer(address, inner)
            return "{}" if length == 0 else self.pointer(address)
        if _is_char(inner) and not isinstance(data, Unreadable) and not self.letter:
            return self._text(data)
        if isinstance(data, Unreadable) and inner.kind not in ("struct", "union", "array"):
            data = self._partly(data, address, length * inner.size)
        shown = min(length, ELEMENTS)
        self._count(type, shown, address)
        shape = self._shape(element)
        size, scalar, show = shape.size, shape.scalar, shape.show
        if isinstance(data, Unreadable):
            cells = [self._at(shape, address + i * size, indent + 2) for i in range(shown)]
        elif scalar is not None:
            cells = [scalar(data[i * size : (i + 1) * size]) for i in range(shown)]
        else:
            cells = [show(self, data[i * size : (i + 1) * size], address + i * size, indent + 2) for i in range(shown)]
        if length > shown:
            cells[-1] += "..."
        return "{" + ", ".join(cells) + "}"

    def _partly(self, data: Unreadable, address: int, size: int) -> bytes:
        """An array of scalars across a missing page: its readable head is worth showing."""
        head = self.dump.read_upto(address, size)
        return data if len(head) < size else head

    def _text(self, data: bytes) -> str:
        shown = data[:ELEMENTS]
        if len(data) > ELEMENTS:
            return quoted(shown) + "..."
        if shown.endswith(b"\0"):
            shown = shown[:-1]  # gdb leaves out one final NUL
        return quoted(shown)


class _Shape:
    """How values of a type are shown, decided once: of a structure many objects are shown, and many of its members are alike.

    What is here does not hold the formatter, or the two would keep each other, and the dump.
    """

    __slots__ = ("scalar", "show", "size")

    def __init__(self, size: int, show: _Show, scalar: _Scalar | None = None) -> None:
        """
        :param size: bytes of a value.
        :param show: by a formatter, of the bytes, which may be :class:`Unreadable`, of their address, and of the indentation around.
        :param scalar: the same of the bytes alone, which are there; None of what has parts.
        """
        self.size = size
        self.show = show
        self.scalar = scalar


def _shape(formatter: Formatter, type: Type, stripped: Type) -> _Shape:
    dump, kind, size = formatter.dump, stripped.kind, stripped.size
    order = dump.byteorder
    if kind in ("struct", "union"):
        return _Shape(size, lambda formatter, data, address, indent: formatter._struct(stripped, data, address, indent))
    if kind == "array":
        return _Shape(size, lambda formatter, data, address, indent: formatter._array(stripped, data, address, indent))
    if formatter.letter and kind in ("pointer", "enum", "int"):
        letter = formatter.letter
        return _scalar(size, lambda data: _lettered(dump, letter, int.from_bytes(data, order), 8 * size))
    if kind == "pointer":
        target = stripped.target
        inner = target.strip() if target is not None else None
        if inner is not None and _is_char(inner):
            return _scalar(size, lambda data: _pointer(dump, int.from_bytes(data, order), inner))
        return _scalar(size, lambda data: _pointer(dump, int.from_bytes(data, order)))
    if kind == "enum":
        signed, name = stripped.signed, _enum(formatter, stripped)
        return _scalar(size, lambda data: name(int.from_bytes(data, order, signed=signed)))
    if kind == "float":
        return _scalar(size, lambda data: _float(dump, data))
    if kind == "int":
        signed = stripped.signed
        if formatter.radix == 16:
            mask = (1 << 8 * size) - 1
            return _scalar(size, lambda data: f"{int.from_bytes(data, order, signed=signed) & mask:#x}")
        spell = _boolean if stripped.name in ("_Bool", "bool") else _character if size == 1 else str
        return _scalar(size, lambda data: spell(int.from_bytes(data, order, signed=signed)))
    return _Shape(size, lambda formatter, data, address, indent: _missing(data, address) or f"{{{type}}} {_pointer(dump, address)}")


def _scalar(size: int, scalar: _Scalar) -> _Shape:
    return _Shape(size, lambda formatter, data, address, indent: _missing(data, address) or scalar(data), scalar)


def _missing(data: bytes, address: int) -> str:
    """What is shown in the place of bytes that are not there; nothing where they are."""
    return f"<{data.error.reason} {address:#x}>" if isinstance(data, Unreadable) else ""


def _enum(formatter: Formatter, type: Type) -> Callable[[int], str]:
    enumerators = type.enumerators()
    names = {number: name for name, number in reversed(enumerators)}  # the first of a number has it
    form = "#x" if formatter.radix == 16 else "d"
    return lambda value: names.get(value) or _bits_to_flags(value, enumerators) or format(value, form)


def _bit_field(formatter: Formatter, member: Member, shift: int, bits: int) -> _Scalar:
    dump, letter, type = formatter.dump, formatter.letter, member.type.strip()
    if letter:
        return lambda data: _lettered(dump, letter, bit_field(dump, data, shift, bits), bits)
    if type.kind == "enum":
        name = _enum(formatter, type)
        return lambda data: name(bit_field(dump, data, shift, bits))
    if formatter.radix == 16:
        return lambda data: f"{bit_field(dump, data, shift, bits):#x}"
    if type.name in ("_Bool", "bool"):
        return lambda data: "true" if bit_field(dump, data, shift, bits) else "false"
    # gdb shows a bit field of a character type as a number and a character too
    signed, spell = type.signed, _character if type.size == 1 else str

    def number(data: bytes) -> str:
        value = bit_field(dump, data, shift, bits)
        return spell(value - (1 << bits) if signed and value >> (bits - 1) else value)

    return number


def _lettered(dump: Dump, letter: str, value: int, bits: int) -> str:
    value &= (1 << bits) - 1
    signed = value - (1 << bits) if value >> (bits - 1) else value
    if letter == "x":
        return f"{value:#x}"
    if letter == "z":
        return f"0x{value:0{(bits + 3) // 4}x}"
    if letter == "o":
        return f"0{value:o}" if value else "0"
    if letter == "t":
        return f"{value:b}"
    if letter == "u":
        return str(value)
    if letter == "a":
        return _pointer(dump, value)
    if letter == "c":
        return f"{signed if bits == 8 else value} '{escape(value & 0xFF, chr(39))}'"
    return str(signed)


def _pointer(dump: Dump, value: int, target: Type | None = None) -> str:
    text = f"{value:#x}"
    if target is not None and _is_char(target):
        if not value:
            return text
        text += _named_string(dump, value)
        try:
            found = dump.read_string(value, ELEMENTS + 1)
        except Error:
            return f"{text} <error: Cannot access memory at address {value:#x}>"
        cut = "..." if len(found) > ELEMENTS else ""
        return f"{text} {quoted(found[:ELEMENTS])}{cut}"
    symbol = dump.symbol_at(value) if dump.is_kernel(value) else None
    return text if symbol is None else text + _symbol_text(symbol, value)


def _named_string(dump: Dump, value: int) -> str:
    """`` <sym+off>`` of a string that is a variable of its own, or within one whose size is known; constants have no names."""
    symbol = dump.symbol_at(value) if dump.is_kernel(value) else None
    if symbol is None:
        return ""
    if value != symbol.address:
        try:
            if value - symbol.address >= dump.symbol_type(symbol.name).strip().size:
                return ""
        except Error:
            return ""
    return _symbol_text(symbol, value)


def _float(dump: Dump, data: bytes) -> str:
    if len(data) not in (4, 8):
        return "0x" + data[::-1].hex()
    return f"{unpack(dump, 'f' if len(data) == 4 else 'd', data)[0]:.17g}"


def _boolean(value: int) -> str:
    return {0: "false", 1: "true"}.get(value) or str(value)


def _symbol_text(symbol: Symbol, value: int) -> str:
    offset = value - symbol.address
    return f" <{symbol.name}+{offset}>" if offset else f" <{symbol.name}>"


def _is_char(type: Type) -> bool:
    """Of a one-byte integer that gdb takes for a character."""
    return type.kind == "int" and type.size == 1 and type.name not in ("_Bool", "bool")
