# SPDX-License-Identifier: GPL-2.0-or-later
"""XArrays and IDRs, ``include/linux/xarray.h``; and the radix trees they replaced (Linux 4.20), which had the same nodes.

f8d5d0cc145c ("xarray: Add definition of struct xarray") and 3159f943aafd (in v4.20): ``struct xa_node``; before it
``struct radix_tree_node``, with the same members but other tags on pointers.
"""

from __future__ import annotations

from _pykd import Error, LimitError, MemberError
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump

_MAX_DEPTH = 11
"""64 bits of index, 6 a level."""


class _Layout:
    """Where a node's members are, and which bit pattern marks an entry as a pointer to a node."""

    def __init__(self, dump: Dump) -> None:
        node = dump.find_type("struct", "xa_node")
        if node:
            # xa_mk_internal(): the low two bits are 10; small values are sibling, retry and zero entries
            self.tag, self.mask = 2, 3
        else:
            node = dump.type("struct radix_tree_node")
            self.tag, self.mask = 1, 3
        self.shift = node.offset_of("shift")
        slots = node.member("slots")
        if not slots or not slots.type.length:
            raise Error(f"{node} has no array of slots")
        self.slots = slots.offset
        self.fan_out = slots.type.length

    def is_node(self, entry: int) -> bool:
        return entry & self.mask == self.tag and entry > 4096

    def is_value(self, entry: int) -> bool:
        """Anything but a pointer: a number stored in place, or a mark of the tree's own."""
        return entry & 3 != 0


def slots_of_node(dump: Dump) -> int:
    """Entries that a node has: 64, or 16 of small kernels. :raises Error: the dump has no type of a node."""
    return _Layout(dump).fan_out


def _head(dump: Dump, tree: int) -> int:
    lost: Error | None = None
    for name, member in (("struct xarray", "xa_head"), ("struct radix_tree_root", "rnode")):
        try:
            found = dump.type(name).member(member)
        except Error as error:
            lost = lost or error
            continue
        if found:
            return dump.read_unsigned(tree + found.offset)
    raise lost or MemberError("neither struct xarray nor struct radix_tree_root has a head")


def xa_entries(
    dump: Dump, tree: int, problem: Callable[[str], None] | None = None, *, values: bool = False
) -> Iterator[tuple[int, int]]:
    """Entries of a ``struct xarray`` (or ``struct radix_tree_root``) at address *tree* in order of their index.

    :param problem: told of nodes that cannot be read, which are left out; without it they raise.
    :param values: yield also what is not a pointer, as it is stored.
    :return: (index, entry)
    :raises FaultError: the root cannot be read, or a node and *problem* is None.
    """
    layout = _Layout(dump)
    seen: set[int] = set()

    def walk(entry: int, index: int, depth: int) -> Iterator[tuple[int, int]]:
        if not layout.is_node(entry):
            if entry and (values or not layout.is_value(entry)):
                yield index, entry
            return
        node = entry & ~layout.mask
        if node in seen or depth > _MAX_DEPTH:
            if problem:
                problem(f"the tree at {tree:#x} runs in a circle at node {node:#x}")
            return
        seen.add(node)
        try:
            shift = dump.read_unsigned(node + layout.shift, 1)
            slots = words_of(dump, dump.read(node + layout.slots, 8 * layout.fan_out))
        except Error as err:
            if not problem:
                raise
            problem(f"a node of the tree at {tree:#x} cannot be read: {err}")
            return
        for number, slot in enumerate(slots):
            if slot:
                yield from walk(slot, index + (number << min(shift, 63)), depth + 1)

    yield from walk(_head(dump, tree), 0, 0)


def xa_runs(dump: Dump, tree: int) -> Iterator[tuple[int, int, int | Error]]:
    """All that a ``struct xarray`` (or ``struct radix_tree_root``) holds, numbers too, with how many indexes each takes.

    :return: (index, count of indexes, entry), in order of the index. In place of an entry the error of a node that cannot be read, for all
        indexes that it may have.
    :raises FaultError: the root cannot be read.
    """
    layout = _Layout(dump)
    seen: set[int] = set()

    def walk(entry: int, index: int, span: int, depth: int) -> Iterator[tuple[int, int, int | Error]]:
        if not layout.is_node(entry):
            if entry & 3 != 2 or entry > 4096:  # no sibling, retry or zero
                yield index, span, entry
            return
        node = entry & ~layout.mask
        try:
            if node in seen or depth > _MAX_DEPTH:
                raise LimitError(f"the tree at {tree:#x} runs in a circle at node {node:#x}")
            seen.add(node)
            shift = min(dump.read_unsigned(node + layout.shift, 1), 63)
            slots = words_of(dump, dump.read(node + layout.slots, 8 * layout.fan_out)).tolist()
        except Error as error:
            yield index, span, error
            return
        number = 0
        while number < layout.fan_out:
            following = number + 1
            # an object of several indexes is in the first of its slots, and its siblings point there
            while layout.tag == 2 and following < layout.fan_out and slots[following] == number << 2 | 2:
                following += 1
            if slots[number]:
                yield from walk(slots[number], index + (number << shift), following - number << shift, depth + 1)
            number = following

    head = _head(dump, tree)
    if head:
        yield from walk(head, 0, 1 << 64 if layout.is_node(head) else 1, 0)


def idr_for_each(dump: Dump, idr: Any, problem: Callable[[str], None] | None = None) -> Iterator[tuple[int, int]]:
    """Each (id, pointer) of a ``struct idr``, in the order of the ids.

    6ce711f27500 ("idr: Make 1-based IDRs more efficient") (in v4.16): ids count from ``idr_base``.

    :param problem: told of nodes that cannot be read, which are left out; without it they raise.
    :raises FaultError: the root cannot be read, or a node and *problem* is None.
    """
    base = idr.idr_base if idr.hasField("idr_base") else 0
    tree = int(idr) + idr.fieldOffset("idr_rt")
    yield from ((index + base, pointer) for index, pointer in xa_entries(dump, tree, problem))


def idr_find(dump: Dump, idr: Any, number: int) -> int:
    """The pointer that has an id in a ``struct idr``; 0: none has. :raises FaultError:"""
    base = idr.idr_base if idr.hasField("idr_base") else 0
    return xa_load(dump, int(idr) + idr.fieldOffset("idr_rt"), number - base)[1] if number >= base else 0


def xa_shift(dump: Dump, tree: int) -> tuple[int, int]:
    """(shift of the topmost node, bits of an index that a node takes); the shift is -1 where the root holds the only entry, or none.

    :raises FaultError:
    """
    layout = _Layout(dump)
    head = _head(dump, tree)
    bits = layout.fan_out.bit_length() - 1
    return dump.read_unsigned((head & ~layout.mask) + layout.shift, 1) if layout.is_node(head) else -1, bits


def xa_load(dump: Dump, tree: int, index: int) -> tuple[int, int]:
    """(address of the node, entry) at *index*; the node is 0 when the root holds the only entry, (0, 0) when there is none.

    :raises FaultError:
    """
    layout = _Layout(dump)
    node, entry = 0, _head(dump, tree)
    if not layout.is_node(entry):
        return (0, entry) if index == 0 else (0, 0)
    bits = layout.fan_out.bit_length() - 1
    for depth in range(_MAX_DEPTH + 1):
        node = entry & ~layout.mask
        shift = dump.read_unsigned(node + layout.shift, 1)
        position = index >> shift
        if depth == 0 and position >= layout.fan_out:
            break  # beyond the tree
        position &= (1 << bits) - 1
        entry = dump.read_unsigned(node + layout.slots + 8 * position)
        if layout.tag == 2 and entry & 3 == 2 and entry <= 4096:
            # a sibling entry: an object of several indexes is stored in the first of its slots
            entry = dump.read_unsigned(node + layout.slots + 8 * (entry >> 2))
        if not layout.is_node(entry):
            return (node, entry) if entry else (0, 0)
    return 0, 0
