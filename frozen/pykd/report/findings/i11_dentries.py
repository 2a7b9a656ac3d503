# SPDX-License-Identifier: GPL-2.0-or-later
"""Names and inodes of files that the kernel remembers, where these are very many."""

from __future__ import annotations

from pykd.kernel import cpus
from pykd.kernel.mm.usage import largest_caches
from pykd.report.facts import bytes_text
from pykd.report.finding import EXACT, MEMORY, NOTE, SERIOUS, Finding, Found
from pykd.report.shortage import is_short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

SHARE = 0.25
"""Of all memory"""
MANY = 1_000_000
"""Names of files that do not exist: fewer are no matter"""


def rule(facts: Facts) -> Iterator[Found]:
    total = facts.total_pages * facts.dump.page_size
    names, negative = (_sum(facts, name) for name in ("nr_dentry", "nr_dentry_negative"))
    counted = f"{names} names (dentries), {negative} of them of files that do not exist"
    for taken, cache in largest_caches(facts.dump):
        if taken > SHARE * total and (cache == "dentry" or cache.endswith(("inode_cache", "_inode"))):
            text = f"Names and inodes of files ({cache}) take {taken / total:.0%} of all memory"
            yield Found(text, SERIOUS if is_short(facts) else NOTE, EXACT, (f"slab cache {cache}: {bytes_text(taken)}", counted), "memory")
    if negative > MANY and negative > names / 2:
        yield Found(f"The kernel remembers {negative} names of files that do not exist", NOTE, EXACT, (counted,), "memory")


def _sum(facts: Facts, name: str) -> int:
    """Of a per-CPU ``long``; 0 where the kernel has none."""
    base = facts.dump.address_of(name, "", default=0)
    return max(sum(facts.dump.read_signed(cpus.address_on(base, cpu, facts.dump), 8) for cpu in cpus.possible(facts.dump)), 0) if base else 0


FINDING = Finding(
    key="I11",
    title="names of files",
    level=MEMORY,
    rule=rule,
    false_alarm="they can be reclaimed, and memory is free",
    advice="find the program that looks up so many names; drop them while it runs with vm.drop_caches=2",
    excluded="the kernel does not remember too many names of files",
)
