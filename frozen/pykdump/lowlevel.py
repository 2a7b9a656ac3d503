# SPDX-License-Identifier: GPL-2.0-or-later
"""Typed objects, and members that programs add to them."""

from __future__ import annotations

import sys

import _pykd
import pykd
from pykd.compat.parts import Elements, Parts

from .datatypes import TypeInfo
from .Generic import registerModuleAttr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

debugDeref = 0
registerModuleAttr("debugDeref", default=0)

StructResult = _pykd.Struct
SmartString = _pykd.CString
tEnum = _pykd.Enum
intDimensionlessArray = _pykd.FlexArray

pointersize = 8


class _PointerClass:
    """``tPtr``: called with an address and a :class:`TypeInfo` it makes a pointer; every typed pointer is an instance of it."""

    def __call__(self, addr: int, ti: TypeInfo) -> _pykd.Pointer:
        ctype = ti.ctype
        if ctype.strip().kind != "pointer":
            raise TypeError(f"{ti!r} is not a pointer")
        pointer: _pykd.Pointer = pykd.current().struct_class(ctype)(int(addr))  # type: ignore[assignment]
        return pointer

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, _pykd.Pointer)

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, _pykd.Pointer)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_pykd.Pointer,)

    def __repr__(self) -> str:
        return repr(_pykd.Pointer)


tPtr = _PointerClass()


def b2str(data: bytes) -> str:
    """Bytes as text; what is not ASCII as ``\\xNN``."""
    return str(data, "ascii", errors="backslashreplace")


def Addr(obj: Any, extra: str | None = None) -> int | None:
    """Address of an object, or of its member *extra*; of a string where its text is."""
    if isinstance(obj, StructResult):
        return int(obj) if extra is None else int(obj) + obj.fieldOffset(extra)
    if isinstance(obj, SmartString):
        return obj.addr
    if isinstance(obj, Elements):
        return obj
    raise TypeError(type(obj))


def Deref(obj: Any) -> Any:
    """What a pointer points to; a struct is itself."""
    if isinstance(obj, _pykd.Pointer):
        return obj.Deref
    if isinstance(obj, (StructResult, Parts)):
        return obj
    raise TypeError(f"Trying to dereference a non-pointer {obj}")


def _dump_members(self: _pykd.Struct, indent: int = 0) -> None:
    """Print the members one by one without going into structs; of long arrays the first four elements."""
    for name, _ in type(self).PYT_sinfo.PYT_body:
        if not name:
            continue
        try:
            value = getattr(self, name)
        except (pykd.FaultError, TypeError) as error:
            value = f"({error})"
        if isinstance(value, list) and len(value) > 4:
            value = str(value[:4])[:-1] + ", ...]"
        print(" " * indent, f"    {name:>18s} ", value)


StructResult.Dump = _dump_members  # type: ignore[attr-defined]


def _pointer_text(self: _pykd.Pointer) -> str:
    """gdb's spelling, which has no qualifiers."""
    return f"<tPtr addr={int(self):#x} ctype='{self.ti.typestr()}'>"


def _as_pykdump(own: Callable[[_pykd.Pointer], str]) -> Callable[[_pykd.Pointer], str]:
    """PyKdump's text while a program of its runs, else pykd's."""
    return lambda self: own(self) if _pykd.describe is not None else _pointer_text(self)


for _name in ("__repr__", "__str__"):
    setattr(_pykd.Pointer, _name, _as_pykdump(getattr(_pykd.Pointer, _name)))


def _class_of(sname: str) -> _pykd.StructType | None:
    try:
        return pykd.current().struct_class(sname)
    except pykd.Error:
        return None


def _add_chain(base: _pykd.StructType, others: Sequence[str], name: str, chain: str, root: _pykd.StructType) -> bool:
    """Let *name* read *chain*, of an object taken as a *root*, in *base* and in the structs *others*."""
    first, _, rest = chain.partition(".")
    computed = first in vars(root) and isinstance(vars(root)[first], property)
    if computed and rest:
        return False  # only an object can tell whether it has that; see _add_computed()
    if computed:
        value = vars(root)[first]
        setattr(base, name, value if root is base else property(lambda self: value.fget(root(int(self)))))
        classes = []
    elif root is not base:
        # A struct that begins with a root: the chain is looked up there.
        if not root.add_member(name, chain):
            return False
        classes = [base]
    else:
        if not base.add_member(name, chain):
            if debugDeref:
                print(f"{base.PYT_symbol}: cannot resolve {chain!r} for {name}")
            return False
        classes = []
    if debugDeref:
        print(f"{base.PYT_symbol}.{name} is {root.PYT_symbol}.{chain}")
    offset = root.member_offset(name)
    for other in others:
        cls = _class_of(other)
        if cls is not None and cls is not base:
            classes.append(cls)
    for cls in classes:
        # The same path at the same place is a member like in the first struct; else the object is taken for a root.
        if chain and cls.add_member(name, chain) and cls.member_offset(name) == offset:
            continue
        setattr(cls, name, property(lambda self, root=root, name=name: getattr(root(int(self)), name)))  # type: ignore[misc]
    return True


def _add_computed(base: _pykd.StructType, others: Sequence[str], name: str, chain: str) -> bool:
    """As _add_chain(), for a chain that goes on from a value which is worked out, not read: an old name on a new kernel."""
    if not isinstance(vars(base).get(chain.partition(".")[0]), property):
        return False
    from operator import attrgetter

    value = attrgetter(chain)
    for cls in (base, *filter(None, map(_class_of, others))):
        setattr(cls, name, property(lambda self: value(base(int(self)))))
    return True


def structSetAttr(sname: str, aname: str, estrings: str | Sequence[str], sextra: Sequence[str] = ()) -> bool:
    """Make ``obj.ANAME`` read the first of the dotted chains that exists in this kernel; "" is the object itself.

    :param sextra: other structs that get it too.
    :returns: whether there was one.
    """
    cls = _class_of(sname)
    if cls is None:
        return False
    chains = [estrings] if isinstance(estrings, str) else estrings
    return any(_add_chain(cls, sextra, aname, chain, cls) for chain in chains) or any(
        _add_computed(cls, sextra, aname, chain) for chain in chains
    )


def structSetProcAttr(sname: str, aname: str, meth: Callable[[Any], Any]) -> bool:
    """Make ``obj.ANAME`` call ``meth(obj)``. False if there is no such struct."""
    cls = _class_of(sname)
    if cls is None:
        return False
    setattr(cls, aname, property(meth))
    return True


class AttrSetter:
    """``AttrSetter("struct a", "struct b").name = chain`` (or chains, or a function) adds *name* to all these structs.

    Chains are looked up in the first struct, those that begin with ``SKC.`` in ``struct sock_common``. Afterwards the attribute
    *name* of the setter tells whether that worked.
    """

    _ArgList_: tuple[str, ...]

    def __init__(self, *snames: str) -> None:
        object.__setattr__(self, "_ArgList_", snames)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, self._set(name, value if isinstance(value, (list, tuple)) else [value]))

    def _set(self, name: str, choices: Sequence[Any]) -> bool:
        base = _class_of(self._ArgList_[0])
        if base is None:
            return False
        for choice in choices:
            if callable(choice):
                added = [structSetProcAttr(sname, name, choice) for sname in self._ArgList_]
                return True in added
            root = base
            if choice.startswith("SKC."):
                common = _class_of("struct sock_common")
                if common is None:
                    continue
                root, choice = common, choice.removeprefix("SKC.")
            if _add_chain(base, self._ArgList_[1:], name, choice, root):
                return True
        return False


def printObject(obj: Any) -> None:
    """Print a struct as the ``struct`` command does."""
    if not isinstance(obj, StructResult):
        raise TypeError(f"not a struct: {type(obj)}")
    import crash

    sys.stdout.write(crash.exec_crash_command(f"{type(obj).PYT_symbol} {int(obj):#x}"))
