# SPDX-License-Identifier: GPL-2.0-or-later
"""Who runs programs and commands, as the rooms below the session see it.

``crash``, ``pykdump.API`` and ``LinuxDump`` need some of what a session can do. They ask :func:`current` for it; the session announces
itself with :func:`set_current`. There may be none: a script of ``--run`` has a dump and no session. What needs one all the same asks :func:`demand`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Protocol

    from _pykd import Dump
    from pykd.core.rows import Row

    class Host(Protocol):
        """What a session offers."""

        dump: Dump
        task: int
        """Address of the task_struct that commands without one mean."""
        reload: bool
        """Whether every program run reloads the modules that came from files."""
        aliases: dict[str, str]
        settings: dict[str, Any]
        state: dict[str, Any]
        """What helpers keep for the life of the session, by their name."""

        def coloured(self, file: Any) -> bool:
            """Whether what is written to *file* has colours."""

        def capture(self, text: str) -> tuple[str, bool]:
            """Run one command: what it printed, its messages included, and whether it worked."""

        def capture_apart(self, text: str) -> tuple[str, str, bool]:
            """Run one command: what it printed, its error messages, and whether it worked."""

        def guarded_plain(self, text: str) -> bool:
            """Run one command without aliases and redirections, to ``sys.stdout``; errors go to ``sys.stderr``. Whether it worked."""

        def rows(self, *words: str) -> Iterable[Row]:
            """The answer of one command, a line or word by word, as rows. :raises CommandError, LineError, Error:"""

        def answer(self, program: Any, options: Any) -> bool:
            """Answer as a declared program that runs, in the form that is asked for; True if there was an answer."""

        def run_program(self, words: Sequence[str]) -> bool:
            """Run the program *words*[0] with the others as its arguments; True if it ended well."""

        def register(self, name: str, short: str, synopsis: str, help: str) -> bool:
            """Make program *name* a command; False, with a message, if there is a command of that name."""

        def registered(self) -> list[str]:
            """Names of the programs that are commands."""


_current: Host | None = None
_make: Callable[[Dump], Host] | None = None


is_pykdump = False
"""Whether the program that runs was written for PyKdump, which has a header and a footer around its programs; others print what they print."""


def current() -> Host | None:
    """The session under way; None if there is none."""
    return _current


def set_current(host: Host | None) -> None:
    """*host* is the session from now on."""
    global _current
    _current = host


def set_maker(make: Callable[[Dump], Host]) -> None:
    """*make* opens a session on a dump where there is none: the application says so, which alone knows what a session is."""
    global _make
    _make = make


def demand(dump: Dump) -> Host:
    """The session under way, if it is about *dump*; else one of its own, which is not under way. :raises RuntimeError: nobody can make one."""
    if _current is not None and _current.dump is dump:
        return _current
    if _make is None:
        raise RuntimeError("there is no session that could run commands")
    before = _current
    try:
        return _make(dump)
    finally:
        set_current(before)
