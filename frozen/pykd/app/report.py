# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd report``: the report of a dump as files, without a session."""

from __future__ import annotations

import os
import sys

from _pykd import Error
from pykd.app import sandbox
from pykd.app.opening import usable
from pykd.app.verbs import positive, taken_apart, write
from pykd.core.errors import UsageError, reason_of
from pykd.report import json_text, sections, text
from pykd.report.build import TIME_LIMIT, document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

USAGE = f"""\
usage: pykd report DUMP [--html FILE] [--json FILE] [--text FILE] [-o FOLDER] [--brief] [--section NAME]... [--time-limit SECONDS] [--part FILE]... [--redact]
                        [--no-sandbox]

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
  --no-sandbox          keep the right to write files, which a report on standard output alone gives up

FILE - is standard output. Exit status: 0 written, 1 a file could not be written, 2 wrong usage, 3 the dump cannot be opened.
"""
_FLAGS = ("--brief", "--redact", "--no-sandbox")
_VALUES = ("--html", "--json", "--text", "-o", "--section", "--time-limit", "--part")


class Wanted:
    """The command line, taken apart."""

    def __init__(self, words: Sequence[str]) -> None:
        """:raises UsageError:"""
        self.paths: list[str] = []
        self.brief = False
        self.redact = False
        self.no_sandbox = False
        self.sections: tuple[str, ...] = sections.NAMES
        self.limit = TIME_LIMIT
        self.files: list[tuple[str, str]] = []
        """(form: text, json or html; file)"""
        parts: list[str] = []
        chosen: list[str] = []
        for option, word in taken_apart(words, flags=_FLAGS, values=_VALUES):
            if option in _FLAGS:
                setattr(self, option[2:].replace("-", "_"), True)
            elif option:
                self._take(option, word, parts, chosen)
            elif self.paths:
                raise UsageError(f"one dump at a time: {word}")
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
            self.limit = positive(name, value)
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
    """Write what *words* (behind ``report``) ask for; the exit status. :raises UsageError:"""
    if list(words) == ["--schema"]:
        sys.stdout.write(json_text.schema())
        return 0
    wanted = Wanted(words)
    import pykd

    try:
        dump = usable(pykd.open(*wanted.paths))
    except Error as error:
        print(f"pykd: {reason_of(error)}", file=sys.stderr)
        return 3
    if not wanted.no_sandbox and all(path == "-" for _, path in wanted.files):
        sandbox.enter()
    report = document(dump, names=() if wanted.brief else wanted.sections, limit=wanted.limit)
    if wanted.redact:
        from pykd.session import redaction

        report = redaction.of(dump).value(report)
    status = 0
    for form, path in wanted.files:
        try:
            write(path, made(report, form, wanted.brief))
        except BrokenPipeError:
            raise
        except OSError as error:
            print(f"pykd: {path}: {error.strerror}", file=sys.stderr)
            status = 1
    return status
