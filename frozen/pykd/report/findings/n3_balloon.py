# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that the host took back through a balloon."""

from __future__ import annotations

from pykd.kernel.mm import vmstat
from pykd.report.facts import size
from pykd.report.finding import EXACT, MEMORY, NOTE, STOPS, Finding, Found
from pykd.report.shortage import is_short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

SHARE = 0.1
"""Of all memory that there was"""


def rule(facts: Facts) -> Iterator[Found]:
    events = vmstat.events(facts.dump)
    # Since 09316c09dde3 ("mm/balloon_compaction: add vmstat counters and kpageflags bit") (in v3.19)
    taken = events.get("BALLOON_INFLATE", 0) - events.get("BALLOON_DEFLATE", 0)
    whole = facts.total_pages + max(taken, 0)
    if taken > SHARE * whole:
        short = is_short(facts)
        text = f"The host took {size(taken)} of {size(whole)} through a balloon" + (": memory ran out of it" if short else "")
        yield Found(text, STOPS if short else NOTE, EXACT, (f"pages taken {events['BALLOON_INFLATE']}, given back {events['BALLOON_DEFLATE']}",), "memory")


FINDING = Finding(
    key="N3",
    title="balloon",
    level=MEMORY,
    rule=rule,
    false_alarm="the balloon has the size that it should have, and memory is free",
    advice="ask the host for the balloon's target; give the guest its memory back",
    excluded="no balloon took memory",
)
