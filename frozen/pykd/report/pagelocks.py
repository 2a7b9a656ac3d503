# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of files that somebody keeps locked while no I/O of them is under way."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm.pages import page_flags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.report.facts import Facts

IDLE = {"locked", "uptodate"}
"""Flags of a page that is neither read (it would not be up to date) nor written, and yet locked"""


def locked_pages(facts: Facts) -> dict[int, list[int]]:
    """task_structs of those who wait, by the address of such a ``struct page``."""
    found: dict[int, list[int]] = {}
    for task, wait in facts.graph.waits.items():
        thing = wait.thing
        if thing is None or thing.kind != "folio" or not thing.address or "folio_wait_writeback" in wait.functions or "wait_on_page_writeback" in wait.functions:
            continue
        try:
            flags = set(page_flags(facts.dump, facts.dump.object("struct page", thing.address)))
        except Error as error:
            facts.note(error)
            continue
        if flags >= IDLE and "writeback" not in flags:
            found.setdefault(thing.address, []).append(task)
    return found
