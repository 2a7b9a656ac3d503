# SPDX-License-Identifier: GPL-2.0-or-later
"""``union``: the same as ``struct``."""

from __future__ import annotations

from pykd.command import Command
from pykd.commands import struct_

COMMAND = Command(
    name="union",
    summary="union contents",
    topic="data",
    options=struct_.OPTIONS,
    arguments=struct_.COMMAND.arguments,
    description=struct_.COMMAND.description,
    fields=struct_.COMMAND.fields,
    rows=struct_.rows,
    text=struct_.text,
)
