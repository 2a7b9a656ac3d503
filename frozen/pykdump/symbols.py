# SPDX-License-Identifier: GPL-2.0-or-later
"""Types and variables by their names: sizes, members, objects, what a global is and what it says."""

from __future__ import annotations

import crash
import pykd
from pykd.compat import standins
from pykd.compat.moved import LIST_HEADS, OLD_TYPES, OWNERS, link_offset, owner_offset
from pykd.compat.parts import Parts

from .datatypes import SUInfo, TypeInfo, VarInfo, type_length
from .lowlevel import StructResult
from .memocaches import memoize_typeinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import StructType


def readSU(symbol: str, addr: int) -> StructResult:
    """The struct or union *symbol* at *addr*. :raises TypeError: ``no type NAME``"""
    try:
        return StructResult(symbol, addr)
    except TypeError:
        if isinstance(addr, Parts):
            return addr  # type: ignore[return-value]
        if symbol not in OLD_TYPES:
            raise
    return StructResult(OLD_TYPES[symbol], addr)


@memoize_typeinfo
def struct_size(sname: str) -> int:
    """sizeof any type (of an array's element), or -1."""
    return type_length(sname)  # type: ignore[no-any-return]


union_size = getSizeOf = struct_size


def struct_exists(sname: str) -> bool:
    return struct_size(sname) != -1  # type: ignore[no-any-return]


@memoize_typeinfo
def getStructInfo(stype: str) -> SUInfo:
    try:
        return SUInfo(stype)
    except TypeError:
        if stype not in OLD_TYPES:
            raise
    return SUInfo(OLD_TYPES[stype])


@memoize_typeinfo
def member_size(sname: str, fname: str) -> int:
    """sizeof a member, -1 if there is none. :raises TypeError: if there is no such struct."""
    try:
        return SUInfo(sname)[fname].size  # type: ignore[no-any-return]
    except (KeyError, AttributeError):
        return -1


def _class_of(sname: str) -> StructType:
    try:
        return pykd.current().struct_class(sname)
    except pykd.NotFoundError:
        if sname not in OLD_TYPES:
            raise
    return pykd.current().struct_class(OLD_TYPES[sname])


@memoize_typeinfo
def member_offset(sname: str, fname: str) -> int:
    """Bytes from the start of the struct to a member; a dotted path leads through embedded structs. -1 if there is none."""
    try:
        cls = _class_of(sname)
        offset = cls.member_offset(fname)
        if offset is None and "." in fname:
            member = cls.PYT_type.member(fname)
            offset = member.offset if member else None
        if (sname, fname) in LIST_HEADS and offset is not None and cls.PYT_type.member(fname) is None:
            offset = link_offset(sname, fname, offset)
        if (sname, fname) in OWNERS and offset is not None:
            offset = owner_offset(sname, fname, offset)
    except pykd.Error:
        return -1
    return -1 if offset is None else offset


_symbols: dict[str, int] = {}


def symbol_exists(sym: str) -> int:
    try:
        return _symbols[sym]
    except KeyError:
        found = _symbols[sym] = crash.symbol_exists(sym) or int(sym in standins.SEEN)
        return found


_variables: dict[str, VarInfo] = {}


def whatis(symbol: str) -> VarInfo:
    """The type and address of a global. :raises TypeError: ``There's no symbol <NAME>``"""
    try:
        return _variables[symbol]
    except KeyError:
        pass
    try:
        if symbol in standins.TYPES and not crash.symbol_exists(symbol):
            return _gone(symbol)
        described = crash.gdb_whatis(symbol)
        address = crash.sym2addr(symbol)
        if not address:
            address = pykd.current().symbol(symbol).address  # of a per-CPU variable it may be 0
    except crash.error:
        if crash.symbol_exists(symbol):
            raise TypeError(f"<{symbol}> has no type here; declare it with --decl FILE: TYPE {symbol};") from None
        raise TypeError(f"There's no symbol <{symbol}>") from None
    info = VarInfo(symbol)
    info.ti = TypeInfo(described)
    info.addr = address
    info.ctype = info.ti.stype  # type: ignore[attr-defined]
    _variables[symbol] = info
    return info


def _gone(symbol: str) -> VarInfo:
    """The type of a variable that is no more: programs ask whether it is known before they read it."""
    info = VarInfo(symbol)
    info.ti = TypeInfo(standins.TYPES[symbol])
    info.addr = 0
    info.ctype = info.ti.stype  # type: ignore[attr-defined]
    _variables[symbol] = info
    return info


def readSymbol(symbol: str) -> Any:
    """Value of a global. :raises TypeError: ``There's no symbol <NAME>``"""
    if symbol in standins.GONE and not crash.symbol_exists(symbol):
        return standins.GONE[symbol]()
    if symbol in standins.CHANGED and crash.symbol_exists(symbol):
        return standins.CHANGED[symbol]()
    info = whatis(symbol)
    return info.reader(info.addr)


def funcargs(symbol: str) -> list[str] | None:
    """Types of a function's arguments; None if it is not known or no function."""
    try:
        ti = whatis(symbol).ti
    except TypeError:
        return None
    if ti.stype != "(func)":
        return None
    return [argument.typestr() for argument in ti.prototype[1:]]
