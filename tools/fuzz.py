# SPDX-License-Identifier: GPL-2.0-or-later
"""Damage an uncompressed dump at random and ask pykd about it: nothing may crash, hang, eat memory, or end in a traceback or an internal error.

    ./pykd --run tools/fuzz.py [--rounds N] [--seed N] [--command CMD]... DUMP

DUMP is an ELF core (makedumpfile -E, /proc/vmcore, QEMU), such as build/vmtest/dumps/6.12/vmcore.elf. Each round copies some words of the
dump elsewhere, flips bits, clears pages; runs every command; and undoes it. What fails is printed with the seed that shows it again.
"""

from __future__ import annotations

import argparse
import mmap
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PYKD = Path(__file__).resolve().parents[1] / "pykd"
SECONDS = 60
MEMORY = 1 << 30
"""Bytes of address space that an answer may take."""
FAULTS = ("Traceback (most recent", "MemoryError", "internal error")
"""What a program says of a fault of its own. The session says "internal error" where Python has raised what no rule foresees."""

COMMANDS = (
    "sys", "ps", "ps -l", "bt -a", "foreach bt", "bt -f", "log", "files", "foreach files", "mod", "mount", "net", "net -a", "foreach net -s",
    "dev", "dev -d", "dev -p", "irq", "irq -s", "timer", "timer -r", "runq", "runq -g", "kmem -i", "kmem -s", "kmem -v", "kmem -f", "kmem -S dentry",
    "kmem -z", "kmem -n", "vm", "foreach vm", "swap", "ipcs", "sig", "task", "waitq kswapd_wait", "struct task_struct init_task", "list -H modules",
    "list task_struct.tasks -h init_task -s task_struct.pid", "tree -t rbtree -o vmap_area.rb_node vmap_area_root", "sym -l", "dis schedule",
    "bpf", "fuser /", "search -k deadbeef", "taskinfo", "taskinfo --summ", "taskinfo --hang", "taskinfo --ns", "taskinfo --memory", "pstree",
    "modinfo", "tslog", "hanginfo", "fregs",
)  # fmt: skip


class Damage:
    """Changes to a file that can be undone. Its first 64 kB, the headers, stay: other tests damage those. *spared* are bytes that stay too."""

    def __init__(self, data: mmap.mmap, random_: random.Random, spared: range = range(0)) -> None:
        self._data, self._random, self._spared = data, random_, spared
        self._undo: list[tuple[int, bytes]] = []

    def _write(self, at: int, new: bytes) -> None:
        self._undo.append((at, self._data[at : at + len(new)]))
        self._data[at : at + len(new)] = new

    def _place(self, align: int) -> int:
        while True:
            at = self._random.randrange(1 << 16, len(self._data) - 4096) // align * align
            if at not in self._spared and at + 4095 not in self._spared:
                return at

    def inflict(self, count: int) -> None:
        """*count* words that belong elsewhere, a quarter as many flipped bits, and some cleared pages."""
        for _ in range(count):
            source = self._place(8)
            self._write(self._place(8), self._data[source : source + 8])
        for _ in range(count // 4):
            at = self._place(1)
            self._write(at, bytes([self._data[at] ^ 1 << self._random.randrange(8)]))
        for _ in range(self._random.randrange(1 + count // 1000)):
            self._write(self._place(4096), bytes(4096))

    def undo(self) -> None:
        for at, old in reversed(self._undo):
            self._data[at : at + len(old)] = old
        self._undo.clear()


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def trouble(dump: Path, command: str, program: Path = PYKD, seconds: float = SECONDS) -> str | None:
    """What is wrong with the way a command ended; None if nothing is."""
    start = time.monotonic()
    process = subprocess.Popen([program, "--isolated", dump, "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, preexec_fn=_limits)
    try:
        output = process.communicate(timeout=seconds)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"no end after {seconds} s"
    if process.returncode < 0:
        return f"signal {-process.returncode}"
    for sign in FAULTS:
        if sign in output:
            return output[max(0, output.index(sign) - 80) :][:1500]
    if process.returncode not in (0, 1, 3):
        return f"exit status {process.returncode}: {output[-300:]}"
    return f"{len(output) >> 20} MB of output after {time.monotonic() - start:.0f} s" if len(output) > 200 << 20 else None


def rounds(dump: Path, seeds: Iterable[int], count: int, commands: Iterable[str], spared: range = range(0)) -> Iterator[str]:
    """Damage a copy of *dump* once a seed, all but the bytes *spared*, and ask it everything; a line for each failure."""
    commands = tuple(commands)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        copy = Path(folder) / "dump"
        shutil.copyfile(dump, copy)
        with copy.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
            for seed in seeds:
                damage = Damage(data, random.Random(seed), spared)
                damage.inflict(count)
                for command in commands:
                    what = trouble(copy, command)
                    if what:
                        yield f"--seed {seed} --count {count} --command '{command}': {what}"
                damage.undo()


def main() -> int:
    """Exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the first round; the next have the next numbers")
    parser.add_argument("--count", type=int, default=20000, help="words to damage")
    parser.add_argument("--spare", type=lambda text: range(*(int(word, 0) for word in text.split("-"))), default=range(0), metavar="START-END",
                        help="bytes of the file that stay: damaged names or types end every command at once")
    parser.add_argument("--command", action="append", help="instead of the list of commands")
    arguments = parser.parse_args()
    failures = 0
    seeds = range(arguments.seed, arguments.seed + arguments.rounds)
    for failure in rounds(arguments.dump, seeds, arguments.count, arguments.command or COMMANDS, arguments.spare):
        failures += 1
        print(failure, flush=True)
    print(f"{arguments.rounds} rounds, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    os.environ.pop("PYKDUMPPATH", None)
    sys.exit(main())
