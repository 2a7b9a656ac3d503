# SPDX-License-Identifier: GPL-2.0-or-later
"""Take pages out of a kdump file at random, ask it everything, and compare each row that remains with those of the whole dump.

    ./pykd --run tools/fuzz_lost.py DUMP [--percent N]... [--seed N]... [--command CMD]...

A row is right if the whole dump has one that says the same of all that this one says; what it says to be missing does not count, nor what of
a list is missing. What ends too early, or not at all, or in a mistake of pykd's, is told too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "python")]

import asking  # noqa: E402
import dumps  # noqa: E402
import fuzz_structures  # noqa: E402

TIMEOUT = 900
"""Seconds for all commands together."""
AT_MOST = "_at_most"
"""What the key of a number ends in that is a bound of the one that is not known."""
TEXTS = frozenset(("lines", "text", "line", "end", "why"))
"""Keys of what a program or crash's own format says as text, and of what says how far something went."""


def documents(path: str, commands: Sequence[str]) -> tuple[list[dict[str, Any]], str | None]:
    """What ``--json`` answers to each command, and what is wrong with the way it ended."""
    words = [word for command in commands for word in ("-c", command)]
    try:
        done = subprocess.run([ROOT / "pykd", "--isolated", "--json", path, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return [], f"no end after {TIMEOUT} s"
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    wrong = next((sign for sign in asking.FAULTS if sign in done.stdout + done.stderr), None)
    if done.returncode not in (0, 1, 3):
        return found, f"exit status {done.returncode}: {done.stderr[-300:]!r}"
    return found, f"{wrong!r}" if wrong else None


def _is_lost(value: Any) -> bool:
    """Whether it stands for something that cannot be read."""
    return value is None or (isinstance(value, dict) and "message" in value and "reason" in value)


def _is_bound(key: str, value: Any, whole: dict[str, Any]) -> bool:
    """Whether the whole dump has a number that is at most so much."""
    number = whole.get(key.removesuffix(AT_MOST)) if key.endswith(AT_MOST) else None
    return isinstance(number, int) and isinstance(value, int) and number <= value


def agrees(part: Any, whole: Any) -> bool:
    """Whether *whole* says all that *part* says."""
    if _is_lost(part):
        return True
    if isinstance(part, dict):
        incomplete = "error" in part  # then nothing at all stands for what is missing
        said = {"error", "unavailable", *part.get("unavailable", ())}
        return isinstance(whole, dict) and all(
            key in said or key in TEXTS or (incomplete and not value) or _is_bound(key, value, whole) or agrees(value, whole.get(key))
            for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(agrees(one, other) for other in whole) for one in part)
    return bool(part == whole)


def _differences(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    """Beside the row of the whole dump that it has most in common with."""
    best = max(rows, key=lambda other: sum(agrees(value, other.get(key)) for key, value in row.items()), default={})
    return ", ".join(f"{key}: {row[key]!r:.120} for {best.get(key)!r:.120}" for key in row if not agrees(row[key], best.get(key)) and key not in TEXTS)


def wrong_rows(whole: dict[str, Any], part: dict[str, Any]) -> Iterator[str]:
    """What the rows of a document about a dump with holes say that those of the whole one do not."""
    rows = whole.get("rows", [])
    for row in part.get("rows", []):
        if row.get("field") != "DUMPFILE" and not any(agrees(row, other) for other in rows):
            yield _differences(row, rows)


def compared(path: str, percent: int, seed: int, commands: Sequence[str], whole: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each failure."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        holes = os.path.join(folder, "vmcore")
        Path(holes).write_bytes(dumps.without_some(Path(path).read_bytes(), percent, seed))
        found, wrong = documents(holes, commands)
    if wrong:
        yield f"{percent} %, seed {seed}: {wrong}"
    by_command = {document["command"]: document for document in whole}
    for document in found:
        differences = list(wrong_rows(by_command.get(document["command"], {}), document))
        if differences:
            yield f"{percent} %, seed {seed}, {document['command']}: {len(differences)} of {len(document.get('rows', []))} rows differ: {differences[0]}"


def main() -> int:
    """Exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump")
    parser.add_argument("--percent", type=int, action="append")
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--command", action="append")
    arguments = parser.parse_args()
    commands = tuple(dict.fromkeys(arguments.command or fuzz_structures.COMMANDS))
    whole, wrong = documents(arguments.dump, commands)
    failures = int(bool(wrong))
    print(*filter(None, [wrong]), sep="\n", end="")
    for percent in arguments.percent or (1, 10, 50):
        for seed in arguments.seed or (1, 2):
            for failure in compared(arguments.dump, percent, seed, commands, whole):
                failures += 1
                print(failure, flush=True)
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
