# SPDX-License-Identifier: GPL-2.0-or-later
"""``trace``: what ftrace's ring buffers hold, as trace-cmd prints it, and as a file for trace-cmd and KernelShark."""

from __future__ import annotations

from collections import deque

from _pykd import Dump, Error
from pykd.core import output
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.trace import ringbuffer, show
from pykd.session.command import Command, Option, count
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

VERBS = ("show", "dump")
GLOBAL = "global"
"""What the buffer without a name is called here"""


def _verb(options: Any) -> str:
    return str(options.arguments[0]) if options.arguments else "list"


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump, verb = session.dump, _verb(options)
    if verb not in ("list", *VERBS):
        raise UsageError(f"there is no trace {verb}; there are show and dump")
    last = count(options.n, "records")
    if (options.t is None) == (verb == "dump"):
        raise UsageError("trace dump takes -t FILE" if verb == "dump" else "-t belongs to trace dump")
    arrays = _arrays(dump, options.arguments[1:], verb)
    if verb == "list":
        yield from _list(dump, arrays, bool(options.s))
    elif verb == "dump":
        yield _dumped(dump, arrays, bool(options.s), options.t)
    else:
        wanted = set(cpus.parse_list(options.c, dump)) if options.c is not None else None
        found = _merged(dump, arrays, options, wanted)
        yield from found if last is None else deque(found, last)


def _arrays(dump: Dump, names: list[str], verb: str) -> list[tuple[str, Any]]:
    """(name, ``struct trace_array``) of the instances that are named; by default of the global one, of all for a list and a file."""
    found: list[tuple[str, Any]] = []
    for array in caught(ringbuffer.for_each_instance(dump)):
        if isinstance(array, Error):
            if not found:
                raise array
            break
        found.append((ringbuffer.instance_name(array) or GLOBAL, array))
    found.sort(key=lambda one: one[0] != GLOBAL)  # the others in the order of the list
    if unknown := set(names) - {name for name, _ in found}:
        raise CommandError(f"there is no instance {', '.join(sorted(unknown))}; there are {', '.join(name for name, _ in found)}")
    if names:
        return [one for one in found if one[0] in names]
    return found[:1] if verb == "show" else found


def _list(dump: Dump, arrays: list[tuple[str, Any]], snapshot: bool) -> Iterator[Row]:
    for name, array in arrays:
        try:
            tracer = str(array.current_trace.name) if array.current_trace else ""
            buffer = ringbuffer.buffer_of(dump, array, snapshot=snapshot)
            if buffer is None:
                continue
            on = int(buffer.record_disabled.counter) == 0
            size = ringbuffer.subbuffer_size(dump, buffer)
            per_cpus = list(ringbuffer.cpu_buffers(dump, buffer))
        except Error as error:
            yield {"instance": name, "array": int(array), "error": fault(error)}
            continue
        for cpu, per_cpu in per_cpus:
            row: Row = {"instance": name, "array": int(array), "tracer": tracer, "on": on, "cpu": cpu, "buffer": int(per_cpu)}
            try:
                row |= {"bytes": (int(per_cpu.nr_pages) + 1) * size} | ringbuffer.counts(per_cpu)
            except Error as error:
                row["error"] = fault(error)
            yield row


def _dumped(dump: Dump, arrays: list[tuple[str, Any]], snapshot: bool, path: str) -> Row:
    from pykd.kernel.trace.tracedat import Writer

    with open(output.opened(path), "wb") as file:
        if not file.seekable():
            raise CommandError(f"{path} is no file that can be written here and there")
        writer = Writer(dump, file)
        writer.write([array for _, array in arrays], snapshot=snapshot)
        size = file.seek(0, 2)
    return {"file": path, "bytes": size, "pages": writer.pages, "lost_pages": writer.lost, "instances": [name for name, _ in arrays]}


# -- records


def _merged(dump: Dump, arrays: list[tuple[str, Any]], options: Any, wanted: set[int] | None) -> Iterator[Row]:
    """The records of all CPUs in the order of their time."""
    from heapq import merge

    shown, names = show.Shown(dump), show.comms(dump)
    ways: list[Iterator[tuple[int, Row]]] = []
    for name, array in arrays:
        buffer = ringbuffer.buffer_of(dump, array, snapshot=bool(options.s))
        for cpu, per_cpu in ringbuffer.cpu_buffers(dump, buffer) if buffer is not None else ():
            if wanted is None or cpu in wanted:
                ways.append(_of_cpu(dump, name, buffer, (cpu, per_cpu), shown, names, options))
    for _, row in merge(*ways, key=lambda one: one[0]):
        yield row


def _of_cpu(
    dump: Dump, name: str, buffer: Any, which: tuple[int, Any], shown: show.Shown, names: dict[int, str], options: Any
) -> Iterator[tuple[int, Row]]:
    """(time, row); what could not be read has the time of what is before it."""
    cpu, per_cpu = which
    now = 0
    for page in caught(ringbuffer.pages(dump, buffer, per_cpu)):
        base: Row = {"instance": name, "cpu": cpu}
        if isinstance(page, Error) or page.error is not None:
            yield now, base | {"error": fault(page if isinstance(page, Error) else page.error)}
            continue
        if page.lost and now:
            yield page.stamp, base | {"lost": True}
        for record in ringbuffer.records(dump, cpu, page):
            now = max(now, record.time)
            if len(record.data) >= 8 and (row := _row(shown, names, record, base, options)) is not None:
                yield record.time, row


def _row(shown: show.Shown, names: dict[int, str], record: ringbuffer.Record, base: Row, options: Any) -> Row | None:
    event = shown.event(record)
    if options.e and (event is None or not {event.name, event.system, f"{event.system}:{event.name}"} & set(options.e)):
        return None
    flags, preempt, pid = shown.common(record)
    row = base | {"time": record.time, "pid": pid, "comm": names.get(pid, "<...>"), "latency": show.latency(flags, preempt)}
    if event is None:
        number = int.from_bytes(record.data[:2], shown.dump.byteorder)
        return row | {"system": "", "event": str(number), "text": record.data[8:].hex(), "error": fault(f"there is no event {number}", partial=True)}
    row |= {"system": event.system, "event": event.name, "text": shown.text(record, event)}
    if options.values:
        row["fields"] = shown.values(record, event)
    return row


# -- text


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    verb, is_empty = _verb(options), True
    if verb == "list":
        yield f"{'INSTANCE':<16} {'TRACER':<15} {'ON':<3} {'CPU':>3} {'kB':>6} {'WRITTEN':>10} {'OVERWRITTEN':>11} {'DROPPED':>7} {'READ':>8}"
    for row in rows:
        is_empty = False
        if verb == "dump":
            yield f"{row['bytes']} bytes to {row['file']}: {row['pages']} pages of {', '.join(row['instances'])}, {row['lost_pages']} lost"
        elif verb == "list":
            yield _list_line(row)
        elif "text" in row:
            yield _record(row)
        elif "lost" in row:
            yield f"CPU:{row['cpu']} [LOST EVENTS]"
        else:
            yield f"CPU:{row['cpu']} {mark(row)}"
    if is_empty and verb == "show":
        yield "no such record is in the buffers"


def _list_line(row: Row) -> str:
    if "cpu" not in row:
        return f"{row['instance']:<16} {mark(row)}"
    size = row["bytes"] // 1024 if "bytes" in row else "?"
    counts = f"{row.get('written', '?'):>10} {row.get('overwritten', '?'):>11} {row.get('dropped', '?'):>7} {row.get('read', '?'):>8}"
    return f"{row['instance']:<16} {row['tracer']:<15} {'yes' if row['on'] else 'no':<3} {row['cpu']:>3} {size:>6} {counts} {mark(row)}".rstrip()


def _record(row: Row) -> str:
    """As ``trace-cmd report -l`` prints it."""
    seconds, rest = divmod((row["time"] + 500) // 1000, 1_000_000)
    line = f"{row['comm']:>16}-{row['pid']:<7} [{row['cpu']:03}] {row['latency']} {seconds:>5}.{rest:06}: {row['event'] + ':':<21} {row['text']}"
    return f"{line} {mark(row)}".rstrip()


COMMAND = Command(
    name="trace",
    summary="ftrace's ring buffers, as text and as a file for trace-cmd and KernelShark",
    topic="kernel",
    options=(
        Option("-c", "CPUS", help="only records of these CPUs"),
        Option("-e", "EVENT", repeat=True, help="only this event: its name, its system, or SYSTEM:EVENT"),
        Option("-n", "COUNT", help="only the last records"),
        Option("-s", help="the snapshot in place of the buffer"),
        Option("-t", "FILE", help="of dump: write the trace.dat there"),
    ),
    arguments="[show|dump] [INSTANCE]…",
    description="Without a word: which buffers there are, of the global one and of each instance, and how much is in them.\n"
    "`trace show` prints records with the events' own formats; enumerators and texts that only the kernel's memory has are looked up there. A format\n"
    "that is not understood shows the fields by name. Pages that are missing are said in their place.\n"
    "`trace dump -t FILE` writes the buffers with formats, symbols and names of tasks: `trace-cmd report FILE`.",
    fields={
        "instance": "global, or a name", "array": "struct trace_array", "tracer": "current tracer", "on": "whether records are taken", "cpu": "",
        "buffer": "struct ring_buffer_per_cpu", "bytes": "size of the buffer; of the file", "written": "records there", "overwritten": "records that newer ones replaced",
        "dropped": "for which there was no room", "read": "that a reader took", "time": "ns of the buffer's clock", "pid": "", "comm": "as ftrace or the task has it",
        "system": "of the event", "event": "name", "latency": "interrupts, rescheduling, in which interrupt, preemption and migration disabled",
        "text": "what the event says", "fields": "the event's own, by name", "lost": "records before this place were lost", "file": "that was written",
        "pages": "in it", "lost_pages": "that could not be read", "instances": "in it",
    },
    examples=(
        ("trace", "which buffers there are"), ("trace show -n 20", "what happened last"), ("trace show -c 1 -e sched", "what the scheduler did on CPU 1"),
        ("trace dump -t trace.dat", "for trace-cmd and KernelShark"),
    ),
    may_be_empty=True,
    writes=("-t",),
    rows=rows,
    text=text,
)  # fmt: skip
