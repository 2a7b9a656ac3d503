# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux kernel dumps as Python objects.

>>> import pykd
>>> dump = pykd.open("vmcore")
>>> dump.variable("init_task").comm
'swapper/0'
>>> pykd.tasks.find(1).mm.total_vm

The types of this module are those of the C core; ``frozen/_pykd.pyi`` is their contract. Submodules add what takes knowledge of
the kernel: :data:`pykd.cpus` (CPUs and per-CPU data) and :data:`pykd.tasks` (processes and threads) of :mod:`pykd.kernel`.
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
from pykd.boot import lazy
from pykd.core.memo import per_dump

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
    "per_dump",
    "set_current",
    "tasks",
]

cpus = lazy.module("pykd.kernel.cpus")
tasks = lazy.module("pykd.kernel.task.threads")


def open(*paths: str, vmcoreinfo: bytes | None = None, live: bool = False) -> Dump:
    """Open a dump (several paths are the parts of a split set) and make it the current one.

    :param vmcoreinfo: text to use instead of the dump's own note.
    :param live: the running kernel; *paths* is then ``/proc/kcore``.
    :raises FileError, FormatError, UnsupportedError:
    """
    dump = Dump(*paths, vmcoreinfo=vmcoreinfo, live=live)
    from pykd.compat.names import old_names

    old_names(dump)
    dump.declarations = _declare_globals
    set_current(dump)
    return dump


def _declare_globals(dump: Dump) -> None:
    """BTF does not say of what type globals are; we know it of those that programs use."""
    import _pykd_files as files

    for name in files.listdir("decls"):
        dump.declare(files.read(f"decls/{name}").decode())
