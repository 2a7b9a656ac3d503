# SPDX-License-Identifier: GPL-2.0-or-later
"""What Python's line editor asks of curses, answered from here: the host may have no terminfo files.

Every terminal that people sit at since the VT100 understands these sequences of ECMA-48; one that says it is ``dumb`` gets no
editor at all. :func:`install` makes this module stand for ``_curses`` in ``_pyrepl``.
"""

from __future__ import annotations

import os
import sys

DUMB = frozenset(("", "dumb", "unknown", "emacs"))
"""Values of TERM that promise nothing."""

_CAPABILITIES = {
    "bel": "\a",
    "civis": "\033[?25l",
    "clear": "\033[H\033[2J",
    "cnorm": "\033[?25h",
    "cub": "\033[%dD",
    "cub1": "\b",
    "cud": "\033[%dB",
    "cud1": "\n",
    "cuf": "\033[%dC",
    "cuf1": "\033[C",
    "cup": "\033[%d;%dH",
    "cuu": "\033[%dA",
    "cuu1": "\033[A",
    "dch": "\033[%dP",
    "dch1": "\033[P",
    "el": "\033[K",
    "hpa": "\033[%dG",
    "ich": "\033[%d@",
    "ind": "\n",
    "ri": "\033M",
    "rmkx": "\033[?1l\033>",
    "smkx": "\033[?1h\033=",
    "kdch1": "\033[3~",
    "kcud1": "\033OB",
    "kcub1": "\033OD",
    "kcuf1": "\033OC",
    "kcuu1": "\033OA",
    "kend": "\033OF",
    "khome": "\033OH",
    "kich1": "\033[2~",
    "knp": "\033[6~",
    "kpp": "\033[5~",
}

_FROM_ONE = frozenset(("cup", "hpa"))
"""Capabilities whose parameters count from 0 in terminfo and from 1 on the line."""


class error(Exception):
    """What curses raises for a terminal that it does not know."""


def is_dumb(term: str | None = None) -> bool:
    """Whether nothing is known of the terminal but that it prints text."""
    return (term or os.environ.get("TERM", "")) in DUMB


def setupterm(term: str | None = None, fd: int = -1) -> None:
    """:raises error: of a terminal that cannot move its cursor."""
    if is_dumb(term):
        raise error("the terminal cannot move its cursor")


def tigetstr(name: str) -> bytes | None:
    """A capability, with its own name in front of its parameters for :func:`tparm`."""
    text = _CAPABILITIES.get(name)
    return text.encode() if text is not None else None


def tparm(capability: bytes, *parameters: int) -> bytes:
    """A capability with its parameters put in."""
    wanted = capability.count(b"%d")
    shift = any(capability == _CAPABILITIES[name].encode() for name in _FROM_ONE)
    values = tuple(value + shift for value in parameters[:wanted])
    return capability % values if wanted else capability


def install() -> None:
    """Let ``_pyrepl`` find this module where it looks for ``_curses``."""
    sys.modules.setdefault("_curses", sys.modules[__name__])
