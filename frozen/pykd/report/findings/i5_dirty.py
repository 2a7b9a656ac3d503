# SPDX-License-Identifier: GPL-2.0-or-later
"""Writers that are held back since too much memory is dirty, and the device that does not take it."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.fs.writeback import bandwidth, bdi_pages, for_each_bdi
from pykd.report.devices import known_as
from pykd.report.facts import bytes_text, size
from pykd.report.finding import EXACT, NO_ANSWER, NOTE, SERIOUS, Finding, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

NEAR = 0.8
"""Of the limit"""


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    dirty = sum(facts.node_stats.get(name, 0) for name in ("NR_FILE_DIRTY", "NR_WRITEBACK"))
    domain: Any = dump.object("struct wb_domain", dump.symbol("global_wb_domain", "").address)
    limit = int(domain.dirty_limit)
    held = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key == "dirty"]
    if not limit or dirty < NEAR * limit:
        return
    devices = []
    for bdi in caught(for_each_bdi(dump)):
        try:
            if isinstance(bdi, Error):
                raise bdi
            pages = sum(bdi_pages(dump, bdi))
            devices.append((pages, known_as(dump, str(bdi.dev_name)), bandwidth(dump, bdi.wb)))
        except Error as error:
            facts.note(error)
    devices.sort(reverse=True)
    most = f", most of it for the device {devices[0][1]}" if devices else ""
    text = f"{size(dirty)} of memory wait to be written, of {size(limit)} that may{most}" + (f", and {number(len(held), 'writer is', 'writers are')} held back" if held else "")
    evidence = [f"device {name}: {size(pages)} dirty, {bytes_text(speed)}/s as the kernel measured it" for pages, name, speed in devices[:5] if pages]
    evidence += [f"{facts.who(task)} waits in {facts.graph.waits[task].function}" for task in held[:5]]
    yield Found(text, SERIOUS if held else NOTE, EXACT, tuple(evidence), "fs", len(held))


FINDING = Finding(
    key="I5",
    title="dirty memory",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="much is written, and the device is as fast as it can be: each pause is short",
    advice="look at the slow device; vm.dirty_bytes limits what one may hold up",
    excluded="no writer is held back for dirty memory",
)
