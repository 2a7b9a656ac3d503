# SPDX-License-Identifier: GPL-2.0-or-later
"""What sections are made of: blocks of plain data, which text, JSON and page show each in its way."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

type Block = dict[str, Any]
"""``{"type": "fields" | "lines" | "table" | "picture", …}``"""


def fields(pairs: Iterable[tuple[str, Any]], title: str = "") -> Block:
    """Names and values; those without a value are left out."""
    return {"type": "fields", "title": title, "fields": [[name, value] for name, value in pairs if value not in (None, "")]}


def lines(text: Iterable[str], title: str = "") -> Block:
    """Lines that are shown as they are, in columns."""
    return {"type": "lines", "title": title, "lines": list(text)}


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> Block:
    """:param rows: numbers stay numbers."""
    return {"type": "table", "title": title, "columns": list(columns), "rows": [list(row) for row in rows]}


def picture(kind: str, data: Any, title: str = "") -> Block:
    """Data that the page draws and the text leaves out, or has in a table beside it.

    :param kind: a picture of :mod:`pykd.report.pictures`.
    """
    return {"type": "picture", "title": title, "picture": kind, "data": data}
