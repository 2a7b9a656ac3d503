# SPDX-License-Identifier: GPL-2.0-or-later
"""What a session runs before its first command: a PyKdumpInit of the user's, and files of commands."""

from __future__ import annotations

import os
import sys

from pykd.boot import importer, trust
from pykd.session import runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.session.session import Session

RC_FILE = ".pykdrc"
"""Lines as at the prompt; in the home folder, then in ``.``."""
CRASH_FILE = ".crashrc"
"""crash's own, in the home folder, for those who have no :data:`RC_FILE` yet."""
_CRASH_LINES = ("set", "alias", "extend")
"""Its lines that make sense here begin so; that one of them cannot be obeyed is no news to anybody."""


def run(session: Session) -> None:
    """Run them. None of them must exist. The PyKdumpInit in the executable waits until a program is asked for: it costs time.

    :raises Quit: a file of commands says so.
    """
    home = _home_file()
    if home is not None:  # first: it says what is trusted
        run_quietly(session, home)
    else:
        _run_crash_file(session)
    program = runtime.find(runtime.INIT_PROGRAM)
    if program is not None and importer.virtual(program.path) is None:
        runtime.initialise()
    # '.' is absent with --isolated.
    if importer.CURRENT_FOLDER not in runtime.base_path() or not os.path.isfile(RC_FILE):
        return
    if (home is None or not os.path.samefile(RC_FILE, home)) and trust.may_run_unnamed(RC_FILE):
        run_quietly(session, RC_FILE)


def run_quietly(session: Session, path: str) -> None:
    """Run the lines of a file that nobody has asked for: settings are not echoed, and an error says where it is."""
    from pykd.core.output import buffer, contents, output_to
    from pykd.session import line as lines

    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        read = 0

        def counted() -> Iterator[str]:
            nonlocal read
            for line in lines.bounded(file):
                read += 1
                yield line

        for text in lines.logical(counted()):
            messages = buffer()
            is_setting = session.expand_alias(text).split(None, 1)[:1] in ([word] for word in _CRASH_LINES)
            with output_to(buffer() if is_setting else sys.stdout, messages):
                session.run(text)
            for message in contents(messages).splitlines():
                session.complain(f"{path}:{read}: {message}")


def _folder(variable: str) -> str | None:
    """What a variable names; a relative path would be one beside somebody's dump."""
    path = os.environ.get(variable, "")
    return path if os.path.isabs(path) else None


def _home_file() -> str | None:
    """``$XDG_CONFIG_HOME/pykd/pykdrc``, else :data:`RC_FILE` in the home folder."""
    home = _folder("HOME")
    config = _folder("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else None)
    candidates = [os.path.join(config, "pykd", "pykdrc")] if config else []
    if home:
        candidates.append(os.path.join(home, RC_FILE))
    return next((path for path in candidates if os.path.isfile(path) and trust.is_users_file(path)), None)


def _run_crash_file(session: Session) -> None:
    path = os.path.join(_folder("HOME") or "", CRASH_FILE)
    if not os.path.isabs(path) or not os.path.isfile(path) or not trust.is_users_file(path):
        return
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.split(None, 1)[:1] and line.split(None, 1)[0] in _CRASH_LINES]
    except OSError:
        return
    for line in lines:
        session.capture(line)
