# SPDX-License-Identifier: GPL-2.0-or-later
"""Who runs programs and commands, as the rooms below the session see it.

``crash``, ``pykdump.API`` and ``LinuxDump`` need some of what a session can do. They ask :func:`current` for it; the session announces
itself with :func:`set_current`. There may be none: a script of ``--run`` has a dump and no session.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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

        def rows(self, text: str) -> Iterable[Row]:
            """The answer of one command as rows. :raises CommandError, LineError, Error:"""

        def run_program(self, words: Sequence[str]) -> bool:
            """Run the program *words*[0] with the others as its arguments; True if it ended well."""

        def register(self, name: str, short: str, synopsis: str, help: str) -> bool:
            """Make program *name* a command; False, with a message, if there is a command of that name."""

        def registered(self) -> list[str]:
            """Names of the programs that are commands."""


_current: Host | None = None


def current() -> Host | None:
    """The session under way; None if there is none."""
    return _current


def set_current(host: Host | None) -> None:
    """*host* is the session from now on."""
    global _current
    _current = host
