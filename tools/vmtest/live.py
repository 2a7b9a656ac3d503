#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pykd inside a guest: on the running kernel, and on /proc/vmcore in a crash kernel with little memory.

usage: live.py [KERNEL...]      (default: 6.12 and 7)

live/init says what is asked. Exit status: 0 all answers are right, 1 some are not, 2 a run could not be made.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import guest
import kernels
import machine
import packages
from comparisons import COMPARISONS
from initramfs import Archive, Modules
from truth import Truth

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
CACHE = TOP / "build" / "vmtest"
SHOWN = 10
MEMORY, RESERVED = 768, 192
CAPTURE_PEAK = 32 << 10
"""KiB that pykd may use in the crash kernel for sys, bt or log."""

# Comparisons that are left out: of what goes on between the answer and the truth, or is changed by writing that; and what
# takes more memory than a crash kernel has.
OTHER = {
    "live": {"time", "counters", "diskstats", "interrupts", "vmstat", "log", "dmesg", "hrtimers", "death"},
    "capture": {"vmstat", "symbols", "commands"},
}

REFUSALS = {
    "user": "only root may read",
    "incapable": "CAP_SYS_RAWIO",
    "unasked": "--live opens",
    "absent": "/proc is not mounted",
    "masked": "is masked",
}
"""By question: what pykd's one line says."""


def chosen(part: str) -> list[str]:
    """The comparisons that are made of what one of the two kernels answers."""
    return [name for name in COMPARISONS if name not in OTHER[part]]


def archive(modules: Path) -> Archive:
    """What boots, and what the crash kernel boots."""
    made = Archive()
    made.device("dev/console", 5, 1)
    made.file("init", (HERE / "live" / "init").read_bytes())
    made.file("bin/busybox", (guest.tools(CACHE) / "usr/bin/busybox").read_bytes())
    made.link("bin/sh", "busybox")
    made.file("bin/guest", guest.program(CACHE))
    made.file("bin/pykd", (TOP / "pykd").read_bytes())
    made.file("etc/passwd", b"root:x:0:0:root:/:/bin/sh\nuser:x:1000:1001:user:/:/bin/sh\n", 0o644)
    for program in (HERE / "ask.py", *(HERE / "probes").glob("*.py")):
        made.file(f"vmtest/{program.relative_to(HERE)}", program.read_bytes(), 0o644)
    for part in OTHER:
        questions = dict.fromkeys(q for name in chosen(part) for q in COMPARISONS[name].questions)
        made.file(f"vmtest/{part}.questions", json.dumps(questions).encode(), 0o644)
    names = [m for part in ("base", "storage", "network") for m in guest.MODULES[part] if " " not in m]
    lines = []
    for name, data in Modules(modules).load_order(names).items():
        made.file(f"modules/{name}.ko", data, 0o644)
        lines.append(f"/modules/{name}.ko")
    made.file("modules.list", ("\n".join(lines) + "\n").encode(), 0o644)
    return made


def run(name: str) -> Path:
    """Boot, ask, crash, ask; the folder with ``live/`` and ``capture/``, what both kernels left."""
    image = kernels.resolve(kernels.named(name), CACHE)
    folder = CACHE / "live" / name
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    capture = archive(image.modules).bytes()
    running = archive(image.modules)
    running.file("vmlinuz", image.vmlinuz.read_bytes(), 0o644)
    running.file("save.cpio", capture, 0o644)
    running.folder("empty")
    (folder / "initrd").write_bytes(running.bytes())
    disks = [machine.blank(folder / f"{part}.tar", 256 << 20) for part in ("live", "capture")]
    machine.run(
        machine.Machine(guest.AMD64, image.vmlinuz, folder / "initrd",
                        f"console=ttyS0 crashkernel={RESERVED}M panic=10 lsm=lockdown,capability vmtest.crash=sysrq", 2, MEMORY, disks=disks, limit=900),
        folder, {})
    for part, disk in zip(("live", "capture"), disks, strict=True):
        try:
            with tarfile.open(disk) as tar:
                tar.extractall(folder / part, filter="data")
        except tarfile.TarError as error:
            raise machine.MachineError(f"the {part} kernel left no answers ({error}): see {folder}/console") from error
        disk.unlink()
    (folder / "initrd").unlink()
    return folder


class Answers:
    """What one kernel's guest left in run/truth."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "run/truth"

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(errors="surrogateescape") if path.is_file() else ""

    def names(self) -> list[str]:
        """What was asked."""
        return sorted(path.name.removesuffix(".status") for path in self.folder.glob("*.status"))

    def status(self, name: str) -> int:
        return int(self.text(f"{name}.status") or -1)

    def peak(self, name: str) -> int:
        """KiB of memory at most."""
        found = re.search(r"Maximum resident set size \(kbytes\): (\d+)", self.text(f"{name}.time"))
        return int(found[1]) if found else 0

    def replies(self, name: str) -> dict[str, dict]:
        """The lines of ask.py by question."""
        found = map(json.loads, (line for line in self.text(name).splitlines() if line.startswith('{"question"')))
        return {reply["question"]: reply for reply in found}


def working(answers: Answers, prefixes: tuple[str, ...]) -> Iterator[str]:
    """Everything that was asked was answered, in silence."""
    for name in answers.names():
        if name.startswith(prefixes):
            complaint = answers.text(f"{name}.err").strip()
            if answers.status(name) or complaint:
                yield f"{name}: status {answers.status(name)}: {complaint.splitlines()[-1:]}"


def compared(truth: Truth, answers: Answers, part: str) -> Iterator[str]:
    """What the bench compares of every dump."""
    replies = answers.replies(f"{part}-answers")
    for name in chosen(part):
        mine = [replies.get(q, {"refused": "no answer"}) for q in COMPARISONS[name].questions]
        if refused := [reply["refused"] for reply in mine if reply.get("refused")]:
            yield f"{name}: {refused[0]}"
            continue
        # The processes that ask are in the answer, and gone when the truth is written.
        yield from (f"{name}: {line}" for line in COMPARISONS[name].function(truth, *(reply["answer"] for reply in mine))
                    if not re.search(r"\((pykd|timeout|time|init|sh)\)", line))


def refused(answers: Answers, name: str, words: str) -> Iterator[str]:
    complaint = answers.text(f"{name}.err")
    if answers.status(name) != 3 or words not in complaint or complaint.count("\n") != 1:
        yield f"{name}: status {answers.status(name)}: {complaint!r}, not one line with {words!r}"


def of_the_running(truth: Truth, live: Answers) -> Iterator[str]:
    """Answers against /proc, refusals, and what a cache would spoil."""
    yield from working(live, ("live", "storm"))
    yield from compared(truth, live, "live")
    for name, words in REFUSALS.items():
        yield from refused(live, name, words)
    shown = live.text("live-sys")
    for words in ("LIVE SYSTEM", "vmtest", truth.text("proc/sys/kernel/osrelease").strip()):
        if words not in shown:
            yield f"live-sys: no {words}"
    told = {line.split()[0] for line in live.text("live-ps").replace(">", " ").splitlines() if line.strip()[:1].isdigit()}
    lasting = {path.name for path in truth.root.glob("proc/[0-9]*")}
    passing = {path.name for path in truth.root.glob("proc/[0-9]*") if re.search(r"kworker|sleep|guest|init", (path / "stat").read_text())}
    if missing := lasting - passing - told:
        yield f"live-ps: without {sorted(missing)}"
    ticks = [int(n) for n in re.findall(r"jiffies = \$\d+ = (\d+)", live.text("live-twice"))]
    if len(ticks) != 2 or not 200 <= ticks[1] - ticks[0] < 3000:
        yield f"live-twice: jiffies {ticks}, one second apart"


def of_the_dead(truth: Truth, capture: Answers) -> Iterator[str]:
    """Answers in the crash kernel against what the kernel said before it died."""
    yield from working(capture, ("capture",))
    yield from compared(truth, capture, "capture")
    yield from refused(capture, "locked", "locked down")
    for name, words in {
        "capture-sys": ("sysrq triggered crash", truth.text("proc/sys/kernel/osrelease").strip()),
        "capture-bt": ("sysrq_handle_crash", "guest"),
        "capture-log": ("sysrq triggered crash", "Linux version"),
    }.items():
        for word in words:
            if word not in capture.text(name):
                yield f"{name}: no {word}"
        if capture.peak(name) > CAPTURE_PEAK:
            yield f"{name}: used {capture.peak(name)} KiB"


def main(names: list[str]) -> int:
    bad = broken = 0
    for name in names or ["6.12", "7"]:
        try:
            folder = run(name)
        except (machine.MachineError, packages.PackageError, OSError) as error:
            print(f"{name:8} not made: {error}")
            broken += 1
            continue
        truth = Truth(folder / "live")
        for part, compare in (("live", of_the_running), ("capture", of_the_dead)):
            answers = Answers(folder / part)
            lines = list(compare(truth, answers))
            peak = max(map(answers.peak, answers.names()), default=0)
            print(f"{name:8} {part:8} {len(answers.names())} questions, at most {peak >> 10} MB: "
                  f"{'DIFFERS' if lines else 'right answers'}")
            for line in lines[:SHOWN]:
                print(f"    {line[:300]}")
            if len(lines) > SHOWN:
                print(f"    and {len(lines) - SHOWN} more")
            bad += len(lines)
    return 2 if broken else 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
