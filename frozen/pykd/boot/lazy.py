# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules and objects that are imported when they are first used.

``from pykdump.API import *`` hands out names of a dozen modules of the standard library, and most programs use none of them: with
these stand-ins the names cost nothing.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

if TYPE_CHECKING:
    from types import ModuleType
else:
    ModuleType = type(sys)


class _Module(ModuleType):
    def __getattr__(self, attr: str) -> Any:
        name = self.__name__
        __import__(name)
        module = sys.modules[name]
        # From now on every attribute is found without coming here.
        self.__dict__.update((key, value) for key, value in vars(module).items() if key != "__name__")
        return getattr(module, attr)

    def __dir__(self) -> list[str]:
        __import__(self.__name__)
        return dir(sys.modules[self.__name__])


def module(name: str) -> Any:
    """Module *name*: the real one if it is imported already, else one that imports it when it is touched."""
    return sys.modules.get(name) or _Module(name)


class _Object:
    """Stands for a class or an object that *make* returns: calls, attributes, subclassing and isinstance() go to it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.__dict__["_lazy_make"] = make

    def _lazy_get(self) -> Any:
        try:
            return self.__dict__["_lazy_value"]
        except KeyError:
            value = self.__dict__["_lazy_value"] = self.__dict__["_lazy_make"]()
            return value

    def __getattr__(self, attr: str) -> Any:
        return getattr(self._lazy_get(), attr)

    def __setattr__(self, attr: str, value: Any) -> None:
        setattr(self._lazy_get(), attr, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._lazy_get()(*args, **kwargs)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self._lazy_get(),)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self._lazy_get())

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self._lazy_get())

    def __eq__(self, other: object) -> bool:
        return bool(self._lazy_get() == other)

    def __hash__(self) -> int:
        return hash(self._lazy_get())

    def __repr__(self) -> str:
        return repr(self._lazy_get())


def attribute(module_name: str, attr: str) -> Any:
    """``module_name.attr``, imported when it is used."""

    def make() -> Any:
        __import__(module_name)
        return getattr(sys.modules[module_name], attr)

    return _Object(make)


def made_by(make: Callable[[], Any]) -> Any:
    """What *make* returns, made when it is used."""
    return _Object(make)
