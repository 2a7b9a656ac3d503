# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of one dump: a line of JSON."""

from __future__ import annotations

import pykd
from _pykd import Error, FormatError
from pykd.app import firstbytes, identify, sandbox
from pykd.app.opening import usable
from pykd.core.errors import reason_of
from pykd.core.output import output_to
from pykd.core.rows import Row
from pykd.kernel import sysinfo
from pykd.session import contract, identity
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

VERSION = 1
"""Of the records; it grows when a name changes or goes."""
EVIDENCE = 3
"""Lines of evidence of each finding that are kept"""


class NoDumpError(Exception):
    """The file is of another kind."""


def make(path: str, commands: Sequence[str], *, report: bool, limit: float, redact: bool) -> Row:
    """The record of the dump at *path*. Never raises of what is in the dump.

    :param commands: lines whose answers are in it.
    :param report: the verdict, findings and signature are.
    :param limit: seconds for these.
    :raises NoDumpError:
    """
    try:
        dump = pykd.open(path)
    except Error as error:
        if isinstance(error, FormatError) and not firstbytes.is_dump(path):
            raise NoDumpError(str(error)) from None
        return {"error": {"reason": "failed", "message": reason_of(error)}}
    found: Row = {"dump": identity.of(dump), "format": dump.format, "complete": bool(dump.complete), "node": _node(dump)}
    seconds = identify.crash_time(dump)
    found["dump"] = found["dump"] | {"path": path, "crash_time": None if seconds is None else contract.moment(seconds)}
    try:
        usable(dump)
        if report:
            found |= _reported(dump, limit)
        if commands:
            found["answers"] = _answers(Session(dump), commands)
    except Error as error:
        found["error"] = {"reason": "failed", "message": str(error)}
    if redact:
        from pykd.session import redaction

        found = redaction.of(dump).value(found)
    return found


def _node(dump: pykd.Dump) -> str | None:
    name = sysinfo.field(dump, "NODENAME")
    return None if name is None or name.startswith("(unavailable") else name


def _reported(dump: pykd.Dump, limit: float) -> Row:
    from pykd.report.build import document

    report = document(dump, names=(), limit=limit)
    keep = ("key", "title", "text", "severity", "level", "proof", "evidence", "command")
    findings = [{key: one[key] for key in keep} | {"evidence": one["evidence"][:EVIDENCE]} for one in report["findings"]]
    cause = report["cause"]
    return {
        "verdict": {key: report["verdict"][key] for key in ("kind", "text", "message", "proof")},
        "where": report["where"],
        "cause": None if cause is None else {key: cause[key] for key in ("key", "title", "text", "proof")},
        "findings": findings,
        "signature": report["signature"],
    }


def _answers(session: Session, commands: Sequence[str]) -> list[Any]:
    """The documents of commands that read and print; of others an error."""
    import io
    import json

    session.json = True
    found: list[Any] = []
    for line in commands:
        if not sandbox.is_plain(session, line):
            found.append({"command": line, "error": {"reason": "usage", "message": "only commands that read and print are run in a batch"}})
            continue
        text = io.StringIO()
        with output_to(text):
            session.run(line)
        found += [json.loads(document) for document in text.getvalue().splitlines()]
    return found
