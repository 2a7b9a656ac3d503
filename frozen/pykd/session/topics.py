# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of ``help`` that are about more than a command: those of docs/, and what has to do with a word."""

from __future__ import annotations

import re

import _pykd_files as files
from pykd.session import command as commands
from pykd.session import manual, runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.session.command import Command

FOLDER = "pykd/help"
"""Where they lie in the executable, by the name that ``help`` has for them."""
KERNEL = "kernel"
"""The page of the helpers, which is made of their catalogue."""
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def names() -> list[str]:
    """All of them."""
    return sorted([*(name.removesuffix(".md") for name in files.listdir(FOLDER)), KERNEL])


def page(name: str) -> str | None:
    """A page as text; None if there is none of that name."""
    if name == KERNEL:
        return "\n".join(["", *_helpers(), ""])
    if name not in names():
        return None
    return "\n".join(["", *shown(files.read(f"{FOLDER}/{name}.md").decode()), ""])


def title(name: str) -> str:
    """What a page is about, in a line."""
    return "the helpers of Python, pykd.kernel" if name == KERNEL else files.read(f"{FOLDER}/{name}.md").decode().partition("\n")[0].lstrip("# ")


def shown(text: str) -> Iterator[str]:
    """A page of Markdown for a terminal: code is indented, tables are columns, links are their text."""
    is_code, rows, words = False, list[list[str]](), list[str]()
    for line in [*text.splitlines(), ""]:
        is_text = not is_code and line and line[0] not in "|#" and not line.startswith("```")
        if words and (not is_text or line.startswith("- ")):
            yield from _filled(words)
            words.clear()
        if rows and not line.startswith("|"):
            yield from _columns(rows)
            rows.clear()
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            yield f"    {line}".rstrip()
        elif line.startswith("|"):
            rows.append([_plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif is_text:
            words.append(_plain(line.strip()))
        else:
            yield line.lstrip("# ").upper() if line.startswith("# ") else line.lstrip("# ")


def _filled(lines: list[str]) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(" ".join(lines), manual.WIDTH, subsequent_indent="  " if lines[0].startswith("- ") else "", break_on_hyphens=False)


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", text).replace("**", "").replace(r"\|", "|")


def _columns(rows: list[list[str]]) -> Iterator[str]:
    import textwrap

    rows = [row for row in rows if any(cell.strip("-: ") for cell in row)]
    if not rows:
        return
    width = min(max(len(row[0]) for row in rows), 44)
    for row in rows:
        right = textwrap.wrap("  ".join(row[1:]), manual.WIDTH - width - 4) or [""]
        if len(row[0]) > width:
            yield f"  {row[0]}"
        yield f"  {row[0] if len(row[0]) <= width else '':<{width}}  {right[0]}".rstrip()
        yield from (f"  {'':<{width}}  {line}" for line in right[1:])


def _helpers() -> Iterator[str]:
    from pykd.kernel import catalogue

    yield "from pykd.kernel import *; help(NAME) or NAME? says more of each."
    for topic, entries in catalogue.HELPERS.items():
        yield ""
        yield topic
        for name, _, _, _ in entries:
            helper = catalogue.find(name)
            first = ((helper.__doc__ if helper is not None else None) or "").strip().partition("\n")[0]
            yield f"  {name:<26} {first}"[: manual.WIDTH]


def about(word: str) -> Iterator[tuple[str, str]]:
    """What has to do with a word: (what to ask ``help`` for, its line that says so), names and summaries before what is in their pages."""
    word = word.lower()
    late: list[tuple[str, str]] = []
    for name in commands.names():
        command = commands.find(name)
        if command is None:
            continue
        if word in name or word in command.summary.lower():
            yield name, command.summary
        elif line := _line_with(word, _told(command)):
            late.append((name, line))
    for name in sorted(runtime.registered()):
        program = runtime.entry(name)
        if program is not None and (word in name or word in program.short.lower()):
            yield name, program.short
        elif program is not None and (line := _line_with(word, program.help)):
            late.append((name, line))
    for name in names():
        if word in name or word in title(name).lower():
            yield name, title(name)
        elif line := _line_with(word, page(name) or ""):
            late.append((name, line))
    yield from late


def words() -> set[str]:
    """All that :func:`about` finds by what commands and pages are called and are about."""
    titles = [*commands.names(), *names(), *map(title, names())]
    titles += [command.summary for name in commands.names() if (command := commands.find(name)) is not None]
    return set(re.findall(r"\w{3,}", " ".join(titles).lower()))


def _told(command: Command) -> str:
    """What the page of a command says, but for what it answers about a dump, which is about everything."""
    return "\n".join([command.description, *(manual.option_help(option) for option in command.options), *(text for one in command.examples for text in one)])


def _line_with(word: str, text: str) -> str:
    return next((line.strip() for line in text.splitlines() if word in line.lower()), "")
