# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel bench: boot, load, crash, dump, compare. README.md beside this file says how to use and extend it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import answers
import bench
import causes
import formats
import kernels
import live
import machine
import packages
import results
from variants import VARIANTS, Variant

CACHE = Path(__file__).resolve().parents[2] / "build" / "vmtest"
SHOWN = 10


def chosen(arguments: argparse.Namespace) -> list[Variant]:
    """The variants that the command line asks for; without a word on it the default ones."""
    if arguments.all:
        return list(VARIANTS)
    if arguments.kernel:
        kernels.named(arguments.kernel)
        return [v for v in VARIANTS if v.kernel == arguments.kernel]
    if arguments.variant:
        by_name = {v.name: v for v in VARIANTS}
        unknown = [n for n in arguments.variant if n not in by_name]
        if unknown:
            raise KeyError(f"no variant {', '.join(unknown)}; --list shows them")
        return [by_name[n] for n in arguments.variant]
    return [v for v in VARIANTS if v.default]


class Table:
    """Formats with how many files there were, how many opened, how many gave the guest's answers, and of how many comparisons."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}

    def add(self, name: str, opens: bool, different: results.Different) -> None:
        """Count one file."""
        row = self._rows.setdefault(name, [0] * 5)
        right = sum(not lines for lines in different.values())
        for i, count in enumerate((1, opens, right == len(different), right, len(different))):
            row[i] += count

    def show(self) -> None:
        """Print it when there is more than one row."""
        if len(self._rows) < 2:
            return
        print(f"\n{'format':20} files  opens  same answers  comparisons")
        for name, (files, opens, same, right, asked) in self._rows.items():
            print(f"{name:20} {files:5}  {opens:5}  {same:12}  {right} of {asked}")


def compare(found: list[bench.Result], first: bool, table: Table) -> int:
    """Compare every file of these runs with the guests' truth; print a line for each and return the number of failures."""
    runs = [results.Run(result, CACHE / "answers", first) for result in found]
    different, failures = results.compare(runs), 0
    for run in runs:
        for name in run.names:
            failures += report(run, name, different, table)
    return failures


def not_made(result: bench.Result) -> int:
    """Print which files of a run could not be made; how many."""
    for name, reason in result.failed.items():
        print(f"{result.variant.name:14} {name:20} not made: {reason}")
    return len(result.failed)


def report(run: results.Run, name: str, every: dict[tuple[str, str], results.Different], table: Table) -> int:
    """Print what came of one file; the number of comparisons that failed."""
    variant, first = run.result.variant.name, run.names[0]
    label = f"{variant:14} {name:20}"
    different = every[variant, name]
    refused = all(lines and lines[0].startswith(results.REFUSED) for lines in different.values())
    table.add(name, not refused, different)
    # Of a damaged file only that it opens, or says why not, can be asked.
    if formats.damaged(name, run.result.release):
        print(f"{label} {_of_damaged(different, refused)}")
        return 0
    bad = {what: lines for what, lines in different.items() if lines}
    print(f"{label} {'same answers' if not bad else 'DIFFERS: ' + ' '.join(bad)}")
    for what, lines in bad.items():
        if name != first and lines == every[variant, first][what]:
            print(f"    {what}: as {first}")
            continue
        for line in lines[:SHOWN]:
            print(f"    {what}: {line}")
        if len(lines) > SHOWN:
            print(f"    {what}: and {len(lines) - SHOWN} more")
    return len(bad)


def _of_damaged(different: results.Different, refused: bool) -> str:
    if refused:
        return next(iter(different.values()))[0]
    whole = [what for what, lines in different.items() if not lines]
    return f"opens; {len(whole)} of {len(different)} whole: {' '.join(whole) or 'nothing'}"


def side_by_side(result: bench.Result, vmlinux: Path, chroot: Path | None) -> None:
    """Print the answers and times of pykd, drgn and crash for one run."""
    path = vmlinux / f"vmlinux-{result.release}"
    if not path.exists():
        print(f"{result.variant.name:14} no {path.name} in {vmlinux}")
        return
    name = next(n for n in result.variant.files if n not in result.failed)
    for answer in answers.side_by_side(result.files(name)[0], path, chroot):
        print(f"{result.variant.name:14} {answer.question:16} {answer.tool:6} {answer.seconds:7.2f} s  {answer.text}", flush=True)


def judge_causes(names: list[str], kernel: str, cached: bool, update: bool) -> int:
    """Make the runs of these causes, and say of each whether the report names it first; the exit status."""
    wrong = broken = 0
    asked = causes.named(names)
    for cause in asked:
        try:
            variant = cause.variant(kernel)
            result = bench.cached(variant, CACHE) if cached else bench.obtain(variant, CACHE, update)
        except (machine.MachineError, packages.PackageError, OSError) as error:
            print(f"{cause.name:16} not made: {error}", flush=True)
            broken += 1
            continue
        if result is None:
            broken += 1
            continue
        name = variant.files[0]
        if name in result.failed:
            print(f"{cause.name:16} not made: {result.failed[name]}", flush=True)
            broken += 1
            continue
        found = causes.judge(cause, result.files(name)[0])
        wrong += not found.right
        print(f"{cause.name:16} {'right' if found.right else 'WRONG'}  {found.key:3} {found.text}", flush=True)
    print(f"{len(asked) - wrong - broken} of {len(asked)} right, {broken} not made")
    return 2 if broken else 1 if wrong else 0


def main() -> int:
    """Exit status: 0 all answers are right, 1 some are not, 2 a run, or a file of one, could not be made."""
    parser = argparse.ArgumentParser(prog="test-kernels", description=__doc__)
    parser.add_argument("variant", nargs="*", help="variants to run (default: the default set)")
    parser.add_argument("--list", action="store_true", help="list variants and what is cached")
    parser.add_argument("--kernel", metavar="NAME", help="all variants of one kernel")
    parser.add_argument("--all", action="store_true", help="everything; may take hours")
    parser.add_argument("--sample", action="store_true", help="the dumps in tests/sample too")
    parser.add_argument("--given", nargs=2, type=Path, metavar=("VMCORE", "TRUTH"), action="append", default=[],
                        help="instead: a dump from elsewhere, of any machine, and the archive of what its guest said")
    parser.add_argument("--cached", action="store_true", help="only what is in the cache; no QEMU, no network")
    parser.add_argument("--first", action="store_true", help="only the first file of each run")
    parser.add_argument("--update", action="store_true", help="ask the mirrors for newer kernels")
    parser.add_argument("--make", action="store_true", help="make the dumps, compare nothing")
    parser.add_argument("--vmlinux", type=Path, metavar="FOLDER",
                        help="also ask drgn and crash, with FOLDER/vmlinux-RELEASE")
    parser.add_argument("--chroot", type=Path, metavar="FOLDER", help="where drgn and crash are installed")
    parser.add_argument("--live", action="store_true",
                        help="instead: pykd in guests, on the running kernel and in the crash kernel; VARIANT is a kernel")
    parser.add_argument("--cause", action="store_true",
                        help="instead: whether the report names what went wrong; VARIANT is a cause (guest/causes; without one all), --kernel another than 6.12")
    arguments = parser.parse_args()
    if arguments.cause:
        try:
            return judge_causes(arguments.variant, arguments.kernel or causes.KERNEL, arguments.cached, arguments.update)
        except KeyError as error:
            parser.error(error.args[0])
    if arguments.live:
        return live.main(arguments.variant)
    if arguments.given:
        given = [bench.Given(dump, truth, CACHE) for dump, truth in arguments.given]
        return 1 if compare(given, True, Table()) else 0
    try:
        variants = chosen(arguments)
    except KeyError as error:
        parser.error(error.args[0])
    if arguments.list:
        for variant in VARIANTS:
            made = bench.cached(variant, CACHE)
            mark = "default" if variant.default else ""
            print(f"{variant.name:14} {variant.kernel:11} {variant.crash:6} {mark:8} {'cached ' + made.release if made else ''}")
        return 0
    failures = broken = 0
    table = Table()
    waiting: list[bench.Result] = []

    def flush() -> int:
        count = compare(waiting, arguments.first, table) if waiting else 0
        waiting.clear()
        sys.stdout.flush()
        return count

    if arguments.sample:
        waiting += bench.samples(CACHE)
    # What is in the cache is compared all at once, what has to be made as soon as it is there.
    for variant in variants:
        result = bench.cached(variant, CACHE)
        if not arguments.cached:
            try:
                if not bench.current(variant, CACHE, arguments.update):
                    failures += flush()
                result = bench.obtain(variant, CACHE, arguments.update)
            except (machine.MachineError, packages.PackageError, OSError) as error:
                print(f"{variant.name:14} not made: {error}")
                broken += 1
                continue
        broken += not_made(result) if result and not arguments.first else 0
        if result and not arguments.make:
            waiting.append(result)
            if arguments.vmlinux:
                failures += flush()
                side_by_side(result, arguments.vmlinux, arguments.chroot)
    failures += flush()
    table.show()
    return 2 if broken else 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
