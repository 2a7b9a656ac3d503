# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd batch``: a record of each of many dumps, in a file that can be continued."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import sys
import time

from pykd.app import sandbox
from pykd.app.fleet import pool, record
from pykd.app.verbs import positive, taken_apart
from pykd.core.errors import LineError, UsageError
from pykd.core.output import opened
from pykd.session.document import encode
from pykd.session.line import bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

LIMIT = 120.0
MEMORY = 1024
USAGE = f"""\
usage: pykd batch [-o FILE] [--jobs N] [--report] [--command COMMAND]... [--list FILE] [--shard I/N] [--redact] PATH...

A record of each dump, a line of JSON: which it is, what stopped the system, findings, signature; and what could not be told. Folders are
walked; files in them that are no dumps are passed over. Each dump has a process of its own, with limits.

  -o FILE              write the records to the end of FILE, which is new or has records. Dumps that have one there, and have not
                       changed since, are not done again: after an interruption the same command goes on
  --jobs N             dumps at a time; default: as many as there are CPUs
  --report             what stopped the system, findings, signature; the default if there is no --command
  --command COMMAND    the answer of a command that reads and prints, as --json has it; may be repeated
  --list FILE          paths, a line each; - is standard input
  --shard I/N          only part I, from 0, of N: several machines do a part each, whose records pykd group joins
  --time-limit S       seconds for each dump; default {LIMIT:.0f}
  --memory-limit MB    memory for each dump; default {MEMORY}
  --redact             leave out host names, addresses of the network, command lines, paths and other data of users
  --no-sandbox         keep what reading does not need

Exit status: 0 a record of each, 1 some could not be read (the records say why), 2 wrong usage. `pykd group FILE` joins equal crashes.
"""
_LONGEST = 2 * pool.MAX_RECORD
"""Bytes of a record with what it is about, at most"""
_BEGINNING = b'{"schema": '
"""Of each record."""
_FLAGS = {"--report": "report", "--redact": "redact", "--no-sandbox": "open"}
_VALUES = ("-o", "--jobs", "--command", "--list", "--shard", "--time-limit", "--memory-limit")


class Wanted:
    """The command line, taken apart."""

    def __init__(self, words: Sequence[str]) -> None:
        """:raises UsageError:"""
        self.paths: list[str] = []
        self.output: str | None = None
        self.lists: list[str] = []
        self.commands: list[str] = []
        self.report = self.redact = self.open = False
        self.jobs = len(os.sched_getaffinity(0))
        self.limit = LIMIT
        self.memory = MEMORY
        self.part, self.parts = 0, 1
        for option, word in taken_apart(words, flags=_FLAGS, values=_VALUES):
            if option in _FLAGS:
                setattr(self, _FLAGS[option], True)
            elif option:
                self._take(option, word)
            else:
                self.paths.append(word)
        if not self.paths and not self.lists:
            raise UsageError("no dumps given")
        self.report = self.report or not self.commands

    def _take(self, name: str, value: str) -> None:
        if name == "-o":
            self.output = value
        elif name == "--command":
            self.commands.append(value)
        elif name == "--list":
            self.lists.append(value)
        elif name == "--shard":
            part, _, parts = value.partition("/")
            if not (part.isdecimal() and parts.isdecimal() and int(part) < int(parts)):
                raise UsageError(f"--shard: no part I/N with I from 0 to N - 1: {value}")
            self.part, self.parts = int(part), int(parts)
        else:
            number = positive(name, value)
            if name == "--jobs" and number != int(number):
                raise UsageError(f"{name}: no number of dumps: {value}")
            if name == "--jobs":
                self.jobs = int(number)
            elif name == "--time-limit":
                self.limit = number
            else:
                self.memory = int(number)


def files(wanted: Wanted) -> Iterator[tuple[str, bool]]:
    """(path, whether it was named) of each file, once. :raises OSError: a list cannot be read."""
    seen: set[str] = set()
    for path, named in _all(wanted):
        real = os.path.realpath(path)
        if real not in seen and _part(path, wanted.parts) == wanted.part:
            seen.add(real)
            yield path, named


def _part(path: str, parts: int) -> int:
    """In which of *parts* a path is: the same on every machine, whatever else there is."""
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:8], "big") % parts if parts > 1 else 0


def _all(wanted: Wanted) -> Iterator[tuple[str, bool]]:
    named = list(wanted.paths)
    for one in wanted.lists:
        with sys.stdin if one == "-" else open(one, encoding="utf-8", errors="surrogateescape") as file:
            try:
                named += [line.rstrip("\n") for line in bounded(file) if line.strip()]
            except LineError as error:
                raise UsageError(f"--list {one}: {error}") from error
    for path in named:
        if not os.path.isdir(path):
            yield path, True
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                inner = os.path.join(folder, name)
                if os.path.isfile(inner) and not os.path.islink(inner):
                    yield inner, False


def version_of(path: str) -> dict[str, int] | None:
    """What tells a file from what it was before: ``size`` and ``mtime`` (ns); None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return {"size": found.st_size, "mtime": found.st_mtime_ns} if stat.S_ISREG(found.st_mode) else {"size": 0, "mtime": 0}


def recorded(path: str) -> dict[str, Any]:
    """By path the version of the files that have a record in a file of records; its last line is cut off if it is no whole one.

    :raises OSError: it is some other file, a dump perhaps, and stays as it is.
    """
    found: dict[str, Any] = {}
    whole = 0
    with open(path, "rb") as file:
        while line := file.readline(_LONGEST):
            if not line.endswith(b"\n"):
                is_ours = line.startswith(_BEGINNING[: len(line)]) and len(line) < _LONGEST
            else:
                whole += len(line)
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                is_ours = isinstance(row, dict) and isinstance(row.get("path"), str)
                if is_ours:
                    found[row["path"]] = row.get("file")
            if not is_ours:
                raise OSError(errno.EEXIST, "this is no file of records, and stays as it is", path)
    if whole < os.path.getsize(path):
        os.truncate(path, whole)
    return found


class Progress:
    """A line on standard error, if that is a terminal."""

    def __init__(self) -> None:
        self.records = self.failed = self.passed = 0
        self._begun = time.monotonic()
        self._visible = False

    def show(self) -> None:
        if sys.stderr.isatty():
            rate = self.records / max(time.monotonic() - self._begun, 0.001)
            passed = f", {self.passed} had a record" if self.passed else ""
            sys.stderr.write(f"\r{self.records} dumps, {self.failed} not read{passed}, {rate:.1f}/s ")
            sys.stderr.flush()
            self._visible = True

    def end(self) -> None:
        if self._visible:
            sys.stderr.write("\n")


def main(words: Sequence[str]) -> int:
    """Write a record of each dump; the exit status. :raises UsageError:"""
    wanted = Wanted(words)
    try:
        known = recorded(wanted.output) if wanted.output is not None and os.path.isfile(wanted.output) else {}
        everything = list(files(wanted))
        target = opened(wanted.output, append=True) if wanted.output is not None else 1
    except OSError as error:
        print(f"pykd: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    sys.stdout.flush()
    return _write(wanted, everything, known, target)


def _write(wanted: Wanted, everything: Sequence[tuple[str, bool]], known: dict[str, Any], target: int) -> int:
    named = {path for path, named in everything if named}
    progress = Progress()
    quiet = pool.silence()
    if not wanted.open:
        sandbox.enter()  # for the children too; the file of records is open

    def todo() -> Iterator[str]:
        for path, _ in everything:
            if path in known and known[path] == version_of(path):
                progress.passed += 1
            elif wanted.output is None or not _same(path, target):
                yield path

    def make(path: str) -> dict[str, Any]:
        try:
            return record.make(path, wanted.commands, report=wanted.report, limit=wanted.limit, redact=wanted.redact)
        except record.NoDumpError as error:
            if path in named:
                return {"error": {"reason": "format", "message": str(error)}}
            return {"passed": True}

    try:
        done = pool.run(todo(), make, jobs=wanted.jobs, limit=wanted.limit, memory=wanted.memory << 20, quiet=quiet, idle=progress.show)
        for path, found in done:
            if found.pop("passed", False):
                continue
            row = {"schema": record.VERSION, "path": path, "file": version_of(path), **found}
            line = encode(row).encode("utf-8", "backslashreplace") + b"\n"
            try:
                while line:  # in one piece, so that records of several processes may go into one file
                    line = line[os.write(target, line) :]
            except OSError as error:
                error.filename = wanted.output
                raise
            progress.records += 1
            progress.failed += "error" in found
    except KeyboardInterrupt:
        progress.end()
        print("pykd: batch: interrupted; the same command goes on" if wanted.output else "pykd: batch: interrupted", file=sys.stderr)
        return 130
    progress.show()
    progress.end()
    return 1 if progress.failed else 0


def _same(path: str, descriptor: int) -> bool:
    """Whether it is the file of records itself."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return False
