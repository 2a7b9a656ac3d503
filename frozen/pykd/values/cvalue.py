# SPDX-License-Identifier: GPL-2.0-or-later
"""A value as C has them: an object in memory or a number, with its type."""

from __future__ import annotations

from _pykd import Dump, Error, NotFoundError, Type
from pykd.core.errors import CommandError
from pykd.values import known
from pykd.values.words import bit_field, pack, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.values.cformat import Formatter

MASK = (1 << 64) - 1


class ExpressionError(CommandError):
    """The expression does not parse, or does not suit its types."""


def whole(number: float) -> int:
    """A number where only an integer can be. :raises ExpressionError: it is infinite, or none."""
    try:
        return int(number)
    except (OverflowError, ValueError):
        raise ExpressionError("the floating-point number is no integer") from None


class Value:
    """The value of an expression."""

    __slots__ = ("address", "bits", "data", "dump", "is_character", "is_enumerator", "name", "number", "type", "untyped")

    def __init__(
        self, dump: Dump, type: Type, *, address: int | None = None, number: float = 0, bits: tuple[int, int] | None = None, untyped: bool = False
    ) -> None:
        """
        :param address: of an object in memory; None: *number* is the value.
        :param bits: (shift, width) of a bit field at *address*.
        :param untyped: nobody knows of which type the object is, or what the number points to; *type* stands in its place.
        """
        self.dump = dump
        self.type = type
        self.address = address
        self.number = number
        self.bits = bits
        self.untyped = untyped
        self.name = ""
        """Of a variable whose type is not known"""
        self.is_enumerator = False
        """It is a constant, which is an int in arithmetic"""
        self.is_character = False
        """It is a character constant: an int, which is shown as one"""
        self.data: bytes | None = None
        """Of a string constant, which is nowhere in memory"""

    def unknown(self) -> str:
        """What is said where the type is needed."""
        return f"'{self.name or 'it'}' has unknown type; cast it to its declared type"

    def integer(self) -> int:
        """The value as a whole number: of arrays, structs and functions their address. :raises FaultError, ExpressionError:"""
        return whole(self.scalar())

    def scalar(self) -> float:
        """The value as a number. :raises FaultError, ExpressionError:"""
        if self.address is None:
            return self.number
        type = self.type.strip()
        if type.kind in ("array", "function", "struct", "union"):
            return self.address
        if self.untyped:
            raise ExpressionError(self.unknown())
        if self.bits is not None:
            shift, width = self.bits
            number = bit_field(self.dump, self.dump.read(self.address, (shift + width + 7) // 8), shift, width)
            return number - (1 << width) if type.signed and number >> (width - 1) else number
        if not 0 < type.size <= 16:
            raise ExpressionError(f"a value of type {self.type} is not a number")
        data = self.dump.read(self.address, type.size)
        if type.kind == "float" and type.size in (4, 8):
            return float(unpack(self.dump, "f" if type.size == 4 else "d", data)[0])
        return int.from_bytes(data, self.dump.byteorder, signed=type.signed)

    def text(self, formatter: Formatter) -> str:
        """As gdb prints it."""
        type = self.type.strip()
        if self.data is not None:
            return formatter.value_of_bytes(self.type, self.data)
        if self.untyped:
            if self.address is not None:
                raise ExpressionError(self.unknown())
            return f"(<data variable, no debug info> *) {formatter.pointer(self.integer() & MASK)}"
        if type.kind in ("int", "enum", "pointer", "float"):
            self.scalar()  # a number that cannot be read is an error, not a value
        if self.bits is not None or self.address is None:
            return self._text_of_number(formatter, type)
        if type.kind == "function":
            return f"{{{self.type}}} {formatter.pointer(self.address)}"
        text = formatter.value(self.type, self.address)
        return f"({self.type}) {text}" if type.kind == "pointer" and self._shows_type(type) else text

    def _text_of_number(self, formatter: Formatter, type: Type) -> str:
        if type.kind == "void":
            return "void"
        if type.kind == "pointer":
            target = type.target
            inner = target.strip() if target else None
            prefix = f"({self.type}) " if self._shows_type(type) else ""
            return prefix + formatter.pointer(self.integer() & MASK, inner)
        if self.is_character:
            return formatter.value_of_bytes(self.dump.type("char"), bytes((self.integer() & 0xFF,)))
        size = max(type.size, 1)
        if type.kind == "float":
            data = pack(self.dump, "f" if size == 4 else "d", float(self.number))
        else:
            data = (self.integer() & ((1 << 8 * size) - 1)).to_bytes(size, self.dump.byteorder)
        return formatter.value_of_bytes(self.type, data)

    def _shows_type(self, type: Type) -> bool:
        """gdb prefixes a pointer with its type, but for those to characters."""
        target = type.target.strip() if type.target else None
        return target is None or not (target.kind == "int" and target.size == 1)


def variable(dump: Dump, name: str) -> Value:
    """A global variable, a function or an enumerator. :raises ExpressionError: there is none."""
    try:
        symbol = dump.symbol(name)
    except NotFoundError:
        try:
            value = Value(dump, dump.enumerator_type(name), number=dump.enumerator(name))
        except NotFoundError:
            raise ExpressionError(f'no symbol "{name}" in current context', meant=lambda: known.variables(dump, name)) from None
        value.is_enumerator = True
        return value
    try:
        type = dump.symbol_type(name)
    except Error:
        value = Value(dump, dump.type("void"), address=symbol.address, untyped=True)
        value.name = name
        return value
    stripped = type.strip()
    if stripped.kind == "array" and stripped.length is None and stripped.target is not None and symbol.size and stripped.target.strip().size > 1:
        # a length that depends on the kernel's configuration: the symbol's size tells
        type = stripped.target.array(symbol.size // max(stripped.target.strip().size, 1))
    return Value(dump, type, address=symbol.address)
