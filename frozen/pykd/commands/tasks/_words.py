# SPDX-License-Identifier: GPL-2.0-or-later
"""``cmdline`` and ``env``: words that lie in the memory of processes."""

from __future__ import annotations

from pykd.commands.tasks import _processes
from pykd.core.rows import Row
from pykd.kernel.task.process import MAX_ARGUMENTS
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def rows(session: Session, words: Iterable[str], key: str, start: str, end: str) -> Iterator[Row]:
    """Rows that have under *key* the words between two addresses that ``struct mm_struct`` has as members; null where nothing of them is known."""
    for row, space in _processes.spaces(session, words):
        row[key] = None if "error" in row else []
        if space is not None:
            first, last = int(getattr(space.mm, start)), int(getattr(space.mm, end))
            size = min(max(last - first, 0), MAX_ARGUMENTS)
            data, why = space.read(first, size)
            if why:
                row["error"] = _processes.lost(why) | ({"partial": True} if data else {})
            row[key] = None if why and not data else [word.decode("utf-8", "backslashreplace") for word in data.removesuffix(b"\0").split(b"\0")] if data else []
        yield row
