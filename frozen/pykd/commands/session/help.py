# SPDX-License-Identifier: GPL-2.0-or-later
"""``help``: the list of commands, and a page for each."""

from __future__ import annotations

from pykd.core import near, version
from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session import command as commands
from pykd.session import manual, runtime, topics
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_COLUMNS = 5
_COLUMN = 15


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.k and options.arguments:
        for word in options.arguments:
            lines = list(topics.about(word))
            if not lines:
                raise CommandError(f"nothing has to do with {word}{near.hint(word, topics.words()) or '; `help commands` lists the commands'}")
            yield from ({"name": name, "summary": line, "word": word} for name, line in lines)
        return
    if options.m or options.D or options.k or options.v:
        from pykd.commands.session import _help_dump, _help_kernel, _help_machine, _help_memory

        for wanted, part in ((options.D, _help_dump), (options.k, _help_kernel), (options.m, _help_machine), (options.v, _help_memory)):
            if wanted:
                yield from part.rows(session)
        return
    if not options.arguments:
        yield from ({"name": name} for name in _all_names())
        return
    for word in options.arguments:
        if word == "all":
            for name in _all_names():
                if name != "q":
                    yield {"name": name, "page": _page(session, name)}
        elif word == "commands":
            for topic, found in manual.index():
                yield from ({"topic": topic, "name": name, "summary": summary} for name, summary in found)
        else:
            yield {"name": word, "page": _page(session, word)}


def _all_names() -> list[str]:
    """In crash's order: ``q`` comes last."""
    return [*sorted({*commands.names(), *runtime.registered()}), "q"]


def _page(session: Session, name: str) -> str:
    if name in manual.TEXTS:
        return "\n" + manual.TEXTS[name] + "\n"
    found = commands.find(name)
    if found is not None:
        return manual.page(found)
    program = runtime.entry(name)
    if program is not None:
        return manual.program_page(program)
    if name == "epython":
        return "\n" + runtime.USAGE
    if name in ("q", "exit", "quit"):
        return f"\nNAME\n  {name} - leave the session\n\n"
    if name in session.aliases:
        meaning = session.aliases[name]
        first = meaning.split()[0]
        return f"\nalias: {name} means `{meaning}`\n" + (_page(session, first) if first != name else "")
    text = topics.page(name)
    if text is not None:
        return text
    meant = near.hint(name, [*topics.names(), *session.names()])
    related = ", ".join(one for one, _ in topics.about(name))
    if meant and related:
        meant += f" `help -k {name}` lists what has to do with it"
    elif related:
        meant = f"; these have to do with it, and `help -k {name}` says how: {related}"
    meant = meant or "; `help` lists them"
    raise CommandError(f"there is no command {name}{meant}")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.k and options.arguments:
        yield from (f"  {row['name']:<12} {row['summary'][:100]}" for row in rows)
        return
    if options.m or options.D or options.k or options.v:
        from pykd.commands.session import _help_machine

        yield from _help_machine.text(rows)
        return
    if not options.arguments:
        yield from _list([row["name"] for row in rows])
        return
    topic = None
    for row in rows:
        if "page" in row:
            yield row["page"].removesuffix("\n")
            continue
        if row["topic"] != topic:
            topic = row["topic"]
            yield ""
            yield topic
        yield f"  {row['name']:<12} {row['summary']}"


def _list(names: list[str]) -> Iterator[str]:
    height = -(-len(names) // _COLUMNS)
    yield ""
    for line in range(height):
        yield "".join(f"{name:<{_COLUMN}}" for name in names[line::height])
    yield ""
    yield f"pykd version: {version.pykd_version()}"
    yield 'For help on any command above, enter "help <command>".'
    yield 'For what each does in one line, enter "help commands".'
    yield f'For help on more than a command, enter "help" and one of: {", ".join(topics.names())}.'
    yield 'For what has to do with a word, enter "help -k WORD".'
    yield 'For help on input options, enter "help input".'
    yield 'For help on output options, enter "help output".'
    yield ""


COMMAND = Command(
    name="help",
    summary="commands and what they do",
    topic="session",
    options=(
        Option("-D", help="what is known of the dump file: format, what was left out, vmcoreinfo"),
        Option("-k", help="with WORD, what has to do with it; alone, what is known of the kernel: sections, version, CPUs"),
        Option("-m", help="what is known of the machine: addresses of the kernel's areas, sizes"),
        Option("-v", help="what is known of memory: pages, nodes, zones, lists of free blocks"),
    ),
    arguments="[COMMAND|PROGRAM|TOPIC|WORD|commands|input|output|all]…",
    description="Without arguments the names of all commands and programs. `commands` has them by topic, with a line each;\n"
    "`all` prints every page. Topics are `tour`, `python`, `kernel` (the helpers of Python), `crash`, `drgn`, `pykdump`, `dumps`, `shell`, `modules`, `limits`, `how`, `faq`.",
    fields={
        "field": "crash's name, with -D, -k, -m, -v",
        "value": "text",
        "name": "of the command",
        "topic": "of `help commands`",
        "summary": "one line",
        "word": "that was looked for, with -k",
        "page": "the page as text",
    },
    examples=(
        ("help bt", "the page of bt"),
        ("help commands", "what there is, by topic"),
        ("help -k socket", "what has to do with sockets"),
        ("help python", "how programs are written"),
    ),
    rows=rows,
    text=text,
)
