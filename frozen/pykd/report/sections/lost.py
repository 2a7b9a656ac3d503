# SPDX-License-Identifier: GPL-2.0-or-later
"""What of the system is not in the dump."""

from __future__ import annotations

from pykd.kernel.mm import dumplevel
from pykd.kernel.task.threads import listed, problems
from pykd.report.blocks import Block, fields, lines
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

SAMPLES = 4096
"""Pages that are asked whether they are in the dump, evenly over all of memory"""
LEVELS = {1: "zero", 2: "page cache", 4: "page cache with private data", 8: "user", 16: "free"}
"""Pages that makedumpfile leaves out, by the bits of its dump level"""

STATUSES = {"excluded": "excluded (left out on purpose)", "absent": "absent (no memory there, or not dumped)"}


def make(facts: Facts) -> Iterator[Block]:
    dump = facts.dump
    step = max(dump.max_pfn // SAMPLES, 1)
    counts: dict[str, int] = {}
    for pfn in range(0, dump.max_pfn, step):
        status = dump.page_status(pfn)
        counts[status] = counts.get(status, 0) + 1
    total = sum(counts.values()) or 1
    level = dumplevel.dump_level(dump)
    without = ", ".join(name for bit, name in LEVELS.items() if level and level & bit)
    shares = [f"{100 * count / total:.1f} % {STATUSES.get(status, status)}" for status, count in sorted(counts.items(), key=lambda item: -item[1])]
    yield fields([
        ("Complete", "yes" if dump.complete else "NO: writing it ended early"),
        ("Pages", ", ".join(shares) + " (of a sample)"),
        ("Left out", f"{without} pages (dump level {level})" if without else ""),
        ("Threads", f"{len(facts.threads)} read, {sum(1 for thread in facts.threads.values() if thread.error)} of them in part, {len(listed(dump).unreadable)} lost"),
    ])  # fmt: skip
    if broken := problems(dump):
        yield lines(broken, "Threads")


SECTION = Section("What could not be read", make)
