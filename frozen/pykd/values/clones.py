# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions that the compiler made anew and named after the original: ``foo.isra.0``, ``foo.part.0``.

crash knows them by the name without the mark and all that follows, so commands show that, and a name that somebody read there
must be found again.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Symbol

MARKS = (".isra.", ".part.", ".llvm.")
"""The first of these that a name has counts, not the first in the name: ``foo.part.0.isra.0`` is ``foo.part.0``."""

_ENDS = tuple(f"{mark}{number}{cold}" for cold in ("", ".cold") for mark in MARKS[:2] for number in range(10))
"""What is tried: GCC counts the clones of each function; Clang's number is a hash."""


def plain(name: str) -> str:
    """A symbol's name as crash shows it."""
    if "." in name:
        for mark in MARKS:
            place = name.find(mark)
            if place > 0:
                return name[:place]
    return name


def symbols(dump: Dump, name: str) -> list[Symbol]:
    """Symbols that are shown as *name*: those that have it, or else clones of a function of that name."""
    found = dump.symbols(name)
    if not found:
        for end in _ENDS:
            found += dump.symbols(name + end)
    return found


def address(dump: Dump, name: str) -> int:
    """Address of the first of these; 0 if there is none."""
    found = dump.address_of(name, default=0)
    if not found:
        for end in _ENDS:
            found = dump.address_of(name + end, default=0)
            if found:
                break
    return found
