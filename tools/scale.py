# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure ./pykd where dumps are very large: build.sh bench --scale [DUMP].

A table, a line for each piece of work: its size, CPU time and peak memory of pykd, CPU time of drgn and of crash, what is asked of pykd, and
how many times that it takes. All of a line run in turn, three times, as children of one process: a busy machine is busy for each of them;
the median counts. The dumps are made of DUMP (the sample in the repository) by crowd.py and scatter.py, in a folder that goes with them.

drgn and crash are asked where they are installed and VMLINUX=FILE is DUMP's vmlinux with DWARF. THREADS=N is another size than 100,000.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile

import bench

ROUNDS = 3
THREADS = int(os.environ.get("THREADS", "100000"))
TIB, PAGES = 16, 20_000_000
MEMORY = 100
"""MB that are asked of all work"""


class Work:
    def __init__(self, command: str, asked: str, *, crash: str = "", drgn: str = "") -> None:
        """
        :param asked: ``2 s`` of CPU, ``50,000/s`` threads, or ``drgn / 10``.
        :param crash: the same for crash.
        :param drgn: a script of the same for drgn.
        """
        self.command = command
        self.asked = asked
        self.crash = crash
        self.drgn = drgn

    def bound(self, drgn: float) -> float:
        """Seconds that are asked; not a number where that cannot be told without drgn."""
        if self.asked == "drgn / 10":
            return drgn / 10
        number = float(self.asked.split()[0].removesuffix("/s").replace(",", ""))
        return THREADS / number if self.asked.endswith("/s") else number


OF_MEMORY = (Work("sys", "0.5 s", crash="sys"),)
OF_THREADS = (
    Work("taskinfo --summ", "drgn / 10", crash="ps -S", drgn=bench.DRGN_STATES),
    Work("ps", "2 s", crash="ps"),
    Work("foreach files", "2 s", crash="foreach files"),
    Work("foreach bt", "50,000/s", crash="foreach bt", drgn=bench.DRGN_STACKS),
)


def made(folder: str, path: str, tool: str, *words: str) -> str:
    """The dump that a tool makes of *path*: in a process of its own, since this one must stay small (:func:`bench.run`)."""
    out = os.path.join(folder, tool)
    if os.spawnv(os.P_WAIT, bench.PYKD, [bench.PYKD, "--trust-cwd", "--run", os.path.join(bench.ROOT, "tools", f"{tool}.py"), path, out, *words]):
        sys.exit(f"tools/{tool}.py made no dump of {path}")
    return out


def questions(work: Work, dump: str, folder: str, vmlinux: str) -> dict[str, list[str]]:
    """By whom is asked, the command."""

    def written(name: str, text: str) -> str:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        return file.name

    found = {"pykd": [bench.PYKD, dump, "-c", work.command]}
    if vmlinux and work.drgn and (drgn := shutil.which("drgn")):
        found["drgn"] = [drgn, "-q", "-c", dump, "-s", vmlinux, written("script.py", work.drgn)]
    if vmlinux and work.crash and (crash := shutil.which("crash")):
        found["crash"] = [crash, "-s", "-i", written("commands", f"{work.crash}\nexit\n"), vmlinux, dump]
    return found


def ask(words: list[str]) -> tuple[float, float]:
    """(seconds of CPU, MB at its peak); the first is not a number where it failed."""
    _, seconds, memory, status = bench.run(words)
    return math.nan if status else seconds, memory / 1024


def line(work: Work, size: str, asked: dict[str, list[str]]) -> str:
    rounds = [{name: ask(words) for name, words in asked.items()} for _ in range(ROUNDS)]
    seconds = {name: bench.median(answers[name][0] for answers in rounds) for name in asked}
    memory = bench.median(answers["pykd"][1] for answers in rounds)
    bound = work.bound(seconds.get("drgn", math.nan))
    cells = [f"{seconds[name]:9.2f} s" if name in seconds else f"{'-':>11}" for name in ("pykd", "drgn", "crash")]
    ratio = f"{'-':>8}" if math.isnan(bound) else f"{seconds['pykd'] / bound:8.2f}"
    return f"{work.command:<17}{size:<24}{cells[0]}{memory:7.0f} MB{cells[1]}{cells[2]}  {work.asked:<10}{ratio}{memory / MEMORY:9.2f}"


def main(words: list[str]) -> None:
    path = words[0] if words else os.path.join(bench.ROOT, "tests", "sample", "vmcore")
    vmlinux = os.environ.get("VMLINUX", "")
    print(f"{'work':<17}{'size':<24}{'pykd, CPU':>11}{'memory':>10}{'drgn':>11}{'crash':>11}  {'asked':<10}{'time':>8}{'memory':>9}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for tool, arguments, size, works in (
            ("scatter", (str(TIB), str(PAGES)), f"{TIB} TiB, {PAGES:,} pages", OF_MEMORY),
            ("crowd", (str(THREADS),), f"{THREADS:,} threads", OF_THREADS),
        ):
            dump = made(folder, path, tool, *arguments)
            for work in works:
                print(line(work, size, questions(work, dump, folder, vmlinux)), flush=True)
            os.unlink(dump)


if __name__ == "__main__":
    main(sys.argv[1:])
