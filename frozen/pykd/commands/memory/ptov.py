# SPDX-License-Identifier: GPL-2.0-or-later
"""``ptov``: physical addresses, and offsets into the per-CPU area, to virtual addresses."""

from __future__ import annotations

from pykd.core.errors import UsageError
from pykd.core.rows import Row
from pykd.kernel import cpus as cpus_of
from pykd.session.command import Command
from pykd.session.context import cpu_list
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("an address is missing")
    dump = session.dump
    for word in options.arguments:
        where, colon, cpus = word.partition(":")
        number = to_address(dump, where)
        if not colon:
            yield {"physical": number, "virtual": dump.direct(number)}
            continue
        for nr in cpu_list(session, cpus):
            yield {"offset": number, "cpu": nr, "virtual": cpus_of.address_on(number, nr, dump)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    offset = None
    for i, row in enumerate(rows):
        if "cpu" in row:
            if row["offset"] != offset:
                offset = row["offset"]
                yield f"PER-CPU OFFSET: {offset:x}"
                yield "  CPU    VIRTUAL"
            yield f"  [{row['cpu']}]  {row['virtual']:x}"
            continue
        if i:
            yield ""
        yield "VIRTUAL           PHYSICAL        "
        yield f"{row['virtual']:<16x}  {row['physical']:<16x}"


COMMAND = Command(
    name="ptov",
    summary="physical to virtual addresses",
    topic="memory",
    arguments="ADDRESS… | OFFSET:CPUS",
    fields={"physical": "address", "virtual": "address", "offset": "into the per-CPU area", "cpu": "CPU number"},
    rows=rows,
    text=text,
)
