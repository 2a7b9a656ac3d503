# SPDX-License-Identifier: GPL-2.0-or-later
"""Editing of lines on a terminal, by CPython's own ``_pyrepl``: moving, killing, history, search, completion, several lines, paste.

It asks curses about the terminal; :mod:`pykd.terminal.terminfo` answers, so the host needs no terminfo files.
"""

from __future__ import annotations

import os
import signal
import termios

from pykd.core import colour
from pykd.terminal import terminfo
from pykd.terminal.pyrepl import (
    CompletingReader,
    Event,
    UnixConsole,
    commands,
    compile_keymap,
    get_terminal_keycodes,
    historical_reader,
    input,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

TAB = 4
"""Blanks that Python is indented by."""


ESCAPE = 100
"""Milliseconds in which the rest of a key that begins with Escape comes."""
_KEYS = {
    # Of terminals that do not care for the application mode of cursor keys.
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1b[C": "right", b"\x1b[D": "left", b"\x1b[H": "home", b"\x1b[F": "end",
    b"\x1b[1~": "home", b"\x1b[4~": "end", b"\x1b[1;5C": "ctrl right", b"\x1b[1;5D": "ctrl left",
    b"\x1b[200~": "paste",
}  # fmt: skip
PASTE = 2000
"""Milliseconds until a paste that does not go on has come to its end."""
_PASTE_END = b"\x1b[201~"
_ENDS = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end us; the terminal is to be left as it was."""


class _Console(UnixConsole):  # type: ignore[misc]
    """A terminal on which Ctrl-C is a key like others while a line is edited: the cursor is not left where it was.

    It is ours only so long: a program that is stopped and goes on finds it as it left it.
    """

    editing = False
    input_buffer: bytes
    input_buffer_pos: int
    escape_alone = False
    """Escape is a key of its own, if nothing follows it at once."""

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        queue = self.event_queue
        erase = termios.tcgetattr(self.input_fd)[6][termios.VERASE]
        queue.keymap = queue.compiled_keymap = compile_keymap({**get_terminal_keycodes(), **_KEYS, erase: "backspace"})

    def prepare(self) -> None:
        if self.editing:
            return
        super().prepare()
        attributes = termios.tcgetattr(self.input_fd)
        attributes[3] &= ~termios.ISIG
        termios.tcsetattr(self.input_fd, termios.TCSADRAIN, attributes)
        self.editing = True
        for number in _ENDS:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, self._end)

    def restore(self) -> None:
        if not self.editing:
            return
        self.editing = False
        super().restore()
        for number in _ENDS:
            if signal.getsignal(number) == self._end:
                signal.signal(number, signal.SIG_DFL)

    def _end(self, number: int, _: Any) -> None:
        try:
            self.finish()
            self.restore()
        finally:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def _sigcont_handler(self, _: int, __: Any) -> None:
        """Somebody has stopped us while a line was edited, and the shell has taken the terminal since."""
        if self.editing:
            self.restore()
            self.prepare()
            self.event_queue.insert(Event("resize", None))

    def read_paste(self) -> str:
        """What is pasted, up to the sequence that ends it: at once, as it may be much."""
        data = bytearray(self.input_buffer[self.input_buffer_pos :])
        while _PASTE_END not in data and self.pollob.poll(PASTE):
            part = os.read(self.input_fd, 1 << 16)
            if not part:
                break
            data += part
        pasted, _, typed = bytes(data).partition(_PASTE_END)
        self.input_buffer, self.input_buffer_pos = typed, 0
        return pasted.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").expandtabs(TAB)

    def push_char(self, char: int | bytes) -> None:
        queue = self.event_queue
        byte = char if isinstance(char, int) else ord(char)
        if queue.buf and queue.buf[0] >= 0x80 and not 0x80 <= byte < 0xC0:
            queue.insert(Event("key", _NO_TEXT, queue.flush_buf()))
        super().push_char(char)
        if queue.buf and queue.buf[0] >= 0x80 and not _may_become_text(queue.buf):
            queue.insert(Event("key", _NO_TEXT, queue.flush_buf()))
        if self.escape_alone and bytes(queue.buf) == b"\x1b" and not self.wait(ESCAPE):
            queue.keymap = queue.compiled_keymap
            queue.insert(Event("key", "\x1b", queue.flush_buf()))


_NO_TEXT = "\ufffd"
"""In place of typed bytes that are no UTF-8."""


def _may_become_text(data: bytes | bytearray) -> bool:
    """Whether these may be the first bytes of a character in UTF-8."""
    import codecs

    try:
        codecs.utf_8_decode(data, "strict", False)
    except UnicodeDecodeError:
        return False
    return True


class _Suspend(commands.Command):  # type: ignore[misc]
    """Ctrl-Z, as it works while a command runs."""

    def do(self) -> None:
        console = self.reader.console
        console.finish()
        console.restore()
        os.kill(0, signal.SIGTSTP)
        console.prepare()
        self.reader.dirty = True


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
        if "\n" in text[reader.pos :] or reader.goes_on(text):
            line = text[: reader.pos].rpartition("\n")[2]
            indent = line[: len(line) - len(line.lstrip())]
            reader.insert(f"\n{indent}{' ' * TAB if line.rstrip().endswith(':') else ''}")
        else:
            self.finish = True


class _Paste(commands.Command):  # type: ignore[misc]
    """What the terminal says is pasted is no command to run, not even its line ends."""

    def do(self) -> None:
        self.reader.insert(self.reader.console.read_paste())


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
    vi_insert: Any = None
    vi_command: Any = None
    vi_character: Any = None
    """What keys do in the modes of vi; see :func:`pykd.terminal.vi.translators`."""
    vi_pending = ""
    """A key of vi that waits for a character."""
    input_trans: Any
    undo: list[tuple[list[str], int]]
    """Earlier states of the line and the cursor."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.commands |= {"accept": _Accept, "backspace": _Backspace, "suspend": _Suspend, "paste": _Paste}
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

        self._emacs = self.input_trans
        self._name_keys(self._emacs)

    def _name_keys(self, translator: Any) -> None:
        """Keys that a map cannot spell."""
        translator.ck["paste"] = "paste"

    def choose_keys(self, vi: bool) -> None:
        """Before a line: vi's keys or those of emacs."""
        if vi and self.vi_insert is None:
            from pykd.terminal import vi as keys

            self.vi_insert, self.vi_command, self.vi_character = keys.translators(self.keymap)
            self._name_keys(self.vi_insert)
            self._name_keys(self.vi_command)
        self.console.escape_alone = vi
        self.input_trans = self.vi_insert if vi else self._emacs
        self.input_trans_stack.clear()
        self.undo = []

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
        return self.complete(text)[1]

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
        vi: bool = False,
    ) -> str:
        """A line, or several: what was typed before :kbd:`Enter` made it complete.

        :param prompt: before the first line; *more* before others.
        :param history: earlier lines, oldest first.
        :param vi: with the keys of vi.
        :raises EOFError: Ctrl-D on an empty line. :raises KeyboardInterrupt: Ctrl-C.
        """
        reader = self._reader
        reader.complete = complete
        reader.history = history
        reader.idle = idle
        reader.goes_on = goes_on
        reader.paste_mode = False
        reader.choose_keys(vi)
        start, end = (f"\1{colour.BOLD}{colour.GREEN}\2", f"\1{colour.RESET}\2") if self._coloured() else ("", "")
        reader.ps1 = reader.ps2 = f"{start}{prompt}{end}"
        reader.ps3, reader.ps4 = f"{start}{more}{end}", ""
        try:
            text: str = reader.readline()
        except OSError:
            raise EOFError from None  # the terminal is gone
        return text
