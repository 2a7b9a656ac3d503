# SPDX-License-Identifier: GPL-2.0-or-later
"""``btop``: bytes to page number."""

from __future__ import annotations

from functools import partial
from operator import floordiv

from pykd.commands.tools import _numbers
from pykd.session.command import Command

COMMAND = Command(
    name="btop",
    summary="bytes to page number",
    topic="tools",
    arguments="ADDRESS…",
    fields={"value": "as given", "result": "page number"},
    rows=partial(_numbers.rows, convert=floordiv),
    text=_numbers.text,
)
