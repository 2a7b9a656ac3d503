# SPDX-License-Identifier: GPL-2.0-or-later
"""``sbitmapq``: a scalable bitmap with wait queues, as block devices number their requests with (``include/linux/sbitmap.h``)."""

from __future__ import annotations

from _pykd import Dump, Error, FaultError
from pykd.commands.data.struct_ import find_struct, formatter_of, split_members, structure
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus
from pykd.kernel.block.sbitmap import Sbitmap
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

QUEUES = 8
"""SBQ_WAIT_QUEUES"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("command argument is required")
    if bool(options.s) != bool(options.a):
        raise UsageError("-s and -a go together")
    if options.v and not options.s:
        raise UsageError("-v option requires of -s")
    dump = session.dump
    address = to_address(dump, options.arguments[0])
    if not dump.is_kernel(address):
        raise CommandError(f"invalid kernel virtual address: {address:x}")
    queue: Any = dump.object("struct sbitmap_queue", address)
    bitmap = Sbitmap(dump, int(queue) + queue.fieldOffset("sb"))
    if options.s:
        return _elements(session, options, bitmap)
    return iter([_overview(dump, queue, bitmap)])


def _overview(dump: Dump, queue: Any, bitmap: Sbitmap) -> Row:
    sb = bitmap.sb
    row: Row = {
        "depth": bitmap.depth, "busy": sum(1 for _ in bitmap.busy()), "cleared": bitmap.cleared(), "bits_per_word": bitmap.bits, "map_nr": sb.map_nr,
        "bitmap": bitmap.data().hex(),
    }  # fmt: skip
    if bitmap.error is not None:
        row["error"] = fault(bitmap.error, partial=True)
    holder = sb if sb.hasField("alloc_hint") else queue
    try:
        hint = int(holder.alloc_hint)
        row["alloc_hint"] = [dump.read_unsigned(cpus.address_on(hint, cpu, dump), 4) for cpu in cpus.possible(dump)] if hint else []
        row["wake_batch"] = queue.wake_batch
        row["wake_index"] = queue.wake_index.counter
        row["ws_active"] = queue.ws_active.counter
        row["ws"] = list(_wait_states(dump, int(queue.ws)))
        round_robin = sb.round_robin if sb.hasField("round_robin") else queue.round_robin
        row["round_robin"], row["min_shallow_depth"] = int(round_robin), queue.min_shallow_depth
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def _wait_states(dump: Dump, first: int) -> Iterator[Row]:
    layout = dump.type("struct sbq_wait_state")
    count, wait = layout.member("wait_cnt"), layout.offset_of("wait.head")
    for number in range(QUEUES):
        at = first + number * layout.size
        head = at + wait
        # newer kernels count completions instead: without the member only the waiters are left
        row: Row = {"active": dump.read_unsigned(head) != head}
        if count is not None:
            row["wait_cnt"] = dump.read_signed(at + count.offset, 4)
        yield row


def _elements(session: Session, options: Any, bitmap: Sbitmap) -> Iterator[Row]:
    name, members = split_members(options.s)
    type = find_struct(session, name)
    formatter = formatter_of(session, options)
    base = to_address(session.dump, options.a)
    for number in bitmap.busy():
        row: Row = {"index": number}
        try:
            row["address"] = session.dump.read_unsigned(base + 8 * number) if options.p else base + type.size * number
            if options.v or members:
                row |= structure(formatter, type, row["address"], members, values=options.values)
        except FaultError as error:
            row["error"] = fault(error)
        yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if not options.s:
        for row in rows:
            yield from _overview_lines(row)
        return
    for row in rows:
        if "lines" in row:
            yield f"{row['index']} ({row['address']:#x}):"
            yield from row["lines"]
        elif "error" in row:
            yield f"{row['index']}: {mark(row)}"
        else:
            yield f"{row['index']}: {row['address']:#x}"


def _overview_lines(row: Row) -> Iterator[str]:
    for key in ("depth", "busy", "cleared", "bits_per_word", "map_nr"):
        yield f"{key} = {row[key]}"
    if "error" in row:
        yield mark(row)
    if "min_shallow_depth" in row:
        yield "alloc_hint = {" + ", ".join(map(str, row["alloc_hint"])) + "}"
        for key in ("wake_batch", "wake_index", "ws_active"):
            yield f"{key} = {row[key]}"
        yield "ws = {"
        for state in row["ws"]:
            count = f".wait_cnt = {state['wait_cnt']}, " if "wait_cnt" in state else ""
            yield f"\t{{ {count}.wait = {'active' if state['active'] else 'inactive'} }},"
        yield "}"
        yield f"round_robin = {row['round_robin']}"
        yield f"min_shallow_depth = {row['min_shallow_depth']}"
    yield ""
    data = bytes.fromhex(row["bitmap"])
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        yield f"{at:08x}: " + " ".join(part[i : i + 2].hex() for i in range(0, len(part), 2))


COMMAND = Command(
    name="sbitmapq",
    summary="scalable bitmaps of block devices",
    topic="data",
    options=(
        Option("-s", "STRUCT[.MEMBER,…]", help="what the array at -a has an element of for each bit that is set"),
        Option("-a", "ADDRESS", help="of that array"),
        Option("-p", help="the array is of pointers"),
        Option("-v", help="show the structures"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
    ),
    arguments="ADDRESS",
    description="ADDRESS is of a struct sbitmap_queue.",
    fields={
        "depth": "bits", "busy": "bits set", "cleared": "bits to be cleared", "bits_per_word": "", "map_nr": "words", "bitmap": "hexadecimal",
        "index": "of a bit that is set", "address": "of its element",
    },
    rows=rows,
    text=text,
)
