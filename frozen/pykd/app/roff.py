# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd --man``: the command line, all commands and programs as one man page, made of what ``--help`` and ``help`` print."""

from __future__ import annotations

from pykd.session import command, manual, runtime
from pykd.session import program as programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def escaped(text: str) -> str:
    """A line as roff text that prints as it stands, in ASCII."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")
    text = text.replace("'", "\\(aq").replace('"', "\\(dq")
    text = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return f"\\&{text}" if text[:1] == "." else text


def _literal(lines: Iterable[str]) -> Iterator[str]:
    """Lines that ``man`` leaves alone."""
    yield ".nf"
    yield from (escaped(line) if line.strip() else ".sp" for line in lines)
    yield ".fi"


def _prose(text: str) -> Iterator[str]:
    """Paragraphs to fill; lines that begin with a blank stay as they are."""
    literal = False
    for line in text.strip("\n").split("\n"):
        if line[:1].isspace() != literal and line.strip():
            literal = not literal
            yield ".nf" if literal else ".fi"
        yield escaped(line) if line.strip() else ".sp" if literal else ".PP"
    if literal:
        yield ".fi"


def _items(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in items:
        yield ".TP"
        yield f"\\fB{escaped(term)}\\fR"
        yield escaped(text) or "\\&"


def _command(found: command.Command) -> Iterator[str]:
    yield f".SS {escaped(found.name)}"
    yield f"{escaped(found.summary)}"
    yield ".PP"
    yield f"\\fB{escaped(found.name)}\\fR {escaped(found.synopsis().removeprefix(found.name).strip())}"
    if found.description:
        yield ".PP"
        yield from _prose(found.description)
    yield from _items((str(option), manual.option_help(option)) for option in found.options)
    if found.examples:
        yield ".PP"
        yield "Examples:"
        yield from _items(found.examples)
    fields = [item for item in found.fields.items() if item[1]]
    if fields:
        yield ".PP"
        yield "In JSON:"
        yield from _items(fields)


def _usage(text: str) -> Iterator[str]:
    """The options of the command line, each a line or two of *text* behind two blanks."""
    for block in text.split("\n\n"):
        if block.startswith("usage:"):
            continue
        if block.startswith("  "):
            yield from _items((term.strip(), help.strip()) for term, _, help in (_cut(line) for line in block.splitlines()))
        else:
            yield ".PP"
            yield from map(escaped, block.splitlines())


def _cut(line: str) -> tuple[str, str, str]:
    """Term and text stand two blanks apart."""
    return line.strip().partition("  ")


def page(version: str, usage: str) -> str:
    """The whole page.

    :param usage: what ``pykd --help`` prints.
    """
    lines = [
        f'.TH PYKD 1 "" "pykd {version}" "User Commands"',
        ".SH NAME",
        "pykd \\- open Linux kernel crash dumps without a vmlinux",
        ".SH SYNOPSIS",
        *_literal(line.removeprefix("usage:").strip() for line in usage.split("\n\n")[0].splitlines()),
        ".SH DESCRIPTION",
        "pykd takes types from the dump's own BTF, names from its own kallsyms and stacks from its own ORC tables.",
        "Commands are those of crash(8); programs written for PyKdump run unmodified.",
        ".SH OPTIONS",
        *_usage(usage),
        ".SH INPUT",
        *_literal(manual.INPUT.partition("DESCRIPTION\n")[2].rstrip("\n").splitlines()),
        ".SH OUTPUT",
        *_literal(manual.OUTPUT.partition("DESCRIPTION\n")[2].rstrip("\n").splitlines()),
        ".SH COMMANDS",
    ]
    for name in command.names():
        found = command.find(name)
        if found is not None:
            lines += _command(found)
    lines.append(".SH PROGRAMS")
    for name in sorted(runtime.registered()):
        program = runtime.entry(name)
        declared = programs.find(name)
        if declared is not None:
            lines += _command(declared)
        elif program is not None:
            lines += [f".SS {escaped(name)}", escaped(program.short), ".PP"]
            lines += _literal(f"{name} {program.synopsis}\n\n{program.help}".strip("\n").split("\n"))
    lines += [
        ".SH ENVIRONMENT",
        *_items(manual.ENVIRONMENT),
        ".SH FILES",
        *_items(manual.FILES),
        ".SH SEE ALSO",
        "crash(8), makedumpfile(8), drgn(1)",
    ]
    kept = [line.rstrip() for line in lines if line.strip()]
    # A title is followed by a paragraph anyway.
    return "\n".join(line for line, before in zip(kept, ["", *kept], strict=False) if line != ".PP" or before[:3] not in (".SH", ".SS")) + "\n"
