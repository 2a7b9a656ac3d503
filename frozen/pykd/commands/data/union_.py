# SPDX-License-Identifier: GPL-2.0-or-later
"""``union``: the same as ``struct``, of unions."""

from __future__ import annotations

from pykd.commands.data import struct_
from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.arguments:
        name, _ = struct_.split_members(options.arguments[0])
        if struct_.find_struct(session, name).kind != "union":
            raise CommandError(f"data type mismatch: {name} is not a union")
    yield from struct_.rows(session, options)


COMMAND = Command(
    name="union",
    summary="union contents",
    topic="data",
    options=struct_.OPTIONS,
    arguments=struct_.COMMAND.arguments,
    description=struct_.COMMAND.description,
    fields=struct_.COMMAND.fields,
    rows=rows,
    text=struct_.text,
)
