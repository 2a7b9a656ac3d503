# SPDX-License-Identifier: GPL-2.0-or-later
"""What ends a command, beside the errors of the C core (:class:`_pykd.Error`): what the user is told, in one line."""

from __future__ import annotations

from _pykd import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DAMAGE = (Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What data or types of a damaged dump may raise: it costs the item that was made of them, and no other."""


def reason_of(error: Exception) -> str:
    """Why a dump cannot be used, without its path and the number that ``str()`` of an OSError has."""
    return str(error.strerror if isinstance(error, OSError) else error)


class CommandError(Exception):
    """The command cannot do what it was asked; the message is one line for the user.

    :param meant: finds what may have been meant by a name that there is not; asked when the message is for people.
    """

    def __init__(self, *words: object, meant: Callable[[], list[str]] | None = None) -> None:
        super().__init__(*words)
        self.meant = meant

    def hint(self) -> str:
        """``; did you mean `ps`?``, for people; programs that parse a message get it alone."""
        if self.meant is None:
            return ""
        from pykd.core import near

        return near.sentence(self.meant()[:1])

    details = ""
    """Lines to show people in place of the message, as they are meant for a terminal."""


class UsageError(CommandError):
    """Wrong options or arguments; the message names them, and the session adds how the command is used."""

    usage = ""
    """Lines that show the synopsis; set where it is known which command it is."""

    def __str__(self) -> str:
        return "\n".join(part for part in (super().__str__(), self.usage) if part)


class UnknownCommandError(CommandError):
    """No command, program, symbol or type has this name; the message says so."""


class LineError(CommandError):
    """A quote or parenthesis that is not closed, a redirection without a file."""
