# SPDX-License-Identifier: GPL-2.0-or-later
"""Typed objects as people see them: what ``print(task)``, ``f"{task}"`` and the prompt show, as C and bounded.

::

    *(struct list_head *)0xffffffff8c2158d0 = {
        next = 0xffffa088c11ca1c8,
        prev = 0xffffa088d2d8a388
    }    /* 146 entries: 0xffffa088c11ca1c8, 0xffffa088c11c8288, ... */

A line is a member; structs and arrays within it are cut to the line. Bytes that cannot be read are ``<excluded 0xADDR>`` in their place.
``struct TYPE ADDRESS`` shows everything.
"""

from __future__ import annotations

from _pykd import Enum, Error, FlexArray, FunctionPointer, LimitError, Member, Pointer, Struct, Type
from pykd.values.cformat import Formatter, Unreadable, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, NoReturn

    from _pykd import Dump

LINE = 110
"""Characters of a member's value; what is longer is cut."""
MEMBERS = 400
"""Lines of a struct."""
ELEMENTS = 100
"""Of a list or another container at the prompt."""
LINKS = 10_000
"""Entries of a list that are counted."""
TREE = 1_000
"""Nodes of a tree that are counted."""
_HEIGHT = 128
"""Of a tree; no red-black tree in 64 bits of address is that high."""
_NAMED_LINKS = 3
_FEW = 4
"""Elements of an array without a length."""
_SMALL = 128
"""Bytes of a struct that is shown within a list."""
_DEPTH = 4
"""Structs within structs whose members are shown."""
_LARGEST = 1 << 20
"""Bytes of a struct that are looked at before it is said that nothing of it is there."""
_TEXT = 100_000
"""Characters of anything else."""


class _Lines(Formatter):
    """Values in one line each."""

    def __init__(self, dump: Dump, depth: int = _DEPTH, width: int = LINE, radix: int = 10) -> None:
        super().__init__(dump, radix)
        self.depth, self.width = depth, width

    def _struct(self, type: Type, data: bytes, address: int, indent: int) -> str:
        if not type.complete:
            return "<incomplete type>"
        if indent >= 2 * self.depth:
            return "{...}"
        return self._braced(line.strip().removesuffix(",") for line in self._member_lines(type, data, address, indent + 2))

    def _text(self, data: bytes) -> str:
        """Without what is behind its end: an array of characters is as long as the longest text."""
        text = data.rstrip(b"\0")
        return quoted(text) if len(text) <= self.width else f"{quoted(text[: self.width])}..."

    def _array(self, type: Type, data: bytes, address: int, indent: int) -> str:
        element = type.target
        if isinstance(data, Unreadable) and element is not None and element.strip().kind not in ("struct", "union", "array"):
            data = self._partly(data, address, type.size)
            if isinstance(data, Unreadable):
                return f"<{data.error.reason} {address:#x}>"
        shown = super()._array(type, data, address, indent)
        return shown if shown.endswith('"...') else _cut(shown, self.width)

    def _braced(self, parts: Iterator[str]) -> str:
        """``{a = 1, b = 2, ...}``; what is beyond the line is not read."""
        found: list[str] = []
        length = 0
        for part in parts:
            length += len(part) + 2
            if length > self.width:
                found.append("..." if found else _cut(part, self.width))
                break
            found.append(part)
        return "{" + ", ".join(found) + "}"


def _cut(text: str, width: int = LINE) -> str:
    return text if len(text) <= width else f"{text[:width]}..."


def text(
    value: Struct | Pointer | FlexArray | FunctionPointer, *, only: Sequence[str] = (), depth: int = _DEPTH, width: int = LINE, hexadecimal: bool = False
) -> str:
    """What ``str()`` of a typed object says; see :func:`pykd.describe`. :raises MemberError: of a name in *only* that is no member."""
    lines = _Lines(type(value).PYT_dump, depth, width, 16 if hexadecimal else 10)
    if isinstance(value, Struct):
        return "\n".join(_struct_lines(value, lines, only))
    if isinstance(value, FlexArray):
        return _array(value, lines)
    return _pointer(value, lines)


def _struct_lines(value: Struct, lines: _Lines, only: Sequence[str]) -> Iterator[str]:
    cls = type(value)
    dump, address = cls.PYT_dump, int(value) & (1 << 64) - 1
    if not value:
        yield f"({cls.PYT_symbol} *)0x0"
        return
    try:
        if cls.PYT_size and not dump.readable(address, min(address + min(cls.PYT_size, _LARGEST), (1 << 64) - 1)):
            dump.read(address, 1)
    except Error as error:
        reason = _per_cpu(dump, cls.PYT_type, address) or str(getattr(error, "reason", error))
        yield f"*({cls.PYT_symbol} *){address:#x}  <{reason}>"
        return
    yield f"*({cls.PYT_symbol} *){address:#x} = {{"
    members: Iterable[tuple[Member, int]] = _flat(cls.PYT_type.strip(), int(value))
    if only:
        known = {member.name: (member, base) for member, base in members}
        members = [known.get(name) or _no_member(value, name) for name in only]
    for number, (member, base) in enumerate(members):
        if number == MEMBERS:
            yield "    ..."
            break
        try:
            shown = lines.member(member, base)
        except LimitError as error:
            shown = f"<{error}>"
        yield f"    {member.name} = {shown},"
    yield "}" + _entries(value)


def _no_member(value: Struct, name: str) -> NoReturn:
    getattr(value, name)
    raise TypeError(f"{name} is no member of the compiler's: only those are shown")


def _flat(type: Type, base: int, depth: int = 0) -> Iterator[tuple[Member, int]]:
    """Members and where the struct that they are of begins; of those without a name, theirs."""
    for member in type.members() if type.complete else ():
        if member.name:
            yield member, base
        elif (inner := member.type.strip()).kind in ("struct", "union") and depth < 16:
            yield from _flat(inner, base + member.offset, depth + 1)


def _per_cpu(dump: Dump, kind: Type, address: int) -> str:
    """Of a per-CPU variable's own address, at which there is nothing: how to get at those of the CPUs."""
    if not dump.address_of("__per_cpu_start", default=0) <= address < dump.address_of("__per_cpu_end", default=0):
        return ""
    for symbol in dump.kernel_symbols():
        if symbol.address == address and _is_typed(dump, symbol.name, kind):
            return f"one for each CPU: per_cpu({symbol.name!r}, CPU)"
    return ""


def _is_typed(dump: Dump, name: str, kind: Type) -> bool:
    try:
        return str(dump.symbol_type(name).strip()) == str(kind.strip())
    except Error:
        return False


def _entries(value: Struct) -> str:
    """Of a list's or a tree's head, what is on it."""
    follow = _ENTRIES.get(type(value).PYT_symbol)
    if follow is None:
        return ""
    try:
        links, end = follow(type(value).PYT_dump, int(value))
    except Error:
        return ""
    if not links:
        return "    /* empty */"
    count = f"{len(links)} entr{'y' if len(links) == 1 else 'ies'}"
    count += "" if end is None else " and more" if end == "limit" else f", then {end}"
    named = ", ".join(f"{int(link):#x}" for link in links[:_NAMED_LINKS])
    return f"    /* {count}: {named}{', ...' if len(links) > _NAMED_LINKS else ''} */"


def _of_list(dump: Dump, head: int) -> tuple[list[int], object]:
    links, end = dump.follow(dump.read_unsigned(head), stop=head, limit=LINKS)
    return ([], None) if links == [head] else (links, end)


def _of_chain(dump: Dump, head: int) -> tuple[list[int], object]:
    first = dump.read_unsigned(head)
    return dump.follow(first, limit=LINKS) if first else ([], None)


def _of_tree(dump: Dump, root: int) -> tuple[list[int], object]:
    """Nodes of a red-black tree in its order."""
    node_type = dump.type("struct rb_node")
    left, right = node_type.offset_of("rb_left"), node_type.offset_of("rb_right")
    found: list[int] = []
    above: list[int] = []
    node = dump.read_unsigned(root)
    while node or above:
        while node:
            above.append(node)
            if len(above) > _HEIGHT:
                return found, "a circle"
            node = dump.read_unsigned(node + left)
        node = above.pop()
        found.append(node)
        if len(found) == TREE:
            return found, "limit"
        node = dump.read_unsigned(node + right)
    return found, None


_ENTRIES: dict[str, Callable[[Dump, int], tuple[list[int], object]]] = {
    "struct list_head": _of_list,
    "struct hlist_head": _of_chain,
    "struct rb_root": _of_tree,
    "struct rb_root_cached": _of_tree,
}


def _array(value: FlexArray, lines: _Lines) -> str:
    """``(unsigned long [])0x… = {1, 2, 3, ...}``: nothing says how many there are."""
    cls = type(value)
    dump, element = cls.PYT_dump, cls.PYT_type.strip().target
    shown = repr(value)
    if element is None or not element.strip().size or not value:
        return shown
    inner = element.strip()
    try:
        if inner.name == "char":
            found = dump.read_string(int(value), LINE + 1)
            return f"{shown} = {quoted(found[:LINE])}{'...' if len(found) > LINE else ''}"
        cells = [lines.value(element, int(value) + i * inner.size) for i in range(_FEW)]
    except Error as error:
        return f"{shown}  <{getattr(error, 'reason', error)}>"
    return f"{shown} = {_cut('{' + ', '.join(cells))}, ...}}"


def _pointer(value: Pointer | FunctionPointer, lines: _Lines) -> str:
    """``(int *)0x… = 5``, ``(void (*)(int))0x… <function>``"""
    cls = type(value)
    shown = repr(value)
    target = cls.PYT_type.strip().target
    if target is None or target.strip().kind in ("void", "function") or not target.strip().size:
        return shown + lines.pointer(int(value)).removeprefix(f"{int(value):#x}")
    return f"{shown} = {lines.value(target, int(value))}" if value else shown


def one_line(dump: Dump, kind: Type, place: int | bytes, radix: int = 10) -> str:
    """A value of C as one line, cut where it is long: that at an address, or that of bytes."""
    lines = _Lines(dump, radix=radix)
    try:
        return lines.value(kind, place) if isinstance(place, int) else lines.value_of_bytes(kind, place)
    except LimitError as error:
        return f"<{error}>"


def displayed(value: Any) -> str:
    """What the prompt shows of a value."""
    if isinstance(value, (Struct, Pointer, FlexArray, FunctionPointer)):
        return str(value)
    if isinstance(value, Enum):
        return f"{value}"
    kind = type(value)
    if kind is list and value and isinstance(value[0], Struct) and type(value[0]).PYT_size <= _SMALL:
        return _structs(value)
    if kind in (list, tuple, set, frozenset) and len(value) > ELEMENTS:
        import itertools

        first = kind(itertools.islice(value, ELEMENTS))
        return f"{repr(first)[:-1]}, ...{repr(first)[-1]}  # {ELEMENTS} of {len(value)}"
    shown = repr(value)
    return shown if len(shown) <= _TEXT else f"{shown[:_TEXT]}..."


def _structs(values: list[Any]) -> str:
    """Small ones with what is in them, a line each."""
    shown = []
    for one in values[:ELEMENTS]:
        text = repr(one)
        if isinstance(one, Struct) and one and type(one).PYT_size <= _SMALL:
            text += f" {_Lines(type(one).PYT_dump).value(type(one).PYT_type, int(one) & (1 << 64) - 1)}"
        shown.append(text)
    more = f",\n ...]  # {ELEMENTS} of {len(values)}" if len(values) > ELEMENTS else "]"
    return "[" + ",\n ".join(shown) + more


def names(value: Struct) -> list[str]:
    """What ``dir()`` says: the members of the struct, and what all such objects have."""
    kernel = (member.name for member, _ in _flat(type(value).PYT_type.strip(), 0))
    return sorted({*object.__dir__(value), *(name for name in kernel if name)})


def html(value: Struct | Pointer | FlexArray | FunctionPointer) -> str:
    """What a notebook shows."""
    import html as escaping

    return f"<pre>{escaping.escape(str(value))}</pre>"


