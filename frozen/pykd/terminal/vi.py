# SPDX-License-Identifier: GPL-2.0-or-later
"""vi's keys for the line editor (``set edit vi``): what most fingers know of them, not all of vi.

A line begins in insert mode, Escape leads to command mode. Commands take counts; ``d``, ``c`` and ``y`` take motions or are doubled.
"""

from __future__ import annotations

from pykd.terminal.pyrepl import commands, input, parse_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_UNDO = 100
"""Changes of a line that can be taken back."""


def _kind(c: str, big: bool) -> int:
    """Which characters make a word together."""
    return 0 if c.isspace() else 1 if big or c.isalnum() or c == "_" else 2


def _word(buffer: list[str], at: int, big: bool) -> int:
    """The begin of the next word."""
    end = len(buffer)
    if at < end:
        kind = _kind(buffer[at], big)
        while at < end and kind and _kind(buffer[at], big) == kind:
            at += 1
    while at < end and buffer[at].isspace():
        at += 1
    return at


def _back(buffer: list[str], at: int, big: bool) -> int:
    """The begin of this word, or the one before."""
    while at > 0 and buffer[at - 1].isspace():
        at -= 1
    kind = _kind(buffer[at - 1], big) if at else 0
    while at > 0 and _kind(buffer[at - 1], big) == kind:
        at -= 1
    return at


def _end(buffer: list[str], at: int, big: bool) -> int:
    """The last character of this word, or the next one."""
    end = len(buffer)
    at += 1
    while at < end and buffer[at].isspace():
        at += 1
    while at + 1 < end and _kind(buffer[at + 1], big) == _kind(buffer[at], big):
        at += 1
    return min(at, end)


def _indentation(reader: Any) -> int:
    at, end = reader.bol(), reader.eol()
    while at < end and reader.buffer[at].isspace():
        at += 1
    return int(at)


_WORDS = {"w": _word, "b": _back, "e": _end}
_MOTIONS: dict[str, Callable[[Any, int], int]] = {
    "h": lambda reader, at: max(reader.bol(), at - 1),
    "l": lambda reader, at: min(reader.eol(), at + 1),
    " ": lambda reader, at: min(reader.eol(), at + 1),
    "0": lambda reader, at: reader.bol(),
    "^": lambda reader, at: _indentation(reader),
    "$": lambda reader, at: reader.eol(),
}
"""One step from a place in the buffer."""
for _key, _step in _WORDS.items():
    _MOTIONS[_key] = lambda reader, at, step=_step: step(reader.buffer, at, False)  # type: ignore[misc]
    _MOTIONS[_key.upper()] = lambda reader, at, step=_step: step(reader.buffer, at, True)  # type: ignore[misc]


class _Vi(commands.Command):  # type: ignore[misc]
    """A command of command mode."""

    changes = False
    inserts = False

    def do(self) -> None:
        reader = self.reader
        self.clamp()
        if self.changes:
            del reader.undo[: -_UNDO + 1]
            reader.undo.append((list(reader.buffer), reader.pos))
        self.act(reader, max(1, reader.get_arg()))
        if self.inserts:
            reader.pop_input_trans()
        else:
            self.clamp()
        reader.dirty = True

    def act(self, reader: Any, count: int) -> None:
        raise NotImplementedError

    def clamp(self) -> None:
        """The cursor is on a character, not behind the last."""
        reader = self.reader
        reader.pos = max(reader.bol(), min(reader.pos, reader.eol() - 1))

    def moved(self, key: str, count: int) -> int:
        """Where a motion leads."""
        at = self.reader.pos
        for _ in range(count):
            at = _MOTIONS[key](self.reader, at)
        return int(at)


class _Escape(_Vi):
    """From insert mode to command mode."""

    def do(self) -> None:
        reader = self.reader
        reader.pos = max(reader.bol(), reader.pos - 1)
        reader.push_input_trans(reader.vi_command)
        reader.dirty = True


class _Move(_Vi):
    def act(self, reader: Any, count: int) -> None:
        reader.pos = self.moved(self.event[-1], count)


class _Operator(_Vi):
    """``dw``, ``c$``, ``yy``: the last key is a motion or the operator's own."""

    def act(self, reader: Any, count: int) -> None:
        self.operate(reader, self.event[-2], self.event[-1], count)

    def operate(self, reader: Any, operator: str, key: str, count: int) -> None:
        start, end = reader.pos, reader.pos
        if key == operator:
            start, end = reader.bol(), reader.eol()
        else:
            if operator == "c" and key in "wW":
                key = {"w": "e", "W": "E"}[key]  # as in vi: the blanks behind the word stay
            end = self.moved(key, count)
            if key in "eE":
                end = min(end + 1, len(reader.buffer))
        start, end = sorted((start, end))
        if start < end:
            reader.kill_ring.append(reader.buffer[start:end])
        if operator != "y":
            del reader.buffer[start:end]
        if operator + key != "yy":
            reader.pos = start


class _Change(_Operator):
    changes = True


class _ChangeAndInsert(_Operator):
    changes = inserts = True


_SHORT = {"x": "dl", "X": "dh", "D": "d$", "C": "c$", "s": "cl", "S": "cc", "Y": "yy"}
"""Keys that stand for an operator and a motion."""


class _Short(_Operator):
    changes = True

    def act(self, reader: Any, count: int) -> None:
        keys = _SHORT[self.event[-1]]
        self.operate(reader, keys[0], keys[1], count)


class _ShortAndInsert(_Short):
    inserts = True


class _Insert(_Vi):
    """``i``, ``a``, ``I``, ``A``"""

    changes = inserts = True

    def act(self, reader: Any, count: int) -> None:
        key = self.event[-1]
        if key == "a":
            reader.pos = min(reader.pos + 1, reader.eol())
        elif key in "IA":
            reader.pos = _indentation(reader) if key == "I" else reader.eol()


class _Put(_Vi):
    """``p``, ``P``"""

    changes = True

    def act(self, reader: Any, count: int) -> None:
        if reader.kill_ring:
            text = reader.kill_ring[-1] * count
            at = min(reader.pos + (self.event[-1] == "p"), reader.eol())
            reader.buffer[at:at] = text
            reader.pos = at + len(text) - 1


class _Tilde(_Vi):
    changes = True

    def act(self, reader: Any, count: int) -> None:
        end = min(reader.pos + count, reader.eol())
        reader.buffer[reader.pos : end] = [c.swapcase() if len(c.swapcase()) == 1 else c for c in reader.buffer[reader.pos : end]]
        reader.pos = end


class _Undo(_Vi):
    def act(self, reader: Any, count: int) -> None:
        for _ in range(min(count, len(reader.undo))):
            reader.buffer, reader.pos = reader.undo.pop()
        reader.last_refresh_cache.invalidated = True


class _Zero(_Vi):
    """``0``: the begin of the line, or a digit of a count."""

    kills_digit_arg = False

    def do(self) -> None:
        reader = self.reader
        if reader.arg is None:
            super().do()
        else:
            reader.arg *= 10

    def act(self, reader: Any, count: int) -> None:
        reader.pos = reader.bol()


class _Await(_Vi):
    """``r``, ``f``, ``F``, ``t``, ``T``: the next character says of what."""

    kills_digit_arg = False

    def act(self, reader: Any, count: int) -> None:
        reader.vi_pending = self.event[-1]
        reader.push_input_trans(reader.vi_character)


class _Character(_Vi):
    changes = True

    def act(self, reader: Any, count: int) -> None:
        reader.pop_input_trans()
        c, pending = self.event[-1], reader.vi_pending
        if pending == "r":
            end = reader.pos + count
            if end <= reader.eol():
                reader.buffer[reader.pos : end] = c * count
                reader.pos = end - 1
            return
        step = 1 if pending in "ft" else -1
        places = range(reader.pos + step, reader.eol() if step > 0 else reader.bol() - 1, step)
        found = [i for i in places if reader.buffer[i] == c]
        if len(found) >= count:
            reader.pos = found[count - 1] - (step if pending in "tT" else 0)


class _Never(commands.Command):  # type: ignore[misc]
    """A key that means nothing here; of :class:`_Await`, one that calls it off."""

    def do(self) -> None:
        if self.reader.input_trans is self.reader.vi_character:
            self.reader.pop_input_trans()


def _command_keys() -> Iterator[tuple[str, Any]]:
    """The keys of command mode."""
    yield from ((key, _Move) for key in _MOTIONS if key != "0")
    yield "0", _Zero
    yield from ((digit, "digit-arg") for digit in "123456789")
    for operator, meaning in (("d", _Change), ("c", _ChangeAndInsert), ("y", _Operator)):
        yield from ((operator + key, meaning) for key in (*_MOTIONS, operator))
    yield from ((key, _ShortAndInsert if meaning[0] == "c" else _Short) for key, meaning in _SHORT.items())
    yield from ((key, _Insert) for key in "iaIA")
    yield from ((key, _Put) for key in "pP")
    yield from ((key, _Await) for key in "rfFtT")
    yield from (("~", _Tilde), ("u", _Undo))
    yield from (("k", "up"), ("-", "up"), ("j", "down"), ("+", "down"), ("G", "first-history"))
    yield from (("/", "reverse-history-isearch"), ("?", "forward-history-isearch"))


def translators(keymap: Any) -> tuple[Any, Any, Any]:
    """What keys do in insert mode, in command mode, and behind ``r`` and its like.

    :param keymap: of the editor otherwise. Keys that begin with Escape are no keys here; those with names stay.
    """
    plain = [(keys, command) for keys, command in keymap if parse_keys(keys)[0] != "\x1b"]
    insert = input.KeymapTranslator((*plain, (r"\<escape>", _Escape)), invalid_cls="invalid-key", character_cls="self-insert")
    others = [(keys, command) for keys, command in plain if len(parse_keys(keys)[0]) > 1 or parse_keys(keys)[0] < " "]
    command = input.KeymapTranslator((*others, *_command_keys(), (r"\<escape>", _Never)), invalid_cls=_Never, character_cls=_Never)
    character = input.KeymapTranslator(((r"\<escape>", _Never),), invalid_cls=_Never, character_cls=_Character)
    return insert, command, character
