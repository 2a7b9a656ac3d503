# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd --man``: the command line and all commands as one man page, made of what ``--help`` and ``help`` print."""

from __future__ import annotations

from collections.abc import Iterator

from pykd import command, manual


def _quoted(text: str) -> Iterator[str]:
    """Lines as they stand, for ``man`` to leave alone."""
    yield ".nf"
    for line in text.strip("\n").splitlines():
        escaped = line.replace("\\", "\\e").replace("-", "\\-")
        yield "\\&" + escaped if escaped[:1] in (".", "'") else escaped
    yield ".fi"


def page(version: str, usage: str) -> str:
    """The whole page.

    :param usage: what ``pykd --help`` prints.
    """
    lines = [
        f'.TH PYKD 1 "" "pykd {version}" "User Commands"',
        ".SH NAME",
        "pykd \\- open Linux kernel crash dumps without a vmlinux",
        ".SH SYNOPSIS",
        ".B pykd",
        "[options] DUMP [\\-c COMMAND]... [SCRIPT [ARGS]]",
        ".SH DESCRIPTION",
        "pykd takes types from the dump's own BTF, names from its own kallsyms and stacks from its own ORC tables.",
        "Commands are those of crash(8); programs written for PyKdump run unmodified.",
        ".SH OPTIONS",
        *_quoted(usage),
        ".SH COMMANDS",
    ]
    for name in command.names():
        found = command.find(name)
        if found is not None:
            lines.append(f".SS {name}")
            lines += _quoted(manual.page(found))
    lines += [".SH SEE ALSO", "crash(8), makedumpfile(8), drgn(1)"]
    return "\n".join(lines) + "\n"
