# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as one document of plain data, which is its JSON and what its views are made of."""

from __future__ import annotations

from _pykd import Error
from pykd.core import version
from pykd.report import sections
from pykd.report.facts import Facts
from pykd.report.limits import Deadline, OutOfTimeError
from pykd.report.ranking import Findings, Ranked, find_all
from pykd.report.signature import signature
from pykd.report.verdict import UNKNOWN, Verdict, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from _pykd import Dump

SCHEMA = "pykd-report-1"
"""Of the document; its number grows when a name changes or goes. report/schema.json says what is in it."""
TIME_LIMIT = 60.0
"""Seconds for the whole report, unless told"""
_FAULTS = (Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""What data that no check foresaw leads to"""


def document(dump: Dump, *, names: Sequence[str] = sections.NAMES, limit: float = TIME_LIMIT) -> dict[str, Any]:
    """The report of a dump. Never raises of what is in the dump: what fails is told in its place.

    :param names: sections, of :data:`pykd.report.sections.NAMES`.
    :param limit: seconds; what was not done by then is left out, and told.
    """
    facts, deadline = Facts(dump), Deadline(limit)
    try:
        stopped = verdict(facts)
    except _FAULTS:
        stopped = facts.stopped = UNKNOWN
    found = find_all(facts, deadline)
    made = [_section(facts, name, deadline) for name in names]
    return {
        "schema": SCHEMA,
        "pykd": version.pykd_version(),
        "dump": {"paths": list(dump.paths), "format": dump.format, "complete": bool(dump.complete), "kernel": dump.vmcoreinfo.get("OSRELEASE", "")},
        "verdict": stopped._asdict() | {"task": f"{stopped.task:#x}"},
        "where": where(stopped),
        "cause": _finding(found.cause) if found.cause else None,
        "findings": [_finding(one) for one in found.every],
        "excluded": [{"title": title, "text": text} for title, text in found.excluded],
        "unknown": [{"title": title, "why": why} for title, why in found.unknown],
        "signature": _signature(facts, stopped, found),
        "sections": made,
    }


def where(stopped: Verdict) -> str:
    """``in foo+0x10 of module bar (out of tree), on CPU 1, PID 12 (comm)``"""
    parts = []
    if stopped.function:
        place = f"in {stopped.function}+{stopped.offset:#x}"
        if stopped.module:
            foreign = "".join(letter for letter in stopped.module_taints if letter in "POE")
            place += f" of the module {stopped.module}" + (f" (taints: {foreign})" if foreign else "")
        parts.append(place)
    if stopped.pid >= 0:
        parts.append(f"PID {stopped.pid} ({stopped.comm})" if stopped.pid else "an idle CPU's task")
    if stopped.cpu >= 0:
        parts.append(f"CPU {stopped.cpu}")
    return ", ".join(parts)


def _finding(one: Ranked) -> dict[str, Any]:
    found = one.found
    return {
        "key": one.key, "title": one.title, "text": found.text, "severity": found.severity, "level": one.level, "proof": found.proof,
        "evidence": list(found.evidence), "command": found.command, "advice": one.advice, "victims": found.victims, "seconds": round(found.seconds, 3),
    }  # fmt: skip


def _signature(facts: Facts, stopped: Verdict, found: Findings) -> dict[str, object]:
    try:
        return signature(facts, stopped, found)
    except _FAULTS:
        return {"hash": "", "kind": stopped.kind, "cause": "", "frames": []}


def _section(facts: Facts, name: str, deadline: Deadline) -> dict[str, Any]:
    section = sections.find(name)
    row: dict[str, Any] = {"name": name, "title": section.title, "blocks": []}
    try:
        with deadline.part(0.5):
            for block in section.make(facts):
                row["blocks"].append(block)
    except OutOfTimeError as error:
        row["error"] = str(error)
    except _FAULTS as error:
        row["error"] = str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}"
    return row
