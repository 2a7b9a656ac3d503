# SPDX-License-Identifier: GPL-2.0-or-later
"""Versions and licences of everything in the executable. Each is written in one place: pykd's own version in tools/VERSION, a library's
in tools/deps/pins.conf, a Python package's in frozen/dist-packages/README."""

import re
import sys
from collections.abc import Iterator

import _pykd_files as files
from pykd.core.record import NamedTuple


class Component(NamedTuple):
    """Something of others in the executable."""

    name: str
    version: str
    licence: str
    """An SPDX expression without spaces: ``|`` stands for OR, ``&`` for AND."""
    sha256: str | None
    """Of the archive that it was built from; None for what is kept in the repository."""
    url: str
    within: str = ""
    """The component whose archive brings it along."""

    @property
    def expression(self) -> str:
        """The licence as SPDX writes it."""
        return self.licence.replace("|", " OR ").replace("&", " AND ")


def pykd_version() -> str:
    return files.read("pykd/VERSION").decode().strip()


def linked() -> Iterator[Component]:
    """The libraries, in the order in which they build on each other."""
    for line in files.read("pykd/components.conf").decode().splitlines():
        if line and not line.startswith(("#", "\t")):
            yield Component(*line.split()[:5])


def vendored() -> Iterator[Component]:
    """What comes along in the archives of the libraries."""
    for line in files.read("pykd/vendored.conf").decode().splitlines():
        if line and not line.startswith("#"):
            name, number, licence, within, _text, _where, url = line.split()
            yield Component(name, number, licence, None, url, within)


def packages() -> Iterator[Component]:
    """The Python packages of others."""
    text = files.read("dist-packages/README").decode()
    for name, number, licence, url in re.findall(r"^(\w\S*) (\d\S*) \(([^)]+)\), (https://[^\s,]+)", text, re.MULTILINE):
        yield Component(name, number, licence, None, url)


def components() -> Iterator[tuple[str, str]]:
    """Names and versions, pykd's own first."""
    yield "pykd", pykd_version()
    for component in (*linked(), *packages()):
        yield component.name, component.version
    yield "compiler", sys.version.partition("[")[2].rstrip("]")


def compiler_runtime() -> Component:
    """What the compiler adds of its own: arithmetic and start files."""
    number = re.search(r"\d[\d.]*", sys.version.partition("[")[2])
    return Component("libgcc", number[0] if number else "0", "GPL-3.0-or-later WITH GCC-exception-3.1", None, "https://gcc.gnu.org")


def texts(name: str) -> str:
    """The licence texts of a component."""
    path = f"dist-packages/{name}/LICENSE"
    return files.read(path if files.is_file(path) else f"pykd/licences/{name}.txt").decode("utf-8", "replace")


def licences() -> Iterator[str]:
    """What ``pykd --licenses`` prints: which licence covers what, and then every text."""
    own = Component("pykd", pykd_version(), "GPL-2.0-or-later", None, "")
    found = [own, *linked(), *vendored(), *packages(), compiler_runtime()]
    yield "pykd is one program, linked from what is listed here. As a whole it may be passed on under the GPL, version 3 or later.\n\n"
    for part in found:
        yield f"{part.name:<14} {part.version[:10]:<10} {part.expression}{part.within and f' (part of {part.within})'}\n"
    for part in found:
        yield f"\n{'=' * 78}\n{part.name} {part.version}\n{'=' * 78}\n\n"
        yield texts(part.name)
