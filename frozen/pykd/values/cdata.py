# SPDX-License-Identifier: GPL-2.0-or-later
"""Values and definitions of C types as data that JSON can hold; :mod:`pykd.values.cformat` and :mod:`pykd.values.cdefine` have them as text.

What a value looks like depends on its type alone, but for what cannot be read:

- a struct or union: an object, member by member; the members of those without a name are its own;
- an integer: a number; ``_Bool``: true or false; an enum: the enumerator's name, or a number that has none;
- an array: a list; of characters: the text before its first NUL;
- a pointer: its address; to characters: ``{"address", "text"}``, to a function: ``{"address", "symbol"}``;
- what cannot be read: ``{"error"}``, as :func:`pykd.core.rows.fault` makes it.
"""

from __future__ import annotations

from _pykd import Dump, Error, FaultError, Member, Type
from pykd.core.rows import Address, fault
from pykd.values.words import bit_field, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TEXT = 4096
"""Bytes of what a ``char *`` points to"""
ELEMENTS = 1 << 16
"""Of an array; the next one is ``{"error"}`` with how many there are."""


def value(dump: Dump, type: Type, address: int) -> Any:
    """The value of *type* at *address*."""
    stripped = type.strip()
    try:
        data: bytes | None = dump.read(address, stripped.size)
    except FaultError:
        data = None  # parts of it may be there
    return _value(dump, stripped, address, data)


def of_bytes(dump: Dump, type: Type, data: bytes) -> Any:
    """The same of what is in no memory: its bytes, ``type.size`` of them."""
    return _value(dump, type.strip(), 0, data)


def member(dump: Dump, member: Member, base: int) -> Any:
    """The value of a member, bit field or not, of a struct at *base*."""
    return _bit_field(dump, member, base, None) if member.bit_size is not None else value(dump, member.type, base + member.offset)


def scalar(dump: Dump, type: Type, number: int) -> Any:
    """A number as a value of a type that is neither a struct nor an array."""
    stripped = type.strip()
    size = max(stripped.size, 1)
    return _value(dump, stripped, 0, (number & (1 << 8 * size) - 1).to_bytes(size, dump.byteorder))


def _missing(error: FaultError) -> dict[str, Any]:
    return {"error": fault(error)}


def _value(dump: Dump, type: Type, address: int, data: bytes | None) -> Any:
    kind = type.kind
    if kind in ("struct", "union"):
        return _struct(dump, type, address, data)
    if kind == "array":
        return _array(dump, type, address, data)
    if data is None:
        try:
            data = dump.read(address, type.size)
        except FaultError as error:
            return _missing(error)
    if kind == "int":
        number = int.from_bytes(data, dump.byteorder, signed=type.signed)
        return bool(number) if type.name in ("_Bool", "bool") and number in (0, 1) else number
    if kind == "enum":
        return _enum(type, int.from_bytes(data, dump.byteorder, signed=type.signed))
    if kind == "pointer":
        return _pointer(dump, type.target.strip() if type.target is not None else None, int.from_bytes(data, dump.byteorder))
    if kind == "float" and len(data) in (4, 8):
        return unpack(dump, "f" if len(data) == 4 else "d", data)[0]
    return _pointer(dump, type, address) if kind == "function" else data.hex()


def _enum(type: Type, number: int) -> str | int:
    return next((name for name, one in type.enumerators() if one == number), number)


def _pointer(dump: Dump, target: Type | None, number: int) -> Any:
    if target is not None and target.kind == "function":
        symbol = dump.symbol_at(number) if dump.is_kernel(number) else None
        offset = number - symbol.address if symbol is not None else 0
        return {"address": Address(number), "symbol": None if symbol is None else f"{symbol.name}+{offset}" if offset else symbol.name}
    if target is not None and _is_char(target):
        return {"address": Address(number), "text": _text(dump, number) if number else None}
    return Address(number)


def _text(dump: Dump, address: int) -> str | None:
    try:
        return dump.read_string(address, TEXT).decode("utf-8", "backslashreplace")
    except Error:
        return None  # where it should be is said all the same


def _struct(dump: Dump, type: Type, address: int, data: bytes | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for member in type.members() if type.complete else ():
        if member.bit_size is not None:
            one = _bit_field(dump, member, address, data)
        else:
            inner = member.type.strip()
            one = _value(dump, inner, address + member.offset, None if data is None else data[member.offset : member.offset + inner.size])
        if member.name:
            found[member.name] = one
        elif isinstance(one, dict):
            found |= one
    return found


def _bit_field(dump: Dump, member: Member, base: int, data: bytes | None) -> Any:
    """:param data: of the struct at *base*; None: read what is needed."""
    bits = member.bit_size or 0
    first, shift = divmod(member.bit_offset, 8)
    size = (shift + bits + 7) // 8
    try:
        part = dump.read(base + first, size) if data is None else data[first : first + size]
    except FaultError as error:
        return _missing(error)
    number = bit_field(dump, part, shift, bits)
    type = member.type.strip()
    if type.kind == "enum":
        return _enum(type, number)
    if type.name in ("_Bool", "bool"):
        return bool(number)
    return number - (1 << bits) if type.signed and number >> (bits - 1) else number


def _array(dump: Dump, type: Type, address: int, data: bytes | None) -> Any:
    element = type.target
    if element is None:
        return []
    inner = element.strip()
    if not type.length:  # how many elements there are is written elsewhere
        return _text(dump, address) if type.length is None and _is_char(inner) else []
    if _is_char(inner) and inner.name == "char":
        if data is None:
            data = dump.read_upto(address, type.length)
            if not data:
                return _value(dump, inner, address, None)
        return data.partition(b"\0")[0].decode("utf-8", "backslashreplace")
    size = inner.size
    places = range(0, min(type.length, ELEMENTS) * size, size or 1)
    found = [_value(dump, inner, address + at, None if data is None else data[at : at + size]) for at in places]
    return found if type.length <= ELEMENTS else [*found, {"error": fault(f"these are {ELEMENTS} of {type.length}")}]


def _is_char(type: Type) -> bool:
    return type.kind == "int" and type.size == 1 and type.name not in ("_Bool", "bool")


def definition(type: Type) -> list[dict[str, Any]]:
    """The members of a struct or union: name, type, offset and size in bytes (bit fields: in bits); of those without a name, their own."""
    found = []
    for member in type.strip().members():
        row: dict[str, Any] = {"name": member.name, "type": str(member.type), "offset": member.offset, "size": member.type.strip().size}
        if member.bit_size is not None:
            row |= {"bit_offset": member.bit_offset, "bit_size": member.bit_size}
        inner = member.type.strip()
        if inner.kind in ("struct", "union") and inner.name is None:
            row["members"] = definition(inner)
        found.append(row)
    return found
