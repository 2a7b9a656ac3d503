# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program leaves behind, and what of it the session has to undo: handlers of signals, timers, a closed output, a child process,
modules that the next program must not get."""

from __future__ import annotations

# The module signal makes an enum of each number and handler, which for all of them costs more than a percent of the main job.
import _signal as signal  # type: ignore[import-not-found]
import io
import os
import sys

import _pykd
import pykd
from pykd.boot import importer
from pykd.core import host
from pykd.core.blocks import block
from pykd.core.shown import Shown, again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, ModuleType
    from typing import Any


@block
def undone() -> Iterator[None]:
    """Handlers of signals and timers are afterwards as they were; a child that the program forked ends here and is no second session."""
    process = os.getpid()
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    try:
        yield
    except BaseException:
        if os.getpid() != process:
            _end(1)
        raise
    else:
        if os.getpid() != process:
            _end(0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) != handler:
                signal.signal(number, handler)


def _end(status: int) -> None:
    for file in (sys.stdout, sys.stderr):
        try:
            file.flush()
        except (OSError, ValueError):
            continue
    os._exit(status)


def _flushed(file: Any) -> None:
    try:
        file.flush()
    except BrokenPipeError:
        pass  # `| head` has seen enough


class _Lent(io.TextIOWrapper):
    """The session's output in a program's hands: to close it closes nothing."""

    def close(self) -> None:
        _flushed(self)


class _ShownLent(Shown):
    """The same where people read it."""

    def close(self) -> None:
        _flushed(self)


def lent(output: Any) -> Any:
    """*output* for a program, which may do with it what it likes."""
    if not isinstance(output, io.TextIOWrapper):
        return output
    return again(output, _ShownLent if isinstance(output, Shown) else _Lent)


# -- the face of typed objects

_PYKDUMP = ("pykdump", "LinuxDump", "crash")
"""A program that imports one of these knows objects that say ``<struct foo 0x…>`` of themselves; who imports the first was written for PyKdump."""


@block
def faced(code: CodeType, built_in: bool = False) -> Iterator[None]:
    """While the program runs, ``str()`` and ``repr()`` of typed objects are those of PyKdump for a program of its, else pykd's."""
    saved = _pykd.describe, host.is_pykdump
    imported = {name.partition(".")[0] for name in code.co_names}
    _pykd.describe = None if built_in or not imported.isdisjoint(_PYKDUMP) else pykd.describe
    host.is_pykdump = built_in or _PYKDUMP[0] in imported
    try:
        yield
    finally:
        _pykd.describe, host.is_pykdump = saved


# -- modules


def _found(name: str, module: ModuleType) -> str | None:
    """Where the module would be found now; None: nowhere."""
    parent, _, _ = name.rpartition(".")
    path = getattr(sys.modules.get(parent), "__path__", None) if parent else None
    if parent and path is None:
        return None
    spec = importer.finder.find_spec(name, path)
    return spec.origin if spec is not None else None


def forget_what_moved(folder: str) -> None:
    """Forget modules that come from files if an import would find another file now, or none because the file is gone.

    A program in *folder* that imports ``helper`` gets its own, not that of a program which ran before.
    """
    importer.finder.invalidate_caches()
    before = sys.path[:]
    if folder and importer.virtual(folder) is None:
        sys.path.insert(0, folder)
    try:
        for name, module in list(sys.modules.items()):
            path = getattr(getattr(module, "__spec__", None), "origin", None)
            if not isinstance(path, str) or "/" not in path or importer.virtual(path) is not None or module is sys.modules["__main__"]:
                continue
            found = _found(name, module)
            if found != path and (found is not None or not os.path.exists(path)):
                for known in [known for known in sys.modules if known == name or known.startswith(name + ".")]:
                    del sys.modules[known]
    finally:
        sys.path[:] = before


# -- the framework


class _World:
    """A framework, LinuxDump, and the hooks they set."""

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType] = {}
        self.hooks: dict[str, Any] = {}

    def leave(self) -> None:
        self.modules = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in importer.FRAMEWORK}
        self.hooks = {name: vars(sys).pop(name) for name in ("enterepython", "exitepython") if name in vars(sys)}

    def enter(self) -> None:
        sys.modules.update(self.modules)
        vars(sys).update(self.hooks)


_own, _users = _World(), _World()


@block
def own_framework(frozen: bool) -> Iterator[None]:
    """Let a program of the executable have the executable's framework where the path brings another one, which lacks what it uses."""
    if not frozen or importer.finder.only_own or not importer.brings_framework():
        yield
        return
    _users.leave()
    _own.enter()
    importer.finder.only_own = True
    try:
        yield
    finally:
        importer.finder.only_own = False
        _own.leave()
        _users.enter()
