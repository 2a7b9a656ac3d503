# SPDX-License-Identifier: GPL-2.0-or-later
"""The dumps that a client may open: files that were named when the server was started, and those below folders that were. And what is open."""

from __future__ import annotations

import os

import pykd
from _pykd import Error
from pykd.app.opening import usable
from pykd.core import dumpname
from pykd.core.errors import reason_of
from pykd.core.host import set_current
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_OPEN = 16
MAX_LISTED = 5000


class RefusedError(Exception):
    """Why a client does not get what it asks for, in words that help."""


def _same(one: str, other: str) -> bool:
    """Whether two names of dumps are of the same: what stands behind an @ counts, too."""
    files, others = dumpname.files(one), dumpname.files(other)
    if len(files) != len(others) or not all(map(os.path.samefile, files, others)):
        return False
    return files == [one] or one.rpartition("@")[2] == other.rpartition("@")[2]


class Dumps:
    """See the module's docstring."""

    def __init__(self, places: Sequence[str]) -> None:
        self._places = [os.path.realpath(place) for place in places]
        self._open: dict[str, Session] = {}

    def files(self) -> Iterator[str]:
        """Paths of the files that may be opened, links among them if they lead to such."""
        listed = 0
        for place in self._places:
            if not os.path.isdir(place):
                yield place
                continue
            for folder, folders, names in os.walk(place):
                folders.sort()
                for name in sorted(names):
                    path = os.path.join(folder, name)
                    if os.path.isfile(path) and self._is_allowed(path):
                        listed += 1
                        if listed > MAX_LISTED:
                            return
                        yield path

    def _is_allowed(self, path: str) -> bool:
        real = os.path.realpath(path)
        return any(real == place or real.startswith(place.rstrip("/") + "/") for place in self._places)

    def open(self, path: str) -> tuple[str, Session]:
        """The dump at *path*, or below one of the folders, and the name that it has from now on. :raises RefusedError:"""
        candidates = [path] if os.path.isabs(path) else [path, *(os.path.join(place, path) for place in self._places)]
        found = next((one for one in candidates if self._is_file(one)), None)
        if found is None:
            raise RefusedError(f"{path} is none of the files that this server was started with; list_dumps names them")
        for name, session in self._open.items():
            if _same(session.dump.file, found):
                return name, session
        if len(self._open) >= MAX_OPEN:
            raise RefusedError(f"{MAX_OPEN} dumps are open; close_dump closes one: {', '.join(self._open)}")
        try:
            dump = usable(pykd.open(found))
        except Error as error:
            raise RefusedError(reason_of(error)) from None
        base = os.path.basename(found)
        name = next(name for name in (base, *(f"{base}#{number}" for number in range(2, MAX_OPEN + 2))) if name not in self._open)
        self._open[name] = Session(dump)
        return name, self._open[name]

    def close(self, name: str) -> None:
        """:raises RefusedError: it is not open."""
        session = self._open.pop(name, None)
        if session is None:
            raise RefusedError(self._not_open(name))
        set_current(None)
        session.dump.close()

    def names(self) -> dict[str, Session]:
        """Those that are open, by name."""
        return dict(self._open)

    def session(self, name: str | None) -> Session:
        """That of an open dump, which is the current one from now on; without a name the only one. :raises RefusedError:"""
        if name is None and len(self._open) == 1:
            name = next(iter(self._open))
        if name is None:
            raise RefusedError(f"say which dump: {', '.join(self._open)}" if self._open else "no dump is open: open_dump opens one, list_dumps names them")
        session = self._open.get(name)
        if session is None and self._is_file(name):
            name, session = self.open(name)
        if session is None:
            raise RefusedError(self._not_open(name))
        set_current(session)
        pykd.set_current(session.dump)
        return session

    def _is_file(self, path: str) -> bool:
        return all(os.path.exists(file) and self._is_allowed(file) for file in dumpname.files(path))

    def _not_open(self, name: str) -> str:
        return f"no dump {name} is open; open are: {', '.join(self._open) or 'none'}"
