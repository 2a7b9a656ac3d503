# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux kernel dumps as Python objects.

>>> import pykd
>>> dump = pykd.open("vmcore")
>>> dump.variable("init_task").comm
'swapper/0'
>>> pykd.tasks.find(1).mm.total_vm
>>> [row["comm"] for row in pykd.rows("ps", "-A")]

A dump gives typed objects: ints, their addresses, whose attributes are the members of the C type; ``print()`` shows them. What is known of the
kernel is in :mod:`pykd.kernel`, by the kernel's own names (``for_each_task``, ``d_path``): ``help(pykd.kernel)`` lists it.
"""

from __future__ import annotations

import _pykd
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
    FunctionPointer,
    LimitError,
    Member,
    MemberError,
    Module,
    NotFoundError,
    Pointer,
    ProgramError,
    RangeError,
    Struct,
    StructType,
    Symbol,
    Type,
    UnsupportedError,
    current,
    set_current,
)
from pykd.boot import lazy
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    import pykd.kernel as kernel
    from pykd.core.rows import Row

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
    "FunctionPointer",
    "LimitError",
    "Member",
    "MemberError",
    "Module",
    "NotFoundError",
    "Pointer",
    "ProgramError",
    "RangeError",
    "Struct",
    "StructType",
    "Symbol",
    "Type",
    "UnsupportedError",
    "cpus",
    "current",
    "describe",
    "kernel",
    "open",
    "per_dump",
    "rows",
    "set_current",
    "tasks",
]

cpus = lazy.module("pykd.kernel.cpus")
tasks = lazy.module("pykd.kernel.task.threads")


def open(
    *paths: str,
    vmcoreinfo: bytes | None = None,
    live: bool = False,
    vmlinux: str | None = None,
    system_map: str | None = None,
    no_btf: bool = False,
    profile: str | None = None,
) -> Dump:
    """Open a dump (several paths are the parts of a split set) and make it the current one.

    :param vmcoreinfo: text to use instead of the dump's own note.
    :param live: the running kernel; *paths* is then ``/proc/kcore``.
    :param vmlinux: a file with symbols or debug info of this build of the kernel: what the dump's BTF and kallsyms lack comes from it.
    :param system_map: names for a dump without kallsyms, or with those of functions only.
    :param no_btf: types come from the debug info though the dump has BTF.
    :param profile: a file that ``pykd profile`` wrote of this build of the kernel; it serves as a vmlinux does.
    :raises FileError, FormatError, UnsupportedError: RangeError for a vmlinux or a profile of another build.
    """
    dump = Dump(*paths, vmcoreinfo=vmcoreinfo, live=live, vmlinux=vmlinux, system_map=system_map, no_btf=no_btf, profile=profile)
    from pykd.compat.names import old_names

    old_names(dump)
    dump.declarations = _declare_globals
    set_current(dump)
    return dump


def __getattr__(name: str) -> Any:
    if name == "kernel":
        return __import__("pykd.kernel", fromlist=("kernel",))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def rows(*words: str) -> Iterable[Row]:
    """What a command answers about the current dump: ``rows("ps", "-A")``, or a line, ``rows("ps -A")``.

    :returns: a row for each item, by the names that ``help`` lists as its fields; addresses and numbers as int. What could not be read of an
        item is under ``error``, as :func:`pykd.core.rows.fault` makes it.
    :raises CommandError, Error: with the message of the command.
    """
    from pykd.core import host

    return host.demand(current()).rows(*words)


def describe(value: Struct | Pointer | FlexArray | FunctionPointer, **options: Any) -> str:
    """What ``str()`` of a typed object is: its members as C, a line each; a pointer with what it points to.

    >>> print(pykd.describe(task.mm, only=("mmap_base", "total_vm"), hexadecimal=True))

    :param only: names of members to show, in that order; default: all.
    :param depth: of structs within structs, default 4; deeper ones are ``{...}``.
    :param width: characters of a member's value, default 110; what is longer is cut.
    :param hexadecimal: integers in base 16.
    """
    from pykd.values import show

    return show.text(value, **options)


def _names(value: Struct) -> list[str]:
    from pykd.values import show

    return show.names(value)


def _html(value: Struct | Pointer | FlexArray | FunctionPointer) -> str:
    from pykd.values import show

    return show.html(value)


_pykd.describe = describe
Struct.__dir__ = _names  # type: ignore[method-assign, assignment]
Struct._repr_html_ = Pointer._repr_html_ = FlexArray._repr_html_ = FunctionPointer._repr_html_ = _html  # type: ignore[attr-defined]


def _declare_globals(dump: Dump) -> None:
    """BTF does not say of what type globals are; we know it of those that programs use."""
    import _pykd_files as files

    for name in files.listdir("decls"):
        dump.declare(files.read(f"decls/{name}").decode())
