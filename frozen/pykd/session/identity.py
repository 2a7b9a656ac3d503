# SPDX-License-Identifier: GPL-2.0-or-later
"""Which dump it is that an answer is about, in a few words that other tools understand."""

from __future__ import annotations

from pykd.core.memo import per_dump
from pykd.core.rows import Row
from pykd.session import contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump


@per_dump
def of(dump: Dump) -> Row:
    """``{"path", "release", "build_id", "crash_time"}``, from the header and the VMCOREINFO note alone: null where these do not say it."""
    note = dump.vmcoreinfo
    seconds = note.get("CRASHTIME", "")
    return {
        "path": dump.path,
        "release": note.get("OSRELEASE"),
        "build_id": note.get("BUILD-ID"),
        "crash_time": contract.moment(int(seconds[:20])) if seconds.isdecimal() else None,
    }
