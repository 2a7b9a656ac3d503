# SPDX-License-Identifier: GPL-2.0-or-later
"""Linked lists (``include/linux/list.h``, ``list_nulls.h``, ``llist.h``), as the structs that are in them.

An element is not read, so it is never an error itself. What ends a list early (a page that is missing, a circle, a limit) is raised
behind the elements before it; of a list that leads back too, those behind a page that is missing are found from its end.
"""

from __future__ import annotations

from itertools import takewhile

from _pykd import Error, FaultError, MemberError
from pykd.core.walk import caught, ended
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

PREVIOUS = 8
"""Offset of ``prev`` in a ``struct list_head``"""
LIMIT = 1 << 20
"""Elements; a longer list is damaged, where the caller does not know better."""
MAX_BUCKETS = 1 << 24
"""Of a hash table; a larger one is damaged."""
_CHUNK = 1 << 16
"""Bytes of a table that are read at a time"""


def _container(dump: Dump, kind: str, member: str) -> tuple[Any, int]:
    cls: Any = dump.struct_class(kind)
    offset: int | None = cls.member_offset(member)
    if offset is None:
        raise MemberError(f"{kind} has no member {member}")
    return cls, offset


def container_of(dump: Dump, pointer: int, kind: str, member: str) -> Any:
    """The struct of type *kind* whose *member* is at *pointer*; nothing is read. :raises NotFoundError, MemberError: the kernel has no such type or member."""
    cls, offset = _container(dump, kind, member)
    return cls(int(pointer) - offset)


def list_for_each_entry(dump: Dump, head: int, kind: str, member: str, *, limit: int = LIMIT, what: str = "") -> Iterator[Any]:
    """The structs of type *kind* whose ``struct list_head`` *member* is on the list with its head at *head*.

    :param what: the list, as an error names it; default: its address.
    :raises FaultError, LimitError: where the list cannot be followed to its end.
    :raises NotFoundError, MemberError: the kernel has no such type or member.
    """
    cls, offset = _container(dump, kind, member)
    links, why = dump.follow(head, limit=limit)
    for link in links[1:]:
        yield cls(link - offset)
    if isinstance(why, FaultError):
        known = set(links)
        before, _ = dump.follow(head, PREVIOUS, limit=limit)
        for link in reversed(before[1:]):
            if link not in known:
                yield cls(link - offset)
    if why is not None:
        raise ended(why, what or f"the list at {head:#x}")


def hlist_for_each_entry(dump: Dump, head: int, kind: str, member: str, *, limit: int = LIMIT, what: str = "") -> Iterator[Any]:
    """The same for a ``struct hlist_head`` (or ``llist_head``, or any pointer to the first of a chain of nodes that ends with NULL), and
    for a ``struct hlist_nulls_head``, whose chain ends with an odd number.

    :raises FaultError, LimitError, NotFoundError, MemberError: as :func:`list_for_each_entry`.
    """
    first = dump.read_unsigned(head)
    if not first or first & 1:
        return
    cls, offset = _container(dump, kind, member)
    found, why = dump.follow(first, stop=0, limit=limit)
    nodes = list(takewhile(lambda node: not node & 1, found))
    for node in nodes:
        yield cls(node - offset)
    if why is not None and len(nodes) == len(found) and not (isinstance(why, FaultError) and why.address & 1):
        raise ended(why, what or f"the chain at {head:#x}")


def chain_for_each(dump: Dump, first: int, kind: str, member: str, *, limit: int = LIMIT, what: str = "") -> Iterator[Any]:
    """The structs of type *kind* from *first* on, each of which points to the next with *member*, up to NULL.

    :raises FaultError, LimitError, NotFoundError, MemberError: as :func:`list_for_each_entry`.
    """
    if not first:
        return
    cls, offset = _container(dump, kind, member)
    found, why = dump.follow(first, offset, stop=0, limit=limit)
    yield from map(cls, found)
    if why is not None:
        raise ended(why, what or f"the chain of {kind} from {first:#x}")


def hash_for_each_entry(
    dump: Dump, table: int, count: int, kind: str, member: str, *, step: int = 8, limit: int = LIMIT, what: str = ""
) -> Iterator[Any]:
    """The same for all chains of a hash table, and the errors met on the way: of a chain that is cut off, and one for each piece of the
    table that cannot be read.

    :param table: address of the first ``struct hlist_head`` (or ``hlist_nulls_head``).
    :param count: chains there are.
    :param step: bytes from one head to the next.
    :raises NotFoundError, MemberError: the kernel has no such type or member.
    """
    _container(dump, kind, member)
    count = min(count, MAX_BUCKETS)
    per_chunk, number, is_lost = max(_CHUNK // step, 1), 0, False
    while number < count:
        wanted = min(per_chunk, count - number)
        # Not beyond the last head: a table may end where its pages do.
        size = (wanted - 1) * step + 8
        data = dump.read_upto(table + number * step, size)
        heads = words_of(dump, data[: len(data) & ~7])[:: max(step // 8, 1)]
        for place, first in enumerate(heads):
            if first and not first & 1:
                head = table + (number + place) * step
                yield from caught(hlist_for_each_entry(dump, head, kind, member, limit=limit, what=what))
        is_lost = is_lost and not heads
        if len(heads) == wanted:
            number += wanted
            continue
        hole = table + (number + len(heads)) * step
        if not is_lost:
            try:
                dump.read(hole, 8)
            except Error as error:
                yield error
        is_lost = True
        # on behind the page that is missing
        number += len(heads) + max(((hole | dump.page_size - 1) + 1 - hole + step - 1) // step, 1)


def list_empty(dump: Dump, head: int) -> bool:
    """Whether nothing is on the ``struct list_head`` at *head*. :raises FaultError:"""
    return dump.read_unsigned(int(head)) == int(head)


def list_count_nodes(dump: Dump, head: int) -> int:
    """How many are on the list of the ``struct list_head`` at *head*. :raises FaultError, LimitError: it cannot be followed to its end."""
    links, why = dump.follow(int(head), limit=LIMIT)
    if why is not None:
        raise ended(why, f"the list at {int(head):#x}")
    return len(links) - 1


def list_first_entry(dump: Dump, head: int, kind: str, member: str) -> Any:
    """The struct of type *kind* whose ``struct list_head`` *member* is first on the list; None of an empty list. :raises FaultError:"""
    first = dump.read_unsigned(int(head))
    return container_of(dump, first, kind, member) if first != int(head) else None


def list_last_entry(dump: Dump, head: int, kind: str, member: str) -> Any:
    """The struct of type *kind* whose ``struct list_head`` *member* is last on the list; None of an empty list. :raises FaultError:"""
    last = dump.read_unsigned(int(head) + PREVIOUS)
    return container_of(dump, last, kind, member) if last != int(head) else None


def list_for_each_entry_reverse(dump: Dump, head: int, kind: str, member: str) -> Iterator[Any]:
    """As :func:`list_for_each_entry`, from the last to the first. :raises FaultError, LimitError: where the list cannot be followed to its end."""
    cls, offset = _container(dump, kind, member)
    links, why = dump.follow(int(head), PREVIOUS, limit=LIMIT)
    yield from (cls(link - offset) for link in links[1:])
    if why is not None:
        raise ended(why, f"the list at {int(head):#x}")
