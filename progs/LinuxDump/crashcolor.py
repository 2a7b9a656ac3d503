# SPDX-License-Identifier: GPL-2.0-or-later
"""Colours and cursor movement on a terminal; nothing at all when the output is not one."""

from __future__ import annotations

import sys

from pykd.core import host
from pykd.core.shown import mark, own
from pykdump import API

BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = range(1, 8)
DARKGRAY, LIGHTRED, LIGHTGREEN, LIGHTYELLOW, LIGHTBLUE, LIGHTMAGENTA, LIGHTCYAN = range(8, 15)
LIGHTGRAY, WHITE, RESET = range(15, 18)
BOLD, BLINK, UNDERLINE, INVERT = 0x100, 0x200, 0x400, 0x800
MAX_COLOR, MIN_MODE, MAX_MODE = WHITE, BOLD, INVERT
COLOR_MASK, MODE_MASK = 0x00FF, 0xFF00

# SGR numbers of the foreground; a light colour is the dark one with the attribute "bold".
_FOREGROUND = {
    **{color: f"{30 + number}" for number, color in enumerate((BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, LIGHTGRAY))},
    **{
        color: f"{30 + number};1"
        for number, color in enumerate(
            (DARKGRAY, LIGHTRED, LIGHTGREEN, LIGHTYELLOW, LIGHTBLUE, LIGHTMAGENTA, LIGHTCYAN, WHITE)
        )
    },
    RESET: "0",
}
_MODES = {BOLD: "1", BLINK: "5", UNDERLINE: "4", INVERT: "7"}

color_list = {color: f"\033[{code}m" for color, code in (*_FOREGROUND.items(), *_MODES.items())}
"""Escape sequence by colour or mode."""
bg_color_list = {color: f"\033[{'4' + code[1:] if code[0] == '3' else code}m" for color, code in _FOREGROUND.items()}
"""Escape sequence that sets the background, by colour."""


def _wanted() -> bool:
    """Whether the output is coloured: as the session is asked to, with ``--color`` and ``NO_COLOR``."""
    session = host.current()
    return session.coloured(sys.stdout) if session is not None else sys.stdout.isatty()


def _emit(text: str) -> None:
    if _wanted():
        own(sys.stdout, text)


def run_ansi_code(code: str) -> None:
    """Write an escape sequence as it is."""
    own(sys.stdout, code)


def get_color(color: int) -> str:
    """What switches to a colour where it is printed, ``""`` when the output has no colours."""
    sequence = color_list.get(color, "") if _wanted() else ""
    return mark(sequence) if hasattr(sys.stdout, "own") else sequence


def set_color(color_mix: int) -> None:
    """Switch the text to a colour, possibly or-ed with modes: ``RED | BOLD``."""
    modes = "".join(text for mode, text in color_list.items() if mode & MODE_MASK & color_mix)
    _emit(color_list.get(color_mix & COLOR_MASK, "") + modes)


def set_bg_color(color: int) -> None:
    _emit(bg_color_list.get(color, ""))


CURSOR_RESET, CURSOR_UP, CURSOR_DOWN, CURSOR_RIGHT, CURSOR_LEFT = range(5)
_CURSOR = {CURSOR_UP: "A", CURSOR_DOWN: "B", CURSOR_RIGHT: "C", CURSOR_LEFT: "D"}


def change_cursor(cursor_type: int, by: int = 0) -> None:
    """Move the cursor; CURSOR_RESET moves it to the start of the line."""
    if cursor_type == CURSOR_RESET:
        _emit("\033[1000D")
    elif cursor_type in _CURSOR:
        _emit(f"\033[{by}{_CURSOR[cursor_type]}")


def cursor_reset() -> None:
    change_cursor(CURSOR_RESET)


def cursor_up(by: int = 1) -> None:
    change_cursor(CURSOR_UP, by)


def cursor_down(by: int = 1) -> None:
    change_cursor(CURSOR_DOWN, by)


def cursor_left(by: int = 1) -> None:
    change_cursor(CURSOR_LEFT, by)


def cursor_right(by: int = 1) -> None:
    change_cursor(CURSOR_RIGHT, by)


cursor_code_list = {CURSOR_RESET: "\033[1000D", **{way: f"\033[%d{letter}" for way, letter in _CURSOR.items()}}
CURSOR_POS = "\033[%d;%dH"


def set_cursor(xpos: int, ypos: int) -> None:
    _emit(CURSOR_POS % (ypos, xpos))


CLEAR_SCREEN_AFTER, CLEAR_SCREEN_BEFORE, CLEAR_SCREEN_ALL = range(3)
CLEAR_LINE_AFTER, CLEAR_LINE_BEFORE, CLEAR_LINE_ALL = range(3)
clear_screen_list = {mode: f"\033[{mode}J" for mode in range(3)}
clear_line_list = {mode: f"\033[{mode}K" for mode in range(3)}


def clear_screen_to(mode: int) -> None:
    """Clear the screen behind the cursor, before it, or all (CLEAR_SCREEN_*)."""
    _emit(clear_screen_list.get(mode, ""))


def clear_line_to(mode: int) -> None:
    """The same of the cursor's line (CLEAR_LINE_*)."""
    _emit(clear_line_list.get(mode, ""))


def clear_screen_after() -> None:
    clear_screen_to(CLEAR_SCREEN_AFTER)


def clear_screen_before() -> None:
    clear_screen_to(CLEAR_SCREEN_BEFORE)


def clear_screen() -> None:
    clear_screen_to(CLEAR_SCREEN_ALL)


def clear_line_after() -> None:
    clear_line_to(CLEAR_LINE_AFTER)


def clear_line_before() -> None:
    clear_line_to(CLEAR_LINE_BEFORE)


def clear_line() -> None:
    clear_line_to(CLEAR_LINE_ALL)


__all__ = [name for name in globals() if name[0] != "_"]
__all__ += API.hand_on(globals())
