# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask a dump many things in a process of its own, and look at how it answers: what the fuzzers of a dump's memory and of its file have in common."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import pykd
from pykd.app import identify, sandbox
from pykd.core.output import output_to, over
from pykd.session.session import Quit, Session

SECONDS = 10
"""Of the processor that a command may take; of the clock ten times as many, since other work slows it down."""
MEMORY = 500 << 20
"""Bytes that a process may take beyond what it has when it begins."""
OUTPUT = 8 << 20
"""Bytes of output of one command that are looked at."""
FAULTS = (b"internal error", b"Traceback (most recent", b"there is not enough memory", b"MemoryError")
"""What the session says of mistakes of its own, and of more memory than it may take."""
ENDLESS = (-signal.SIGPROF, -signal.SIGALRM)
"""Statuses of a process that has taken longer than :func:`begin_time` lets it"""
CONTROL = bytes(range(9)) + bytes(range(0x0B, 0x20)) + b"\x7f"


def answer(path: str, commands: Iterable[str], opened: Callable[[], pykd.Dump] | None = None) -> str | None:
    """Ask the dump at *path* all of *commands* in a new process: what is wrong with the way it answers, None if nothing is. The command ``id``
    is what ``pykd id`` prints. *opened* gives in that process the dump where it shall not be opened anew."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            _answer(path, commands, writer, opened)
        except Exception:
            os.write(writer, b": " + traceback.format_exc().encode(errors="replace"))
        finally:
            os._exit(3)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        last = pipe.read().decode(errors="replace").split("\0")[-1]
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status in ENDLESS:
        return f"{last}: no end after {SECONDS} s"
    if status in (0, 3):
        return last if status else None
    return f"{last}: signal {-status}" if status < 0 else f"{last}: status {status}"


def confine() -> None:
    """In a child: no more memory than :data:`MEMORY`, no core, nothing to read, and too long is the end."""
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, signal.SIG_DFL)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115


def begin_time() -> None:
    """From now on count what :data:`SECONDS` says."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(10 * SECONDS)


def rehearse(dump: pykd.Dump, commands: Iterable[str]) -> None:
    """Answer *commands* in this process, so that what they load and read is there for those that it forks; what was found out is forgotten."""
    session = Session(dump)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, output_to(nowhere, nowhere):
        for command in commands:
            session.run(command)
    dump.remembered.clear()


def _answer(path: str, commands: Iterable[str], report: int, opened: Callable[[], pykd.Dump] | None) -> None:
    """In the child: a NUL and the command before each is begun, and what is wrong with it."""
    confine()
    os.write(report, b"\0open")
    begin_time()
    file = os.memfd_create("output")
    try:
        session: Session | None = Session(opened() if opened else pykd.open(path))
    except pykd.Error as error:
        session = None
        if not str(error).isprintable():
            os.write(report, f": {str(error)!r} is no line".encode())
            os._exit(3)
    sandbox.enter()
    for command in commands:
        os.write(report, b"\0" + command.encode())
        begin_time()
        os.ftruncate(file, 0)
        with os.fdopen(os.dup(file), "w+b") as binary:
            binary.seek(0)
            try:
                with over(binary) as text, output_to(text, text):
                    if command == "id":
                        row = identify.describe(path)
                        print("internal error" if re.match(r"\w+Error: ", row.get("error", "")) else "", identify.line(row))
                    elif session:
                        session.run(command)
            except (Quit, BrokenPipeError, pykd.Error):
                pass
        if wrong := _wrong(os.pread(file, OUTPUT, 0)):
            os.write(report, b": " + wrong)
            os._exit(3)
    os._exit(0)


def _wrong(output: bytes) -> bytes | None:
    """What should not be in the output of a command."""
    for sign in FAULTS:
        if (at := output.find(sign)) >= 0:
            return output[max(0, at - 100) : at + 400]
    bare = output.translate(None, CONTROL)
    if len(bare) != len(output):
        at = next(number for number, byte in enumerate(output) if byte in CONTROL)
        return b"control byte: " + repr(output[max(0, at - 80) : at + 20]).encode()
    return None
