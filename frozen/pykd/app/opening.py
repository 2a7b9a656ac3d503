# SPDX-License-Identifier: GPL-2.0-or-later
"""Before a dump is worked with: how long opening it may take, and what it must have."""

from __future__ import annotations

from _pykd import Dump
from pykd.core import dumpname

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LARGE = 1 << 28
"""Bytes of a dump from which on opening it may take so long that somebody who waits wants to be told."""


def is_large(paths: Iterable[str]) -> bool:
    """Whether the parts of a dump are together."""
    return sum(map(dumpname.size, paths)) >= LARGE


def usable(dump: Dump) -> Dump:
    """The same dump. :raises Error: its page tables cannot be found, without which nothing in it can be read."""
    dump.layout  # noqa: B018 (raises)
    return dump
