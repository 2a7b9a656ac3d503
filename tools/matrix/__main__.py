# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the command lines of lines.txt four ways over dumps, and say of every cell how it compares.

    ./pykd --run tools/matrix CHECKOUT OUT NAME=DUMP... [--oracle NAME=FOLDER] [--only REGEX] [--ways 1234] [--table]

CHECKOUT is a copy of PyKdump's repository: its programs run with (1) the whole checkout, its own framework too, (2) its LinuxDump on our
framework, (3) the program file alone on ours, and (4) ours is what is built in. What each printed is kept in OUT/NAME.WAY/LINE; --table only
reads it again. The oracle is a folder of what PyKdump itself printed of that dump. Ways 1 to 3 and the oracle (o) are held against way 4, and the
oracle against way 1 too (O): where these are equal, what way 1 says is what PyKdump says. A cell is

    =  the same          ~  the same lines in another order     .  not run: the dump has none of what the line names
    e  it differs, or the program ends in a traceback, and explained.txt says why (upstream's line, or what the dump shows)
    d  it differs, not explained                                T  a traceback, not explained

What is held against each other is lines, not their order (that alone is ~), and of -h the options, which the two versions of argparse write in other
words. OUT/table.md is the table, OUT/cells/CELL.diff what is different in each cell that is neither, OUT/kinds.txt the lines that no reason
covers, numbers and addresses taken away.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYKD = os.environ.get("PYKD", str(ROOT / "pykd"))
WAYS = {"1": "whole checkout", "2": "its LinuxDump", "3": "its program alone", "4": "built in"}
ORACLE = {"o": "oracle, built in", "O": "oracle, whole checkout"}
MARK = "@@@matrix"
ENDED = "@@@matrix: the session ended here"
TRACEBACK = "Traceback (most recent call last)"
TRACE = "ends in an exception:"
ENDS = "ends: "
INSTEAD = "instead: "
ANY = "what no program prints"


class Dump(NamedTuple):
    """A dump of the command line, and what PyKdump itself printed of it."""

    name: str
    path: Path
    oracle: Path | None


class Explained(NamedTuple):
    """A line of explained.txt: cells and differences that have a reason."""

    command: re.Pattern[str]
    cells: re.Pattern[str]
    line: re.Pattern[str]
    reason: str


def command_lines(only: str) -> list[str]:
    """Those of lines.txt."""
    found = [line.strip() for line in (HERE / "lines.txt").read_text().splitlines()]
    return [line for line in found if line and not line.startswith("#") and re.search(only, line)]


def explanations() -> list[Explained]:
    """Those of explained.txt: blocks of a reason, and of lines "COMMAND | DUMP.WAY | LINE", three patterns.

    LINE is held against each line that differs, ours with a ``-`` before it. After ``ends: `` it is held against the exception of a traceback
    instead: a program that ends early has said nothing of what follows. After ``instead: `` it is held against each line that the program prints:
    one that says so prints another report, or that it has none, and no line of it is held against ours.

    :raises ValueError: LINE holds for every line: it names nothing.
    """
    found, reason = [], ""
    for line in (HERE / "explained.txt").read_text().splitlines():
        if line.startswith("  "):
            parts = [re.compile(part.strip()) for part in line.split(" | ")]
            if any(parts[2].search(text) for text in ("-" + ANY, "+" + ANY, ANY)):
                raise ValueError(f"explained.txt: a pattern that holds for every line: {line.strip()}")
            found.append(Explained(parts[0], parts[1], parts[2], reason))
        elif line and not line.startswith("#"):
            reason = line
    return found


def places(dump: Dump) -> dict[str, str]:
    """The addresses that lines name."""
    done = subprocess.run([PYKD, "--isolated", dump.path, HERE / "places.py"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def filled(line: str, known: dict[str, str]) -> str | None:
    """The line with its addresses; None where the dump has none."""
    names = re.findall(r"\{(\w+)\}", line)
    return line.format(**known) if all(name in known for name in names) else None


def kept(line: str) -> str:
    """The name of the file that holds what it printed."""
    return re.sub(r"[^\w.=-]", "_", line)


class Paths:
    """The folders that PYKDUMPPATH names in each way, made of links into the checkout."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self._programs, self._folder = checkout / "progs", folder

    def of(self, way: str, program: str) -> Path | None:
        """The folder for this program."""
        if way == "4":
            return None
        if way == "1":
            return self._programs
        folder = self._folder / ("library" if way == "2" else f"alone-{program}")
        folder.mkdir(exist_ok=True)
        names = [one for one in os.listdir(self._programs) if one != "pykdump"] if way == "2" else [f"{program}.py"]
        for name in names:
            if (self._programs / name).exists() and not (folder / name).exists():
                (folder / name).symlink_to((self._programs / name).resolve())
        return folder


def session(dump: Dump, lines: list[str], path: Path | None, marker: Path, seconds: int) -> dict[str, str]:
    """What each of *lines*, all of one program, prints in one session; one that ends it is followed by another session."""
    found: dict[str, str] = {}
    todo = list(lines)
    while todo:
        words = [PYKD, "-s", "--no-pager", str(dump.path)]
        for number, line in enumerate(todo):
            words += ["-c", f"epython {marker} {number}", "-c", f"epython {line}"]
        words += ["-c", f"epython {marker} {len(todo)}"]
        environment = {key: value for key, value in os.environ.items() if key != "PYKDUMPPATH"} | ({"PYKDUMPPATH": str(path)} if path else {}) | {"TZ": "UTC"}
        try:
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment,
                                  timeout=seconds, cwd=marker.parent, check=False)  # fmt: skip
            text, end = done.stdout.decode(errors="replace"), f"exit status {done.returncode}"
        except subprocess.TimeoutExpired as error:
            text, end = (error.stdout or b"").decode(errors="replace"), f"more than {seconds} s"
        parts = re.split(rf"{MARK} (\d+)\n", text)
        seen = [int(number) for number in parts[1::2]]
        for number, body in zip(seen, parts[2::2], strict=True):
            if number < len(todo):
                found[todo[number]] = body
        if seen and seen[-1] == len(todo):
            break
        last = seen[-1] if seen else 0
        found[todo[last]] = found.get(todo[last], text) + f"\n{ENDED}: {end}\n"
        todo = todo[last + 1 :]
    return found


def run(dump: Dump, ways: str, lines: list[str], checkout: Path, out: Path) -> None:
    """Keep what the lines print."""
    known = places(dump)
    with tempfile.TemporaryDirectory() as scratch:
        marker = Path(scratch) / "mark.py"
        marker.write_text(f"import sys\nprint('{MARK}', sys.argv[1])\n")
        paths = Paths(checkout, Path(scratch))
        for way in ways:
            folder = out / f"{dump.name}.{way}"
            folder.mkdir(parents=True, exist_ok=True)
            groups: dict[str, dict[str, str]] = {}
            for line in lines:
                whole = filled(line, known)
                if whole:
                    groups.setdefault(line.split()[0], {})[whole] = line
            for program, group in groups.items():
                for whole, text in session(dump, list(group), paths.of(way, program), marker, 600).items():
                    (folder / kept(group[whole])).write_text(text)
            print(f"{dump.name}, {WAYS[way]}: done", file=sys.stderr, flush=True)


def compared(text: str) -> list[str]:
    """What counts of an output: no times of the run, no header of a file, of a traceback what was raised."""
    # The footer of the mark before, and the program's own.
    text = re.sub(r"\A\n \*\* Execution took.*\n", "", text)
    text = re.sub(r"^ \*\* Execution took.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^ {3}\*+ .* \*+\n o+ .* o+$", "", text, flags=re.MULTILINE)
    found: list[str] = []
    is_trace = False
    for line in text.splitlines():
        if line.startswith((TRACEBACK, "During handling of the above", "The above exception was")):
            is_trace = line.startswith(TRACEBACK)
        elif is_trace and line and not line.startswith(" "):
            # The class is another one in each framework.
            found.append(f"{TRACE} {line.partition(':')[2].strip() or line}")
            is_trace = False
        elif not is_trace and line.strip():
            found.append(line.rstrip())
    return found


class Cell(NamedTuple):
    """How a text compares with ours."""

    sign: str
    reasons: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()


def cell(line: str, name: str, theirs: str, ours: str, known: list[Explained]) -> Cell:
    """Judge one."""
    his, mine = compared(theirs), compared(ours)
    if re.search(r" -h$", line) and re.search("usage", theirs, re.IGNORECASE):
        his, mine = options_of(his), options_of(mine)
    if his == mine:
        return Cell("=")
    differs = [f"-{one}" for one in (Counter(mine) - Counter(his)).elements()] + [f"+{one}" for one in (Counter(his) - Counter(mine)).elements()]
    if not differs:
        return Cell("~")
    mine_to_say = [one for one in known if one.command.search(line) and one.cells.search(name)]
    other = [rule.reason for rule in mine_to_say if any(_after(INSTEAD, rule, text) for text in his)]
    if other:
        return Cell("e", tuple(dict.fromkeys(other)), tuple(differs))
    reasons: list[str] = []
    traces = [text for text in his if text.startswith(TRACE)]
    ended = next((rule for rule in mine_to_say for text in traces if _after(ENDS, rule, text)), None)
    if ended:
        reasons.append(ended.reason)
    unexplained = []
    for one in differs:
        if ended and (one.startswith("-") or one[1:] in traces):
            continue
        reason = None if one[1:] in traces else next((rule.reason for rule in mine_to_say if rule.line.search(one)), None)
        if reason is None:
            unexplained.append(one)
        elif reason not in reasons:
            reasons.append(reason)
    sign = "e" if not unexplained else "T" if (traces and not ended) or ENDED in theirs else "d"
    return Cell(sign, tuple(reasons), tuple(differs), tuple(unexplained))


def _after(word: str, rule: Explained, text: str) -> bool:
    """Whether the pattern of a rule begins with *word*, and what follows is in the text."""
    pattern = rule.line.pattern
    return pattern.startswith(word) and re.search(pattern[len(word) :], text) is not None


def options_of(lines: list[str]) -> list[str]:
    """The options that a help text names."""
    return sorted({word for one in lines for word in re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", one)})


def kind(line: str) -> str:
    """A line without what differs from dump to dump."""
    line = re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{12,16}\b", "0x#", line)
    return re.sub(r" +", " ", re.sub(r"[-=~*_]{4,}", "----", re.sub(r"\d[\d.]*", "#", line)))


def own(text: str) -> Cell:
    """What is built in has nothing beside it, but may fail."""
    return Cell("T" if TRACEBACK in text or ENDED in text or "internal error" in text else "+")


def _of_oracle(folder: Path, line: str) -> Path:
    """Where it keeps a line."""
    return folder / (re.sub(r"[^\w.=]", "_", line) + ".txt")


def table(dumps: list[Dump], lines: list[str], out: Path) -> Counter[str]:
    """Write OUT/table.md and what differs; how many cells of each sign."""
    known, count = explanations(), Counter[str]()
    (out / "cells").mkdir(exist_ok=True)
    for old in (out / "cells").iterdir():
        old.unlink()
    heads = [f"{dump.name}: 4 1 2 3{' o O' if dump.oracle else ''}" for dump in dumps]
    rows = ["| command | " + " | ".join(heads) + " | why |", "|---" * (len(heads) + 2) + "|"]
    numbers: dict[str, int] = {}
    kinds: dict[tuple[str, str], set[str]] = {}
    for line in lines:
        row, why = [], []
        for dump in dumps:
            ours = out / f"{dump.name}.4" / kept(line)
            if not ours.exists():
                row.append(".")
                continue
            text = ours.read_text(errors="replace")
            signs = ""
            for way in ("4", "1", "2", "3", "o", "O"):
                name = f"{dump.name}.{way}"
                other = _of_oracle(dump.oracle, line) if way in "oO" and dump.oracle else out / name / kept(line)
                held = out / f"{dump.name}.1" / kept(line) if way == "O" else ours
                if not other.exists() or not held.exists():
                    continue
                found = own(text) if way == "4" else cell(line, name, other.read_text(errors="replace"), held.read_text(errors="replace"), known)
                signs += found.sign
                count[f"{way}{found.sign}"] += 1
                for reason in found.reasons:
                    number = str(numbers.setdefault(reason, len(numbers) + 1))
                    if number not in why:
                        why.append(number)
                for one in found.unexplained:
                    kinds.setdefault((line.split()[0], kind(one)), set()).add(f"{name} {line}")
                if found.difference:
                    (out / "cells" / f"{found.sign}-{name}-{kept(line)}.diff").write_text("\n".join((*found.reasons, *found.difference)) + "\n")
            row.append(signs)
        rows.append(f"| `{line}` | " + " | ".join(row) + f" | {' '.join(why)} |")
    rows += ["", *(f"{number}. {reason}" for reason, number in numbers.items())]
    (out / "table.md").write_text("\n".join(rows) + "\n")
    (out / "kinds.txt").write_text("".join(f"{program}: {text}   || {len(where)}, as {min(where)}\n" for (program, text), where in sorted(kinds.items())))
    return count


def main() -> int:
    """Exit status: 1 when a cell is not explained."""
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("dump", nargs="+", metavar="NAME=DUMP")
    parser.add_argument("--oracle", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--only", default=".")
    parser.add_argument("--ways", default="1234")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    oracles = {name: Path(folder) for name, folder in (one.split("=", 1) for one in arguments.oracle)}
    dumps = [Dump(name, Path(path).resolve(), oracles.get(name)) for name, path in (one.split("=", 1) for one in arguments.dump)]
    lines = command_lines(arguments.only)
    if not arguments.table:
        for dump in dumps:
            run(dump, arguments.ways, lines, arguments.checkout.resolve(), arguments.out)
    count = table(dumps, lines, arguments.out)
    for key, number in sorted(count.items()):
        print(f"{ORACLE.get(key[0]) or WAYS[key[0]]:24} {key[1]} {number}")
    return 1 if any(key[1] in "dT" for key in count) else 0


if __name__ == "__main__":
    sys.exit(main())
