# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of a dump for completion: of functions, variables, types, enumerators and commands, by their beginning."""

from __future__ import annotations

from bisect import bisect_left

from _pykd import Error
from pykd.session import command as commands
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_SLICE = 4000
"""Symbols that are read in one go while the user thinks: some milliseconds."""


class Names:
    """All names of functions, variables, structures and unions, for looking up what begins with some letters.

    They are read a slice at a time, each sorted by itself: when the user presses Tab, most of the work is done.
    """

    def __init__(self, session: Session) -> None:
        self._slices: list[list[str]] = []
        self._types: list[str] | None = None
        self._session = session
        self._reading = self._read()

    def _read(self) -> Iterator[None]:
        for symbols in self._tables():
            part: list[str] = []
            try:
                for symbol in symbols():
                    part.append(symbol.name)
                    if len(part) == _SLICE:
                        self._slices.append(sorted(part))
                        part = []
                        yield
            except Error:
                pass  # what was read is of use
            self._slices.append(sorted(part))
            yield

    def _tables(self) -> Iterator[Callable[[], Iterable[Any]]]:
        dump = self._session.dump
        yield dump.kernel_symbols
        try:
            yield from (module.symbols for module in dump.modules())
        except Error:
            return

    def work(self) -> None:
        """Read another slice."""
        next(self._reading, None)

    def symbols(self, stem: str) -> Iterator[str]:
        """Those that begin with *stem*."""
        for _ in self._reading:
            pass
        for names in self._slices:
            yield from _beginning(names, stem)

    def types(self, stem: str) -> Iterator[str]:
        """Structures and unions that begin with *stem*."""
        if self._types is None:
            dump = self._session.dump
            self._types = sorted({type.name for kind in ("struct", "union") for type in dump.types(kind) if type.name})  # type: ignore[arg-type]
        return _beginning(self._types, stem)

    def enumerators(self, stem: str) -> Iterator[str]:
        """Enumerators of any enum."""
        types = self._session.dump.types("enum")
        return (name for type in types if type.complete for name, _ in type.enumerators() if name.startswith(stem))

    def commands(self, stem: str) -> Iterator[str]:
        """Commands that have rows."""
        return (name for name in commands.names() if name.startswith(stem))


def _beginning(names: list[str], stem: str) -> Iterator[str]:
    """Those of sorted *names* that begin with *stem*."""
    for i in range(bisect_left(names, stem), len(names)):
        if not names[i].startswith(stem):
            return
        yield names[i]
