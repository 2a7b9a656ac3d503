# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's /proc said, parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path


class Truth:
    """The files that guest/truth.c wrote, by the guest's own paths."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def text(self, path: str) -> str:
        """A file, '' when the guest had none."""
        file = self.root / path
        return file.read_text(errors="surrogateescape") if file.is_file() else ""

    def lines(self, path: str) -> list[str]:
        """Its lines."""
        return self.text(path).splitlines()

    def threads(self) -> Iterator[tuple[int, Path]]:
        """(tid, folder) of every thread."""
        for folder in self.root.glob("proc/[0-9]*/task/[0-9]*"):
            yield int(folder.name), folder


def stat(folder: Path) -> tuple[str, list[str]]:
    """The name and the fields after it, from the state on, of /proc/…/stat."""
    text = (folder / "stat").read_text(errors="surrogateescape")
    name, _, rest = text.partition("(")[2].rpartition(") ")
    return name, rest.split()


def last_ran(folder: Path) -> int | None:
    """``se.exec_start`` in nanoseconds: when the scheduler last put it on a CPU."""
    file = folder / "sched"
    match = re.search(r"^se\.exec_start\s*:\s*(\d+)\.(\d{6})", file.read_text() if file.exists() else "", re.M)
    return int(match[1]) * 1000000 + int(match[2]) if match else None
