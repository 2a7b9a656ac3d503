# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers, the registry of tunable attributes, and small helpers that know nothing of dumps."""

from __future__ import annotations

import sys
from _collections import defaultdict  # type: ignore[import-not-found]  # noqa: F401 (older programs take it from here)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType, ModuleType
    from typing import Any

debug = 0
"""Set by ``--debug``."""


class LazyEval:
    """A descriptor that computes an attribute once and then leaves the value on the object."""

    def __init__(self, name: str, meth: Callable[[Any], Any]) -> None:
        self.name = name
        self.meth = meth

    def __get__(self, obj: Any, objtype: type | None = None) -> Any:
        if obj is None:
            return self
        value = self.meth(obj)
        setattr(obj, self.name, value)
        return value


class Bunch(dict):  # type: ignore[type-arg]
    """A dict whose items are also attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def copy(self) -> Bunch:
        return Bunch(self)

    def __str__(self) -> str:
        return "\n".join(f"   {key!s:<12s} {self[key]}" for key in sorted(self))


class _CacheBunch(Bunch):
    """A Bunch in which everything that is not set is None."""

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask for special methods: those are really absent.
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


class DataCache:
    """``tmp`` lives as long as one run of a program, ``perm`` as long as the session."""

    def __init__(self) -> None:
        self.tmp = _CacheBunch()
        self.perm = _CacheBunch()

    def cleartmp(self) -> None:
        if _debugDCache:
            print(f" DCache.tmp: forgetting {sorted(self.tmp)}, DCache.perm: keeping {sorted(self.perm)}")
        self.tmp.clear()

    def clearperm(self) -> None:
        self.perm.clear()

    def __str__(self) -> str:
        return f"{len(self.tmp)} in tmp, {len(self.perm)} in perm"

    def dump(self) -> None:
        for name in ("tmp", "perm"):
            cache = getattr(self, name)
            if cache:
                print(f"   ** DCache.{name} **")
                print(cache)


DCache = DataCache()


class PyCtl:
    """Attributes of modules and objects that can be set from outside, by ``epython pyctl``."""

    class Entry:
        """Attribute *key* of *target*, a module or an object; ``--ls`` and ``--set`` call it *name* ("": not at all)."""

        def __init__(
            self, key: str, name: str, target: Any, module: str, default: Any, help: str, convert: Callable[[str], Any]
        ) -> None:
            self.key = key
            self.name = name
            self.target = target
            self.module = module
            self.default = default
            self.help = help
            self.convert = convert

        @property
        def value(self) -> Any:
            return getattr(self.target, self.key, None)

        def setter(self) -> Callable[[Any], None]:
            def __func(value: Any) -> None:
                self.set(value)

            __func.__name__ = "__func"
            return __func

        def set(self, value: Any) -> None:
            setattr(self.target, self.key, value)
            if _debugDCache:
                print(f" Setting {self.key}={value} for {self.target}")

    def __init__(self) -> None:
        self.entries: dict[str, PyCtl.Entry] = {}
        self.chosen: dict[str, str] = {}
        """By name: what ``--set`` gave, kept for modules that register later or again."""

    def register(self, entry: Entry) -> None:
        # Registering again, as a reload does, keeps the place in listings, and what was chosen: code that runs on import is to see it.
        if entry.default is None:
            known = self.entries.get(entry.key)
            entry.default = known.default if known is not None else entry.value
        self.entries[entry.key] = entry
        entry.set(entry.default)
        for name in (entry.key, entry.name):
            if name in self.chosen:
                entry.set(entry.convert(self.chosen[name]))

    def choose(self, name: str, text: str) -> bool:
        """Set what is called *name* now, or when it registers; False: nothing is called so yet. :raises ValueError: what *text* is not."""
        entry = self.find(name)
        if entry is not None:
            entry.set(entry.convert(text))
        self.chosen[name] = text
        return entry is not None

    def clear(self, entry: Entry) -> None:
        """Set an attribute to its default again."""
        for name in (entry.key, entry.name):
            self.chosen.pop(name, None)
        entry.set(entry.default)

    def find(self, name: str) -> Entry | None:
        """By key or by the name that ``--ls`` shows."""
        for entry in self:
            if name and name in (entry.key, entry.name):
                return entry
        return None

    def __iter__(self) -> Iterator[PyCtl.Entry]:
        return iter(self.entries.values())

    # PyKdump's own program asks the class, which there was instead of an object of it.

    @staticmethod
    def getDict() -> dict[str, tuple[Callable[[Any], None], ModuleType, dict[str, Any], Any]]:
        """By key: the function that sets it, its module, what it was registered with, its value."""
        module = sys.modules[__name__]
        return {
            entry.key: (entry.setter(), module, {"default": entry.default, "help": entry.help, "type": entry.convert}, entry.value)
            for entry in pyctl
        }

    @staticmethod
    def TypeConv(key: str) -> Callable[[str], Any]:
        return pyctl.entries[key].convert

    @staticmethod
    def runfn(key: str, value: Any) -> None:
        pyctl.entries[key].set(value)


pyctl = PyCtl()


def getFrameLocals(depth: int = 1) -> dict[str, Any]:
    """Local variables of the *depth*-th caller."""
    return sys._getframe(depth + 1).f_locals


def _module_of(frame: FrameType) -> ModuleType:
    return sys.modules[frame.f_globals["__name__"]]


def getCurrentModule(depth: int = 1) -> ModuleType:
    """The module that called, or the *depth*-th one up."""
    return _module_of(sys._getframe(depth))


def registerObjAttrHandler(
    obj: Any,
    attrname: str,
    pyctlname: str | None = None,
    *,
    default: Any = None,
    help: str = "",
    type: Callable[[str], Any] = int,
) -> None:
    """Make attribute *attrname* of *obj* settable by ``pyctl``."""
    module = _module_of(sys._getframe(1)).__name__
    name = attrname if pyctlname is None else pyctlname
    pyctl.register(PyCtl.Entry(attrname, name, obj, module, default, help, type))


def registerModuleAttr(
    attrname: str,
    pyctlname: str | None = None,
    default: Any = None,
    help: str = "",
    type: Callable[[str], Any] = int,
) -> None:
    """Create variable *attrname* in the calling module, settable by ``pyctl``. *default* None keeps a value that is there."""
    module = _module_of(sys._getframe(1))
    name = attrname if pyctlname is None else pyctlname
    pyctl.register(PyCtl.Entry(attrname, name, module, module.__name__, default, help, type))


_debugDCache = 0
debugMP_KW = 0
registerModuleAttr("_debugDCache", "debugDCache")
# Younger than the listing that people know: only the later forms of pyctl show it.
registerModuleAttr("debugMP_KW", "", default=0, help="Debug Monkey-Patching of default keywords")


def patch_default_kw(module: ModuleType, keyword: str, value: Any) -> None:
    """Give keyword-only parameter *keyword* of every function and method defined in *module* another default."""
    for obj in vars(module).values():
        if getattr(obj, "__module__", None) != module.__name__:
            continue
        functions = vars(obj).values() if isinstance(obj, type) else (obj,)
        for function in functions:
            # A staticmethod or classmethod carries its function along.
            function = getattr(function, "__func__", function)
            defaults = getattr(function, "__kwdefaults__", None)
            if defaults and keyword in defaults:
                defaults[keyword] = value
                if debugMP_KW:
                    print(f" {module.__name__}.{function.__qualname__}: {keyword}={value}")


class TrueOnce:
    """True the first *n* times that it is asked."""

    def __init__(self, n: int = 1) -> None:
        self.v = n

    def __bool__(self) -> bool:
        if self.v > 0:
            self.v -= 1
            return True
        return False


class KernelRev(str):
    """A kernel version that compares by its first three numbers: ``KernelRev("5.10.0") < "5.9"`` is False."""

    @staticmethod
    def conv(text: str) -> tuple[int, ...]:
        numbers = []
        for part in text.split(".")[:3]:
            digits = part[: len(part) - len(part.lstrip("0123456789"))]
            numbers.append(int(digits or 0))
        return tuple(numbers + [0] * (3 - len(numbers)))

    def __lt__(self, other: str) -> bool:
        return self.conv(self) < self.conv(other)

    def __le__(self, other: str) -> bool:
        return self.conv(self) <= self.conv(other)

    def __gt__(self, other: str) -> bool:
        return self.conv(self) > self.conv(other)

    def __ge__(self, other: str) -> bool:
        return self.conv(self) >= self.conv(other)


hexl = hex


def unsigned16(n: int) -> int:
    return n & 0xFFFF


def unsigned32(n: int) -> int:
    return n & 0xFFFFFFFF


def unsigned64(n: int) -> int:
    return n & 0xFFFFFFFFFFFFFFFF


def iterN(seq: Iterable[Any], n: int) -> Iterator[Any]:
    """The first *n* items of *seq*, or all when there are fewer."""
    for _, item in zip(range(n), seq):
        yield item


def dbits2str(flags: int, names: dict[str, int], offset: int = 0) -> str:
    """Names, from character *offset* on, of the single-bit values of *names* that are set in *flags*, joined by ``|``."""
    return "|".join(
        name[offset:] for name, value in names.items() if value > 0 and value & (value - 1) == 0 and flags & value
    )


def print2columns(left: str, right: str) -> None:
    """Print two texts side by side, the left one padded to 38 columns."""
    lines, others = left.split("\n"), right.split("\n")
    for i in range(max(len(lines), len(others))):
        print((lines[i] if i < len(lines) else "").ljust(38), others[i] if i < len(others) else "")


def formatargs(args: Iterable[Any], kwargs: dict[str, Any]) -> str:
    """Arguments of a call as they would be written."""
    return ", ".join([repr(arg) for arg in args] + [f"{key}={value!r}" for key, value in kwargs.items()])
