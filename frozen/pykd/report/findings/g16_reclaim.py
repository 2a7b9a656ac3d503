# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that try to get memory back, and do not."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm import vmstat
from pykd.report.finding import EXACT, FOUND, MEMORY, SERIOUS, Finding, Found
from pykd.report.shortage import is_short
from pykd.report.wording import chain, members, number, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

RECLAIM = frozenset(("try_to_free_pages", "do_try_to_free_pages", "try_to_free_mem_cgroup_pages", "shrink_node", "balance_pgdat", "node_reclaim", "__node_reclaim"))
"""Functions of whoever reclaims"""
HOPELESS = 16
"""``pglist_data.kswapd_failures`` from which on the kernel leaves a node to those who allocate, MAX_RECLAIM_RETRIES"""
MANY = 20
"""Threads at it at once, which is more than a short moment without memory makes"""
LONG = 10.0


def rule(facts: Facts) -> Iterator[Found]:
    yield from _hopeless(facts)
    waits = facts.graph.waits
    blocked = [task for task in facts.graph.blocked if task in waits and RECLAIM.intersection(waits[task].functions) and facts.seconds(task) >= LONG]
    running = [cpu for cpu in facts.running if RECLAIM.intersection(facts.functions_on(cpu))]
    if not blocked and not (len(running) > MANY and is_short(facts)):
        return
    seconds = max(map(facts.seconds, blocked), default=0.0)
    evidence = members([f"{facts.waited(task)}: {chain(_inside(waits[task].functions))}" for task in blocked])
    evidence += members([f"CPU {cpu} runs {facts.who(facts.running[cpu].address)}: {chain(_inside(facts.functions_on(cpu)))}" for cpu in running])
    text = f"{threads(len(blocked))} while trying to get memory back, for up to {seconds:.0f} s" if blocked else f"{number(len(running), 'CPU')} try to get memory back"
    yield Found(text, SERIOUS, FOUND, tuple(evidence), "blocked", len(blocked), seconds)


def _inside(functions: list[str] | tuple[str, ...]) -> list[str]:
    """What reclaim itself called, innermost first, and where it began."""
    place = next(number for number, name in enumerate(functions) if name in RECLAIM)
    return list(functions[: place + 1])


def _hopeless(facts: Facts) -> Iterator[Found]:
    for nid, node in vmstat.nodes(facts.dump):
        try:
            # an int, and an atomic_t of the same size in newer kernels
            failures = facts.dump.read_signed(int(node) + node.fieldOffset("kswapd_failures"), 4)
        except Error as error:
            facts.note(error)
            continue
        if failures >= HOPELESS:
            evidence = (f"pglist_data {int(node):#x}: kswapd_failures is {failures}",)
            yield Found(f"kswapd has given up on node {nid}: nothing of it can be had back", SERIOUS, EXACT, evidence, "kmem -V")


FINDING = Finding(
    key="G16",
    title="reclaim",
    level=MEMORY,
    rule=rule,
    false_alarm="one short moment without memory; what the thread waits for inside (a lock, a disk) is then the cause",
    advice="look at what cannot be had back (the finding on the use of memory), and at the shrinker or disk that the threads wait in",
    excluded="no thread is stuck getting memory back, and kswapd has not given up",
)
