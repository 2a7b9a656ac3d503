# SPDX-License-Identifier: GPL-2.0-or-later
"""Events of ftrace: what the records of a number are called, which fields they have, and how they are printed; as files ``format`` say."""

from __future__ import annotations

import re

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

MAX_TEXT = 1 << 16
"""Bytes of a format; BPF and syscalls have some of several thousand"""
_ARRAY = re.compile(r"\[(\d+)\]")


class Field(NamedTuple):
    """A field of a record."""

    name: str
    type: str
    """As in C: ``char[16]``, ``__data_loc char[]``"""
    offset: int
    size: int
    signed: bool

    @property
    def is_dynamic(self) -> bool:
        """Whether it says where the data are: offset and length."""
        return self.type.startswith(("__data_loc", "__rel_loc"))

    @property
    def elements(self) -> int:
        """Elements, where it is an array; else 0."""
        if self.is_dynamic or "[" not in self.type:
            return 0
        found = _ARRAY.search(self.type)
        return int(found[1]) if found and int(found[1]) else self.size

    def line(self) -> str:
        """Its line of a file ``format``."""
        kind, bracket, rest = self.type.partition("[")
        declared = f"{self.type} {self.name}" if self.is_dynamic or not bracket else f"{kind} {self.name}[{rest}"
        return f"\tfield:{declared};\toffset:{self.offset};\tsize:{self.size};\tsigned:{int(self.signed)};"


class Event(NamedTuple):
    """A kind of record."""

    number: int
    system: str
    name: str
    fields: list[Field]
    print_fmt: str

    def format(self, common: list[Field]) -> str:
        """The file ``format`` of it."""
        lines = [f"name: {self.name}", f"ID: {self.number}", "format:", *(field.line() for field in common), "", *(field.line() for field in self.fields)]
        return "\n".join(lines) + f"\n\nprint fmt: {self.print_fmt}\n"


def _text(dump: Dump, pointer: int, size: int = 256) -> str:
    return dump.read_string(pointer, size).decode("utf-8", "backslashreplace") if pointer else ""


def _fields(dump: Dump, head: int) -> list[Field]:
    found = []
    for one in caught(list_for_each_entry(dump, head, "struct ftrace_event_field", "link", limit=1000)):
        if isinstance(one, Error):
            raise one
        found.append(Field(_text(dump, int(one.Eval("name").addr)), _text(dump, int(one.Eval("type").addr)), int(one.offset), int(one.size), bool(one.is_signed)))
    return found[::-1]  # the kernel puts the last first


@per_dump
def common_fields(dump: Dump) -> list[Field]:
    """Fields that all records begin with. :raises Error:"""
    return _fields(dump, dump.symbol("ftrace_common_fields", "").address)


def event(dump: Dump, call: Any) -> Event:
    """What a ``struct trace_event_call`` says. :raises Error:

    abb43f6998e3 and 4.x: the name of a tracepoint's event is the tracepoint's.
    """
    kind = call.Eval("class")
    tracepoint = 1 << dump.enumerator("TRACE_EVENT_FL_TRACEPOINT_BIT")
    name = call.tp.name if int(call.flags) & tracepoint else call.Eval("name")
    head = int(kind) + kind.fieldOffset("fields")
    if int(kind.get_fields) and call.data:
        # syscall_get_enter_fields()
        metadata: Any = dump.object("struct syscall_metadata", int(call.data))
        head = int(metadata) + metadata.fieldOffset("enter_fields")
    text = dump.read_unsigned(int(call) + call.fieldOffset("print_fmt"))
    return Event(int(call.event.type), str(kind.system), str(name), _fields(dump, head), _text(dump, text, MAX_TEXT))


@per_dump
def events(dump: Dump) -> dict[int, Event]:
    """Every event by its number; those that cannot be read are left out. :raises Error: the list of events is not there."""
    found: dict[int, Event] = {}
    for call in caught(list_for_each_entry(dump, dump.symbol("ftrace_events", "").address, "struct trace_event_call", "list", limit=1 << 17)):
        try:
            if not isinstance(call, Error) and (number := int(call.event.type)):
                found[number] = event(dump, call)
        except Error:
            continue
    return found
