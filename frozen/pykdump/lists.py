# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists of the kernel: by pointers to the next, with and without a head."""

from __future__ import annotations

import sys

import pykd
from crash import sym2addr
from pykd.compat.moved import LIST_HEADS, LinkAddress, list_head
from pykd.compat.parts import Parts, elements_of

from .Generic import patch_default_kw
from .logging import PyLog
from .lowlevel import Addr, Deref, StructResult
from .symbols import member_offset, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

pylog = PyLog()

MAXEL = 10000
"""More elements of a list are not read, unless who asks says so."""

_MAX_STRUCTS = 4 << 20


def readSUArray(suname: str, startaddr: int, dim: int = 0) -> Any:
    """*dim* structs one after the other; without *dim* a generator of as many as lists may have.

    :raises LimitError: of more than 4 million structs, a number that was read from damage.
    """
    first = readSU(suname, startaddr)
    if dim > _MAX_STRUCTS:
        raise pykd.LimitError(f"an array of {dim} {suname} at {int(first):#x}")
    if dim:
        return [first[i] for i in range(dim)]
    return _endless_array(first)


def _endless_array(first: StructResult, *, maxel: int = MAXEL) -> Iterator[StructResult]:
    for i in range(maxel):
        yield first[i]


def setListMaxel(newval: int) -> None:
    """Change the default of ``maxel`` in all functions of this module."""
    patch_default_kw(sys.modules[__name__], "maxel", newval)


def _warn_maxel(maxel: int) -> None:
    callers = []
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_name != "<module>":
        callers.append(frame.f_code.co_name)
        frame = frame.f_back  # type: ignore[assignment]
    pylog.warning(f"We have reached the limit while reading a list {maxel=}\n\t\tfrom {' <- '.join(callers)}")


def readList(start: int, offset: int = 0, *, maxel: int = MAXEL, inchead: bool = True, warn: bool = True) -> list[int]:
    """Addresses linked by the pointers at *offset*, up to NULL or back to *start*; what is unreadable ends the list.

    :param inchead: *start* is an element.
    """
    elements = elements_of(start)
    if elements is not None:
        return elements.addresses[:maxel]
    link = start
    start = int(start)
    if start == 0:
        return []
    addresses, end = pykd.current().follow(start, offset, limit=maxel if inchead else maxel + 1)
    if not inchead:
        del addresses[0]
    if isinstance(link, LinkAddress):
        head = link.head(start, pykd.current())
        addresses = [address for address in addresses if address != head]
    if end == "limit":
        if warn:
            _warn_maxel(maxel)
    elif end == "cycle":
        pylog.error("Circular dependency in list")
    elif end is not None:
        print(end)
    return addresses


def readBadList(
    start: int, offset: int = 0, *, maxel: int = MAXEL, inchead: bool = True
) -> tuple[list[int], Any] | list[int]:
    """As readList, for damaged lists: the addresses, and what ended the list or None. Of a NULL *start* just ``[]``."""
    start = int(start)
    if start == 0:
        return []
    addresses, end = pykd.current().follow(start, offset, limit=maxel if inchead else maxel + 1)
    if not inchead:
        del addresses[0]
    if end == "limit":
        _warn_maxel(maxel)
        end = None
    return addresses, "Duplicate entry" if end == "cycle" else end


def readListByHead(start: int, offset: int = 0, *, maxel: int = MAXEL, warn: bool = True) -> list[int]:
    """As readList, without the head."""
    return readList(start, offset, maxel=maxel, inchead=False, warn=warn)


list_for_each_entry = readListByHead


def readSUListFromHead(
    headaddr: int | str,
    listfieldname: str,
    mystruct: str,
    *,
    maxel: int = MAXEL,
    inchead: bool = False,
    warn: bool = True,
) -> list[StructResult]:
    """The structs that a list_head links by their member *listfieldname*.

    :param headaddr: the list_head, or the name of a variable: of a struct whose member *listfieldname* is the head.
    """
    cls = type(readSU(mystruct, 0))
    if isinstance(headaddr, StructResult) and isinstance(getattr(cls, listfieldname, None), property) and cls.member_offset(listfieldname) is None:
        # A list without a head, by pointers to the next: the first of them stands for it.
        return _computed_next(cls(headaddr), listfieldname, maxel)[0 if inchead else 1 :]
    offset = cls(0).fieldOffset(listfieldname)
    if isinstance(headaddr, str):
        headaddr = sym2addr(headaddr) + offset
    addresses = readList(headaddr, maxel=maxel, inchead=inchead, warn=warn)
    return _structs_of_links(addresses, mystruct, listfieldname, offset)


def _structs_of_links(addresses: Sequence[int], sname: str, member: str, offset: int) -> list[StructResult]:
    """The structs that have their *member* at these addresses."""
    if (sname, member) in LIST_HEADS and addresses:
        head = list_head(sname, member, addresses[0], pykd.current())
        addresses = [address for address in addresses if address != head]
    cls = type(readSU(sname, 0))
    return [cls(address - offset) for address in addresses]


def readStructNext(shead: Any, nextname: str, *, maxel: int = MAXEL, inchead: bool = True) -> list[StructResult]:
    """Structs linked by a pointer to the next: *shead* and those after it."""
    if not isinstance(shead, StructResult):
        if shead == 0:
            return []
        shead = Deref(shead)
    offset = None if isinstance(shead, Parts) else type(shead).member_offset(nextname)
    if offset is None:
        return _computed_next(shead, nextname, maxel)[0 if inchead else 1 :]
    addresses = readList(shead, offset, maxel=maxel, inchead=inchead)
    return [type(shead)(address) for address in addresses]


def _computed_next(element: Any, nextname: str, maxel: int) -> list[Any]:
    """*nextname* is no pointer in this kernel, but an attribute that finds the next one: ``vm_area_struct.vm_next``."""
    found: dict[Any, Any] = {}
    while element and element not in found:
        if len(found) == maxel:
            _warn_maxel(maxel)
            break
        found[element] = element
        element = getattr(element, nextname)
    return list(found.values())


class ListHead(list):  # type: ignore[type-arg]
    """The elements of the list whose head is at *lhaddr*.

    ``ListHead(addr, "struct module").list`` are the modules that the list links by their member ``list``. Without a struct the
    elements are ``struct list_head``.
    """

    def __init__(self, lhaddr: int, sname: str | None = None, *, maxel: int = MAXEL, warn: bool = True) -> None:
        elements = elements_of(lhaddr)
        if elements is not None:
            addresses, end = [0, *elements.addresses], None
        else:
            addresses, end = pykd.current().follow(int(lhaddr), limit=maxel + 1)
        if isinstance(end, pykd.Error) and len(addresses) == 1:
            raise end
        super().__init__(addresses[1:] if sname else [readSU("struct list_head", a) for a in addresses[1:]])
        self.sname = sname
        self.warn = warn
        if end == "limit" and warn:
            _warn_maxel(maxel)
        elif end == "cycle":
            pylog.error("Circular dependency in list")
        elif isinstance(end, pykd.Error):
            print(end)

    def __getattr__(self, name: str) -> list[StructResult]:
        if name.startswith("__") or self.sname is None:
            raise AttributeError(name)
        offset = member_offset(self.sname, name)
        if offset == -1:
            raise pykd.MemberError(f"<{self.sname}> does not have a field <{name}>")
        return _structs_of_links(self, self.sname, name, offset)


def LH_isempty(lh: StructResult) -> Any:
    """A ``struct list_head`` that links nothing; a NULL one is returned as it is."""
    return lh and Addr(lh) == lh.next


def hlist_for_each_entry(emtype: str, head: StructResult, member: str) -> Iterator[StructResult]:
    """The structs that a ``struct hlist_head`` links by their member *member*."""
    offset = readSU(emtype, 0).fieldOffset(member)
    node = head.first
    seen = set()
    while node:
        if node in seen:
            pylog.error("Circular dependency in list")
            return
        seen.add(node)
        yield readSU(emtype, int(node) - offset)
        node = node.next
