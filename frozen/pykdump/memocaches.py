# SPDX-License-Identifier: GPL-2.0-or-later
"""Caches that outlive one run of a program, and the rules by which they are purged."""

from __future__ import annotations

import sys

from .Generic import registerModuleAttr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from types import CodeType
    from typing import Any

debugMemoize = 0
registerModuleAttr("debugMemoize", default=0, help="Debug Memoization")

livedump = False
"""True for a running kernel: nothing flagged CU_LIVE is cached then."""

CU_LIVE = 1
"""The result changes while the kernel runs."""
CU_LOAD = 2
"""The result changes when a module's types are loaded."""
CU_PYMOD = 4
"""The result holds objects of Python modules that ``--reload`` replaces."""
CU_TIMEOUT = 8
"""The result is cut short by ``--timeout``."""

_memoized: dict[tuple[Any, ...], Any] = {}
_typeinfo: dict[tuple[Any, ...], Any] = {}
_selected: dict[tuple[Any, ...], tuple[CodeType, str]] = {}


def memoize_cond(condition: int) -> Callable[..., Any]:
    """Cache results by (*condition*, name of the function, positional arguments).

    The wrapped function gets positional arguments only; keyword ``MEMOIZE=False`` bypasses the cache.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Hashable, **kwargs: Any) -> Any:
            memoize = kwargs.get("MEMOIZE", True)
            setattr(wrapper, "__memoize", memoize)
            if not memoize:
                return function(*args)
            key = (condition, function.__name__, *args)
            if condition & CU_LIVE and livedump:
                if debugMemoize > 2:
                    print("do not memoize: live kernel", key)
                return function(*args)
            try:
                return _memoized[key]
            except KeyError:
                pass
            if debugMemoize > 1:
                print("Memoizing", key)
            value = _memoized[key] = function(*args)
            return value

        _look_like(wrapper, function)
        return wrapper

    return decorate


def _look_like(wrapper: Callable[..., Any], function: Callable[..., Any]) -> None:
    wrapper.__name__ = function.__name__
    wrapper.__qualname__ = function.__qualname__
    wrapper.__module__ = function.__module__
    wrapper.__doc__ = function.__doc__


def print_memoize_cache() -> None:
    for key, value in list(_memoized.items()):
        try:
            print(key, value)
        except Exception as error:
            print("\n\t", error, "key=", key)


def purge_memoize_cache(flags: int) -> None:
    """Forget the results that have one of *flags*."""
    for key in list(_memoized):
        if key[0] & flags:
            if debugMemoize > 1:
                print("Purging cache entry", key)
            del _memoized[key]


def memoize_typeinfo(function: Callable[..., Any]) -> Callable[..., Any]:
    """Cache what a function says of a type, whose name is its first argument."""

    def wrapper(*args: Hashable, **kwargs: Any) -> Any:
        key = (args[0], function.__name__, *args[1:])
        try:
            return _typeinfo[key]
        except KeyError:
            value = _typeinfo[key] = function(*args)
            return value

    _look_like(wrapper, function)
    return wrapper


class MemoizeSU(type):
    """Metaclass of descriptors of which there is one for each type name."""

    def __call__(cls, *args: Any) -> Any:
        key = (args[0], cls)
        try:
            return _typeinfo[key]
        except KeyError:
            value = _typeinfo[key] = super().__call__(*args)
            return value

    @staticmethod
    def purgecache(name: str | None = None) -> None:
        purge_typeinfo(name)


def purge_typeinfo(name: str | None = None) -> None:
    """Forget everything about type *name*, or about all types."""
    if name is None:
        _typeinfo.clear()
        return
    for key in [key for key in _typeinfo if key[0] == name]:
        del _typeinfo[key]


def PY_select(*expressions: str) -> Any:
    """Value, in the caller's frame, of the first expression that can be evaluated there; None if none can.

    Which one it was is remembered for that line of the caller.
    """
    frame = sys._getframe(1)
    key = (frame.f_code.co_filename, frame.f_lineno, expressions)
    if key in _selected:
        return eval(_selected[key][0], frame.f_globals, frame.f_locals)
    for expression in expressions:
        code = compile(expression.strip(), "<PY_select>", "eval")
        try:
            value = eval(code, frame.f_globals, frame.f_locals)
        except (KeyError, NameError, TypeError, AttributeError):
            continue
        _selected[key] = (code, expression)
        return value
    return None


def PY_select_stats() -> None:
    for key, (_, expression) in sorted(_selected.items(), key=lambda item: item[0][:2]):
        print(f"{key[:2]} -> {expression}")


def PY_select_purge() -> None:
    _selected.clear()
