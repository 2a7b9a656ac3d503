# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests for single known problems, each a module with ``do_check()``."""

from __future__ import annotations

import importlib

import crash
from pykdump import API

_MODULES = ("centrify",)

__all__ = ["check_specialcases"]
__all__ += API.hand_on(globals())


def check_specialcases(v: int = 0) -> None:
    """Run all tests. One that does not fit the kernel says nothing."""
    for name in _MODULES:
        try:
            importlib.import_module(f"LinuxDump.specialcases.{name}").do_check()
        except (crash.error, ImportError, KeyError, TypeError):
            continue
