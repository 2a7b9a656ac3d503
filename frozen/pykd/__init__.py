# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux kernel dumps as Python objects.

>>> import pykd
>>> dump = pykd.open("vmcore")
>>> dump.variable("init_task").comm
'swapper/0'
>>> pykd.tasks.find(1).mm.total_vm
>>> [row["comm"] for row in pykd.rows("ps", "-A")]

The types of this module are those of the C core; ``frozen/_pykd.pyi`` is their contract. Submodules add what takes knowledge of
the kernel: :data:`pykd.cpus` (CPUs and per-CPU data) and :data:`pykd.tasks` (processes and threads) of :mod:`pykd.kernel`.
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
) -> Dump:
    """Open a dump (several paths are the parts of a split set) and make it the current one.

    :param vmcoreinfo: text to use instead of the dump's own note.
    :param live: the running kernel; *paths* is then ``/proc/kcore``.
    :param vmlinux: a file with symbols or debug info of this build of the kernel: what the dump's BTF and kallsyms lack comes from it.
    :param system_map: names for a dump without kallsyms, or with those of functions only.
    :param no_btf: types come from the debug info though the dump has BTF.
    :raises FileError, FormatError, UnsupportedError: RangeError for a vmlinux of another build.
    """
    dump = Dump(*paths, vmcoreinfo=vmcoreinfo, live=live, vmlinux=vmlinux, system_map=system_map, no_btf=no_btf)
    from pykd.compat.names import old_names

    old_names(dump)
    dump.declarations = _declare_globals
    set_current(dump)
    return dump


def rows(*words: str) -> Iterable[Row]:
    """What a command answers about the current dump: ``rows("ps", "-A")``, or a line, ``rows("ps -A")``.

    :returns: a row for each item, by the names that ``help`` lists as its fields; addresses and numbers as int. What could not be read of an
        item is under ``error``, as :func:`pykd.core.rows.fault` makes it.
    :raises CommandError, Error: with the message of the command.
    """
    from pykd.core import host

    return host.demand(current()).rows(*words)


def describe(value: Struct | Pointer) -> str:
    """What ``str()`` of a typed object is: its members as C, a pointer with what it points to, as far as a line or two go."""
    from pykd.values import show

    return show.text(value)


def _names(value: Struct) -> list[str]:
    from pykd.values import show

    return show.names(value)


def _html(value: Struct | Pointer) -> str:
    from pykd.values import show

    return show.html(value)


_pykd.describe = describe
Struct.__dir__ = _names  # type: ignore[method-assign, assignment]
Struct._repr_html_ = Pointer._repr_html_ = _html  # type: ignore[attr-defined]


def _declare_globals(dump: Dump) -> None:
    """BTF does not say of what type globals are; we know it of those that programs use."""
    import _pykd_files as files

    for name in files.listdir("decls"):
        dump.declare(files.read(f"decls/{name}").decode())
