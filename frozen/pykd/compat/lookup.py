# SPDX-License-Identifier: GPL-2.0-or-later
"""Symbols and types by the names that programs know: what the module ``crash`` has of them, and the arguments of its functions.

Wrong arguments and failures raise :class:`_pykd.ProgramError` (``crash.error``) unless a docstring says otherwise.
"""

from __future__ import annotations

from math import prod

from _pykd import CSyntaxError, Error, NotFoundError, ProgramError, current
from pykd.boot import lazy
from pykd.compat.moved import OLD_SYMBOLS, OLD_TYPES
from pykd.compat.typedict import describe, find_type
from pykd.values import clones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Type
    from pykd.compat import oldmembers
    from pykd.compat.typedict import TypeDict
else:
    oldmembers = lazy.module("pykd.compat.oldmembers")  # the main job needs none of it

MASK64 = (1 << 64) - 1


def as_int(value: Any) -> int:
    try:
        return value.__index__()  # type: ignore[no-any-return]
    except (AttributeError, TypeError):
        raise ProgramError("invalid parameter type") from None


def as_str(value: Any) -> str:
    if not isinstance(value, str):
        raise ProgramError("invalid parameter type")
    return value


def symbol_exists(name: str) -> int:
    """1 or 0."""
    for known in _names(as_str(name)):
        try:
            current().symbol(known)
            return 1
        except NotFoundError:
            continue
    return 0


def _names(name: str) -> Iterator[str]:
    """What a symbol may be called: *name*, or what that was renamed to."""
    yield name
    if name in OLD_SYMBOLS:
        yield OLD_SYMBOLS[name]


def sym2addr(name: str) -> int:
    """Address of the first symbol of that name, kernel before modules; 0 if there is none, and nothing in its place."""
    for known in _names(as_str(name)):
        address = clones.address(current(), known)
        if address:
            return address
    return _gone_address(name)


def _gone_address(name: str) -> int:
    from pykd.compat import standins

    try:
        place = oldmembers.variable(name)
        return place[1] if place else standins.address(name)
    except Error:
        return 0


def sym2alladdr(name: str) -> list[int]:
    """Addresses of all symbols of that name."""
    for known in _names(as_str(name)):
        found = clones.symbols(current(), known)
        if found:
            return [symbol.address for symbol in found]
    return []


def addr2sym(addr: int, loose: int = 0) -> Any:
    """The symbol at exactly *addr* or None; *loose*: the symbol before it as (name, offset), or (None, None)."""
    addr = as_int(addr) & MASK64
    symbol = current().symbol_at(addr)
    if loose:
        return (clones.plain(symbol.name), addr - symbol.address) if symbol else (None, None)
    return clones.plain(symbol.name) if symbol and symbol.address == addr else None


def addr2mod(addr: int) -> str | None:
    """Name of the module that *addr* belongs to."""
    module = current().module_at(as_int(addr) & MASK64)
    return module.name if module else None


# ---- types


def _find_type(name: str) -> Type | None:
    """With or without ``struct`` or ``union``; of a struct that was renamed the old name too."""
    for prefix in ("", "struct ", "union "):
        for known in (prefix + as_str(name), OLD_TYPES.get(prefix + name)):
            try:
                found = current().type(known) if known else None
            except (NotFoundError, CSyntaxError):
                continue
            if found is not None and found.strip().complete:
                return found
    return None


def struct_size(name: str) -> int:
    """sizeof, or -1."""
    found = _find_type(name)
    return found.size if found else -1


union_size = struct_size


def member_offset(struct: str, member: str) -> int:
    """Bytes from the start of the struct, or -1."""
    found, member = _find_type(struct), as_str(member)
    offset = current().struct_class(found).member_offset(member) if found else None
    return -1 if offset is None else offset


def member_size(struct: str, member: str) -> int:
    """sizeof a member, or -1."""
    found, member = _find_type(struct), as_str(member)
    inside = found.strip().member(member) if found else None
    if inside is None and found is not None:
        described = describe(found)
        oldmembers.extend(described)
        for old in described.get("body", ()):
            if old["fname"] == member:
                size: int = old["typelength"] * prod(old.get("dims", ()))
                return size
    return inside.type.size if inside else -1


def enumerator_value(name: str) -> int | None:
    """Value of an enumerator, None if there is none of that name."""
    try:
        return current().enumerator(as_str(name))
    except NotFoundError:
        return None


def gdb_typeinfo(name: str) -> TypeDict:
    """The dictionary of a type, or of the type of a C expression."""
    for known in (as_str(name), OLD_TYPES.get(name)):
        try:
            described = describe(find_type(known)) if known else None
        except (NotFoundError, CSyntaxError):
            continue
        if described is not None:
            oldmembers.extend(described)
            return described
    try:
        return describe(_type_of(name))
    except ProgramError:
        raise ProgramError("PyKdump/GDB error") from None


def gdb_whatis(expression: str) -> TypeDict:
    """The dictionary of the type of a C expression, which mostly is the name of a variable."""
    as_str(expression)
    try:
        ctype = _with_length(expression, _type_of(expression))
    except ProgramError:
        # gdb takes the name of a type for an expression too.
        try:
            ctype = find_type(expression)
        except (NotFoundError, CSyntaxError):
            raise ProgramError("PyKdump/GDB error") from None
    return describe(ctype, expression)


def _with_length(name: str, ctype: Type) -> Type:
    """An array that is declared without its length (it depends on the configuration) has room for as many as the symbol has."""
    array = ctype.strip()
    if array.kind != "array" or array.length is not None or array.target is None or not array.target.size:
        return ctype
    for known in _names(name):
        try:
            return array.target.array(current().symbol(known).size // array.target.size)
        except NotFoundError:
            continue
    return ctype


def _type_of(expression: str) -> Type:
    for known in _names(expression):
        try:
            # A declaration is of no use without the symbol; of a variable that is no more the first element may be left.
            if symbol_exists(known):
                return current().symbol_type(known)
        except NotFoundError:
            continue
    place = oldmembers.variable(expression)
    if place:
        return place[0]
    try:
        return current().enumerator_type(expression)
    except NotFoundError:
        from pykd.values.expression import ExpressionError, evaluate

        try:
            value = evaluate(current(), expression)
            if value.untyped:
                raise ExpressionError(value.unknown())
            return value.type
        except ExpressionError as wrong:
            raise ProgramError(str(wrong)) from wrong
