# SPDX-License-Identifier: GPL-2.0-or-later
"""Descriptions of C types, members and variables in PyKdump's vocabulary, made of :class:`_pykd.Type`."""

from __future__ import annotations

import _pykd
import pykd
from pykd.compat.moved import OLD_ENUMS
from pykd.compat.typedict import (
    TYPE_CODE_BOOL,
    TYPE_CODE_FLT,
    UNTAGGED,
    TypeDict,
    describe,
    describe_member,
    find_type,
    named_here,
    type_code,
)
from pykd.values.words import bit_field

from . import Generic
from .Generic import LazyEval
from .memocaches import MemoizeSU, memoize_typeinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@memoize_typeinfo
def gdb_typeinfo(sname: str) -> TypeDict:
    """:raises crash.error: if there is no such type."""
    return describe(find_type(sname))


@memoize_typeinfo
def type_length(tname: str) -> int:
    """sizeof the type, of an array's element, or -1."""
    try:
        length: int = gdb_typeinfo(tname)["typelength"]
        return length
    except pykd.Error:
        return -1


def _described(name: str) -> TypeDict:
    """The dictionary of a type, or of a variable's type."""
    try:
        found: TypeDict = gdb_typeinfo(name)
        return found
    except pykd.Error:
        import crash

        return crash.gdb_typeinfo(name)


class TypeInfo:
    """A type, given by its name (or a variable's) or by its dictionary."""

    def __init__(self, info: str | TypeDict) -> None:
        described = _described(info) if isinstance(info, str) else info
        self.ctype = described.ctype
        self.stype: str = described.get("typedef") or described["basetype"]
        self.size: int = described["typelength"]
        self.codetype: int = described["codetype"]
        self.dims: list[int] | None = described.get("dims")
        self.ptrlev: int | None = described.get("stars")
        self.typedef: str | None = described.get("typedef")
        self.uint: int | None = described.get("uint")
        self.fake_SU = False
        if self.ptrlev:
            self.ptrbasetype: int = described["ptrbasetype"]
        if "prototype" in described:
            self.prototype = [TypeInfo(argument) for argument in described["prototype"]]

    def _name_untagged(self, name: str) -> None:
        """Let an untagged struct be found under a name made of where it was met."""
        if self.stype in UNTAGGED:
            self.stype = f"{name}->{self.stype}"
            self.fake_SU = True
            named_here[self.stype] = self._target()

    def _target(self) -> _pykd.Type:
        """Without stars and dimensions, with its typedef."""
        target = ctype = self.ctype
        while ctype.target is not None and ctype.kind not in ("function", "enum"):
            derived = ctype.kind in ("pointer", "array")
            ctype = ctype.target
            if derived or target.kind == "qualified":
                target = ctype
        return target

    def getElements(self) -> int:
        elements = 1
        for dimension in self.dims or ():
            elements *= dimension
        return elements

    def getTargetType(self) -> TypeInfo:
        """What is left without stars and dimensions."""
        info = TypeInfo(describe(self._target()))
        info.stype, info.fake_SU = self.stype, self.fake_SU
        return info

    def getTargetCodeType(self) -> int:
        return self.getTargetType().codetype

    elements = LazyEval("elements", getElements)
    tcodetype = LazyEval("tcodetype", getTargetCodeType)

    def fullname(self) -> tuple[str, str, str]:
        """What stands before the name, the stars and the dimensions."""
        return self.stype, "*" * (self.ptrlev or 0), "".join(f"[{dimension}]" for dimension in self.dims or ())

    def typestr(self) -> str:
        """``struct dentry *``"""
        stype, stars, dims = self.fullname()
        return f"{stype} {stars}{dims}" if stars or dims else stype

    def fullstr(self, indent: int = 0) -> str:
        stype, stars, dims = self.fullname()
        return f"{' ' * indent}{stype} {stars}{dims};"

    def _definition(self, indent: int, full: bool) -> str | None:
        """The members of an untagged struct, which must be written where it is used."""
        if not self.fake_SU:
            return None
        info = SUInfo(self.stype)
        return info.fullstr(indent) if full else info.shortstr(indent)

    def __repr__(self) -> str:
        stype, stars, dims = self.fullname()
        if stype == "(func)":
            arguments = [argument.typestr() for argument in self.prototype]
            stype, dims = arguments[0], f"(func)({', '.join(arguments[1:])})"
        return f"TypeInfo <{stype} {stars}{dims}> size={self.size}"


class VarInfo:
    """A member of a struct or a global variable: a name, a type, and where it is."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.addr: int | None = None
        self.offset = 0
        self.bitoffset = 0
        self.bitsize: int | None = None

    @classmethod
    def _of_member(cls, member: _pykd.Member, bit_offset: int, parent: str, index: int) -> VarInfo:
        info = cls(member.name or "")
        info.bitoffset = bit_offset
        info.offset = bit_offset // 8
        info.bitsize = member.bit_size
        info._member = member
        # For the name of the type, should it have none.
        info._place = f"{parent}:{info.offset}/{member.name}" if member.name else f"{parent}:{info.offset}"
        return info

    _member: _pykd.Member
    _place: str

    def _get_ti(self) -> TypeInfo:
        member = self.__dict__.get("_member")
        if member is None:
            raise AttributeError(f"nothing is known of the type of {self.name}")
        info = TypeInfo(describe_member(member))
        info._name_untagged(self._place)
        return info

    def getReader(self, ptrlev: int | None = None) -> Any:
        """A function from the address of the variable (of a bit field: of its byte ``offset``) to its value."""
        dump = pykd.current()
        ctype = self.ti.ctype
        if self.bitsize is None:
            if self.ti.codetype == TYPE_CODE_FLT and self.ti.ptrlev is None:
                raise TypeError(f"don't know how to read codetype {TYPE_CODE_FLT}")
            return lambda addr: dump.object(ctype, addr)
        shift, size = self.bitoffset - 8 * self.offset, self.bitsize
        bytes_nr = (shift + size + 7) // 8
        base = ctype.strip()
        boolean, signed = type_code(base) == TYPE_CODE_BOOL, base.signed

        def read_bits(addr: int) -> int:
            value = bit_field(dump, dump.read(addr, bytes_nr), shift, size)
            if boolean:
                return bool(value)
            return value - (1 << size) if signed and value >> size - 1 else value

        return read_bits

    def getDereferencer(self) -> Any:
        target = VarInfo()
        target.ti = self.ti.getTargetType()
        return target.reader

    def getSize(self) -> int:
        return int(self.ti.size) * int(self.ti.elements)

    def getArray(self) -> Any:
        dims = self.ti.dims
        if dims is None:
            raise TypeError(f"{self.name} is not an array")
        return dims[0] if len(dims) == 1 else dims

    ti: Any = LazyEval("ti", _get_ti)
    reader: Any = LazyEval("reader", getReader)
    dereferencer: Any = LazyEval("dereferencer", getDereferencer)
    size: Any = LazyEval("size", getSize)
    array: Any = LazyEval("array", getArray)
    basetype: Any = LazyEval("basetype", lambda self: self.ti.stype)
    ptrlev: Any = LazyEval("ptrlev", lambda self: self.ti.ptrlev)

    def _declaration(self, indent: int, full: bool) -> str:
        stype, stars, dims = self.ti.fullname()
        if self.bitsize is not None:
            dims += f":{self.bitsize}"
        definition = self.ti._definition(indent, full)
        return f"{definition or ' ' * indent + stype} {stars}{self.name or ''}{dims};"

    def shortstr(self, *, indent: int = 0, unstub: bool = False) -> str:
        return self._declaration(indent, False)

    def fullstr(self, indent: int = 0) -> str:
        return f"{self._declaration(indent, True)} | off={self.offset} size={self.size}"

    def __repr__(self) -> str:
        stype, stars, dims = self.ti.fullname()
        if stype == "(func)":
            arguments = [argument.typestr() for argument in self.ti.prototype]
            stype, dims = arguments[0], f"({', '.join(arguments[1:])})"
        addr = "" if self.addr is None else f" addr={self.addr:#x}"
        return f"{type(self).__name__} <{stype} {stars}{self.name}{dims}>{addr}"


def _type_at(ctype: _pykd.Type, offset: int) -> _pykd.Type | None:
    """Type of the innermost member that begins at *offset* of a struct; None for one in an array, or none."""
    for member in ctype.members():
        inner = offset - member.offset
        if member.bit_size or not 0 <= inner < max(member.type.size, 1):
            continue
        stripped = member.type.strip()
        if stripped.kind in ("struct", "union"):
            return _type_at(stripped, inner)
        return None if inner else member.type
    return None


class PseudoVarInfo(VarInfo):
    """A member that was added under a name of its own."""

    def __init__(self, cls: _pykd.StructType, name: str, offset: int) -> None:
        super().__init__(name)
        self.offset = offset
        self.bitoffset = 8 * offset
        self._class = cls

    def _get_ti(self) -> TypeInfo:
        # The object that the name reads knows its type; that of a number or a pointer is found where it lies.
        value = getattr(self._class(0), self.name or "") if self._is_struct() else None
        if value is not None:
            return TypeInfo(describe(type(value).PYT_type))
        ctype = _type_at(self._class.PYT_type, self.offset or 0)
        if ctype is None:
            raise AttributeError(f"nothing is known of the type of {self.name}")
        return TypeInfo(describe(ctype))

    def _is_struct(self) -> bool:
        try:
            return isinstance(getattr(self._class(0), self.name or ""), _pykd.Struct)
        except pykd.Error:
            return False

    def getReader(self, ptrlev: int | None = None) -> Any:
        return lambda addr: getattr(self._class(addr - self.offset), self.name or "")

    ti: Any = LazyEval("ti", _get_ti)
    reader: Any = LazyEval("reader", getReader)


class _SUInfo(dict):  # type: ignore[type-arg]
    """Members by name, also as attributes; members of anonymous members belong to the outer struct."""

    PYT_sname: str
    PYT_size: int
    size: int
    PYT_body: list[tuple[str, VarInfo]]
    PYT_class: _pykd.StructType | None = None

    def __init__(self, sname: str) -> None:
        super().__init__()
        object.__setattr__(self, "PYT_sname", sname)
        object.__setattr__(self, "PYT_body", [])
        object.__setattr__(self, "PYT_size", 0)
        object.__setattr__(self, "size", 0)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __missing__(self, name: str) -> VarInfo:
        # Added by StructType.add_member(), by structSetAttr() or for old programs.
        offset = self.PYT_class.member_offset(name) if self.PYT_class is not None else None
        if offset is None:
            raise KeyError(f"<{self.PYT_sname}> does not have a field <{name}>")
        assert self.PYT_class is not None
        info = self[name] = PseudoVarInfo(self.PYT_class, name, offset)
        return info

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (
            self.PYT_class is not None and isinstance(name, str) and self.PYT_class.member_offset(name) is not None
        )

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 (this is it)

    def _append(self, info: VarInfo) -> None:
        self.PYT_body.append((info.name or "", info))
        if info.name:
            self[info.name] = info
        else:
            for member in SUInfo(info.ti.stype).values():
                inner = VarInfo(member.name)
                inner.ti = member.ti
                inner.bitsize = member.bitsize
                inner.bitoffset = member.bitoffset + info.bitoffset
                inner.offset = inner.bitoffset // 8
                self[member.name] = inner

    def getFnames(self) -> list[str]:
        """Names of the members in order, "" for anonymous ones."""
        return [name for name, _ in self.PYT_body]

    def _text(self, lines: Iterator[str], indent: int) -> str:
        return "\n".join([f"{' ' * indent}{self.PYT_sname} {{", *lines, f"{' ' * indent}}}"])

    def shortstr(self, indent: int = 0) -> str:
        return self._text((info.shortstr(indent=indent + 2) for _, info in self.PYT_body), indent)

    def fullstr(self, indent: int = 0) -> str:
        return self._text((info.fullstr(indent + 2) for _, info in self.PYT_body), indent)

    def __repr__(self) -> str:
        return self.fullstr()

    def __str__(self) -> str:
        return "<SUInfo>\n" + self.shortstr()


class SUInfo(_SUInfo, metaclass=MemoizeSU):  # type: ignore[misc]
    """The struct, union, or typedef of one, that is called *sname*.

    :raises TypeError: ``no type NAME``
    """

    def __init__(self, sname: str, ctype: _pykd.Type | None = None) -> None:
        super().__init__(sname)
        if ctype is None:
            try:
                ctype = find_type(sname)
            except pykd.Error:
                raise TypeError(f"no type {sname}") from None
        base = ctype.strip()
        if base.kind in UNTAGGED:
            cls = pykd.current().struct_class(ctype)
            # A declaration of vmlinux may be a definition in a module.
            base = cls.PYT_type
            if not base.complete:
                raise TypeError(f"no type {sname}")
            object.__setattr__(self, "PYT_class", cls)
            for i, member in enumerate(base.members()):
                info = VarInfo._of_member(member, member.bit_offset, sname, i)
                self.PYT_body.append((member.name or "", info))
                if member.name:
                    self[member.name] = info
                else:
                    self._flatten(member, sname)
        object.__setattr__(self, "PYT_size", base.size)
        object.__setattr__(self, "size", base.size)

    def _flatten(self, outer: _pykd.Member, sname: str) -> None:
        pending = [(outer, 0)]
        seen = set()  # damaged types may be nested in themselves
        while pending:
            anonymous, base = pending.pop(0)
            base += anonymous.bit_offset
            ctype = anonymous.type.strip()
            if ctype in seen:
                continue
            seen.add(ctype)
            for i, member in enumerate(ctype.members()):
                if member.name:
                    self[member.name] = VarInfo._of_member(member, base + member.bit_offset, sname, i)
                else:
                    pending.append((member, base))


Generic.SUInfo = SUInfo  # type: ignore[attr-defined]  # older programs import it from there


class ArtStructInfo(_SUInfo):
    """A struct that no compiler knows: append members one by one."""

    def _grow(self, size: int) -> None:
        object.__setattr__(self, "PYT_size", self.PYT_size + size)
        object.__setattr__(self, "size", self.PYT_size)

    def append(self, ftype: str, fname: str) -> None:
        """A member of C type *ftype* at the end, without padding."""
        info = VarInfo(fname)
        try:
            info.ti = TypeInfo(ftype)
        except pykd.Error:
            # Of a struct that this kernel lacks, or that is still to be made, its pointers are known.
            if not ftype.rstrip().endswith("*"):
                raise
            info.ti = TypeInfo("void *")
        info.offset = self.PYT_size
        info.bitoffset = 8 * self.PYT_size
        self._append(info)
        self._grow(info.size)

    def inline(self, other: _SUInfo) -> None:
        """The members of another struct at the end."""
        for name, member in other.PYT_body:
            info = VarInfo(name)
            info.ti = member.ti
            info.bitsize = member.bitsize
            info.bitoffset = member.bitoffset + 8 * self.PYT_size
            info.offset = info.bitoffset // 8
            self._append(info)
        self._grow(other.PYT_size)


class EnumInfo(dict):  # type: ignore[type-arg]
    """Names and values of ``enum TAG``, or of the enum that has an enumerator of that name, or of a variable's enum, or of a typedef's.

    :raises TypeError: if there is none.
    """

    def __init__(self, stype: str) -> None:
        super().__init__()
        self.stype = stype
        try:
            ctype = self._find(stype).strip()
        except pykd.Error:
            raise TypeError(f"cannot find enum <{stype}>") from None
        if ctype.kind != "enum":
            raise TypeError(f"{stype} is not an enum")
        self._fill(ctype)

    def _find(self, stype: str) -> _pykd.Type:
        if stype.startswith("enum "):
            try:
                return find_type(stype)
            except pykd.NotFoundError:
                return find_type(OLD_ENUMS.get(stype, stype))
        self.stype = "enum"
        dump = pykd.current()
        try:
            return dump.enumerator_type(stype)
        except pykd.NotFoundError:
            pass
        try:
            return dump.symbol_type(stype)
        except pykd.NotFoundError:
            return find_type(stype)

    def _fill(self, ctype: _pykd.Type) -> None:
        self._Lst = ctype.enumerators()
        for name, value in self._Lst:
            self[name] = value

    @classmethod
    def of_class(cls, enum_class: _pykd.StructType) -> EnumInfo:
        info = cls.__new__(cls)
        info.stype = enum_class.PYT_symbol
        info._fill(enum_class.PYT_type)
        return info

    def __getattr__(self, name: str) -> int:
        try:
            value: int = self[name]
            return value
        except KeyError:
            raise AttributeError(name) from None

    def getnam(self, value: int) -> str:
        return next(
            (name for name, known in self.items() if known == value), f"<{self.stype}, bad value {int(value)}>"
        )

    def __str__(self) -> str:
        return f"{self.stype} {{{' ,'.join(f'{name} = {value}' for name, value in self._Lst)}}}"


def _struct_info(cls: _pykd.StructType) -> SUInfo:
    """``PYT_sinfo`` of a class of structs."""
    name = cls.PYT_symbol
    if "->" in name and name not in named_here:
        named_here[name] = cls.PYT_type
    info: SUInfo = SUInfo(name) if name not in UNTAGGED else SUInfo(name, cls.PYT_type)
    if info.PYT_class is not cls:
        # One of several types of that name, and not the one that the name alone means.
        info = type.__call__(SUInfo, name, cls.PYT_type)
    return info


def _type_info(cls: _pykd.StructType) -> TypeInfo | EnumInfo:
    """``ti`` of a class of pointers, ``einfo`` of a class of enums."""
    return EnumInfo.of_class(cls) if cls.PYT_type.kind == "enum" else TypeInfo(describe(cls.PYT_type))


_pykd.struct_info = _struct_info
_pykd.type_info = _type_info
