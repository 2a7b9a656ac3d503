# SPDX-License-Identifier: GPL-2.0-or-later
"""``maps``: address spaces as /proc/PID/maps shows them."""

from __future__ import annotations

from _pykd import Error
from pykd.commands.tasks import _processes
from pykd.core.rows import Row, fault, mark
from pykd.kernel.block.disks import dev_numbers
from pykd.kernel.mm.areas import area_name, area_ranges, gate_area, permissions
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

NAME_COLUMN = 73


def rows(session: Session, options: Any) -> Iterator[Row]:
    for row, space in _processes.spaces(session, options.arguments):
        row["maps"] = []
        if space is not None:
            try:
                for start, end, area in area_ranges(session.dump, space.mm):
                    row["maps"].append(_area(session, start, end, area))
                if gate := gate_area(session.dump):
                    row["maps"].append(_area(session, int(gate.vm_start), int(gate.vm_end), gate))
            except Error as error:
                row["error"] = fault(error, partial=True)
        yield row


def _area(session: Session, start: int, end: int, area: Any) -> Row:
    dump = session.dump
    row: Row = {"start": start, "end": end, "vma": int(area)}
    try:
        row |= {"permissions": permissions(int(area.vm_flags)), "offset": 0, "device": "00:00", "inode": 0}
        file = area.vm_file
        if file:
            inode = file.f_inode
            major, minor = dev_numbers(int(inode.i_sb.s_dev))
            row |= {"offset": int(area.vm_pgoff) * dump.page_size, "device": f"{major:02x}:{minor:02x}", "inode": int(inode.i_ino)}
        row["name"] = area_name(dump, area)
    except Error as error:
        row["error"] = fault(error, partial="permissions" in row)
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield from context.separated(map(_process, rows))


def _process(row: Row) -> Iterator[str]:
    yield context.header(row)
    for area in row["maps"]:
        line = f"{area['start']:08x}-{area['end']:08x} "
        if "permissions" in area:
            line += f"{area['permissions']} {area['offset']:08x} {area['device']} {area['inode']} "
        if area.get("name"):
            line = line.ljust(NAME_COLUMN) + area["name"]
        yield f"{line.rstrip()} {mark(area)}".rstrip()
    if not row["maps"] and "error" not in row:
        yield "(no user memory)"
    if "error" in row:
        yield mark(row)


COMMAND = Command(
    name="maps",
    summary="address spaces as /proc/PID/maps shows them",
    topic="tasks",
    arguments="[PID|TASK|COMM]…",
    description="The same areas as vm shows, with permissions, offset, device, inode and names as the kernel gives them: [heap], [stack], [vdso],\n"
    "names that were set by prctl(), files that were deleted. Of an area that cannot be read the tree of areas has the addresses.",
    fields={
        "pid": "", "task": "", "cpu": "", "comm": "",
        "maps": "start, end, vma (struct vm_area_struct), permissions (rwx and p or s), offset (bytes), device (MAJOR:MINOR, hexadecimal), inode, name",
    },
    examples=(("maps 1", "of init"),),
    rows=rows,
    text=text,
)  # fmt: skip
