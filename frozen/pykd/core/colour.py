# SPDX-License-Identifier: GPL-2.0-or-later
"""Colour on a terminal: who gets it, and which.

Of the 16 colours that every terminal has, those that can be read on its background: ``set colour dark`` (the default) or ``light``.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MODES = ("auto", "always", "never")

RESET = "\033[0m"
BOLD = "\033[1m"
DIM = "\033[2m"
RED = "\033[1;31m"
GREEN = "\033[32m"
YELLOW = "\033[33m"
MAGENTA = "\033[35m"
CYAN = "\033[36m"
"""What stands out, by the colour that it has on a dark background; :func:`choose` makes others of them."""

THEMES = {
    "dark": {"RESET": RESET, "BOLD": BOLD, "DIM": DIM, "RED": RED, "GREEN": GREEN, "YELLOW": YELLOW, "MAGENTA": MAGENTA, "CYAN": CYAN},
    # green, yellow and cyan cannot be read on white
    "light": {"RESET": RESET, "BOLD": BOLD, "DIM": "", "RED": RED, "GREEN": MAGENTA, "YELLOW": "\033[31m", "MAGENTA": MAGENTA, "CYAN": "\033[34m"},
    "none": dict.fromkeys(("RESET", "BOLD", "DIM", "RED", "GREEN", "YELLOW", "MAGENTA", "CYAN"), ""),
}


def choose(theme: str) -> None:
    """Which of :data:`THEMES` counts from now on."""
    globals().update(THEMES[theme])


def of_background() -> str:
    """The theme for the terminal in hand, where it says what its background is (COLORFGBG)."""
    return "light" if os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15") else "dark"


def wanted(mode: str, file: Any) -> bool:
    """Whether what is written to *file* is coloured.

    :param mode: one of :data:`MODES`; ``auto`` is a terminal that is not dumb, unless ``NO_COLOR`` is set (no-color.org) or ``CLICOLOR`` is 0.
    """
    if mode != "auto":
        return mode == "always"
    try:
        terminal = file.isatty()
    except (AttributeError, ValueError):
        return False
    refused = os.environ.get("NO_COLOR") or os.environ.get("CLICOLOR") == "0"
    return terminal and not refused and os.environ.get("TERM", "") not in ("", "dumb")


def error(text: str) -> str:
    """A message of an error: what failed stands out."""
    name, colon, rest = text.partition(": ")
    return f"{RED}{name}{RESET}{colon}{rest}" if colon else f"{RED}{text}{RESET}"
