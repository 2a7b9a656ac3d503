# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines that the user typed: kept from one session to the next, listed by ``h``, repeated by ``r``, ``!!`` and ``!N``."""

from __future__ import annotations

import os
import re
import stat

from pykd.core.output import opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = 5000
"""Lines that are kept."""
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")
"""Nobody has typed these: what has them is no line of ours, and would upset the terminal."""


_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK
"""Beside a dump a link may have been laid out for us, or a pipe that nobody reads."""


def _is_ours(descriptor: int) -> bool:
    """Whether this is a file of the user's with no other name, where a stranger's link could lead."""
    status = os.fstat(descriptor)
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1


class HistoryError(Exception):
    """No line of the history is meant."""


def path(where: str, dump_path: str) -> str | None:
    """The file; None when there is none, or no folder that can be written.

    :param where: the setting ``history``: ``user`` is a file in the user's state folder, ``dump`` one beside the dump, ``off`` none.
    """
    if where == "off":
        return None
    if where == "dump":
        folder = os.path.dirname(os.path.abspath(dump_path))
        file = os.path.join(folder, ".pykd_history")
    else:
        home = os.environ.get("HOME", "")
        state = os.environ.get("XDG_STATE_HOME", "")
        if not os.path.isabs(state):
            if not os.path.isabs(home) or not os.path.isdir(home):
                return None
            state = os.path.join(home, ".local", "state")
        folder = os.path.join(state, "pykd")
        file = os.path.join(folder, "history")
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError:
            return None
    target = file if os.path.exists(file) else folder
    return file if os.access(target, os.W_OK) else None


class History:
    """The lines, oldest first, and the file they are kept in."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.lines: list[str] = []
        if file is not None:
            self._load(file)

    def _load(self, file: str) -> None:
        try:
            with open(os.open(file, os.O_RDONLY | _FLAGS), encoding="utf-8", errors="replace", newline="\n") as stream:
                if not _is_ours(stream.fileno()):
                    self.file = None
                    return
                # A carriage return stands for the line ends in what was typed as one.
                whole = (line.rstrip("\n").replace("\r", "\n") for line in stream if line.strip())
                self.lines += [line for line in whole if not _CONTROL.search(line)]
        except FileNotFoundError:
            return
        except OSError:
            self.file = None
            return
        if len(self.lines) > 2 * LENGTH:
            del self.lines[:-LENGTH]
            self._rewrite(file)

    def _rewrite(self, file: str) -> None:
        new = f"{file}.{os.getpid()}"
        try:
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
                stream.writelines(_stored(line) for line in self.lines)
            os.replace(new, file)
        except OSError:
            pass  # it stays long

    def add(self, line: str) -> None:
        """Keep a line, unless it is blank, begins with a blank, or is the same as the last one."""
        line = line.rstrip()
        if not line or line[0].isspace() or (self.lines and self.lines[-1] == line):
            return
        self.lines.append(line)
        if self.file is None:
            return
        try:
            # Appending as we go: other sessions write here too, and this one may be killed.
            descriptor = opened(self.file, append=True, flags=_FLAGS, mode=0o600)
            try:
                if not _is_ours(descriptor):
                    raise OSError
                os.write(descriptor, _stored(line).encode("utf-8", "replace"))
            finally:
                os.close(descriptor)
        except OSError:
            self.file = None  # a full disk, a folder that went away

    def listed(self) -> Iterator[str]:
        """What ``h`` shows: numbers and lines."""
        for number, line in enumerate(self.lines, 1):
            first, *others = line.split("\n")
            yield f"[{number}] {first}"
            yield from others

    def expanded(self, line: str) -> str | None:
        """The line that ``r``, ``r N``, ``r PREFIX``, ``!!``, ``!N`` or ``!-N`` stands for, with what follows it; None: it is none of these.

        :raises HistoryError:
        """
        words = line.split(None, 1)
        first, rest = words[0], words[1] if len(words) > 1 else ""
        if first == "r":
            return self._found(rest or "-1")
        if first[:2] == "!!":
            return self._found("-1") + line[2:]
        number = first[1:]
        if first[0] == "!" and number.lstrip("-").isdigit():
            return self._found(number) + (f" {rest}" if rest else "")
        return None

    def _found(self, what: str) -> str:
        if what.lstrip("-").isdigit():
            number = int(what)
            index = number - 1 if number > 0 else len(self.lines) + number
            if number and 0 <= index < len(self.lines):
                return self.lines[index]
        else:
            for line in reversed(self.lines):
                if line.startswith(what):
                    return line
        raise HistoryError("there is no earlier line" if what == "-1" else f"{what}: no such line; `h` lists them")


def _stored(line: str) -> str:
    return line.replace("\n", "\r") + "\n"
