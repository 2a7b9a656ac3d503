# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd report``: the report of a dump as files, without a session."""

from __future__ import annotations

import os
import sys

from _pykd import Error
from pykd.core.errors import UsageError
from pykd.core.output import to_file
from pykd.report import json_text, sections, text
from pykd.report.build import TIME_LIMIT, document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

USAGE = f"""\
usage: pykd report DUMP [--html FILE] [--json FILE] [--text FILE] [-o FOLDER] [--brief] [--section NAME]... [--time-limit SECONDS] [--part FILE]... [--redact]

Says what stopped the system, why, and what else is wrong. Without a file it prints the text.

  --html FILE           one page that needs nothing else, with pictures
  --json FILE           the same as data
  --text FILE           the text
  -o FOLDER             report.html, report.json and report.txt there
  --brief               the verdict and the first findings only
  --section NAME        only this part below the findings; may be repeated: {", ".join(sections.NAMES)}
  --schema              print the JSON schema of what --json writes
  --time-limit SECONDS  leave out what is not done by then; default {TIME_LIMIT:.0f}
  --part FILE           a further part of a split dump; may be repeated
  --redact              leave out host names, addresses of the network, command lines, paths and other data of users

FILE - is standard output. Exit status: 0 written, 1 a file could not be written, 2 wrong usage, 3 the dump cannot be opened.
"""
_VALUES = ("--html", "--json", "--text", "-o", "--section", "--time-limit", "--part")


class Wanted:
    """The command line, taken apart."""

    def __init__(self, words: Sequence[str]) -> None:
        """:raises UsageError:"""
        self.paths: list[str] = []
        self.brief = False
        self.redact = False
        self.sections: tuple[str, ...] = sections.NAMES
        self.limit = TIME_LIMIT
        self.files: list[tuple[str, str]] = []
        """(form: text, json or html; file)"""
        parts: list[str] = []
        chosen: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            name, equals, value = word.partition("=")
            if word in ("--brief", "--redact"):
                setattr(self, word[2:], True)
            elif name in _VALUES:
                if not equals:
                    if not rest:
                        raise UsageError(f"{name} needs a value")
                    value = rest.pop(0)
                self._take(name, value, parts, chosen)
            elif word.startswith("-") or self.paths:
                raise UsageError(f"unknown option {word}" if word.startswith("-") else f"one dump at a time: {word}")
            else:
                self.paths.append(word)
        if not self.paths:
            raise UsageError("no dump given")
        self.paths += parts
        if chosen:
            self.sections = tuple(name for name in sections.NAMES if name in chosen)
        self.files = self.files or [("text", "-")]

    def _take(self, name: str, value: str, parts: list[str], chosen: list[str]) -> None:
        if name == "--part":
            parts.append(value)
        elif name == "--section":
            if value not in sections.NAMES:
                raise UsageError(f"there is no section {value}; there are {', '.join(sections.NAMES)}")
            chosen.append(value)
        elif name == "--time-limit":
            try:
                self.limit = float(value)
            except ValueError:
                self.limit = -1
            if not 0 < self.limit < 1e6:
                raise UsageError(f"no number of seconds: {value}")
        elif name == "-o":
            self.files += [(form, os.path.join(value, f"report.{end}")) for form, end in FORMS]
        else:
            self.files.append((name.removeprefix("--"), value))


FORMS = (("html", "html"), ("json", "json"), ("text", "txt"))
"""(form, end of its file's name in a folder)"""


def made(report: dict[str, Any], form: str, brief: bool) -> str:
    """The report in one of its forms."""
    if form == "json":
        return json_text.encode(report) + "\n"
    if form == "html":
        from pykd.report import html

        return html.page(report)
    return "".join(f"{line}\n" for line in text.lines(report, brief=brief))


def main(words: Sequence[str]) -> int:
    """Write what *words* (behind ``report``) ask for; the exit status."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write(USAGE)
        return 0
    if list(words) == ["--schema"]:
        sys.stdout.write(json_text.schema())
        return 0
    try:
        wanted = Wanted(words)
    except UsageError as error:
        print(f"pykd: report: {error}; pykd report --help lists the options", file=sys.stderr)
        return 2
    import pykd

    try:
        dump = pykd.open(*wanted.paths)
        dump.layout  # noqa: B018 (a dump whose page tables cannot be found cannot be opened)
    except Error as error:
        print(f"pykd: {error}", file=sys.stderr)
        return 3
    report = document(dump, names=() if wanted.brief else wanted.sections, limit=wanted.limit)
    if wanted.redact:
        from pykd.session import redaction

        report = redaction.of(dump).value(report)
    status = 0
    for form, path in wanted.files:
        try:
            _write(path, made(report, form, wanted.brief), wanted.paths)
        except OSError as error:
            print(f"pykd: {path}: {error.strerror}", file=sys.stderr)
            status = 1
    return status


def _write(path: str, content: str, dumps: Sequence[str]) -> None:
    """:raises OSError: it cannot be written, or is a dump itself."""
    if path == "-":
        sys.stdout.write(content)
        return
    if folder := os.path.dirname(path):
        os.makedirs(folder, exist_ok=True)
    if os.path.exists(path) and any(os.path.samefile(path, dump) for dump in dumps):
        raise FileExistsError(0, "it is the dump", path)
    with to_file(path) as file:
        file.write(content)
