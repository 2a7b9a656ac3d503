# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd --completion SHELL``: completion of pykd's command line, made of what ``--help`` prints and of the declarations of commands.

Options are completed everywhere before the script, names of commands behind ``-c``, and files elsewhere.
"""

from __future__ import annotations

import re

import _pykd_files as files
from pykd.core.record import NamedTuple
from pykd.session import command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Flag(NamedTuple):
    """An option of the command line, as ``--help`` has it."""

    words: tuple[str, ...]
    """``-h``, ``--help``: the same."""
    value: str | None
    """The name of its value."""
    help: str


def flags(usage: str) -> list[Flag]:
    """The options in the text of ``--help``: ``  -h, --help     print this``, ``  -c COMMAND   run a command``."""
    found = []
    for left, text in re.findall(r"^  (-\S.*?)(?:  +|(?<=SHELL) )(\S.*)$", usage, re.MULTILINE):
        parts = left.split(", ")
        names = tuple(part.split()[0] for part in parts)
        value = parts[-1].split()[1] if " " in parts[-1] else None
        found.append(Flag(names, value, text))
    return found


def commands() -> list[tuple[str, str]]:
    """Names and one line of every built-in command, and the programs; those that only shells can quote are left out."""
    found = [(name, entry.summary) for name in command.names() if (entry := command.find(name))]
    programs = (name.removesuffix(".py") for name in files.listdir("progs"))
    found += [(name, f"the program {name}") for name in programs if name.islower()]
    return sorted(item for item in found if re.fullmatch(r"[\w-]+", item[0]))


VALUES = {"SHELL": ("bash", "zsh", "fish"), "WHEN": ("auto", "always", "never")}
"""Values that are one of a few words."""


def _plain(text: str) -> str:
    """Without what shells read: quotes, dollar signs, brackets."""
    return re.sub(r"[^\w ,.;:/()-]", "", text)


def bash(usage: str) -> str:
    options = flags(usage)
    words = " ".join(word for flag in options for word in flag.words)
    names = " ".join(name for name, _ in commands())
    of_files = "|".join(word for flag in options if flag.value and flag.value.startswith("FILE") for word in flag.words)
    lines = [
        "# Completion of pykd for bash; made by pykd --completion bash",
        "_pykd()",
        "{",
        '\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}',
        '\tcase $before in',
        f"\t-c) compopt +o filenames 2>/dev/null; COMPREPLY=($(compgen -W '{names}' -- \"$word\")); return ;;",
        f"\t{of_files}) mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;",
        *(
            f"\t{'|'.join(flag.words)}) COMPREPLY=($(compgen -W '{' '.join(VALUES[flag.value])}' -- \"$word\")); return ;;"
            for flag in options
            if flag.value in VALUES
        ),
        "\tesac",
        '\tcase $word in',
        f"\t-*) COMPREPLY=($(compgen -W '{words}' -- \"$word\")) ;;",
        '\t*) mapfile -t COMPREPLY < <(compgen -f -- "$word"); [[ $COMP_CWORD != 1 || id != "$word"* ]] || COMPREPLY+=(id) ;;',
        "\tesac",
        "}",
        "complete -o filenames -F _pykd pykd",
    ]
    return "\n".join(lines) + "\n"


def zsh(usage: str) -> str:
    lines = ["#compdef pykd", "# Completion of pykd for zsh; made by pykd --completion zsh", "local -a pykd_commands", "pykd_commands=("]
    lines += [f"\t'{name}:{_plain(summary).replace(':', '\\:')}'" for name, summary in commands()]
    lines += [")", "_arguments -s \\"]
    for flag in flags(usage):
        action = ""
        if flag.words == ("-c",):
            action = ":command:{_describe command pykd_commands}"
        elif flag.value in VALUES:
            action = f":{flag.value.lower()}:({' '.join(VALUES[flag.value])})"
        elif flag.value:
            action = f":{flag.value.lower()}:_files"
        lines += [f"\t'*{word}[{_plain(flag.help)}]{action}' \\" for word in flag.words]
    lines += ["\t'1:dump or verb:{ compadd id; _files }' \\", "\t'*:dump or script:_files'"]
    return "\n".join(lines) + "\n"


def fish(usage: str) -> str:
    lines = ["# Completion of pykd for fish; made by pykd --completion fish", "function __pykd_commands", "\tprintf '%s\\t%s\\n' \\"]
    lines += [f"\t\t{name} '{_plain(summary)}' \\" for name, summary in commands()]
    lines[-1] = lines[-1].removesuffix(" \\")
    lines.append("end")
    for flag in flags(usage):
        names = " ".join(f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}" for word in flag.words)
        value = ""
        if flag.value in VALUES:
            value = f" -x -a '{' '.join(VALUES[flag.value])}'"
        elif flag.value and flag.words != ("-c",):
            value = " -r -F"
        elif flag.value:
            value = " -x -a '(__pykd_commands)'"
        lines.append(f"complete -c pykd {names}{value} -d '{_plain(flag.help)}'")
    lines.append("complete -c pykd -n 'test (count (commandline -opc)) = 1' -a id -d 'a line about each dump'")
    return "\n".join(lines) + "\n"


SHELLS: dict[str, Callable[[str], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
