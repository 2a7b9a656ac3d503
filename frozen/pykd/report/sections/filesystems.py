# SPDX-License-Identifier: GPL-2.0-or-later
"""What is mounted, and in what state its file systems are."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.fs.sbnames import sb_device, sb_place
from pykd.kernel.fs.superblocks import SB_RDONLY, filesystem_type, for_each_super_block, how_frozen, sb_frozen
from pykd.report.blocks import Block, table
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

MAX_SHOWN = 500


def make(facts: Facts) -> Iterator[Block]:
    rows: list[list[str]] = []
    for block in caught(for_each_super_block(facts.dump)):
        if len(rows) >= MAX_SHOWN:
            break
        try:
            if isinstance(block, Error):
                raise block
            device, directory, lost = sb_place(facts.dump, block)
            if not block.s_bdev and not directory and lost is None:
                continue  # the kernel's own
            frozen = sb_frozen(block)
            state = "ro" if int(block.s_flags) & SB_RDONLY else "rw"
            state += f", FROZEN ({how_frozen(frozen)})" if frozen else ""
            rows.append([filesystem_type(block), sb_device(block, device), directory if lost is None else "(unreadable)", state, f"{int(block):x}"])
        except Error:
            rows.append(["(unreadable)", "", "", "", ""])
    yield table(("type", "device", "first mount", "state", "super_block"), rows)


SECTION = Section("File systems", make)
