# SPDX-License-Identifier: GPL-2.0-or-later
"""Colour on a terminal: who gets it."""

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
