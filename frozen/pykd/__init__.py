# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux kernel dumps as Python objects.

>>> import pykd
>>> dump = pykd.open("vmcore")
>>> dump.variable("init_task").comm
'swapper/0'
>>> pykd.tasks.find(1).mm.total_vm

The types of this module are those of the C core; ``frozen/_pykd.pyi`` is their contract. Submodules add what takes knowledge of
the kernel: :mod:`pykd.cpus` (CPUs and per-CPU data) and :mod:`pykd.tasks` (processes and threads).
"""

from __future__ import annotations

from _pykd import (
    CString,
    CSyntaxError,
    CTypeError,
    Dump,
    Enum,
    Error,
    FaultError,
    FileError,
    FlexArray,
    FormatError,
    LimitError,
    Member,
    MemberError,
    Module,
    NotFoundError,
    Pointer,
    RangeError,
    Struct,
    StructType,
    Symbol,
    Type,
    UnsupportedError,
    current,
    set_current,
)

from . import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CString",
    "CSyntaxError",
    "CTypeError",
    "Dump",
    "Enum",
    "Error",
    "FaultError",
    "FileError",
    "FlexArray",
    "FormatError",
    "LimitError",
    "Member",
    "MemberError",
    "Module",
    "NotFoundError",
    "Pointer",
    "RangeError",
    "Struct",
    "StructType",
    "Symbol",
    "Type",
    "UnsupportedError",
    "cpus",
    "current",
    "open",
    "set_current",
    "tasks",
]

cpus = lazy.module("pykd.cpus")
tasks = lazy.module("pykd.tasks")

def open(*paths: str, vmcoreinfo: bytes | None = None, live: bool = False) -> Dump:
    """Open a dump (several paths are the parts of a split set) and make it the current one.

    :param vmcoreinfo: text to use instead of the dump's own note.
    :param live: the running kernel; *paths* is then ``/proc/kcore``.
    :raises FileError, FormatError, UnsupportedError:
    """
    dump = Dump(*paths, vmcoreinfo=vmcoreinfo, live=live)
    from .compat import old_names

    old_names(dump)
    dump.declarations = _declare_globals
    set_current(dump)
    return dump


def _declare_globals(dump: Dump) -> None:
    """BTF does not say of what type globals are; we know it of those that programs use."""
    import _pykd_files as files

    for name in files.listdir("decls"):
        dump.declare(files.read(f"decls/{name}").decode())


MEMORY_OF_LIVE = 1.0
"""Seconds for which an answer about a running kernel holds within one command."""

_remembered_of_live: dict[object, tuple[object, float]] = {}


def forget() -> None:
    """Drop what :func:`per_dump` remembers of a running kernel; every command of a session begins with this."""
    _remembered_of_live.clear()


def per_dump[T](function: Callable[[Dump], T]) -> Callable[..., T]:
    """Decorate a function of one dump: called without an argument it means the current dump, and it remembers the answer.

    Of a running kernel for a moment: one command sees one list of tasks, and a program that looks again and again sees
    it change.
    """
    known: dict[Dump, T] = {}

    def wrapper(dump: Dump | None = None) -> T:
        dump = dump or current()
        if dump in known:
            return known[dump]
        if not dump.live:
            value = known[dump] = function(dump)
            return value
        from time import monotonic

        now = monotonic()
        key = (function, dump)
        remembered, since = _remembered_of_live.get(key, (None, now - 2 * MEMORY_OF_LIVE))
        if now - since > MEMORY_OF_LIVE:
            remembered = function(dump)
            _remembered_of_live[key] = (remembered, now)
        return remembered  # type: ignore[return-value]

    wrapper.__name__ = wrapper.__qualname__ = function.__name__
    wrapper.__doc__ = function.__doc__
    wrapper.__module__ = function.__module__
    return wrapper
