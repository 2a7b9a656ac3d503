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
    from collections.abc import Iterator

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
        self._enums: dict[Type, list[tuple[str, int]]] = {}
        self._members: dict[Type, list[Member]] = {}
        self._elements_left = 0

    # -- public

    def value(self, type: Type, address: int, indent: int = 0) -> str:
        """The value of *type* at *address*; what is inside braces is indented by *indent* + 2."""
        self._elements_left = ELEMENTS_IN_ALL
        return self._value(type, self._load(address, type.strip().size), address, indent)

    def value_of_bytes(self, type: Type, data: bytes, address: int = 0, indent: int = 0) -> str:
        """The same of bytes that the caller has, as if they lay at *address*."""
        self._elements_left = ELEMENTS_IN_ALL
        return self._value(type, data, address, indent)

    def member(self, member: Member, base: int, indent: int = 0) -> str:
        """The value of a member, bit field or not, of a struct at *base*."""
        if member.bit_size is None:
            return self.value(member.type, base + member.offset, indent)
        first = member.bit_offset // 8
        size = (member.bit_offset % 8 + member.bit_size + 7) // 8
        data = self._load(base + first, size)
        return self._bit_field(member, data, member.bit_offset % 8, base + first)

    def members(self, type: Type, address: int, indent: int = 0) -> Iterator[str]:
        """Lines ``NAME = VALUE,`` of a struct, the last without the comma."""
        self._elements_left = ELEMENTS_IN_ALL
        data = self._load(address, type.strip().size)
        yield from self._member_lines(type.strip(), data, address, indent)

    def pointer(self, value: int, target: Type | None = None) -> str:
        """``0x0``, ``0xADDR <sym+off>``, ``0xADDR "text"``."""
        text = f"{value:#x}"
        if target is not None and _is_char(target):
            if not value:
                return text
            text += self._named_string(value)
            try:
                found = self.dump.read_string(value, ELEMENTS + 1)
            except Error:
                return f"{text} <error: Cannot access memory at address {value:#x}>"
            cut = "..." if len(found) > ELEMENTS else ""
            return f"{text} {quoted(found[:ELEMENTS])}{cut}"
        symbol = self.dump.symbol_at(value) if self.dump.is_kernel(value) else None
        return text if symbol is None else text + _symbol_text(symbol, value)

    def _named_string(self, value: int) -> str:
        """`` <sym+off>`` of a string that is a variable of its own, or within one whose size is known; constants have no names."""
        symbol = self.dump.symbol_at(value) if self.dump.is_kernel(value) else None
        if symbol is None:
            return ""
        if value != symbol.address:
            try:
                if value - symbol.address >= self.dump.symbol_type(symbol.name).strip().size:
                    return ""
            except Error:
                return ""
        return _symbol_text(symbol, value)

    # -- memory

    def _load(self, address: int, size: int) -> bytes:
        try:
            return self.dump.read(address, size)
        except FaultError as error:
            missing = Unreadable(size)
            missing.error = error
            return missing

    def _slice(self, data: bytes, address: int, offset: int, size: int) -> bytes:
        """Part of *data*; of an object that was not readable as a whole, read again by itself."""
        if isinstance(data, Unreadable):
            return self._load(address + offset, size)
        return data[offset : offset + size]

    # -- values

    def _value(self, type: Type, data: bytes, address: int, indent: int) -> str:
        stripped = type.strip()
        kind = stripped.kind
        if kind in ("struct", "union"):
            return self._struct(stripped, data, address, indent)
        if kind == "array":
            return self._array(stripped, data, address, indent)
        if isinstance(data, Unreadable):
            return f"<{data.error.reason} {address:#x}>"
        if self.letter and kind in ("pointer", "enum", "int"):
            return self.lettered(int.from_bytes(data, self.dump.byteorder), 8 * stripped.size)
        if kind == "pointer":
            return self._pointer(stripped, data)
        if kind == "enum":
            return self._enum(stripped, int.from_bytes(data, self.dump.byteorder, signed=stripped.signed))
        if kind == "float":
            return self._float(data)
        if kind == "int":
            return self._integer(stripped, int.from_bytes(data, self.dump.byteorder, signed=stripped.signed))
        return f"{{{type}}} {self.pointer(address)}"

    def lettered(self, value: int, bits: int) -> str:
        """A number of *bits* bits as the letter has it."""
        value &= (1 << bits) - 1
        signed = value - (1 << bits) if value >> (bits - 1) else value
        if self.letter == "x":
            return f"{value:#x}"
        if self.letter == "z":
            return f"0x{value:0{(bits + 3) // 4}x}"
        if self.letter == "o":
            return f"0{value:o}" if value else "0"
        if self.letter == "t":
            return f"{value:b}"
        if self.letter == "u":
            return str(value)
        if self.letter == "a":
            return self.pointer(value)
        if self.letter == "c":
            return f"{signed if bits == 8 else value} '{escape(value & 0xFF, chr(39))}'"
        return str(signed)

    def _pointer(self, type: Type, data: bytes) -> str:
        target = type.target
        inner = target.strip() if target is not None else None
        value = int.from_bytes(data, self.dump.byteorder)
        if inner is not None and inner.kind == "function":
            return self.pointer(value)
        return self.pointer(value, inner)

    def _integer(self, type: Type, value: int) -> str:
        if self.radix == 16:
            return f"{value & ((1 << 8 * type.size) - 1):#x}"
        if type.name in ("_Bool", "bool"):
            return {0: "false", 1: "true"}.get(value, str(value))
        if type.size == 1:
            return f"{value} '{escape(value & 0xFF, chr(39))}'"
        return str(value)

    def _float(self, data: bytes) -> str:
        if len(data) not in (4, 8):
            return "0x" + data[::-1].hex()
        return f"{unpack(self.dump, 'f' if len(data) == 4 else 'd', data)[0]:.17g}"

    def _enum(self, type: Type, value: int) -> str:
        names = self._enums.get(type)
        if names is None:
            names = self._enums[type] = type.enumerators()
        for name, number in names:
            if number == value:
                return name
        return _bits_to_flags(value, names) or (f"{value:#x}" if self.radix == 16 else str(value))

    def _bit_field(self, member: Member, data: bytes, shift: int, address: int) -> str:
        if isinstance(data, Unreadable):
            return f"<{data.error.reason} {address:#x}>"
        bits = member.bit_size or 0
        value = bit_field(self.dump, data, shift, bits)
        type = member.type.strip()
        if self.letter:
            return self.lettered(value, bits)
        if type.kind == "enum":
            return self._enum(type, value)
        if self.radix == 16:
            return f"{value:#x}"
        if type.name in ("_Bool", "bool"):
            return "true" if value else "false"
        if type.signed and value >> (bits - 1):
            value -= 1 << bits
        # gdb shows a bit field of a character type as a number and a character too
        return f"{value} '{escape(value & 0xFF, chr(39))}'" if type.size == 1 else str(value)

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
        members = self._members.get(type)
        if members is None:
            members = self._members[type] = type.members()
        self._count(type, len(members), address)
        for position, member in enumerate(members):
            if member.bit_size is None:
                part = self._slice(data, address, member.offset, member.type.strip().size)
                text = self._value(member.type, part, address + member.offset, indent)
            else:
                first, shift = divmod(member.bit_offset, 8)
                part = self._slice(data, address, first, (shift + member.bit_size + 7) // 8)
                text = self._bit_field(member, part, shift, address + first)
            name = f"{member.name} = " if member.name else ""
            comma = "," if position + 1 < len(members) else ""
            yield " " * indent + name + text + comma

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
        cells = []
        for i in range(shown):
            part = self._slice(data, address, i * inner.size, inner.size)
            cells.append(self._value(element, part, address + i * inner.size, indent + 2))
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


def _symbol_text(symbol: Symbol, value: int) -> str:
    offset = value - symbol.address
    return f" <{symbol.name}+{offset}>" if offset else f" <{symbol.name}>"


def _is_char(type: Type) -> bool:
    """Of a one-byte integer that gdb takes for a character."""
    return type.kind == "int" and type.size == 1 and type.name not in ("_Bool", "bool")
