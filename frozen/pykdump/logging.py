# SPDX-License-Identifier: GPL-2.0-or-later
"""The log of a run: problems are printed when they are found, and once more at the end."""

from __future__ import annotations

from . import Generic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    _Message = tuple[tuple[Any, ...], dict[str, Any]]

WARNING = "+++WARNING+++"
ERROR = "+++ERROR+++"


class PyLog:
    """All instances share one log."""

    _timeouts: list[str] = []
    _warnings: list[_Message] = []
    _errors: list[_Message] = []
    _infos: list[_Message] = []
    _silent: list[str] = []

    @staticmethod
    def _add(log: list[Any], message: Any) -> None:
        if message not in log:
            log.append(message)

    def _print(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if Generic.debug:
            import traceback

            traceback.print_stack()
        print(name, end=" ")
        print(*args, **kwargs)

    def timeout(self, msg: str) -> None:
        """A command did not complete in time."""
        print(WARNING, msg)
        self._add(self._timeouts, msg)

    def warning(self, *args: Any, **kwargs: Any) -> None:
        """Print, and log; takes what print() takes."""
        self._add(self._warnings, (args, kwargs))
        self._print(WARNING, args, kwargs)

    def warning_onexit(self, *args: Any, **kwargs: Any) -> None:
        """Log only."""
        self._add(self._warnings, (args, kwargs))

    def error(self, *args: Any, **kwargs: Any) -> None:
        """Print, and log."""
        self._add(self._errors, (args, kwargs))
        self._print(ERROR, args, kwargs)

    def info(self, *args: Any, **kwargs: Any) -> None:
        """Log for the block of additional information."""
        self._add(self._infos, (args, kwargs))

    def silent(self, msg: str) -> None:
        """Keep one message until it is asked for."""
        self._silent[:] = [msg]

    def getsilent(self) -> str:
        """The kept message, which is forgotten by that; "" if there is none."""
        return self._silent.pop() if self._silent else ""

    def silenterror(self, extra: str) -> None:
        """Log the kept message, if there is one, as an error, with *extra* before it."""
        message = self.getsilent()
        if message:
            self._add(self._errors, ((extra, message), {}))

    def cleanup(self) -> None:
        for log in (self._timeouts, self._warnings, self._errors, self._infos, self._silent):
            log.clear()

    def onexit(self) -> None:
        """Print the summary."""
        if self._timeouts or self._warnings or self._errors:
            self._print_problems()
        if self._infos:
            print()
            print(" Additional Info ".center(78, "~"))
            self._print_messages(self._infos)
            print("~" * 78)

    @staticmethod
    def _print_messages(log: list[_Message]) -> None:
        for args, kwargs in log:
            print(end="    ")
            print(*args, **kwargs)

    def _print_problems(self) -> None:
        print()
        print("*" * 78)
        print(" A Summary Of Problems Found ".center(78, "*"))
        print("*" * 78)
        if self._timeouts:
            print(" Some crash built-in commands did not complete within timeout ".center(78, "-"))
            for message in self._timeouts:
                print("   ", message)
            print(
                " *** You can rerun your command with a different timeout\n"
                "     by adding --timeout=NNN to your options\n"
                "     For example, 'crashinfo -v --timeout=1200\n"
                "     to run with timeout of 1200s"
            )
        for name, log in ((WARNING, self._warnings), (ERROR, self._errors)):
            if log:
                print(f" A list of all {name} messages ".center(78, "-"))
                self._print_messages(log)
        print("-" * 78)
