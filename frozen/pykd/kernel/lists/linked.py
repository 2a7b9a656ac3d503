# SPDX-License-Identifier: GPL-2.0-or-later
"""Linked lists (``include/linux/list.h``, ``list_nulls.h``, ``llist.h``), as the structs that are in them.

An element is not read, so it is never an error itself. What ends a list early (a page that is missing, a circle, a limit) is raised
behind the elements before it.
"""

from __future__ import annotations

from itertools import takewhile

from _pykd import FaultError, MemberError
from pykd.core.walk import ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LIMIT = 1 << 20
"""Elements; a longer list is damaged, where the caller does not know better."""


def _container(dump: Dump, kind: str, member: str) -> tuple[Any, int]:
    cls: Any = dump.struct_class(kind)
    offset: int | None = cls.member_offset(member)
    if offset is None:
        raise MemberError(f"{kind} has no member {member}")
    return cls, offset


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
