# SPDX-License-Identifier: GPL-2.0-or-later
"""What a session runs before its first command: a PyKdumpInit of the user's, and files of commands."""

from __future__ import annotations

import os

from pykd import importer, runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.session import Session

RC_FILE = ".pykdrc"
"""Lines as at the prompt; in the home folder, then in ``.``."""


def run(session: Session) -> None:
    """Run them. None of them must exist. The PyKdumpInit in the executable waits until a program is asked for: it costs time.

    :raises Quit: a file of commands says so.
    """
    program = runtime.find(runtime.INIT_PROGRAM)
    if program is not None and importer.virtual(program.path) is None:
        runtime.initialise()
    for path in _rc_files():
        session.run_file(path)


def _rc_files() -> Iterator[str]:
    home = os.environ.get("HOME")
    seen = None
    if home:
        path = os.path.join(home, RC_FILE)
        if os.path.isfile(path):
            seen = os.path.realpath(path)
            yield path
    # '.' is absent with --isolated, and not to be trusted when others can write there.
    if importer.CURRENT_FOLDER not in runtime.base_path() or not os.path.isfile(RC_FILE):
        return
    if os.path.realpath(RC_FILE) != seen and importer.finder.trusted_program(os.path.join(".", RC_FILE)):
        yield RC_FILE
