# SPDX-License-Identifier: GPL-2.0-or-later
"""Which parts of the commands' text stand out on a terminal.

Commands yield plain lines; what matters in them is found again here, so that the text is the same with and without colour.
"""

from __future__ import annotations

import re

from pykd.core import colour

_FRAME = re.compile(r"^( *#\d+ )(\[[0-9a-f]+\])( )(\S+)( at [0-9a-f]+)( \[[^]]+\])?(.*)$", re.S)
_TASK = re.compile(r'^(?P<start>(?:\[[^]]*\] *)*)(PID: .* COMMAND: )(".*")$')
_TITLES = re.compile(r"^[ >]*[A-Z%][A-Z0-9_%:/.()\[\]-]*(?: +(?:[A-Z%(][A-Z0-9_%:/.()\[\]-]*|\(S\)))+ *$")
_FIELD = re.compile(r"^( *[A-Z][A-Z_ ]{2,}:)( .*)?$")
_FIELD_ENDS = (8, 13)
"""Where the colons of ``set`` and ``sys`` stand."""
_REGISTER = re.compile(" [0-9a-f]{16}")
_LOG = re.compile(r"^(\[ *\d+\.\d+\])(.*)$", re.S)
_ALARM = re.compile(r"\b(?:BUG|WARNING|Oops|Kernel panic|kernel BUG|general protection fault|Unable to handle|Call Trace)\b")
_TROUBLE = re.compile(r"\((?:error|unavailable): [^)]*\)|<(?:excluded|absent|truncated|untranslatable)[^>]*>")


def line(text: str) -> str:
    """One line of a command's text, with colours."""
    if not text or text.isspace():
        return text
    first = text.lstrip()[0]
    if first == "#":
        match = _FRAME.match(text)
        if match:
            number, stack, blank, function, address, module, rest = match.groups()
            shown = f"{number}{colour.DIM}{stack}{colour.RESET}{blank}{colour.CYAN}{function}{colour.RESET}{colour.DIM}{address}{colour.RESET}"
            return f"{shown}{colour.GREEN}{module}{colour.RESET}{rest}" if module else f"{shown}{rest}"
    elif first == "[":
        match = _LOG.match(text)
        if match:
            message = match[2]
            return f"{colour.DIM}{match[1]}{colour.RESET}{colour.RED + message + colour.RESET if _ALARM.search(message) else message}"
        if text.startswith("    [exception RIP:"):
            return f"{colour.YELLOW}{text}{colour.RESET}"
    elif first == "-" and text.startswith("--- <"):
        return f"{colour.MAGENTA}{text}{colour.RESET}"
    elif first == ">":
        return f"{colour.GREEN}{text}{colour.RESET}"
    match = _TASK.match(text)
    if match:
        return f"{match['start']}{colour.BOLD}{match[2]}{colour.CYAN}{match[3]}{colour.RESET}"
    if _TITLES.match(text) and ": " not in text:
        return f"{colour.BOLD}{text}{colour.RESET}"
    match = _FIELD.match(text)
    if match and len(match[1]) in _FIELD_ENDS and not _REGISTER.match(match[2] or ""):
        value = match[2] or ""
        if match[1].endswith(" PANIC:"):
            value = f"{colour.RED}{value}{colour.RESET}"
        text = f"{colour.BOLD}{match[1]}{colour.RESET}{value}"
    if "(" in text or "<" in text:
        text = _TROUBLE.sub(lambda match: f"{colour.YELLOW}{match[0]}{colour.RESET}", text)
    return text
