# SPDX-License-Identifier: GPL-2.0-or-later
"""Corrupt memory as the kernel itself met it: lists, reference counts, slabs, pages, page tables, user copies."""

from __future__ import annotations

from pykd.report.finding import CORRUPTION, STOPS, Finding
from pykd.report.logsigns import told
from pykd.report.verdict import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts
    from pykd.report.finding import Found

SIGNS = (
    (r"^list_(?:add|del) (?:corruption|double add)", "A list is corrupt ({times} in the log)"),
    (r"refcount_t: (.+)\.", "A reference count went wrong: {0} ({times})"),
    (r"^BUG (\S+) \(.*\): (.+)", "An object of the slab cache {0} is corrupt: {1} ({times})"),
    (r"Wrong slab cache\. (\S+) but object is from (\S+)", "An object of {1} was freed as one of {0}"),
    (r"BUG: Bad page (state|map|cache) in process", "A page is in a bad {0} ({times})"),
    (r"BUG: Bad rss-counter state", "A process's count of pages is wrong ({times})"),
    (r"Corrupted page table at address (\S+)", "A page table is corrupt at {0}"),
    (r"usercopy: Kernel memory (\S+) attempt detected (.+?) \(", "A copy to or from user space would have gone beyond its object ({1})"),
    (r"BUG: (KASAN|KFENCE): (\S+) .*in (\S+)", "{0} found a {1} in {2}"),
    (r"kernel tried to execute NX-protected page", "The kernel jumped to where no code is"),
)


def rule(facts: Facts) -> Iterator[Found]:
    stopped = verdict(facts)
    # Where the kernel stopped for it, that is where it met it.
    where = f", in {stopped.function}" + (f" of the module {stopped.module}" if stopped.module else "") if stopped.kind == "BUG" and stopped.function else ""
    for pattern, text in SIGNS:
        for found in told(facts, pattern, text, STOPS):
            yield found._replace(text=found.text + where)


FINDING = Finding(
    key="P",
    title="corrupt memory",
    level=CORRUPTION,
    rule=rule,
    false_alarm="the message follows an earlier one about the same object, which then counts",
    advice="try the same with slub_debug=FZPU or KASAN: what is met here was broken earlier, by somebody else",
    excluded="the kernel met no corrupt list, reference count, slab or page",
)
