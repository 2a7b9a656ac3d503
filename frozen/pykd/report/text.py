# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as text of 80 columns, for a terminal or a mail."""

from __future__ import annotations

import shlex
import textwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

WIDTH = 80
CELL = 48
"""Characters of a table's cell"""
BRIEF = 5
"""Findings that the short form has"""
SERIOUS = 2
SEVERITIES = {1: "stops", 2: "serious", 3: "note"}
LEGEND = (
    "stops: explains a stop or a hang by itself; serious: likely a part of the cause; note: worth knowing, hardly the cause. "
    "exact: the kernel's own data or message says so; found: nothing contradicts it; guess: likely"
)
"""What severities and proofs are, in a line"""
REQUESTED = ("sysrq", "nmi")
"""Kinds of a stop (:data:`pykd.report.verdict.PANICS`) that somebody wanted: what is wrong with the system may be why, and did not stop it"""
NOT_RECORDED = "that the crash was asked for because of it is not recorded"


def _wrapped(text: str, indent: str = "  ", first: str | None = None) -> list[str]:
    lines = textwrap.wrap(
        clean(text), WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines or [(indent if first is None else first).rstrip()]


def clean(text: str) -> str:
    """Without what a terminal or a mail would take for commands: control characters as ``\\x1b``."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def head(report: dict[str, Any]) -> Iterator[str]:
    """The verdict: what stopped the system, where, why, what the dump has."""
    found = report["verdict"]
    yield from _wrapped(f"{found['text']}.", "         ", "STOPPED  ")
    if found["message"] and found["kind"] != "sysrq":
        yield from _wrapped(found["message"], "         ", "         ")
    yield from _wrapped(place(report), "         ", "WHERE    ")
    cause = report["cause"]
    if cause and found["kind"] in REQUESTED:
        yield from _wrapped(f"likely reason for the request: {cause['text']} [the finding: {cause['proof']}; {NOT_RECORDED}].", "         ", "CAUSE    ")
    elif cause:
        yield from _wrapped(f"{cause['text']} [{cause['proof']}].", "         ", "CAUSE    ")
    else:
        yield from _wrapped(unproven(report), "         ", "CAUSE    ")
    taints = found["taints"]
    yield from _wrapped(f"{report['dump']['kernel']}, {'tainted ' + taints if taints else 'not tainted'}", "         ", "KERNEL   ")
    yield from _wrapped(readable(report), "         ", "DUMP     ")


def place(report: dict[str, Any]) -> str:
    """Where it stopped; of a crash that was asked for that is who did."""
    where = report["where"] or "not known"
    return f"{where} (who asked for it)" if report["verdict"]["kind"] == "sysrq" and report["where"] else where


def unproven(report: dict[str, Any]) -> str:
    """What is said where no cause is proven: what to look at first, and what was excluded."""
    first = next((finding["text"] for finding in report["findings"] if finding["severity"] <= SERIOUS and finding["key"] != "Q1"), "")
    said = "none is proven." + (f" To look at first: {first}." if first else "")
    return said + (f" Excluded: {', '.join(one['title'] for one in report['excluded'])}." if report["excluded"] else "")


def readable(report: dict[str, Any]) -> str:
    """How much of the dump could be read, in words."""
    parts = ["whole" if report["dump"]["complete"] else "INCOMPLETE: writing it ended early"]
    parts += [finding["text"] for finding in report["findings"] if finding["key"] == "Q1"]
    if unknown := report["unknown"]:
        parts.append(f"{len(unknown)} checks could not be made, or not in full: {', '.join(one['title'] for one in unknown[:4])}")
    if failed := [section["title"] for section in report["sections"] if "error" in section]:
        parts.append(f"parts of the report failed: {', '.join(failed)}")
    return "; ".join(parts)


def how(command: str) -> str:
    """The shell's command line of a command: ``pykd DUMP -c 'bt -a'``."""
    return f"pykd DUMP -c {shlex.quote(command)}"


def lines(report: dict[str, Any], *, brief: bool = False) -> Iterator[str]:
    """Its lines.

    :param brief: the verdict and the first findings only.
    """
    yield from head(report)
    yield ""
    findings = report["findings"][: BRIEF if brief else None]
    yield f"FINDINGS ({len(report['findings'])}), the worst first" if findings else "FINDINGS: none"
    for number, finding in enumerate(findings, 1):
        yield from _finding(number, finding, brief)
    if brief:
        return
    if findings:
        yield from _wrapped(LEGEND, "    ", "    ")
    if report["excluded"]:
        yield ""
        yield from _wrapped(f"Checked and in order: {'; '.join(one['text'] for one in report['excluded'])}.", "  ", "")
    reasons: dict[str, list[str]] = {}
    for one in report["unknown"]:
        reasons.setdefault(one["why"], []).append(one["title"])
    for why, titles in reasons.items():
        yield from _wrapped(f"Not known: {', '.join(titles)}: {why}", "  ", "")
    yield ""
    signature = report["signature"]
    yield from _wrapped(f"Signature {signature['hash']}: {signature['kind']} {signature['cause']} {' < '.join(signature['frames'])}", "  ", "")
    for section in report["sections"]:
        yield ""
        yield f"== {section['title']} ".ljust(WIDTH, "=")
        for block in section["blocks"]:
            yield from _block(block)
        if "error" in section:
            yield from _wrapped(f"(not whole: {section['error']})", "  ", "")


def _finding(number: int, finding: dict[str, Any], brief: bool) -> Iterator[str]:
    yield from _wrapped(f"{finding['text']}. [{finding['key']}, {SEVERITIES[finding['severity']]}, {finding['proof']}]", "    ", f"{number:2d}. ")
    if brief:
        return
    for line in finding["evidence"]:
        yield from _wrapped(line, "        ", "      - ")
    if finding["command"]:
        yield f"      more: {how(finding['command'])}"
    yield from _wrapped(finding["advice"], "            ", "      next: ")


def _block(block: dict[str, Any]) -> Iterator[str]:
    kind = block["type"]
    if kind == "picture":
        return
    if block["title"]:
        yield from _wrapped(block["title"], "   ", "-- ")
    if kind == "fields":
        width = max((len(name) for name, _ in block["fields"]), default=0)
        for name, value in block["fields"]:
            yield from _wrapped(str(value), " " * (width + 4), f"{name:>{width + 2}}: ")
    elif kind == "lines":
        for line in block["lines"]:
            yield from _fold(clean(line))
    elif kind == "table":
        yield from _table(block["columns"], block["rows"])


def _fold(line: str) -> Iterator[str]:
    """A line as it is, if it is not much too long; else folded at blanks."""
    if len(line) <= WIDTH:
        yield line
        return
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    yield from textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=True) or [line]


def _table(columns: list[str], rows: list[list[Any]]) -> Iterator[str]:
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max([len(column), *(len(row[i]) for row in cells)]) for i, column in enumerate(columns)]
    right = [all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) and bool(rows) for i in range(len(columns))]

    def line(values: Iterable[str]) -> str:
        return "  ".join(value.rjust(width) if is_right else value.ljust(width) for value, width, is_right in zip(values, widths, right, strict=True)).rstrip()

    yield line(columns)
    for row in cells:
        yield line(row)


def _cell(value: Any) -> str:
    text = "" if value is None else clean(str(value))
    return text if len(text) <= CELL else text[: CELL - 1] + "…"
