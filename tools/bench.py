# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure ./pykd: wall time and peak memory of whole processes. Run by pykd itself: build.sh bench [DUMP...]"""

import glob
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYKD = os.path.join(ROOT, "pykd")
ROUNDS = 15
"""The best of so many runs counts: what disturbs a run only ever makes it longer."""

COMMANDS = ("", "sys", "ps", "taskinfo --summ")
"""Of each dump; the first is opening it."""


def run(words: list[str]) -> tuple[float, int, int]:
    """(seconds, peak memory in kB, exit status) of one process without output."""
    null = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    os.close(null)
    return seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


def measure(title: str, words: list[str]) -> None:
    results = [run(words) for _ in range(ROUNDS)]
    seconds = min(result[0] for result in results)
    memory = max(result[1] for result in results)
    failed = "" if results[0][2] == 0 else f"  exit status {results[0][2]}"
    print(f"{title:<46}{seconds * 1000:8.1f} ms{memory / 1024:8.1f} MB{failed}")


def dumps() -> list[str]:
    folders = (os.path.join(ROOT, "tests", "sample"), os.path.join(os.path.dirname(ROOT), "shared", "vmcores"))
    return [file for folder in folders for file in sorted(glob.glob(os.path.join(folder, "vmcore*")))]


def main(paths: list[str]) -> None:
    measure("start, help", [PYKD, "--help"])
    for path in paths or dumps():
        for command in COMMANDS:
            measure(f"{os.path.basename(path)}: {command or 'open'}", [PYKD, path, "-c", command])


if __name__ == "__main__":
    main(sys.argv[1:])
