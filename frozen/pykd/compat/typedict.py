# SPDX-License-Identifier: GPL-2.0-or-later
"""C types as the dictionaries in which PyKdump's C module told Python of them, with gdb's numbers."""

from __future__ import annotations

import _pykd

# gdb's numbers, as programs know them.
TYPE_CODE_PTR = 1
TYPE_CODE_ARRAY = 2
TYPE_CODE_STRUCT = 3
TYPE_CODE_UNION = 4
TYPE_CODE_ENUM = 5
TYPE_CODE_FUNC = 7
TYPE_CODE_INT = 8
TYPE_CODE_FLT = 9
TYPE_CODE_VOID = 10
TYPE_CODE_BOOL = 21
TYPE_CODE_SU = (TYPE_CODE_STRUCT, TYPE_CODE_UNION)

_CODES = {
    "pointer": TYPE_CODE_PTR,
    "array": TYPE_CODE_ARRAY,
    "struct": TYPE_CODE_STRUCT,
    "union": TYPE_CODE_UNION,
    "enum": TYPE_CODE_ENUM,
    "function": TYPE_CODE_FUNC,
    "int": TYPE_CODE_INT,
    "float": TYPE_CODE_FLT,
    "void": TYPE_CODE_VOID,
}

UNTAGGED = ("struct", "union")

named_here: dict[str, _pykd.Type] = {}
"""Types that only we have given a name to: ``PARENT:OFFSET/FIELD->struct``."""


class TypeDict(dict):  # type: ignore[type-arg]
    """What gdb is asked of a type, with the type itself."""

    ctype: _pykd.Type


def type_code(ctype: _pykd.Type) -> int:
    """One of gdb's numbers."""
    return TYPE_CODE_BOOL if ctype.kind == "int" and ctype.name in ("_Bool", "bool") else _CODES[ctype.kind]


def describe(ctype: _pykd.Type, fname: str | None = None) -> TypeDict:
    """The type dictionary of *ctype*; *fname* is the name of the member, argument or variable that has this type."""
    info = TypeDict()
    info.ctype = ctype
    typedef: str | None = None
    inner: str | None = None
    stars = 0
    dims: list[int] = []
    base = ctype
    while base.target is not None and base.kind != "function" and base.kind != "enum":
        if base.kind == "typedef":
            # Of a chain the outermost counts; one behind * or [] overrides what stood before.
            inner = inner or base.name
        elif base.kind != "qualified":
            if base.kind == "pointer":
                stars += 1
            else:
                dims.append(base.length or 0)
            typedef, inner = inner or typedef, None
        base = base.target
    typedef = inner or typedef
    code = type_code(base)
    if base.kind in ("struct", "union", "enum"):
        info["basetype"] = f"{base.kind} {base.name}" if base.name else base.kind
    else:
        info["basetype"] = "(func)" if base.kind == "function" else base.name or "void"
    info["codetype"] = TYPE_CODE_PTR if stars else code
    # gdb's size of void and of functions.
    info["typelength"] = 8 if stars else base.size or (1 if base.kind in ("void", "function") else 0)
    if typedef:
        info["typedef"] = typedef
    if stars:
        info["stars"] = stars
        info["ptrbasetype"] = code
    if dims:
        info["dims"] = dims
    if base.kind == "int" and code == TYPE_CODE_INT:
        info["uint"] = 0 if base.signed or base.name == "char" else 1
    if fname is not None:
        info["fname"] = fname
    if base.kind in UNTAGGED and (not base.name or (fname is None and not stars)):
        info["body"] = [describe_member(member) for member in base.members()]
    elif base.kind == "enum":
        # Of one that is only declared nothing is known but its name.
        info["edef"] = [[name, value] for name, value in base.enumerators()] if base.complete else []
    elif base.kind == "function":
        returned = base.target
        assert returned is not None
        info["prototype"] = [describe(returned, "returntype")] + [
            describe(parameter, f"arg{i}") for i, (_, parameter) in enumerate(base.parameters())
        ]
    return info


def describe_member(member: _pykd.Member) -> TypeDict:
    """As :func:`describe`, with the place of the member in its struct, in bits."""
    info = describe(member.type, member.name or "")
    info["bitoffset"] = member.bit_offset
    if member.bit_size is not None:
        info["bitsize"] = member.bit_size
    return info


def find_type(name: str) -> _pykd.Type:
    """The type that C text, or a name made up here for an untagged struct, means.

    :raises NotFoundError, CSyntaxError:
    """
    return named_here.get(name) or _pykd.current().type(name)
