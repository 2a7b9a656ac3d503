# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd group``: records of ``pykd batch``, joined where the crashes are alike."""

from __future__ import annotations

import json
import sys

import _pykd_files as resources
from pykd.app.verbs import taken_apart, write
from pykd.core.errors import UsageError
from pykd.core.rows import Row
from pykd.core.shown import one_line
from pykd.session.document import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VERSION = 1
PATHS = 20
"""Of each group that are named"""
MAX_LINE = 64 << 20
USAGE = """\
usage: pykd group [--json FILE] [--html FILE] [--text FILE] FILE...

Joins equal crashes of records that `pykd batch` made, in any number of files and any order: how many, since when, until when, on which
kernels and machines, with an example. Without a file it prints the text; FILE - is standard output or, of records, standard input.
"""


def records(files: Iterable[str]) -> Iterable[Row]:
    """Those of all files; of several about one path the last one. :raises OSError:"""
    found: dict[tuple[str, str], Row] = {}
    for name in files:
        with sys.stdin.buffer if name == "-" else open(name, "rb") as file:
            while line := file.readline(MAX_LINE):
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    continue  # cut off when it was written
                if isinstance(row, dict) and isinstance(row.get("path"), str):
                    found[row["path"], str(_of(row, "dump").get("build_id"))] = row
    return found.values()


def _of(row: Row, key: str) -> Row:
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def groups(rows: Iterable[Row]) -> list[Row]:
    """The groups, the largest first: ``key`` (the signature's hash, or why it could not be read), ``count``, ``title``, ``cause``, ``frames``, ``first``,
    ``last``, ``kernels`` and ``machines`` with counts, ``paths``."""
    found: dict[str, Row] = {}
    for row in rows:
        signature, error = _of(row, "signature"), _of(row, "error")
        hash = _text(signature.get("hash"))
        key = hash or f"not read: {_text(error.get('reason')) or 'unknown'}"
        group = found.setdefault(
            key, {"key": key, "count": 0, "title": "", "cause": "", "frames": [], "first": None, "last": None, "kernels": {}, "machines": {}, "paths": []}
        )
        group["count"] += 1
        if not group["title"]:
            group["title"] = _text(_of(row, "verdict").get("text")) if hash else _text(error.get("message")) or "no signature"
            group["cause"] = _text(_of(row, "cause").get("text"))
            group["frames"] = [one for one in signature.get("frames") or () if isinstance(one, str)][:10]
        dump = _of(row, "dump")
        if moment := _text(dump.get("crash_time")):
            group["first"] = min(group["first"] or moment, moment)
            group["last"] = max(group["last"] or moment, moment)
        for name, value in (("kernels", dump.get("release")), ("machines", row.get("node"))):
            if text := _text(value):
                group[name][text] = group[name].get(text, 0) + 1
        group["paths"].append(row["path"])
    for group in found.values():
        group["paths"] = sorted(group["paths"])[:PATHS]
        for name in ("kernels", "machines"):
            group[name] = dict(sorted(group[name].items(), key=lambda item: (-item[1], item[0])))
    return sorted(found.values(), key=lambda group: (-group["count"], group["key"]))


def text(found: Sequence[Row]) -> str:
    """For people, at 80 columns and more."""
    lines = []
    for group in found:
        when = "" if group["first"] is None else group["first"] if group["first"] == group["last"] else f"{group['first']} to {group['last']}"
        lines.append(f"{group['count']:5d}  {group['key']}  {group['title']}")
        lines += [f"       {label}: {value}" for label, value in (
            ("cause", group["cause"]), ("stack", " < ".join(group["frames"])), ("when", when), ("kernels", _counted(group["kernels"])),
            ("machines", _counted(group["machines"])), ("example", group["paths"][0]),
        ) if value]  # fmt: skip
        lines.append("")
    total = sum(group["count"] for group in found)
    lines.append(f"{total} dumps in {len(found)} groups")
    return "".join(f"{one_line(line)}\n" if line else "\n" for line in lines)


def _counted(counts: dict[str, int]) -> str:
    shown = [f"{name} ({count})" if count > 1 else name for name, count in list(counts.items())[:5]]
    return ", ".join(shown) + (f" and {len(counts) - 5} more" if len(counts) > 5 else "")


def page(found: Sequence[Row]) -> str:
    """One page of HTML that needs nothing else and runs nothing."""
    from jinja2 import DictLoader, Environment, StrictUndefined
    from markupsafe import Markup

    from pykd.report.text import clean

    sources = {"groups.html": resources.read("pykd/app/fleet/groups.html").decode()}
    environment = Environment(autoescape=True, undefined=StrictUndefined, loader=DictLoader(sources), trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(clean=clean)
    style = Markup(resources.read("pykd/report/page/page.css").decode())
    return environment.get_template("groups.html").render(groups=found, total=sum(group["count"] for group in found), style=style)


def _made(form: str, found: list[Row]) -> str:
    if form == "json":
        return encode({"schema": VERSION, "groups": found}) + "\n"
    return page(found) if form == "html" else text(found)


def _taken_apart(words: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """(files of records, (form, file to write) of each). :raises UsageError:"""
    names: list[str] = []
    targets: list[tuple[str, str]] = []
    for option, word in taken_apart(words, values=("--json", "--html", "--text")):
        if option:
            targets.append((option[2:], word))
        else:
            names.append(word)
    if not names:
        raise UsageError("no file of records given")
    return names, targets or [("text", "-")]


def main(words: Sequence[str]) -> int:
    """Write the groups; the exit status. :raises UsageError:"""
    names, targets = _taken_apart(words)
    try:
        found = groups(records(names))
        for form, path in targets:
            write(path, _made(form, found))
    except OSError as error:
        print(f"pykd: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0
