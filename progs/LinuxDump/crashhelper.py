# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands whose output goes through the shell, as text."""

from __future__ import annotations

import os
import tempfile

from pykdump import API
from pykdump.API import exec_crash_command, exec_gdb_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "run_command", "run_command_with_file", "run_crash_command", "run_crash_command_with_file", "run_gdb_command", "run_gdb_command_with_file",
]  # fmt: skip
__all__ += API.hand_on(globals())


def run_command_with_file(func: Callable[[str], Any], command: str, file_content: str) -> str:
    """Run *command* by *func* with its output and errors redirected to files: what is in these afterwards, the output first.

    :param file_content: is its input, unless empty.
    :returns: the message of what went wrong in place of the text where something did.
    """
    with tempfile.TemporaryDirectory(prefix="pykd-") as folder:
        output, errors, given = (os.path.join(folder, name) for name in ("output", "errors", "input"))
        command = f"{command} > {output} 2> {errors}"
        try:
            if file_content:
                with open(given, "w", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(file_content)
                command += f" < {given}"
            func(command)
        except Exception as error:  # whatever the command raises is what the caller sees
            return str(error)
        return _text(output) + _text(errors)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def run_command(func: Callable[[str], Any], command: str) -> str:
    return run_command_with_file(func, command, "")


def run_gdb_command(command: str) -> str:
    """As gdb runs it: ``!COMMAND`` is the shell's."""
    return run_command(exec_gdb_command, command)


def run_crash_command(command: str) -> str:
    return run_command(exec_crash_command, command)


def run_gdb_command_with_file(command: str, file_content: str) -> str:
    return run_command_with_file(exec_gdb_command, command, file_content)


def run_crash_command_with_file(command: str, file_content: str) -> str:
    return run_command_with_file(exec_crash_command, command, file_content)
