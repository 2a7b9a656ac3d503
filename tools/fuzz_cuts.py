# SPDX-License-Identifier: GPL-2.0-or-later
"""Cut dumps off, each at many places, and ask what is left of them.

    ./pykd --run tools/fuzz_cuts.py [--places N] DUMP...

Each is copied once and cut shorter and shorter: at random, but more often in its first parts, where the headers are, and at the ends of these.
``pykd id``, opening, ``sys``, ``ps``, ``bt`` and the short report have to end with an answer or a line that says why there is none. Each cut is
asked by a process of its own, which is forked from one that has loaded all that answering takes.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence

import asking
import pykd

COMMANDS = ("id", "sys", "ps", "bt", "report --brief")


def places(length: int, count: int, seed: int = 0) -> list[int]:
    """Lengths to cut a file of *length* bytes to, the longest first."""
    chance = random.Random(seed)
    edges = [edge + near for edge in (0, 64, 4096, 8192, 12288, 16384, 1 << 16, length) for near in (-1, 0, 1)]
    some = {min(max(edge, 0), length) for edge in edges}
    while len(some) < min(count, length):
        some.add(chance.randrange(length >> chance.choice((0, 0, 0, 4, 8, 12)) or 1))
    return sorted(some, reverse=True)[:count]


def cuts(path: str, count: int, commands: Sequence[str] = COMMANDS) -> Iterator[str]:
    """A line for each place at which something is wrong."""
    with pykd.open(path) as whole:
        asking.rehearse(whole, [command for command in commands if command != "id"])
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        copy = os.path.join(folder, "vmcore")
        shutil.copyfile(path, copy)
        os.chmod(copy, 0o600)
        for place in places(os.path.getsize(path), count):
            os.truncate(copy, place)
            if what := asking.answer(copy, commands):
                yield f"{path} cut to {place}: {what}"


def main() -> int:
    """Exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", nargs="+")
    parser.add_argument("--places", type=int, default=1000)
    arguments = parser.parse_args()
    failures = 0
    for dump in arguments.dump:
        for failure in cuts(dump, arguments.places):
            failures += 1
            print(failure, flush=True)
        print(f"{dump}: {arguments.places} cuts", flush=True)
    print(f"{failures} findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
