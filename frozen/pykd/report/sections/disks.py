# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks, and their requests in flight."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.block.disks import SECTOR, for_each_disk, sectors
from pykd.kernel.block.requests import inflight_requests, operation, request_age
from pykd.report.blocks import Block, picture, table
from pykd.report.facts import bytes_text
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

MAX_DISKS = 256
SHOWN = 20
"""Requests, the oldest"""


def make(facts: Facts) -> Iterator[Block]:
    rows: list[list[Any]] = []
    requests: list[tuple[float | None, str, Any]] = []
    for number, disk in enumerate(caught(for_each_disk(facts.dump))):
        if number >= MAX_DISKS:
            break
        try:
            if isinstance(disk, Error):
                raise disk
            name, size = str(disk.disk_name), sectors(disk.part0) * SECTOR
        except Error:
            rows.append(["(unreadable)", None, None, None, None])
            continue
        found = list(_requests(facts, disk))
        if not size and not found:
            continue  # a loop device without a file
        requests += [(age, name, request) for age, request in found]
        ages = [age for age, _ in found if age is not None]
        rows.append([name, size, bytes_text(size), len(found), round(max(ages), 2) if ages else None])
    yield table(("disk", "bytes", "size", "in flight", "oldest (s)"), rows)
    yield picture("disks", [{"name": row[0], "inflight": row[3], "oldest": row[4]} for row in rows], "Disks and what is in flight")
    if requests:
        requests.sort(key=lambda item: -(item[0] or 0))
        yield table(("disk", "request", "operation", "age (s)"), [_row(*item) for item in requests[:SHOWN]], "Oldest requests in flight")


def _requests(facts: Facts, disk: Any) -> Iterator[tuple[float | None, Any]]:
    queue = disk.queue
    for request in caught(inflight_requests(facts.dump, queue)) if queue else ():
        try:
            if not isinstance(request, Error):
                age = request_age(facts.dump, request)
                yield (None if age is None else age / 1e9), request
        except Error:
            continue


def _row(age: float | None, name: str, request: Any) -> list[Any]:
    try:
        what = operation(request)
    except Error:
        what = "?"
    return [name, f"{int(request):x}", what, None if age is None else round(age, 2)]


SECTION = Section("Block devices", make)
