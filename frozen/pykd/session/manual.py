# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of ``help``, made from the declarations of commands and from what programs registered."""

from __future__ import annotations

import _pykd_files as files
from pykd.session import command as commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.session.command import Command, Option
    from pykd.session.runtime import Registered

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
  py EXPRESSION | STATEMENT     Python; `py` alone: lines of Python until Ctrl-D
  COMMAND; COMMAND              several, one after another
  < FILE                        the lines of a file
  # TEXT, // TEXT               a comment
  !COMMAND                      a command of the shell; these need no `!`: vi pwd grep cat more less echo ls clear
  \\COMMAND                      a command although there is an alias of that name
  SYMBOL, (EXPRESSION)          its value, as `p` prints it
  TYPE [ADDRESS]                `struct` or `union` of that name; `whatis` of other types
  print, ptype, x/4xg ...       commands of gdb: see `help gdb`

  Words are separated by blanks; "..." and '...' make one word, and so do parentheses.
  A line goes on in the next one behind a backslash at its end, and while a quote or bracket is open; a block of Python to the next
  blank line, in a file as far as it is indented.

  At the prompt: Tab completes; Up, Down and Ctrl-R go through the history; `h` lists it, `r`, `r N`, `r PREFIX`, `!!` and `!N` repeat
  a line. Ctrl-C ends a command, Ctrl-D the session. A line that begins with a blank is not kept in the history.

  $XDG_CONFIG_HOME/pykd/pykdrc or ~/.pykdrc, and then ./.pykdrc, are run when a session begins. Where the first two are missing, the
  lines `set`, `alias` and `extend` of ~/.crashrc are.
"""

OUTPUT = """\
NAME
  output - where the answer goes

DESCRIPTION
  COMMAND | SHELL COMMAND       into a command of the shell
  COMMAND > FILE                into a file
  COMMAND >> FILE               to the end of a file
  COMMAND --json                one JSON document on a line, {"schema": 1, "command": ..., "dump": {...}, "rows": [...]}

  On a terminal, what does not fit the screen goes through $PAGER or less (`set scroll off`, `pykd --no-pager`: never), and has colours
  (`set color never`, `pykd --color never`, NO_COLOR: none). Files, pipes and JSON never have any, unless `--color always` asks for it.

  With `pykd --json` each command answers with a document: programs, which only print, with "text" in place of "rows". An error is
  the document's "error", {"reason", "message"}, behind the rows that there were; standard error stays empty, and the exit status is 1.
  Addresses and masks are strings ("0xffff..."), dates RFC 3339, integers that a double does not hold strings of digits; what is not
  known is null. `pykd --json-schema COMMAND` prints the JSON schema. With `pykd --ndjson` each row is a line, {"command": ..., "row":
  {...}}, and the document with the number of rows comes last.

  Work that takes long shows a bar on standard error, if that is a terminal.
"""

ENVIRONMENT = (
    ("PYKDUMPPATH", "folders with modules and programs, separated by colons"),
    ("NO_COLOR", "if not empty: no colours, unless --color always asks for them; so does CLICOLOR, if it is 0"),
    ("PAGER", "the pager of long output; less if not set"),
    ("XDG_STATE_HOME, XDG_CONFIG_HOME", "where history and settings are; ~/.local/state and ~/.config if not set"),
)

FILES = (
    ("~/.local/state/pykd/history", "lines typed; `set history off` in ~/.pykdrc: none, `set history dump`: .pykd_history beside the dump"),
    ("~/.config/pykd/pykdrc, ~/.pykdrc, ./.pykdrc", "lines to run when a session begins"),
)

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
        parts.append(("OPTIONS", _columns([(str(option), option_help(option)) for option in command.options])))
    if command.examples:
        parts.append(("EXAMPLES", _columns(list(command.examples))))
    if answers := example(command.name):
        parts.append(("OF THE SAMPLE DUMP", answers.splitlines()))
    if command.fields:
        parts.append(("FIELDS (--json)", _columns([item for item in command.fields.items() if item[1]])))
    return _assemble(parts)


def example(name: str) -> str:
    """What a command answers about the dump in tests/sample, as a session; "" where that is not kept."""
    path = f"pykd/examples/{name}.txt"
    return files.read(path).decode() if files.is_file(path) else ""


def program_page(program: Registered) -> str:
    """The page of a registered program."""
    from pykd.session import program as programs

    declared = programs.find(program.name)
    if declared is not None:
        return page(declared)
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


def option_help(option: Option) -> str:
    """What an option is for."""
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
    from pykd.session import runtime

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
