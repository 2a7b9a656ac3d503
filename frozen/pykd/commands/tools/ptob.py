# SPDX-License-Identifier: GPL-2.0-or-later
"""``ptob``: page number to bytes."""

from __future__ import annotations

from functools import partial
from operator import mul

from pykd.commands.tools import _numbers
from pykd.session.command import Command

COMMAND = Command(
    name="ptob",
    summary="page number to bytes",
    topic="tools",
    arguments="PAGE…",
    fields={"value": "as given", "result": "address in bytes"},
    rows=partial(_numbers.rows, convert=mul),
    text=_numbers.text,
)
