# SPDX-License-Identifier: GPL-2.0-or-later
"""What ``help -k`` and ``help -m`` share: fields under crash's names, each with what tells its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from _pykd import Error
from pykd.core.rows import Row, fault

type Value = Callable[[], str]
type Fields = Iterable[tuple[str, Value]]


def rows(*columns: tuple[int, Fields]) -> Iterator[Row]:
    """A row for each field, its names as wide as the column asks; of a value that the dump lacks, why."""
    for width, fields in columns:
        for name, value in fields:
            row: Row = {"field": name, "width": width}
            try:
                yield row | {"value": value()}
            except Error as error:
                yield row | {"error": fault(error)}
