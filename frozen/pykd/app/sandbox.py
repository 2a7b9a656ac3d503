# SPDX-License-Identifier: GPL-2.0-or-later
"""When a process may give up what answering does not need: ``pykd id``, and batches of commands of pykd's own that write no files and run nothing.

Who may still ask for pipes, files or code of the own (the prompt, scripts, ``py``, ``|``, ``>``, ``!``) keeps what these need.
"""

from __future__ import annotations

from pykd.boot import importer
from pykd.core.errors import CommandError
from pykd.session import line as lines
from pykd.session import runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.session.session import Session

_UNCONFINED = frozenset(("py", "extend", "alias", "repeat", "gcore"))
"""Commands that run what the user says, decide what a later command means, or write files."""


def is_plain(session: Session, text: str) -> bool:
    """Whether the commands in *text* only read the dump and print."""
    return all(_is_plain(session, one) for line in lines.logical(text.split("\n")) for one in lines.split_commands(line))


def _is_plain(session: Session, text: str) -> bool:
    try:
        line = lines.parse(session.expand_alias(text))
        if line.file is not None or line.shell is not None or line.command[:1] in ("!", "<"):
            return False
        command, found = session.resolve(line.command)
    except CommandError:
        return True  # it will say so itself
    if command[:1] == "!":
        return False
    words = command.split()
    if found is not None:
        return found.name not in _UNCONFINED and not any(word[:1] == "-" and any(flag[1:] in word for flag in found.writes) for word in words[1:])
    if not words or not runtime.is_registered(words[0]) or any(word.startswith("--o") for word in words[1:]):
        return False
    program = runtime.find(words[0])
    return program is not None and importer.virtual(program.path) is not None


def enter() -> None:
    """Give it up, as far as this kernel can."""
    import _pykd_sandbox

    _pykd_sandbox.enter()
