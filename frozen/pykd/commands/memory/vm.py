# SPDX-License-Identifier: GPL-2.0-or-later
"""``vm``: address spaces of tasks."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm.areas import area_row, areas, vm_flag_names
from pykd.kernel.task import table as tasktable
from pykd.kernel.task.memory import page_table
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

MAX_PAGES = 1 << 22
"""Pages shown of one area"""
TITLE = "      VMA           START       END     FLAGS FILE"


def area_line(row: Row) -> str:
    line = f"{row['vma']:016x} {row['start']:>10x} {row['end']:>10x} {row.get('flag_bits', 0):x} {row.get('file', '')}"
    return line + (mark(row) if "error" in row else "")


def _pages(dump: Dump, row: Row, pgd: int) -> Iterator[Row]:
    """Pages of an area and where they are."""
    size = dump.page_size
    for virtual in range(row["start"], min(row["end"], row["start"] + MAX_PAGES * size), size):
        steps, result = dump.walk(virtual, pgd=pgd)
        if isinstance(result, int):
            yield {"virtual": virtual, "physical": result}
            continue
        page: Row = {"virtual": virtual}
        entry = steps[-1][2] if steps else 0
        if steps and steps[-1][0].upper() == "PTE" and entry and not entry & 1:
            # 5 bits of type above 58 bits of inverted offset, include/asm/pgtable_64.h
            page["swap"] = {"type": entry >> 59, "offset": (~entry & ((1 << 59) - 1)) >> 9}
        elif row.get("file"):
            page["file"], page["offset"] = row["file"], row["offset"] + virtual - row["start"]
        yield page


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.f:
        yield _flags(dump, options.f)
        return
    chosen = context.chosen(session, options.arguments)
    tasktable.add_memory(dump, chosen)
    for thread in chosen:
        row = context.identity(thread)
        mm = to_address(dump, options.M) if options.M else int(thread.mm or 0)
        row |= {"mm": mm, "rss": thread.rss, "total": thread.vsz, "areas": []}
        if thread.error is not None:
            row["error"] = fault(thread.error, partial=True)
        if options.M and not dump.is_kernel(mm):
            raise CommandError(f"invalid mm_struct address: {mm:x}")
        if mm:
            try:
                _add_areas(dump, row, options)
            except Error as error:
                row["error"] = fault(error, partial=True)
        if options.R and not row["areas"]:
            continue
        if options.v or options.m:
            row["structs"] = list(_structs(session, options, row))
        yield row


def _structs(session: Session, options: Any, row: Row) -> Iterator[Row]:
    """Of -v every ``struct vm_area_struct``, of -m the ``struct mm_struct``."""
    from pykd.commands.data.struct_ import find_struct, formatter_of, structure

    type = find_struct(session, "vm_area_struct" if options.v else "mm_struct")
    addresses = [area["vma"] for area in row["areas"]] if options.v else [row["mm"]] if row["mm"] else []
    formatter = formatter_of(session, options)
    yield from (structure(formatter, type, address, values=options.values) for address in addresses)


def _add_areas(dump: Dump, row: Row, options: Any) -> None:
    space: Any = dump.object("struct mm_struct", row["mm"])
    row["pgd"] = int(space.pgd)
    wanted = to_address(dump, options.P) if options.P else None
    reference = _Reference(options.R) if options.R else None
    table = page_table(space, dump) if options.p or options.P or reference else 0
    for address in areas(dump, row["mm"]):
        if wanted is not None and address != wanted:
            continue
        area = area_row(dump, address)
        if reference is not None:
            found = reference.names(area)
            area["pages"] = [page for page in _pages(dump, area, table) if reference.is_page(page)] if reference.number is not None else []
            if not found and not area["pages"]:
                continue
        elif options.p or options.P:
            area["pages"] = list(_pages(dump, area, table))
        row["areas"].append(area)


class _Reference:
    """What -R looks for: an address, or a part of a file's path."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.number: int | None = int(text, 16)
        except ValueError:
            self.number = None

    def names(self, area: Row) -> bool:
        if self.number is not None and self.number in (area["vma"], area["start"], area["end"], area.get("flag_bits")):
            return True
        return self.text in area.get("file", "")

    def is_page(self, page: Row) -> bool:
        return self.number in (page["virtual"], page.get("physical"))


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.f:
        yield from (f"{row['flag_bits']:x}: ({'|'.join(row['flags'])})" for row in rows)
        return
    yield from context.separated(_task(row, options) for row in rows)


def _flags(dump: Dump, word: str) -> Row:
    try:
        value = int(word, 16)
    except ValueError:
        raise CommandError(f'invalid input: "{word}"') from None
    return {"flag_bits": value, "flags": vm_flag_names(dump, value)}


def _task(row: Row, options: Any) -> Iterator[str]:
    if "pid" in row:
        yield context.header(row)
    if options.v or options.m:
        yield from (line for one in row["structs"] for line in one["lines"])
    else:
        yield from _overview(row, options)
    if "error" in row:
        yield mark(row)


def _overview(row: Row, options: Any) -> Iterator[str]:
    if options.P and not row["areas"]:
        yield "(not found)"
        return
    if not options.P:
        yield "       MM               PGD          RSS    TOTAL_VM"
        if not row["mm"]:
            yield "       0                 0            0k       0k  "
            return
        if "pgd" in row:
            yield f"{row['mm']:016x}  {row['pgd']:016x}  {str(row['rss']) + 'k':^6}  {str(row['total']) + 'k':^8}"
    each = bool(options.p or options.P)
    if not each:
        yield TITLE
    for area in row["areas"]:
        if each:
            yield TITLE
        yield area_line(area)
        if each or area.get("pages"):
            yield "VIRTUAL     PHYSICAL"
            yield from map(_page_line, area.get("pages", ()))


def _page_line(page: Row) -> str:
    if "physical" in page:
        return f"{page['virtual']:<10x}  {page['physical']:>8x}"
    where = "(not mapped)"
    if "swap" in page:
        where = f"SWAP: type {page['swap']['type']}  OFFSET: {page['swap']['offset']}"
    elif "file" in page:
        where = f"FILE: {page['file']}  OFFSET: {page['offset']:x}"
    return f"{page['virtual']:<10x}  {where}"


COMMAND = Command(
    name="vm",
    summary="virtual memory of tasks",
    topic="memory",
    options=(
        Option("-p", help="where each page is"),
        Option("-P", "VMA", help="as -p, of this struct vm_area_struct only"),
        Option("-M", "MM", help="this struct mm_struct, of a task that has lost it"),
        Option("-v", help="every struct vm_area_struct"),
        Option("-m", help="the struct mm_struct"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
        Option("-R", "REFERENCE", help="only areas and pages with this address, or with this in the file's path"),
        Option("-f", "FLAGS", help="what vm_flags mean"),
    ),
    arguments="[PID|TASK|COMM]…",
    fields={
        "mm": "struct mm_struct", "pgd": "", "rss": "kB", "total": "kB", "pid": "", "task": "", "cpu": "", "comm": "",
        "structs": "-v, -m: type, address, value member by member, lines of text", "flags": "-f: names", "flag_bits": "of these",
        "areas": "vma, start, end, flags, flag_bits, file; with -p pages: virtual, physical",
    },
    rows=rows,
    text=text,
)
