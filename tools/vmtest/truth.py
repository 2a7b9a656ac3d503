# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's /proc said, parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path


def _exec_start(text: str) -> int | None:
    match = re.search(r"^se\.exec_start\s*:\s*(\d+)\.(\d{6})", text, re.M)
    return int(match[1]) * 1000000 + int(match[2]) if match else None


class Process:
    """A folder /proc/PID of the guest, or /proc/PID/task/TID."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def text(self, name: str) -> str:
        """A file, '' when the guest had none."""
        file = self.folder / name
        return file.read_text(errors="surrogateescape") if file.is_file() else ""

    def data(self, name: str) -> bytes:
        """Its bytes as they are."""
        file = self.folder / name
        return file.read_bytes() if file.is_file() else b""

    def lines(self, name: str) -> list[str]:
        """Its lines."""
        return self.text(name).splitlines()

    def links(self, name: str) -> dict[str, str]:
        """A folder of links (``fd``, ``ns``): name to target."""
        # A target may hold line ends; names here do not.
        return dict(re.findall(r"^(\S+) -> (.*)$", self.text(name), re.M))

    @cached_property
    def status(self) -> dict[str, str]:
        """The fields of ``status``."""
        return dict(line.split(":\t", 1) for line in self.lines("status") if ":\t" in line)

    @cached_property
    def stat(self) -> tuple[str, list[str]]:
        """The name and the fields after it, from the state on, of ``stat``."""
        name, _, rest = self.text("stat").partition("(")[2].rpartition(") ")
        return name, rest.split()

    @cached_property
    def last_ran(self) -> int | None:
        """``se.exec_start`` in nanoseconds: when the scheduler last put the thread on a CPU."""
        before, after = (_exec_start(self.text(name)) for name in ("sched", "sched-after"))
        # It may have run while its files were read. 0 is what a thread has that was moved to another CPU and has not run there.
        return before if before and before == after else None

    def unmoved(self, ran: int) -> bool:
        """Whether the thread has not run since, so that nothing of it may differ."""
        return self.last_ran == ran


class Truth:
    """The files that guest/truth.c wrote, by the guest's own paths."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def text(self, path: str) -> str:
        """A file, '' when the guest had none."""
        file = self.root / path
        return file.read_text(errors="surrogateescape") if file.is_file() else ""

    def links(self, path: str) -> str:
        """What links a folder of /sys/class has, "name -> target" a line; its devices may have files of their own below it."""
        return self.text(f"{path}.links") or self.text(path)

    def lines(self, path: str) -> list[str]:
        """Its lines."""
        return self.text(path).splitlines()

    def table(self, path: str, skip: int = 1) -> list[list[str]]:
        """The words of its lines below the heading."""
        return [line.split() for line in self.lines(path)[skip:]]

    @cached_property
    def processes(self) -> dict[int, Process]:
        """Every process by pid."""
        return {int(folder.name): Process(folder) for folder in sorted(self.root.glob("proc/[0-9]*"))}

    @cached_property
    def threads(self) -> dict[int, Process]:
        """Every thread by tid."""
        return {int(folder.name): Process(folder) for folder in sorted(self.root.glob("proc/[0-9]*/task/[0-9]*"))}

    @cached_property
    def page_kib(self) -> int:
        """The size of a page, in KiB: what a process takes is in bytes in its ``stat`` and in pages in its ``statm``."""
        for process in self.processes.values():
            pages = int((process.text("statm").split() or ["0"])[0])
            if pages:
                return int(process.stat[1][20]) // pages // 1024
        return 4

    def symbols(self) -> Iterator[tuple[int, str, str, str]]:
        """(address, kind, name, module or '') of every line of kallsyms, or of those that a small archive has of it."""
        for line in self.lines("proc/kallsyms") or self.lines("kallsyms.some"):
            address, kind, name, *module = line.split()
            yield int(address, 16), kind, name, module[0].strip("[]") if module else ""

    @cached_property
    def places(self) -> dict[str, int]:
        """Address by name, where the name is the kernel's only one."""
        found: dict[str, set[int]] = {}
        for address, _, name, _ in self.symbols():
            found.setdefault(name, set()).add(address)
        return {name: addresses.pop() for name, addresses in found.items() if len(addresses) == 1}
