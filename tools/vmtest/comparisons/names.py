# SPDX-License-Identifier: GPL-2.0-or-later
"""Symbols, modules and messages."""

from __future__ import annotations

from collections.abc import Iterator

from comparisons.registry import LATE_MODULES, comparison
from truth import Truth

# Modules, in /proc/kallsyms, that are none.
GENERATED = ("bpf", "__builtin__ftrace", "__builtin__kprobes")


@comparison()
def modules(truth: Truth, found: dict) -> Iterator[str]:
    """Modules: size, references, users, state, base address."""
    wanted = {}
    for line in truth.lines("proc/modules"):
        name, size, references, users, state, base, *_ = line.split()
        users = sorted(user for user in users.strip(",-").split(",") if user and user[0] != "[")
        wanted[name] = [int(size), int(references), users, state, int(base, 16)]
    # The disk that the truth went to was open only while it was written.
    for table in (wanted, found):
        table.get("virtio_blk", [0, 0])[1] = 0
    for name in sorted(wanted.keys() | (found.keys() - set(LATE_MODULES))):
        if wanted.get(name) != found.get(name):
            yield f"module {name}: {found.get(name)}, was {wanted.get(name)}"


@comparison()
def symbols(truth: Truth, found: str) -> Iterator[str]:
    """Every line of kallsyms."""
    wanted = set()
    lines = truth.lines("proc/kallsyms")
    if not lines:
        return
    for line in lines:
        address, kind, name, *module = line.split()
        owner = module[0].strip("[]") if module else ""
        # Programs of BPF and generated text are no symbols of the kernel image or of a module's file.
        # While functions are traced, ftrace also shows those of a module's start that are gone.
        if owner not in (*GENERATED, *LATE_MODULES) and (name, owner) != ("vmtest_init", "vmtest_load"):
            wanted.add(f"{address.lstrip('0') or '0'} {kind.lower()} {name} {owner}")
    # Assemblers have made names that end in a blank, of which the words of a line say nothing.
    have = {line.replace("  ", " ") for line in found.split("\n") if not line.endswith(LATE_MODULES)}
    for label, rest in (("is missing", wanted - have), ("was not there", have - wanted)):
        for line in sorted(rest)[:5]:
            yield f"symbol {line} {label} ({len(rest)} such)"


@comparison(once=True)
def symbols_back(truth: Truth, found: dict) -> Iterator[str]:
    """From every symbol's address to a symbol there, and from its name to its address."""
    end = truth.places.get("_end", 0)
    # _end and what lies behind it is in no symbol's range, for the kernel too.
    astray = [name for name, address, module in found["astray"] if (module or address < end) and module not in LATE_MODULES]
    if astray:
        yield f"{len(astray)} addresses lead to no symbol there: {' '.join(astray[:5])}"
    if found["lost"]:
        yield f"{len(found['lost'])} names lead to another address: {' '.join(found['lost'][:5])}"


@comparison()
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
