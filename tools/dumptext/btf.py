# SPDX-License-Identifier: GPL-2.0-or-later
"""BTF of a fixture's types, as pahole writes it (Documentation/bpf/btf.rst of the kernel)."""

from __future__ import annotations

import struct

from .cdecl import Array, Compound, Declarations, Enum, Function, Int, Pointer, Type, Typedef, Void

_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _FWD, _TYPEDEF = range(1, 9)
_PROTO, _VAR, _DATASEC, _ENUM64 = 13, 14, 15, 19
_MAGIC = 0xEB9F


class Writer:
    """One section, in the byte order *mark* of module struct."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._strings = bytearray(1)
        self._offsets = {"": 0}
        self._ids: dict[int, int] = {}
        self._records: list[bytes] = []
        self._kept: list[Type] = []  # so that the keys of _ids stay theirs

    def _words(self, *words: int) -> bytes:
        return struct.pack(f"{self._mark}{len(words)}I", *(word & 0xFFFFFFFF for word in words))

    def _string(self, text: str) -> int:
        if text not in self._offsets:
            self._offsets[text] = len(self._strings)
            self._strings += text.encode() + b"\0"
        return self._offsets[text]

    def _fill(self, number: int, name: str, kind: int, nr: int, third: int, rest: bytes = b"", flag: bool = False) -> None:
        self._records[number - 1] = self._words(self._string(name), flag << 31 | kind << 24 | nr, third) + rest

    def _new(self) -> int:
        self._records.append(b"")
        return len(self._records)

    def id(self, type_: Type) -> int:
        """The number of a type, written if it is not there yet."""
        if isinstance(type_, Void):
            return 0
        number = self._ids.get(id(type_))
        if number is None:
            number = self._ids[id(type_)] = self._new()
            self._kept.append(type_)
            self._write(number, type_)
        return number

    def _write(self, number: int, type_: Type) -> None:
        match type_:
            case Int():
                encoding = (4 if type_.boolean else 1 if type_.signed else 0) << 24 | 8 * type_.size
                self._fill(number, type_.name, _INT, 0, type_.size, self._words(encoding))
            case Pointer():
                self._fill(number, "", _PTR, 0, self.id(type_.target))
            case Array():
                self._array(number, type_)
            case Typedef():
                self._fill(number, type_.name, _TYPEDEF, 0, self.id(type_.target))
            case Enum():
                self._enum(number, type_)
            case Compound():
                self._compound(number, type_)
            case Function():
                words = [word for name, each in type_.parameters for word in (self._string(name), self.id(each))]
                words += [0, 0] if type_.variadic else []
                self._fill(number, "", _PROTO, len(words) // 2, self.id(type_.target), self._words(*words))

    def _array(self, number: int, type_: Array) -> None:
        index = self.id(self._index)
        self._fill(number, "", _ARRAY, 0, 0, self._words(self.id(type_.target), index, type_.nr or 0))

    def _enum(self, number: int, type_: Enum) -> None:
        wide = type_.size == 8
        rest = b""
        for name, value in type_.values or ():
            rest += self._words(self._string(name), value, value >> 32) if wide else self._words(self._string(name), value)
        self._fill(number, type_.tag, _ENUM64 if wide else _ENUM, len(type_.values or ()), type_.size, rest, type_.signed)

    def _compound(self, number: int, type_: Compound) -> None:
        if type_.members is None:
            self._fill(number, type_.tag, _FWD, 0, 0, flag=type_.kind == "union")
            return
        fields = any(each.bits is not None for each in type_.members)
        rest = b""
        for each in type_.members:
            place = each.bit_offset | ((each.bits or 0) << 24 if fields else 0)
            rest += self._words(self._string(each.name), self.id(each.type), place)
        kind = _STRUCT if type_.kind == "struct" else _UNION
        self._fill(number, type_.tag, kind, len(type_.members), type_.size, rest, fields)

    def section(self, declarations: Declarations, percpu: list[tuple[str, Type, int, bool]]) -> bytes:
        """All named types, and the per-CPU variables: name, type, offset in their section, whether static."""
        self._index = declarations.ints["unsigned"]
        for type_ in declarations.order:
            self.id(type_)
        rows = []
        for name, type_, offset, static in percpu:
            target, number = self.id(type_), self._new()
            self._fill(number, name, _VAR, 0, target, self._words(not static))
            rows += [number, offset, type_.size]
        if rows:
            end = rows[-2] + rows[-1]
            self._fill(self._new(), ".data..percpu", _DATASEC, len(rows) // 3, end, self._words(*rows))
        types = b"".join(self._records)
        header = struct.pack(f"{self._mark}HBB5I", _MAGIC, 1, 0, 24, 0, len(types), len(types), len(self._strings))
        return header + types + bytes(self._strings)
