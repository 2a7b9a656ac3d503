# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a mypy that knows Python 3.13: this machine's, or Debian 13's unpacked under build/lint, where nothing is installed.

``mypy.py --fetch`` gets it where it is missing; ``mypy.py ARGUMENTS`` runs it. Exit status 77: there is none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TREE = TOP / "build" / "lint" / "debian"
OLDEST = (1, 11)
"""The first version that knows the syntax of Python 3.13."""

sys.path.insert(0, str(TOP / "tools" / "vmtest"))
import packages  # noqa: E402


def on_this_machine() -> list[str] | None:
    """The installed mypy, if it is new enough."""
    path = shutil.which("mypy")
    if path:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"(\d+)\.(\d+)", said)
        if version and (int(version[1]), int(version[2])) >= OLDEST:
            return [path]
    return None


def unpacked() -> list[str] | None:
    """The one of the unpacked tree, with the tree's own Python."""
    try:
        return [*packages.command(TREE, "python3"), "-m", "mypy"]
    except packages.PackageError:
        return None


def main(arguments: list[str]) -> int:
    if arguments == ["--fetch"]:
        if not on_this_machine():
            try:
                packages.Apt(TOP / "build" / "lint", "trixie").tree(TREE, "mypy")
            except packages.PackageError as error:
                print(f"no mypy: {error}", file=sys.stderr)
                return 1
        return 0
    command = on_this_machine() or unpacked()
    if not command:
        return 77
    environment = dict(os.environ)
    if command[0] != shutil.which("mypy"):
        environment |= {"PYTHONHOME": str(TREE / "usr"), "PYTHONPATH": str(TREE / "usr/lib/python3/dist-packages")}
    return subprocess.run([*command, *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
