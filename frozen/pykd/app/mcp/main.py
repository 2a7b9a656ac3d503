# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd mcp``: its command line."""

from __future__ import annotations

import os

from pykd.app import sandbox
from pykd.app.verbs import taken_apart
from pykd.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = """\
usage: pykd mcp [--allow-python] [--all-commands] [--no-sandbox] [DUMP|FOLDER]...

A server of the Model Context Protocol on standard input and output, for agents that look at dumps. They may open the dumps that are named
here and those below the folders that are (default: the current folder), and run the commands that read and print. Nothing is written, no
program is started, nothing goes to the network.

  --allow-python  a tool that runs Python code of the client's, without the sandbox
  --all-commands  each command and program is a tool of its own, not only those that are wanted often; run_command runs all anyway
  --no-sandbox    keep what reading does not need

A client's configuration, for example: {"mcpServers": {"pykd": {"command": "pykd", "args": ["mcp", "/var/crash"]}}}
"""


def main(words: Sequence[str]) -> int:
    """Serve until the client is gone; the exit status. :raises UsageError:"""
    from pykd.app.mcp.dumps import Dumps
    from pykd.app.mcp.protocol import connection
    from pykd.app.mcp.server import Server

    flags = {"--allow-python": False, "--all-commands": False, "--no-sandbox": False}
    places = []
    for option, word in taken_apart(words, flags=flags):
        if option:
            flags[option] = True
        elif not os.path.exists(word):
            raise UsageError(f"{word}: no such file or folder")
        else:
            places.append(word)
    if not flags["--no-sandbox"] and not flags["--allow-python"]:
        sandbox.enter()
    server = Server(Dumps(places or ["."]), python=flags["--allow-python"], every=flags["--all-commands"])
    connection(server.answer).serve()
    return 0
