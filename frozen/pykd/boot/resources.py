# SPDX-License-Identifier: GPL-2.0-or-later
"""Data files of packages in the executable, for :mod:`importlib.resources`."""

from __future__ import annotations

import io
from importlib.resources.abc import Traversable, TraversableResources

import _pykd_files as files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Entry(Traversable):
    """A file or folder in the executable."""

    def __init__(self, path: str, exe: str) -> None:
        """
        :param path: within the executable, ``pylib/zoneinfo``; ``""`` is the top.
        :param exe: the path of the executable.
        """
        self._path = path
        self._exe = exe

    @property
    def name(self) -> str:
        return self._path.rpartition("/")[2]

    def iterdir(self) -> Iterator[Entry]:
        for name in files.listdir(self._path):
            yield Entry(f"{self._path}/{name}" if self._path else name, self._exe)

    def is_file(self) -> bool:
        return files.is_file(self._path)

    def is_dir(self) -> bool:
        return bool(files.listdir(self._path))

    def joinpath(self, *descendants: Any) -> Entry:
        parts = [part for word in descendants for part in str(word).split("/") if part not in ("", ".")]
        if ".." in parts:
            raise ValueError(f"{'/'.join(parts)}: a resource lies inside its package")
        return Entry("/".join([self._path, *parts] if self._path else parts), self._exe)

    __truediv__ = joinpath

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        stream = io.BytesIO(self.read_bytes())
        return io.TextIOWrapper(stream, *args, **kwargs) if "b" not in mode else stream

    def read_bytes(self) -> bytes:
        return files.read(self._path)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        return str(self.read_bytes(), encoding or "utf-8", errors or "strict")

    def __str__(self) -> str:
        return f"{self._exe}/{self._path}"

    def __repr__(self) -> str:
        return f"Entry({str(self)!r})"


class Reader(TraversableResources):
    """The data files of one package."""

    def __init__(self, path: str, exe: str) -> None:
        self._path = path
        self._exe = exe

    def files(self) -> Entry:
        return Entry(self._path, self._exe)
