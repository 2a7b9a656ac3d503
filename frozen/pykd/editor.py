# SPDX-License-Identifier: GPL-2.0-or-later
"""Editing of lines on a terminal, by CPython's own ``_pyrepl``: moving, killing, history, search, completion, several lines, paste.

It asks curses about the terminal; :mod:`pykd.terminfo` answers, so the host needs no terminfo files.
"""

from __future__ import annotations

import sys
import termios
from collections.abc import Callable
from types import ModuleType
from typing import Any

from pykd import colour, terminfo


def _prepare_imports() -> None:
    """Before _pyrepl is imported: terminfo, and a dataclasses that need not know how to write signatures.

    These are for the documentation of classes, which nobody reads here; ``inspect`` takes as long to import as _pyrepl does.
    """
    terminfo.install()
    if "dataclasses" in sys.modules or "inspect" in sys.modules:
        return
    from pykd import lazy

    few = ModuleType("inspect")
    few.__dict__.update(signature=lambda _: "", get_annotations=lambda owner: dict(vars(owner).get("__annotations__", ())))
    sys.modules["inspect"] = few
    try:
        import dataclasses
    finally:
        del sys.modules["inspect"]
    real = lazy.module("inspect")
    _give_back.append(lambda: setattr(dataclasses, "inspect", real))


_give_back: list[Callable[[], None]] = []
"""What to do when _pyrepl is imported."""
_prepare_imports()

from _pyrepl import commands, historical_reader, input  # type: ignore[import-not-found]  # noqa: E402
from _pyrepl.completing_reader import CompletingReader  # type: ignore[import-not-found]  # noqa: E402
from _pyrepl.unix_console import UnixConsole  # type: ignore[import-not-found]  # noqa: E402

for _done in _give_back:
    _done()

TAB = 4
"""Blanks that Python is indented by."""


class _Console(UnixConsole):  # type: ignore[misc]
    """A terminal on which Ctrl-C is a key like others while a line is edited: the cursor is not left where it was."""

    def prepare(self) -> None:
        super().prepare()
        attributes = termios.tcgetattr(self.input_fd)
        attributes[3] &= ~termios.ISIG
        termios.tcsetattr(self.input_fd, termios.TCSADRAIN, attributes)


class _EndSearch(historical_reader.isearch_end):  # type: ignore[misc]
    """A key that means nothing to the search ends it. Those typed ahead of us stay."""

    def do(self) -> None:
        reader = self.reader
        reader.isearch_direction = historical_reader.ISEARCH_DIRECTION_NONE
        reader.pop_input_trans()
        reader.dirty = True


class _AcceptSearch(_EndSearch):
    """Enter runs what was found."""

    def do(self) -> None:
        super().do()
        self.finish = True


class _ShortenSearch(historical_reader.isearch_backspace):  # type: ignore[misc]
    """Backspace looks again for what is left, from where the search began."""

    def do(self) -> None:
        reader = self.reader
        if not reader.isearch_term:
            return
        reader.isearch_term = reader.isearch_term[:-1]
        reader.dirty = True
        index, position = reader.isearch_start
        reader.select_item(index)
        reader.pos = position
        if reader.isearch_term:
            reader.isearch_next()


class _Accept(commands.Command):  # type: ignore[misc]
    """Enter: a line that goes on gets another one, indented as it is, and more behind a colon."""

    def do(self) -> None:
        reader = self.reader
        reader.dirty = True  # a menu of completions goes
        text = reader.get_unicode()
        if reader.in_bracketed_paste:
            reader.insert("\n")
        elif "\n" in text[reader.pos :] or reader.goes_on(text):
            line = text[: reader.pos].rpartition("\n")[2]
            indent = line[: len(line) - len(line.lstrip())]
            reader.insert(f"\n{indent}{' ' * TAB if line.rstrip().endswith(':') else ''}")
        else:
            self.finish = True


class _Backspace(commands.backspace):  # type: ignore[misc]
    """Takes back as much of an indentation as Tab gives."""

    def do(self) -> None:
        reader = self.reader
        line = "".join(reader.buffer[: reader.pos]).rpartition("\n")
        blanks = len(line[2])
        if not line[1] or not blanks or line[2].strip():
            super().do()
            return
        count = (blanks - 1) % TAB + 1
        reader.pos -= count
        del reader.buffer[reader.pos : reader.pos + count]
        reader.dirty = True


class Reader(historical_reader.HistoricalReader, CompletingReader):  # type: ignore[misc]
    """_pyrepl's reader with completion by :attr:`complete` and a history that it does not write to."""

    assume_immutable_completions = False
    use_brackets = False
    sort_in_column = True

    complete: Callable[[str], tuple[str, list[str]]]
    """Of the text before the cursor: the part that would be completed, and all that it may become."""
    goes_on: Callable[[str], bool]
    """Whether Enter makes a new line."""
    idle: Callable[[], object] | None = None
    """Called again and again while the user does nothing."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, command in (("accept", _Accept), ("backspace", _Backspace)):
            self.commands[name] = command
        self.can_colorize = False  # the prompt brings its own colour
        keymap = (
            *(entry for entry in historical_reader.isearch_keymap if entry[0] != r"\<backspace>"),
            (r"\<backspace>", _ShortenSearch),
            (r"\x7f", _ShortenSearch),
            (r"\C-h", _ShortenSearch),
            (r"\<return>", _AcceptSearch),
            (r"\C-m", _AcceptSearch),
            (r"\C-j", _AcceptSearch),
        )
        self.isearch_trans = input.KeymapTranslator(
            keymap, invalid_cls=_EndSearch, character_cls=historical_reader.isearch_add_character
        )

    def collect_keymap(self) -> Any:
        return (
            *super().collect_keymap(),
            # Terminals that do not care for the application mode of cursor keys.
            (r"\x1b[A", "up"),
            (r"\x1b[B", "down"),
            (r"\x1b[C", "right"),
            (r"\x1b[D", "left"),
            (r"\x1b[1;5C", "forward-word"),
            (r"\x1b[1;5D", "backward-word"),
            (r"\x1b[H", "beginning-of-line"),
            (r"\x1b[F", "end-of-line"),
            (r"\x1b[1~", "beginning-of-line"),
            (r"\x1b[4~", "end-of-line"),
        )

    def error(self, msg: str = "none") -> None:
        """Not worth a message."""

    def run_hooks(self) -> None:
        if self.idle is not None:
            self.idle()
        super().run_hooks()

    # -- completion

    def get_stem(self) -> str:
        return self.complete("".join(self.buffer[: self.pos]))[0]

    def get_completions(self, stem: str) -> list[str]:
        text = "".join(self.buffer[: self.pos])
        line = text.rpartition("\n")[2]
        if not line.strip() and "\n" in text:
            return [" " * (TAB - len(line) % TAB)]
        _, found = self.complete(text)
        if len(found) == 1 and found[0][-1:] not in ("/", ".", " ", "(", "="):
            return [found[0] + " "]
        return found

    # -- history

    def finish(self) -> None:
        """The history is the caller's: nothing of what was edited changes it."""
        CompletingReader.finish(self)


class Editor:
    """Reads lines from the terminal that is standard input and output."""

    def __init__(self, coloured: Callable[[], bool]) -> None:
        """:raises terminfo.error, termios.error, OSError: the terminal cannot do it."""
        terminfo.setupterm()
        self._reader = Reader(console=_Console(0, 1, encoding="utf-8"))
        self._coloured = coloured

    def read(
        self,
        prompt: str,
        more: str,
        goes_on: Callable[[str], bool],
        history: list[str],
        complete: Callable[[str], tuple[str, list[str]]],
        idle: Callable[[], object] | None = None,
    ) -> str:
        """A line, or several: what was typed before :kbd:`Enter` made it complete.

        :param prompt: before the first line; *more* before others.
        :param history: earlier lines, oldest first.
        :raises EOFError: Ctrl-D on an empty line. :raises KeyboardInterrupt: Ctrl-C.
        """
        reader = self._reader
        reader.complete = complete
        reader.history = history
        reader.idle = idle
        reader.goes_on = goes_on
        reader.paste_mode = reader.in_bracketed_paste = False
        start, end = (f"\1{colour.BOLD}{colour.GREEN}\2", f"\1{colour.RESET}\2") if self._coloured() else ("", "")
        reader.ps1 = reader.ps2 = f"{start}{prompt}{end}"
        reader.ps3, reader.ps4 = f"{start}{more}{end}", ""
        try:
            text: str = reader.readline()
        except OSError:
            raise EOFError from None  # the terminal is gone
        return text
