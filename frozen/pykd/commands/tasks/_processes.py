# SPDX-License-Identifier: GPL-2.0-or-later
"""What the commands about the memory of processes have in common."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault
from pykd.kernel.mm.userspace import UserSpace
from pykd.kernel.task.process import memory_of
from pykd.session import context
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pykd.kernel.task.table import Thread


def chosen(session: Session, words: Iterable[str]) -> list[Thread]:
    """The threads that words name, one of each process. :raises CommandError:"""
    found: dict[int, Thread] = {}
    for thread in context.chosen(session, words):
        found.setdefault(int(thread.leader), thread)
    return list(found.values())


def spaces(session: Session, words: Iterable[str]) -> Iterator[tuple[Row, UserSpace | None]]:
    """Of each process the row that names it and its memory; None of a thread of the kernel and of what has ended, and where the row has an error.
    :raises CommandError:"""
    dump = session.dump
    for thread in chosen(session, words):
        row = context.identity(thread)
        try:
            mm: Any = memory_of(dump, dump.object("struct task_struct", thread.address))
            yield row, UserSpace(dump, mm) if mm else None
        except Error as error:
            yield row | {"error": fault(error)}, None


def lost(reason: str) -> Row:
    """``error`` of user memory that is not there, for the reason that :class:`pykd.kernel.mm.userspace.Piece` has."""
    return fault(f"user memory is {reason}") | {"reason": reason}
