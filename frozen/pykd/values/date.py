# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates of a dump, which may say anything, as text."""

from __future__ import annotations

import time


def text(seconds: int, format: str, *, utc: bool = False) -> str:
    """*seconds* since 1970 by ``strftime``; in local time unless *utc*. What is no date that a calendar has is ``(no date: SECONDS)``."""
    try:
        return time.strftime(format, time.gmtime(seconds) if utc else time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"(no date: {seconds})"
