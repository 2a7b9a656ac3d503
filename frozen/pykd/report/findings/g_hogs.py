# SPDX-License-Identifier: GPL-2.0-or-later
"""What most of the memory is used for, where that is unusual: slab, shared memory, page tables, vmalloc(), hugepages, one process, swap, or nobody."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm.usage import largest_caches, usage, vmalloc_callers
from pykd.kernel.task.processes import largest
from pykd.report.facts import bytes_text, size
from pykd.report.finding import EXACT, FOUND, MEMORY, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.shortage import is_short
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

AT_HAND = 0.1
"""Share of memory that is free or can be had back, below which the rest is worth a thought"""
LEAK = 0.25
"""Share of memory that no counter accounts for, from which on that is more than what drivers of a usual machine take"""


def rule(facts: Facts) -> Iterator[Found]:
    """What is large; where memory ran out the largest alone is the cause of that."""
    uses = sorted(_uses(facts), key=lambda use: -use[0])
    for place, (_, found) in enumerate(uses):
        yield found._replace(severity=max(found.severity, SERIOUS)) if place else found
    yield from _hugepages(facts, usage(facts.dump).total or 1)
    yield from _swap(facts)


def _uses(facts: Facts) -> Iterator[tuple[float, Found]]:
    """(share of all memory, what it is used for) of uses that are unusually large."""
    found = usage(facts.dump)
    total = found.total or 1
    parts = found.parts
    short = is_short(facts)
    at_hand = parts["free"] + parts["page cache"] + parts["slab that can be reclaimed"]
    serious = STOPS if short else SERIOUS if at_hand < AT_HAND * total else NOTE
    said = ": memory ran out of it" if short else ""
    for key, limit, text, command in (
        ("slab that cannot be reclaimed", 0.25, "Objects of the kernel (slab that cannot be reclaimed)", "kmem -s"),
        ("shared memory", 0.25, "Shared memory and files of tmpfs", "memory"),
        ("page tables", 0.04, "Page tables of processes", "memory"),
        ("vmalloc", 0.15, "Memory of vmalloc()", "memory"),
        ("kernel stacks", 0.05, "Kernel stacks", "ps -S"),
        ("per-CPU data", 0.05, "Per-CPU data", "memory"),
        ("not accounted for", 0.15, "Memory that no counter accounts for (drivers, a balloon, a leak)", "memory"),
    ):
        pages = parts.get(key, 0)
        if pages > limit * total:
            evidence = [f"{size(pages)} of {size(total)}; {size(parts['free'])} are free"]
            severity, proof = serious, EXACT
            if key.startswith("slab"):
                evidence += [f"slab cache {name}: {bytes_text(taken)}" for taken, name in largest_caches(facts.dump)[:3]]
                text += f", most of them of {largest_caches(facts.dump)[0][1]}," if largest_caches(facts.dump) else ""
            elif key == "vmalloc":
                callers = [(taken, areas, _place(facts, caller)) for taken, areas, caller in vmalloc_callers(facts.dump)[:3]]
                evidence += [f"{where} has {bytes_text(taken)} in {number(areas, 'area')}" for taken, areas, where in callers]
                text += f", most of it asked for by {callers[0][2]}," if callers and callers[0][0] > pages * facts.dump.page_size / 2 else ""
            elif key == "not accounted for":
                severity, proof = min(serious, SERIOUS if pages > LEAK * total else NOTE), FOUND
            yield pages / total, Found(f"{text} take {pages / total:.0%} of all memory{said}", severity, proof, tuple(evidence), command)
    yield from _processes(facts, total, serious, said)


def _place(facts: Facts, address: int) -> str:
    """``kd_init of the module kd``: the function at an address of code. What a module only runs at its start is given back after that."""
    symbol = facts.dump.symbol_at(address)
    if symbol is None:
        return f"code at {address:#x} that is gone (the start of a module)"
    return symbol.name + (f" of the module {symbol.module}" if symbol.module else "")


def _processes(facts: Facts, total: int, serious: int, said: str) -> Iterator[tuple[float, Found]]:
    for one in largest(facts.dump)[:1]:
        if one.resident is not None and (share := one.resident / (total * facts.dump.page_size)) > 0.25:
            evidence = (f"{bytes_text(one.resident)} of {size(total)} resident",)
            yield share, Found(f"PID {one.pid} ({one.comm}) has {share:.0%} of all memory{said}", serious, EXACT, evidence, f"vm {one.pid}")


def _hugepages(facts: Facts, total: int) -> Iterator[Found]:
    for kilobytes, pages, free in usage(facts.dump).hugepages:
        share = pages * kilobytes * 1024 / (total * facts.dump.page_size)
        if share > 0.5 and free > 0.3 * pages:
            evidence = (f"{pages} pages of {bytes_text(kilobytes * 1024)}, {free} of them free",)
            yield Found(f"Hugepages take {share:.0%} of all memory, and many of them are not used", SERIOUS, EXACT, evidence, "kmem -h")


def _swap(facts: Facts) -> Iterator[Found]:
    try:
        total = facts.number("total_swap_pages", 8)
        free = facts.number("nr_swap_pages", 8)
    except Error:
        return
    if total and free < total * 0.05:
        yield Found(f"Swap is full: {size(free)} of {size(total)} are free", SERIOUS, EXACT, (), "swap")


FINDING = Finding(
    key="G6",
    title="use of memory",
    level=MEMORY,
    rule=rule,
    false_alarm="a database or a host of virtual machines that was sized so on purpose, and memory is free",
    advice="find who made them: objects of a slab cache by their contents (kmem -S, rd), files of tmpfs by mount, a process by its maps; what grows without end is a leak",
    excluded="no use of memory is unusual",
)
