# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the output of a command goes: the terminal, a file, the shell, a buffer.

All of these work by what ``sys.stdout`` is for a while, so that programs need not know.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from abc import ABC, abstractmethod

from _pykd import is_dump
from pykd.core.blocks import block
from pykd.core.shown import Shown, own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

_SHELL = "/bin/sh"


def buffer() -> io.TextIOWrapper:
    """A file in memory; programs expect what a real ``sys.stdout`` can do."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)


def contents(file: io.TextIOWrapper) -> str:
    """What was written to a :func:`buffer`."""
    file.flush()
    data = file.buffer
    assert isinstance(data, io.BytesIO)
    return data.getvalue().decode("utf-8", "surrogateescape")


def over(file: IO[bytes]) -> Shown:
    """A text file for people over a binary one."""
    return Shown(file, encoding="utf-8", errors="surrogateescape")


@block
def output_to(output: Any, messages: Any = None) -> Iterator[None]:
    """Let ``sys.stdout`` be *output* for a while, and ``sys.stderr`` *messages* if given."""
    saved = sys.stdout, sys.stderr
    sys.stdout.flush()
    sys.stdout = output
    if messages is not None:
        sys.stderr = messages
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout, sys.stderr = saved


def opened(path: str, *, append: bool = False, flags: int = 0, mode: int = 0o666) -> int:
    """A descriptor that writes to a file, which is made if there is none, and empty unless *append* or it is no file.

    :param flags: further flags of ``os.open``.
    :raises OSError: of a dump that is open too.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_APPEND if append else 0) | flags, mode)
    try:
        if is_dump(descriptor):
            raise OSError(errno.ETXTBSY, "this is the dump that is open", path)
        if not append and stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def to_file(path: str, append: bool = False) -> IO[str]:
    """A text file to write, by the rules of :func:`opened`. :raises OSError:"""
    return over(open(opened(path, append=append), "wb"))


LESS = "-eXR"
"""Options of less: it leaves when one goes on at the end (and so may be searched from there), leaves the text on the screen, and lets colours through."""


class Paged(ABC):
    """Stands for ``sys.stdout`` while output is shown a screenful at a time."""

    @property
    @abstractmethod
    def started(self) -> bool:
        """Whether it owns the screen."""

    @abstractmethod
    def write(self, text: str) -> int:
        """As of a file."""

    @abstractmethod
    def close(self) -> None:
        """All has been written: wait until it is read."""


def pager_command() -> str | None:
    """Shell command of the host's pager."""
    import shutil

    chosen = os.environ.get("PAGER", "").strip()
    if chosen and chosen != "less":
        return chosen
    return f"less {LESS}" if shutil.which("less") else None


def descriptor() -> int:
    """What programs of the host write to: a file of ours, if output goes there."""
    try:
        return sys.stdout.fileno()
    except (OSError, ValueError):
        return 1


class Shell:
    """A command of the host's shell that reads what is written to :attr:`pipe`."""

    def __init__(self, command: str, environment: dict[str, str] | None = None, output: int = 1) -> None:
        """
        :param output: descriptor of what it writes to.
        :raises OSError: there is no shell.
        """
        sys.stdout.flush()
        reader, writer = os.pipe()
        try:
            actions = [(os.POSIX_SPAWN_DUP2, reader, 0), (os.POSIX_SPAWN_CLOSE, writer), (os.POSIX_SPAWN_DUP2, output, 1)]
            self._pid = os.posix_spawn(
                _SHELL, [_SHELL, "-c", command], {**os.environ, **(environment or {})}, file_actions=actions
            )
        except OSError as error:
            os.close(writer)
            raise OSError(error.errno, error.strerror, _SHELL) from None
        finally:
            os.close(reader)
        self.pipe = over(open(writer, "wb"))  # noqa: SIM115 (closed by close())

    def close(self) -> int:
        """End its input and wait for it: its exit status, negative for a signal."""
        try:
            self.pipe.close()
        except BrokenPipeError:
            pass  # `| head` has seen enough
        while True:
            try:
                return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            except KeyboardInterrupt:
                continue  # it has got the signal too, and decides for itself
            except ChildProcessError:
                import signal

                return -signal.SIGINT  # it had ended when Ctrl-C came


def _run_at_terminal(command: str) -> int:
    """As system() does, but that Ctrl-C is not lost when the command is just ending."""
    import signal

    interrupted = False
    saved = signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    try:
        # A Ctrl-C that comes while the command begins is told when there is something to wait for.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        pid = os.posix_spawn(_SHELL, [_SHELL, "-c", command], os.environ, setsigdef=[signal.SIGQUIT], setsigmask=mask)
        while True:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                break
            except KeyboardInterrupt:
                interrupted = True
            except ChildProcessError:
                status = -signal.SIGINT  # it had ended when Ctrl-C came
                break
    finally:
        signal.signal(signal.SIGQUIT, saved)
    return status or (-signal.SIGINT if interrupted else 0)


def run_shell(command: str) -> int:
    """Run a command of the host's shell: its exit status. It writes where we do; Ctrl-C is its own.

    :raises OSError: there is no shell.
    """
    sys.stdout.flush()
    if not os.access(_SHELL, os.X_OK):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), _SHELL)
    if sys.stdout is sys.__stdout__ or sys.stdout.isatty():
        return _run_at_terminal(command)
    import subprocess

    messages = None if sys.stderr is sys.__stderr__ else subprocess.PIPE
    result = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=messages, text=True, errors="surrogateescape", check=False
    )
    own(sys.stdout, result.stdout)
    if messages is not None:
        own(sys.stderr, result.stderr)
    return result.returncode
