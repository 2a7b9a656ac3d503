# SPDX-License-Identifier: GPL-2.0-or-later
"""Versions and licences of everything that is linked into the executable."""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import _pykd_files as files


class Component(NamedTuple):
    """A library in the executable, as tools/deps/pins.conf has it."""

    name: str
    version: str
    licence: str
    """An SPDX expression; ``|`` stands for OR."""


def pykd_version() -> str:
    return files.read("pykd/VERSION").decode().strip()


def linked() -> Iterator[Component]:
    """The libraries, in the order in which they build on each other."""
    for line in files.read("pykd/components.conf").decode().splitlines():
        if line and not line.startswith(("#", "\t")):
            yield Component(*line.split()[:3])


def components() -> Iterator[tuple[str, str]]:
    """Names and versions, pykd's own first."""
    yield "pykd", pykd_version()
    for component in linked():
        yield component.name, component.version
    yield "compiler", sys.version.partition("[")[2].rstrip("]")
