# SPDX-License-Identifier: GPL-2.0-or-later
"""One process for each dump: what a file does to the process that reads it is no other file's loss."""

from __future__ import annotations

import json
import os
import resource
import selectors
import signal
import sys
import time

from pykd.session.document import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

GRACE = 2.0
"""Seconds behind the limit after which a process that did not end itself is killed, or left alone where the sandbox does not let it be"""
MAX_RECORD = 64 << 20
"""Bytes of a record; more is no record"""


class Work:
    """A child at work on one file."""

    def __init__(self, path: str, make: Callable[[str], dict[str, Any]], limit: float, memory: int, quiet: int) -> None:
        self.path = path
        self.data = b""
        self.started = time.monotonic()
        reader, writer = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            os.close(reader)
            _be_child(path, make, writer, limit, memory, quiet)
        os.close(writer)
        self.reader = reader

    def is_killed(self) -> bool:
        """Kill it; False: the sandbox has it that no process may be signalled, not even a child."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except PermissionError:
            return False
        return True

    def left(self, limit: float) -> dict[str, Any]:
        """The record of a child that is not waited for: it ended neither by itself nor by its own alarm, and cannot be killed."""
        os.close(self.reader)
        return _late(limit) | {"seconds": round(time.monotonic() - self.started, 3)}

    def ended(self, limit: float, memory: int) -> dict[str, Any]:
        """The record, of which the child has closed its end; what became of the child if there is none."""
        os.close(self.reader)
        _, status, usage = os.wait4(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - self.started
        try:
            found: dict[str, Any] = json.loads(self.data)
        except ValueError:
            if code in (-signal.SIGALRM, -signal.SIGKILL) and seconds >= limit:
                found = _late(limit)
            elif code < 0:
                found = {"error": {"reason": "crash", "message": f"reading it ended by signal {-code}, which is a mistake of pykd's; please report it"}}
            else:
                found = {"error": {"reason": "crash", "message": f"reading it ended early (status {code})"}}
        return found | {"seconds": round(seconds, 3), "memory": usage.ru_maxrss * 1024}


def _late(limit: float) -> dict[str, Any]:
    return {"error": {"reason": "time", "message": f"not done within {limit:.0f} s"}}


def _be_child(path: str, make: Callable[[str], dict[str, Any]], writer: int, limit: float, memory: int, quiet: int) -> NoReturn:
    status = 1
    try:
        # It ends by itself too, should nobody be left to end it.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, limit + GRACE / 2)
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        try:
            found = make(path)
        except MemoryError:
            found = {"error": {"reason": "memory", "message": f"it takes more than {memory >> 20} MB"}}
        except Exception as error:  # data that no check foresaw
            found = {"error": {"reason": "internal", "message": f"{type(error).__name__}: {error}"}}
        with open(writer, "wb") as pipe:
            pipe.write(encode(found).encode("utf-8", "backslashreplace"))
        status = 0
    finally:
        os._exit(status)


def silence() -> int:
    """A descriptor for what children print; to be had before the sandbox is."""
    try:
        return os.open("/dev/null", os.O_RDWR)
    except FileNotFoundError:  # a change of root without devices: an end of a pipe gives nothing and takes nothing
        reader, writer = os.pipe()
        os.close(writer)
        return reader


def run(
    paths: Iterator[str], make: Callable[[str], dict[str, Any]], *, jobs: int, limit: float, memory: int, quiet: int, idle: Callable[[], None]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, record) of each, as they are done.

    :param make: the record of a path, in the child.
    :param limit: seconds of each.
    :param memory: bytes of each.
    :param quiet: of :func:`silence`.
    :param idle: is called about twice a second.
    """
    chosen = selectors.PollSelector()  # all that the sandbox allows
    working: set[Work] = set()
    try:
        while True:
            while len(working) < jobs and (path := next(paths, None)) is not None:
                work = Work(path, make, limit, memory, quiet)
                working.add(work)
                chosen.register(work.reader, selectors.EVENT_READ, work)
            if not working:
                return
            for key, _ in chosen.select(0.5):
                work = key.data
                piece = os.read(work.reader, 1 << 16)
                work.data += piece
                if not piece or len(work.data) > MAX_RECORD:  # of more it finds nobody who reads it, and ends
                    chosen.unregister(work.reader)
                    working.discard(work)
                    yield work.path, work.ended(limit, memory)
            for work in [one for one in working if time.monotonic() - one.started > limit + GRACE]:
                if not work.is_killed():
                    chosen.unregister(work.reader)
                    working.discard(work)
                    yield work.path, work.left(limit)
            idle()
    finally:
        for work in working:
            if work.is_killed():
                os.waitpid(work.pid, 0)
