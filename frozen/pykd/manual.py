# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of ``help``, made from the declarations of commands and from what programs registered."""

from __future__ import annotations

from collections.abc import Iterator

from pykd import command as commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.command import Command, Option
    from pykd.runtime import Registered

WIDTH = 100

TOPICS = {
    "tasks": "Tasks and stacks",
    "kernel": "The kernel's state",
    "memory": "Memory and addresses",
    "data": "Types, symbols and values",
    "system": "The system",
    "session": "This session",
    "tools": "Tools",
}
"""In the order of the index. A topic that is not here comes last, under its own name."""

INPUT = """\
NAME
  input - what a line may be

DESCRIPTION
  COMMAND [ARGUMENTS]           a command, a registered program, or an alias (`alias` lists them)
  epython PROGRAM [ARGUMENTS]   a Python program: a path, or a name in '.', PYKDUMPPATH and pykd itself
  COMMAND; COMMAND              several, one after another
  < FILE                        the lines of a file
  # TEXT, // TEXT               a comment
  !COMMAND                      a command of the shell
  \\COMMAND                      a command although there is an alias of that name

  The name of a variable alone means `p`, that of a struct or union `struct` or `union`, of another type `whatis`.
  Words are separated by blanks; "…" and '…' make one word, and so do parentheses.
  ~/.pykdrc and then ./.pykdrc are run when a session begins.
"""

OUTPUT = """\
NAME
  output - where the answer goes

DESCRIPTION
  COMMAND | SHELL COMMAND       into a command of the shell
  COMMAND > FILE                into a file
  COMMAND >> FILE               to the end of a file
  COMMAND --json                one JSON document with the rows that the text is made of; of built-in commands
"""

TEXTS = {"input": INPUT, "output": OUTPUT}


def page(command: Command) -> str:
    """The page of a built-in command."""
    parts = [
        ("NAME", [f"{command.name} - {command.summary}"]),
        ("SYNOPSIS", _synopsis(command)),
    ]
    if command.description:
        parts.append(("DESCRIPTION", _wrapped(command.description)))
    if command.options:
        parts.append(("OPTIONS", _columns([(str(option), _option_help(option)) for option in command.options])))
    if command.examples:
        parts.append(("EXAMPLES", _columns(list(command.examples))))
    if command.fields:
        parts.append(("FIELDS (--json)", _columns([item for item in command.fields.items() if item[1]])))
    return _assemble(parts)


def program_page(program: Registered) -> str:
    """The page of a registered program."""
    return _assemble(
        [
            ("NAME", [f"{program.name} - {program.short}"]),
            ("SYNOPSIS", [f"{program.name} {program.synopsis}"]),
            ("DESCRIPTION", program.help.split("\n")),
        ]
    )


def _assemble(parts: list[tuple[str, list[str]]]) -> str:
    blocks = ["\n".join([title, *(f"  {line}".rstrip() for line in lines)]) for title, lines in parts if lines]
    return "\n" + "\n\n".join(blocks) + "\n\n"


def _synopsis(command: Command) -> list[str]:
    import textwrap

    indent = " " * (len(command.name) + 1)
    return textwrap.wrap(command.synopsis(), WIDTH - 2, subsequent_indent=indent, break_on_hyphens=False)


def _wrapped(text: str) -> list[str]:
    """Paragraphs are filled; a blank line ends one, and lines that begin with a blank stay as they were written."""
    import textwrap

    lines: list[str] = []
    paragraph: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line and not line[0].isspace():
            paragraph.append(line)
            continue
        lines += textwrap.wrap(" ".join(paragraph), WIDTH - 2, break_on_hyphens=False)
        paragraph = []
        lines.append(line)
    return lines[:-1]


def _option_help(option: Option) -> str:
    return f"{option.help} (may be repeated)" if option.repeat else option.help


def _columns(items: list[tuple[str, str]]) -> list[str]:
    import textwrap

    width = min(max((len(left) for left, _ in items), default=0), 30)
    lines = []
    for left, right in items:
        wrapped = textwrap.wrap(right, WIDTH - width - 4, break_on_hyphens=False) or [""]
        if len(left) > width:
            lines.append(left)
            left = ""
        lines.append(f"{left:<{width}}  {wrapped[0]}")
        lines += [f"{'':<{width}}  {line}" for line in wrapped[1:]]
    return lines


def index() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Topics and their commands as (name, one line); programs are a topic of their own. Imports every command."""
    from pykd import runtime

    topics: dict[str, list[tuple[str, str]]] = {topic: [] for topic in TOPICS}
    for name in commands.names():
        command = commands.find(name)
        if command is not None:
            topics.setdefault(command.topic, []).append((name, command.summary))
    for topic, found in topics.items():
        if found:
            yield TOPICS.get(topic, topic.capitalize()), found
    programs = [(name, entry.short) for name in sorted(runtime.registered()) if (entry := runtime.entry(name))]
    if programs:
        yield "Programs", programs
