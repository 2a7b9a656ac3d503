# SPDX-License-Identifier: GPL-2.0-or-later
"""Keep what commands print of the sample dump, for tests to compare with: tests/sample/golden/COMMAND.txt, "," for a blank, "%" for "/".

    ./pykd --run tools/golden.py [COMMAND...]

makes all files anew that are there, and those of each COMMAND; ``git diff tests/sample/golden`` is what has changed. They began as the output
of pykd 0.1.0 at 0efd09f, which printed of other dumps what crash 9.0.2 and PyKdump print of them, to the character: a change must
be one that those comparisons bear out, or a difference that was decided on.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYKD = os.environ.get("PYKD", os.path.join(ROOT, "pykd"))
SAMPLE = os.path.join(ROOT, "tests", "sample", "vmcore")
FOLDER = os.path.join(ROOT, "tests", "sample", "golden")


def path(command: str) -> str:
    """Where what *command* prints is kept."""
    return os.path.join(FOLDER, command.replace(" ", ",").replace("/", "%") + ".txt")


def without_times(text: str) -> str:
    """Programs say how long they took."""
    return re.sub(r"^ \*\* Execution took .*$", " ** Execution took", text, flags=re.MULTILINE)


def printed(command: str) -> str:
    """What a terminal would show of it, standard error included."""
    words = [PYKD, "--isolated", os.path.relpath(SAMPLE, ROOT), "-c", command]
    environment = {**os.environ, "TZ": "UTC"}
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, env=environment, check=False)
    return without_times(result.stdout.decode(errors="replace"))


def main(commands: list[str]) -> None:
    os.makedirs(FOLDER, exist_ok=True)
    kept = [name[:-4].replace(",", " ").replace("%", "/") for name in os.listdir(FOLDER)]
    for command in sorted({*kept, *commands}):
        with open(path(command), "w", encoding="utf-8") as file:
            file.write(printed(command))


if __name__ == "__main__":
    main(sys.argv[1:])
