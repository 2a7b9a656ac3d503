# SPDX-License-Identifier: GPL-2.0-or-later
"""``help -D``: what crash keeps about the dump file, by its names; programs read here whether pages of processes are in it."""

from __future__ import annotations

from _pykd import Dump
from pykd.core.rows import Row
from pykd.kernel.mm import dumplevel
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS = ("ZERO", "CACHE", "CACHE_PRI", "USER_DATA", "FREE")
"""What is left out, by the bits of the level that makedumpfile was given."""

WIDTH = 20


def rows(session: Session) -> Iterator[Row]:
    dump = session.dump
    for name, value in _fields(dump):
        yield {"field": name, "width": WIDTH, "value": value}


def _fields(dump: Dump) -> Iterator[tuple[str, str]]:
    yield "filename", " ".join(dump.paths)
    yield "format", dump.format
    yield "complete", "yes" if dump.complete else "no"
    yield "block_size", str(dump.page_size)
    level = dumplevel.dump_level(dump)
    if level is not None:
        yield "dump_level", f"{level} ({level:#x})" + _names(level)
    if dump.vmcoreinfo:
        yield "vmcoreinfo", "".join(f"\n{'':{WIDTH + 2}}{key}={value}" for key, value in dump.vmcoreinfo.items())


def _names(level: int) -> str:
    names = [f"DUMP_EXCLUDE_{name}" for bit, name in enumerate(LEVELS) if level >> bit & 1]
    return f" ({'|'.join(names)})" if names else ""
