# SPDX-License-Identifier: GPL-2.0-or-later
"""``vtop``: virtual to physical addresses."""

from __future__ import annotations

from _pykd import Error
from pykd.commands.memory import vm
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import machine
from pykd.kernel.mm import pages
from pykd.kernel.mm.areas import area_row, areas
from pykd.kernel.task.memory import page_table
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any



def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if not options.arguments:
        raise UsageError("an address is missing")
    of = machine.of(dump)
    thread = context.chosen(session, [options.c] if options.c else [])[0]
    for word in options.arguments:
        address = to_address(dump, word)
        user = bool(options.u) or not dump.is_kernel(address)
        row: Row = {"virtual": address, "user": user}
        if user and options.k:
            yield row | {"user": False, "refused": "not a kernel virtual address"}
            continue
        pgd = 0
        if user:
            row |= context.identity(thread)
            task: Any = dump.object("struct task_struct", thread.address)
            mm = task.mm or task.active_mm
            if not mm:
                raise CommandError(f"task {thread.pid} has no user memory")
            row["mm"] = int(mm)
            pgd = page_table(mm, dump)
            row["directory"] = int(mm.pgd)
            try:
                row["area"] = next(
                    (area for area in (area_row(dump, one) for one in areas(dump, row["mm"])) if area["start"] <= address < area["end"]), None
                )
            except Error as error:
                row["area"] = {"error": fault(error)}
            if row["area"] is None:
                yield row | {"refused": "not accessible"}
                continue
        else:
            row["directory"] = dump.address_of(of.kernel_table, default=0)
        steps, result = dump.walk(address, pgd=pgd)
        row["steps"] = [{"level": level, "address": where, "value": value, "size": size} for level, where, value, size in steps]
        if steps:
            row["flags"] = of.flag_names(steps[-1][2])
        if isinstance(result, int):
            row["physical"] = result
            row["page_size"] = max(steps[-1][3] if steps else 0, dump.page_size)
            row["page"] = pages.row(dump, pages.page_of(dump, result))
        else:
            row["error"] = fault(result, partial=True)
        yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    titled, has_line = False, machine.of(session.dump).table_line
    for number, row in enumerate(rows):
        if number:
            yield ""
        # crash names the columns of struct page once
        yield from _address(row, titled, has_line)
        titled |= "page" in row


def _address(row: Row, titled: bool, has_line: bool) -> Iterator[str]:
    width = 16 if not row["user"] else 10
    yield f"{'VIRTUAL':<{width}}  {'PHYSICAL':<16}"
    if "refused" in row:
        blanks = "    " if row["refused"].startswith("not a kernel") else "  "
        yield f"{row['virtual']:<{width if row['user'] else 0}x}{blanks}({row['refused']})"
        return
    where = f"{row['physical']:<16x}" if "physical" in row else "(not mapped)"
    yield f"{row['virtual']:<{width}x}  {where}"
    yield ""
    folded = not row["user"] and not has_line
    if folded:
        yield f"PGD DIRECTORY: {row['directory']:x}"
    elif has_line:
        yield f"PAGE DIRECTORY: {row['directory']:x}"
    last = None
    for step in row["steps"]:
        level = step["level"].upper()
        if level == "PGD" and folded:
            yield f"PAGE DIRECTORY: {step['value']:x}"
        else:
            yield f"   {level}: {step['address']:x} => {step['value']:x}"
        last = step
    if "physical" not in row:
        yield ""
        yield mark(row)
        return
    size = row["page_size"]
    start = row["physical"] & ~(size - 1)
    yield f"  PAGE: {start:x}" + (f"  ({size >> 30}GB)" if size >> 30 else f"  ({size >> 20}MB)" if size >> 20 else "")
    yield ""
    if last:
        entry = f"{last['value']:x}"
        place = f"{start:x}"
        wide = max(len(entry), 6)
        yield f"{'PTE':^{wide}}  {'PHYSICAL':>{max(len(place), 8)}}  FLAGS"
        yield f"{entry:>{wide}}  {place:>{max(len(place), 8)}}  ({'|'.join(row['flags'])})"
        yield ""
    if row["user"]:
        if "vma" in row["area"]:
            yield vm.TITLE
            yield vm.area_line(row["area"])
        else:
            yield mark(row["area"])
        yield ""
    if not titled:
        yield pages.TITLE
    yield pages.text(row["page"])


COMMAND = Command(
    name="vtop",
    summary="virtual to physical address",
    topic="memory",
    options=(
        Option("-c", "PID|TASK", help="in the user space of that task"),
        Option("-u", help="a user address, whatever it looks like"),
        Option("-k", help="a kernel address"),
    ),
    arguments="ADDRESS…",
    fields={
        "virtual": "", "physical": "", "page_size": "bytes that the last entry maps",
        "steps": "level, address, value, size of page table entries", "flags": "of the last one", "page": "struct page",
        "area": "the vm_area_struct", "refused": "why there is none",
    },
    rows=rows,
    text=text,
)
