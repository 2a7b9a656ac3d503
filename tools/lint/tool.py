# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a checker in the version that counts: this machine's, or Debian's unpacked under build/lint, where nothing is installed.

    tool.py mypy ARGUMENTS            a mypy that knows Python 3.13
    tool.py clang-format ARGUMENTS    clang-format 14: releases differ in details
    tool.py --fetch                   gets what is missing

Exit status 77: there is none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
LINT = TOP / "build" / "lint"

sys.path.insert(0, str(TOP / "tools" / "vmtest"))
import packages  # noqa: E402


@dataclass(frozen=True)
class Tool:
    """Versions are (major, minor), *end* exclusive. *runs* is what is called in the tree of the *package* of *suite*."""

    names: tuple[str, ...]
    first: tuple[int, int]
    end: tuple[int, int]
    suite: str
    package: str
    tree: str
    runs: tuple[str, ...]

    def on_this_machine(self) -> list[str] | None:
        """The installed one, if its version counts."""
        for path in filter(None, map(shutil.which, self.names)):
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            version = re.search(r"(\d+)\.(\d+)", said)
            if version and self.first <= (int(version[1]), int(version[2])) < self.end:
                return [path]
        return None

    def unpacked(self) -> list[str] | None:
        """The one of the unpacked tree, with the tree's own libraries."""
        try:
            return [*packages.command(LINT / self.tree, self.runs[0]), *self.runs[1:]]
        except packages.PackageError:
            return None

    def fetch(self) -> bool:
        if not self.on_this_machine():
            try:
                packages.Apt(LINT, self.suite).tree(LINT / self.tree, self.package)
            except packages.PackageError as error:
                print(f"no {self.package}: {error}", file=sys.stderr)
                return False
        return True

    def run(self, arguments: list[str]) -> int:
        environment = dict(os.environ)
        command = self.on_this_machine()
        if not command:
            command = self.unpacked()
            usr = LINT / self.tree / "usr"
            environment |= {"PYTHONHOME": str(usr), "PYTHONPATH": str(usr / "lib/python3/dist-packages")}
        return subprocess.run([*command, *arguments], env=environment, check=False).returncode if command else 77


TOOLS = {
    "mypy": Tool(("mypy",), (1, 11), (99, 0), "trixie", "mypy", "debian", ("python3", "-m", "mypy")),
    "clang-format": Tool(("clang-format-14", "clang-format"), (14, 0), (15, 0), "bookworm", "clang-format-14", "bookworm", ("clang-format-14",)),
}


def main(arguments: list[str]) -> int:
    if arguments == ["--fetch"]:
        return 0 if sum(not tool.fetch() for tool in TOOLS.values()) == 0 else 1
    return TOOLS[arguments[0]].run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
