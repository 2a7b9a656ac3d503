# SPDX-License-Identifier: GPL-2.0-or-later
"""Names that a dump knows and that are nearly the one that was asked for: symbols, types, members, enumerators."""

from __future__ import annotations

from _pykd import Dump, Error, MemberError, NotFoundError, Struct, StructType, Type
from pykd.core.near import near, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TAGS = ("struct", "union", "enum")


def symbols(dump: Dump, name: str) -> list[str]:
    """Functions and variables, of modules too."""
    return near(name, _symbols(dump))


def variables(dump: Dump, name: str) -> list[str]:
    """What an expression may name: symbols and enumerators."""
    return symbols(dump, name) or enumerators(dump, name)


def _symbols(dump: Dump) -> Iterator[str]:
    try:
        for symbol in dump.kernel_symbols():
            yield symbol.name
        for module in dump.modules():
            for symbol in module.symbols():
                yield symbol.name
    except Error:
        return


def types(dump: Dump, name: str) -> list[str]:
    """Types; of ``struct foo`` structs with their tag, and what bears the very name with another tag or none."""
    tag, _, rest = name.strip().rpartition(" ")
    kinds = [tag] if tag in _TAGS else ["struct", "union", "typedef"]
    found = []
    for kind in (*_TAGS, "typedef"):
        if kind not in kinds and dump.find_type(kind, rest) is not None:  # type: ignore[arg-type]
            found.append(rest if kind == "typedef" else f"{kind} {rest}")
    try:
        names = [(f"{kind} " if kind in _TAGS and tag else "") + (type.name or "") for kind in kinds for type in dump.types(kind)]  # type: ignore[arg-type]
    except Error:
        names = []
    return [*found, *near(f"{tag} {rest}" if tag in _TAGS else rest, names)][:3]


def enumerators(dump: Dump, name: str) -> list[str]:
    """Enumerators of any enum."""
    try:
        return near(name, (one for type in dump.types("enum") if type.complete for one, _ in type.enumerators()))
    except Error:
        return []


def members(type: Type, name: str) -> list[str]:
    """Members of a struct or union, of those without a name too."""
    return near(name, member_names(type))


def member_names(type: Type) -> Iterator[str]:
    """Those of anonymous members too."""
    pending = [type.strip()]
    for outer in pending:
        if outer.kind not in ("struct", "union") or not outer.complete:
            continue
        for member in outer.members():
            if member.name:
                yield member.name
            elif (inner := member.type.strip()) not in pending:
                pending.append(inner)


def hint(dump: Dump, error: BaseException) -> str:
    """What to add to the message of an error about a name that the user gave: ``; did you mean `comm`?``, or nothing."""
    return sentence(list(_meant(dump, error))[:1])


def _meant(dump: Dump, error: BaseException) -> Iterable[str]:
    name = getattr(error, "name", None)
    if not isinstance(name, str) or hasattr(error, "reason"):
        return []  # what may be lost with a page is no slip of the hand
    if isinstance(error, NotFoundError):
        finder = {"symbol": symbols, "type": types, "enumerator": enumerators}.get(error.kind or "")
        return finder(dump, name) if finder else []
    if isinstance(error, AttributeError):
        owner = getattr(error, "obj", None)
        if isinstance(owner, StructType):
            return members(owner.PYT_type, name)
        if isinstance(error, MemberError) and isinstance(owner, Struct):
            return members(type(owner).PYT_type, name)
        return near(name, (one for one in dir(owner) if not one.startswith("_")))
    return []
