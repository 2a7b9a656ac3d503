# SPDX-License-Identifier: GPL-2.0-or-later
"""The parser of programs that were written for argparse. Those with optparse, as most of PyKdump's, do without it."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Help(argparse.HelpFormatter):
    """Help as argparse wrote it before Python 3.13: the value behind each spelling of an option."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return ", ".join(f"{flag} {value}" for flag in action.option_strings)


class Parser(argparse.ArgumentParser):
    """A parser whose help reads as that of PyKdump's programs does."""

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(prog=prog, **{"formatter_class": _Help, **settings})
        self._optionals.title = "optional arguments"
