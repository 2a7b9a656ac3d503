# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that answer with rows, as commands do: one declaration for their ``-h``, ``help``, man page, completion, JSON and text.

A file ``progs/NAME.py`` that has one declares it as :mod:`pykd.session.command` says of commands, with an ``argparse`` or ``optparse`` parser in
place of a list of options, and runs it when it is run::

    def parser():
        parser = Parser("scsishow")
        parser.add_argument("-d", "--devices", action="store_true", help="show all devices")
        return parser

    COMMAND = Program(
        name="scsishow", summary="SCSI hosts and devices", topic="system", parser=parser,
        fields={...}, examples=[("scsishow -d", "the devices")], rows=rows, text=text,
    )

    if __name__ == "__main__":
        COMMAND.main()

``rows(session, options)`` and ``text(rows, options, session)`` get what the parser made of the arguments. A program with several tables has
the table's name in each row, under ``kind``. Such a file imports at its top what is cheap, since ``help`` loads it too, and takes facts from
:mod:`pykd.kernel`, not from LinuxDump, of which the user's path may hold another one.
In PyKdumpInit it is a name with its summary.
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType

from pykd.boot import importer
from pykd.core import host
from pykd.core.errors import UsageError
from pykd.session.command import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Program(Command):
    """A declared program; see the module's docstring."""

    def __init__(self, *, parser: Callable[[], Any], **declaration: Any) -> None:
        """
        :param parser: makes an ``ArgumentParser`` or an ``OptionParser``.
        :param declaration: what :class:`Command` wants beside options.
        """
        self._parser = cache(parser)
        self._options: tuple[Option, ...] | None = None
        super().__init__(**{"may_be_empty": True, **declaration})

    @property
    def options(self) -> tuple[Option, ...]:
        """Made from the parser when somebody asks, since it takes as long as many a program."""
        if self._options is None:
            self._options = tuple(_options(self._parser()))
        return self._options

    @options.setter
    def options(self, value: tuple[Option, ...]) -> None:
        """They are the parser's."""

    def parse(self, words: Any) -> Any:
        """:raises UsageError: what the parser says against them, or its help."""
        from pykd.core.output import buffer, contents, output_to

        said = buffer()
        try:
            with output_to(said, said):
                return self._parsed(list(words))
        except SystemExit:
            raise UsageError(contents(said).strip()) from None

    def _parsed(self, words: list[str]) -> Any:
        """:raises SystemExit: as the parser ends a program."""
        parser = self._parser()
        parsed = parser.parse_args(words)
        options, rest = parsed if isinstance(parsed, tuple) else (parsed, [])
        if not hasattr(options, "arguments"):
            options.arguments = rest
        return options

    def main(self) -> None:
        """Answer as the program that runs: with the arguments in ``sys.argv``, to ``sys.stdout`` or as JSON."""
        import pykd
        import pykdump.API  # noqa: F401 (takes the options of every program out of sys.argv, says how long it took)

        session = host.demand(pykd.current())
        if not session.answer(self, self._parsed(sys.argv[1:])):
            sys.exit("no answer")  # a text: the session prints none of these, and knows that it failed


def _options(parser: Any) -> Any:
    """Those of a parser, of either kind."""
    if hasattr(parser, "_actions"):  # of argparse, which programs with optparse need not load
        from argparse import SUPPRESS

        for action in parser._actions:
            if action.option_strings and action.help != SUPPRESS:
                value = None if action.nargs == 0 else str(action.metavar or action.dest.upper())
                if value and action.nargs == "?":
                    value = f"[{value}]"
                yield _option(list(action.option_strings), value, str(action.help or ""))
        return
    for option in parser.option_list:
        flags = [*option._short_opts, *option._long_opts]
        value = str(option.metavar or (option.dest or "value").upper()) if option.takes_value() else None
        yield _option(flags, value, str(option.help or ""))


def _option(flags: list[str], value: str | None, help: str) -> Option:
    """By its longest spelling; the others are in its help."""
    longest = max(flags, key=len)
    others = [flag for flag in flags if flag != longest]
    return Option(longest, value, help=f"{', '.join(others)}: {help}" if others else help)


@cache
def _module(path: str) -> ModuleType:
    """The program of the executable at *path*, loaded and not run."""
    from pykd.session import aftermath

    module = ModuleType(f"pykd-progs.{path}")
    module.__file__ = f"{importer.EXE}/{path}"
    with aftermath.own_framework(True):
        exec(importer.code_of(path), vars(module))
    return module


def find(name: str) -> Program | None:
    """The declaration of the program *name*; None if it has none, or if one of the user's own stands in its place."""
    from pykd.session import runtime

    program = runtime.find(name)
    path = importer.virtual(program.path) if program is not None else None
    if path is None or "\nCOMMAND = Program(" not in importer.source_of(path):
        return None
    found: Program = _module(path).COMMAND
    return found


def declared(name: str) -> Command | None:
    """The declaration of a command or program; None if there is none of that name, or it has none."""
    from pykd.session import command

    return command.find(name) or find(name)
