# SPDX-License-Identifier: GPL-2.0-or-later
"""What pykd says against what the guest said.

A comparison is a function here and a probe of the same name in probes/: the probe runs inside pykd and
prints JSON; the function gets that and the ground truth, and yields one line for each difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from truth import Truth, last_ran, stat

Comparison = Callable[[Truth, object], Iterator[str]]
COMPARISONS: dict[str, Comparison] = {}

# The bench's own last process, and what the kernel starts by itself, change between truth and crash.
PASSING = re.compile(r"kworker/|vmtest_|guest$|kthread|sleep$|busybox$|dd$")


def comparison(function: Comparison) -> Comparison:
    """Register a comparison under its function's name."""
    COMPARISONS[function.__name__] = function
    return function


def _unmoved(folder, row) -> bool:
    """Whether the thread has not run since the truth was taken, so that nothing of it may differ."""
    return last_ran(folder) == row["ran"]


@comparison
def tasks(truth: Truth, found: dict) -> Iterator[str]:
    """Threads: pid, tid, state, comm, parent, uid, cpu."""
    for tid, folder in sorted(truth.threads()):
        name, fields = stat(folder)
        row = found.pop(str(tid), None)
        if row is None:
            if not PASSING.match(name):
                yield f"thread {tid} ({name}) is missing"
            continue
        wanted = {"tgid": int(folder.parts[-3]), "parent": int(fields[1])}
        status = (folder / "status").read_text(errors="surrogateescape") if (folder / "status").exists() else ""
        if uid := re.search(r"^Uid:\s+(\d+)", status, re.M):
            wanted["uid"] = int(uid[1])
        if not name.startswith("kworker/"):     # /proc adds what the worker does
            # Since v5.17 (d6986ce24fc0) /proc shows the full name of a kernel thread.
            wanted["comm"] = name.encode(errors="surrogateescape")[:15].decode(errors="surrogateescape")
        if _unmoved(folder, row):
            wanted["cpu"] = int(fields[36])
            # A worker may be woken without having run.
            if row["state"] != "R":
                wanted["state"] = fields[0]
        for key, value in wanted.items():
            if row[key] != value:
                yield f"thread {tid} ({name}): {key} is {row[key]!r}, was {value!r}"
    for tid, row in found.items():
        if not PASSING.match(row["comm"]):
            yield f"thread {tid} ({row['comm']}) was not there"


@comparison
def stacks(truth: Truth, found: dict) -> Iterator[str]:
    """Kernel stacks of threads that have not run since, against /proc/…/stack, and its top against wchan."""
    place = _places(truth)
    for tid, folder in sorted(truth.threads()):
        row = found.get(str(tid))
        if row is None or not _unmoved(folder, row) or not (folder / "stack").exists():
            continue
        wanted = re.findall(r"\] ([^+\s]+)\+", (folder / "stack").read_text())
        frames = [name.split("+")[0] for name in row["frames"]]
        places = [place.get(name, name) for name in frames]
        # /proc leaves the scheduler's own functions out; pykd begins with them.
        rest = iter(places)
        if not all(place.get(name, name) in rest for name in wanted):
            yield f"thread {tid}: stack {' '.join(frames)}, was {' '.join(wanted)}"
        channel = (folder / "wchan").read_text() if (folder / "wchan").exists() else "0"
        if channel not in ("0", "") and place.get(channel, channel) not in places:
            yield f"thread {tid}: waits in {channel}, which is not among {' '.join(frames)}"


def _places(truth: Truth) -> dict[str, str]:
    """Address by name, where the name is the kernel's only one: aliases of a function are one place."""
    places: dict[str, set[str]] = {}
    for line in truth.lines("proc/kallsyms"):
        address, _, name = line.split()[:3]
        places.setdefault(name, set()).add(address)
    return {name: addresses.pop() for name, addresses in places.items() if len(addresses) == 1}


@comparison
def modules(truth: Truth, found: dict) -> Iterator[str]:
    """Modules by name and size."""
    wanted = {name: int(size) for name, size, *_ in map(str.split, truth.lines("proc/modules"))}
    for name in sorted(wanted.keys() | (found.keys() - {"vmtest_crash"})):
        if wanted.get(name) != found.get(name):
            yield f"module {name}: size {found.get(name)}, was {wanted.get(name)}"


@comparison
def mounts(truth: Truth, found: list) -> Iterator[str]:
    """Mounts of the first process's namespace: type, device, mount point."""
    # /proc/mounts asks btrfs for its device; struct mount itself has none.
    # nullfs, since v7.0 below the root, cannot be reached from there.
    wanted = [line.split() for line in truth.lines("proc/mounts")]
    there = [(w[2], w[0] if w[2] != "btrfs" else "", w[1]) for w in wanted]
    have = [(kind, device if kind != "btrfs" else "", where) for kind, device, where in found if kind != "nullfs"]
    for mount in sorted(set(there) | set(have)):
        if there.count(mount) != have.count(mount):
            yield f"mount {' '.join(mount)}: {have.count(mount)} times, was {there.count(mount)}"


@comparison
def symbols(truth: Truth, found: dict) -> Iterator[str]:
    """Every line of kallsyms, and every address back to a name at that address."""
    wanted, end = set(), 0
    for line in truth.lines("proc/kallsyms"):
        address, kind, name, *module = line.split()
        module = module[0].strip("[]") if module else ""
        # Programs of BPF and generated text are no symbols of the kernel image or of a module's file.
        if module not in ("bpf", "__builtin__ftrace", "__builtin__kprobes") and module != "vmtest_crash":
            wanted.add((int(address, 16), kind.lower(), name, module))
        if name == "_end" and not module:
            end = int(address, 16)
    have = {(a, k.lower(), n, m) for a, k, n, m in found["names"] if m != "vmtest_crash"}
    for label, rest in (("is missing", wanted - have), ("was not there", have - wanted)):
        for address, kind, name, module in sorted(rest)[:5]:
            yield f"symbol {address:x} {kind} {name} {module} {label} ({len(rest)} such)"
    # _end and what lies behind it is in no symbol's range, for the kernel too.
    astray = [name for name, address, module in found["astray"] if (module or address < end) and module != "vmtest_crash"]
    if astray:
        yield f"{len(astray)} addresses lead to no symbol there: {' '.join(astray[:5])}"


@comparison
def dmesg(truth: Truth, found: list) -> Iterator[str]:
    """The messages up to the moment of the truth, byte for byte."""
    wanted = truth.lines("dmesg")
    if not wanted:
        return
    # syslog(2) returns the newest messages that fit into the buffer, so the oldest may be absent.
    start = found.index(wanted[0]) if wanted[0] in found else 0
    for number, line in enumerate(wanted):
        have = found[start + number] if start + number < len(found) else None
        if have != line:
            yield f"dmesg line {number + 1} is {have!r}, was {line!r}"
            return
