# SPDX-License-Identifier: GPL-2.0-or-later
"""``report``: what stopped the system, why, and what else is wrong, on one page."""

from __future__ import annotations

from pykd.core.errors import UsageError
from pykd.core.rows import Row
from pykd.report import sections
from pykd.report import text as view
from pykd.report.build import TIME_LIMIT, document
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def chosen(names: list[str]) -> tuple[str, ...]:
    """The sections of these names, in the report's order; all of none. :raises UsageError: there is no such section"""
    for name in names:
        if name not in sections.NAMES:
            raise UsageError(f"there is no section {name}; there are {', '.join(sections.NAMES)}")
    return tuple(name for name in sections.NAMES if name in names) if names else sections.NAMES


def seconds(value: str | None) -> float:
    """:raises UsageError: it is no number of seconds"""
    try:
        found = float(value) if value is not None else TIME_LIMIT
    except ValueError:
        found = -1.0
    if not 0 < found < 1e6:
        raise UsageError(f"no number of seconds: {value}")
    return found


def rows(session: Session, options: Any) -> Iterator[Row]:
    names: tuple[str, ...] = () if options.brief else chosen(options.section)
    yield document(session.dump, names=names, limit=seconds(options.time_limit))


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield from view.lines(row, brief=bool(options.brief))


COMMAND = Command(
    name="report",
    summary="what stopped the system, why, and what else is wrong",
    topic="system",
    options=(
        Option("--brief", help="the verdict and the first findings only"),
        Option("--section", "NAME", repeat=True, help=f"only this part below the findings: {', '.join(sections.NAMES)}"),
        Option("--time-limit", "SECONDS", help=f"leave out what is not done by then; default {TIME_LIMIT:.0f}"),
    ),
    description="The first lines are the verdict: how the system stopped, where, and the cause, if one is proven; else what was excluded. Findings\n"
    "follow, the worst first, each with its evidence, the proof (exact, found, guess) and a command that shows more.\n"
    "`pykd report DUMP --html FILE --json FILE --text FILE` writes files without a session.",
    fields={
        "schema": "name of the document's form", "pykd": "version", "dump": "paths, format, complete, kernel", "verdict": "what stopped the system",
        "where": "the same in words", "cause": "the finding that explains it; null if none is proven",
        "findings": "key, title, text, severity (1 stops, 2 serious, 3 note), level, proof, evidence, command, victims, seconds; the worst first",
        "excluded": "title and text of what was looked at and is not so", "unknown": "title and why of checks that could not be made",
        "signature": "hash, kind, cause, frames: equal crashes have equal ones", "sections": "name, title, blocks, error",
    },
    examples=(("report", "everything"), ("report --brief", "the first page"), ("report --section memory", "findings, and who has the memory")),
    rows=rows,
    text=text,
)  # fmt: skip
