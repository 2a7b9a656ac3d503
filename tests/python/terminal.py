# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal for tests: pykd on a pseudo-terminal, and a screen that shows what it writes there."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from dumps import PYKD

TIMEOUT = 60
"""Seconds of silence until a test gives up waiting; nothing is measured by it."""
PATIENCE = 300
"""Seconds until it gives up on a program that goes on writing."""
_SEQUENCE = re.compile(r"\x1b(?:\[([?\d;]*)([@-~])|[=>M78])|\x1b\][^\x07]*\x07")


class Screen:
    """What a terminal shows: as much of ECMA-48 as the line editor uses."""

    def __init__(self, columns, lines):
        self.columns = columns
        self.height = lines
        self.rows = [[" "] * columns for _ in range(lines)]
        self.x = self.y = 0
        self.colours = set()
        """Parameters of the SGR sequences seen."""
        self._rest = ""

    def feed(self, text):
        text = self._rest + text
        self._rest = ""
        at = 0
        while at < len(text):
            c = text[at]
            if c == "\x1b":
                match = _SEQUENCE.match(text, at)
                if match is None:
                    self._rest = text[at:]
                    return
                self._sequence(match[1] or "", match[2] or match[0][1:])
                at = match.end()
                continue
            at += 1
            if c == "\r":
                self.x = 0
            elif c == "\n":
                self._line_feed()
            elif c == "\b":
                self.x = max(0, self.x - 1)
            elif c >= " ":
                if self.x >= self.columns:
                    self.x = 0
                    self._line_feed()
                self.rows[self.y][self.x] = c
                self.x += 1

    def _line_feed(self):
        if self.y + 1 < self.height:
            self.y += 1
        else:
            self.rows = [*self.rows[1:], [" "] * self.columns]

    def _sequence(self, parameters, final):
        numbers = [int(word) if word.isdigit() else 0 for word in parameters.split(";")]
        count = max(1, numbers[0])
        if final == "m":
            self.colours.add(parameters)
        elif final == "A":
            self.y = max(0, self.y - count)
        elif final == "B":
            self.y = min(self.height - 1, self.y + count)
        elif final == "C":
            self.x = min(self.columns - 1, self.x + count)
        elif final == "D":
            self.x = max(0, self.x - count)
        elif final == "G":
            self.x = count - 1
        elif final == "H":
            self.y, self.x = count - 1, max(1, [*numbers, 1][1]) - 1
        elif final == "K":
            self.rows[self.y][self.x :] = [" "] * (self.columns - self.x)
        elif final == "J":
            self.rows = [[" "] * self.columns for _ in range(self.height)]
        elif final == "P":
            row = self.rows[self.y]
            del row[self.x : self.x + count]
            row += [" "] * (self.columns - len(row))
        elif final == "@":
            row = self.rows[self.y]
            row[self.x : self.x] = [" "] * count
            del row[self.columns :]

    def text(self):
        """The lines, without blanks at their ends, and without blank ones at the end."""
        return "\n".join("".join(row).rstrip() for row in self.rows).rstrip()


class Terminal:
    """pykd, or another program, on a terminal of its own."""

    def __init__(self, *words, program=PYKD, environment=None, columns=80, lines=24):
        self.screen = Screen(columns, lines)
        self.raw = ""
        """All that was written."""
        values = {"TERM": "xterm", "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "PAGER": "cat", **(environment or {})}
        values = {name: value for name, value in values.items() if value is not None}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
                os.execve(program, [program, *words], values)
            finally:
                os._exit(127)
        self.status = None
        self._end = time.monotonic() + PATIENCE

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def resize(self, columns, lines):
        self.screen.columns, self.screen.height = columns, lines
        self.screen.rows = [(row + [" "] * columns)[:columns] for row in self.screen.rows[-lines:]]
        self.screen.y = min(self.screen.y, lines - 1)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def send_all(self, keys):
        """What is more than the terminal takes at once; somebody else has to read."""
        rest = keys.encode()
        while rest:
            rest = rest[os.write(self.fd, rest) :]

    def silence(self):
        """Let some time go by: Escape is a key of its own, if nothing follows at once."""
        select.select([], [], [], 0.3)

    def _read(self):
        ready, _, _ = select.select([self.fd], [], [], TIMEOUT)
        if not ready or time.monotonic() > self._end:
            raise TimeoutError(f"nothing {'more came' if not ready else 'else came'}; the screen shows:\n{self.screen.text()}")
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        text = data.decode("utf-8", "replace")
        self.raw += text
        self.screen.feed(text)
        return bool(data)

    def until(self, condition):
        """Read until *condition* of the screen's text holds: a function, or a regular expression to be found."""
        if isinstance(condition, str):
            pattern = re.compile(condition, re.MULTILINE)
            condition = pattern.search
        self._end = time.monotonic() + PATIENCE
        while not condition(self.screen.text()):
            if not self._read():
                raise EOFError(f"pykd has ended; the screen shows:\n{self.screen.text()}")
        return self.screen.text()

    def prompt(self):
        """Read until there is a prompt that waits, with nothing behind it."""
        return self.until(r"^pykd>\Z")

    def run(self, line):
        """Type a line and wait for the next prompt: the screen's text."""
        start = len(self.raw)
        self.send(line + "\r")
        self.until(lambda text: "\n" in self.raw[start:] and text.endswith("pykd>"))
        return self.screen.text()

    def end(self):
        """Wait for the end of pykd: its exit status."""
        self._end = time.monotonic() + PATIENCE
        while self._read():
            pass
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status
