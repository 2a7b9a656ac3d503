# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd id DUMP…``: what each dump is, one line for each, for sorting a heap of them."""

from __future__ import annotations

import sys

from _pykd import Error
from pykd.core.errors import reason_of
from pykd.core.shown import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from _pykd import Dump


def describe_apart(path: str) -> dict[str, Any]:
    """:func:`describe` in a process of its own, so that what a file does to it is no other file's loss."""
    import json
    import os

    sys.stdout.flush()
    try:
        reader, writer = os.pipe()
        child = os.fork()
    except OSError as error:
        return {"path": path, "error": f"no process can be made for it: {error.strerror}"}
    if not child:
        status = 1
        try:
            os.close(reader)
            with open(writer, "w", encoding="utf-8") as pipe:
                json.dump(describe(path), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        ending = f"by signal {-status}" if status < 0 else "early"
        return {"path": path, "error": f"reading it ended {ending}, which is a mistake of pykd's; please report it"}
    row: dict[str, Any] = json.loads(text)
    return row


def describe(path: str) -> dict[str, Any]:
    """Kernel, build-id, time of the crash, panic message, format, completeness; ``error`` in place of what cannot be told.

    All but the panic message comes from the headers and the VMCOREINFO note, if they have it.
    """
    import pykd

    row: dict[str, Any] = {"path": path}
    try:
        dump = pykd.open(path)
    except Error as error:
        row["error"] = reason_of(error)
        return row
    with dump:
        try:
            return row | _describe(dump)
        except Exception as error:  # data that no check foresaw cost this file, and no other
            row["error"] = f"{type(error).__name__}: {error}"
            return row


def _describe(dump: Dump) -> dict[str, Any]:
    row: dict[str, Any] = {}
    note = dump.vmcoreinfo
    row["format"] = dump.format
    row["complete"] = dump.complete
    row["release"] = note.get("OSRELEASE")
    row["build_id"] = note.get("BUILD-ID")
    row["time"] = crash_time(dump)
    from pykd.kernel import sysinfo

    panic = (sysinfo.field(dump, "PANIC") or "").strip('"')
    row["panic"] = None if panic.startswith("(unavailable") else panic or None
    return row


def crash_time(dump: Dump) -> int | None:
    """Seconds since 1970 of the crash. Without a panic (QEMU, virsh) no note has them, and the kernel's own clock tells."""
    note = dump.vmcoreinfo.get("CRASHTIME", "")
    if note.isdigit():
        return int(note)
    from pykd.kernel import timekeeping

    try:
        return timekeeping.now(dump) or None
    except Error:
        return None


def line(row: dict[str, Any]) -> str:
    """The row for people: ``PATH: RELEASE, DATE, "PANIC", FORMAT, complete, build-id ID``."""
    if "error" in row:
        return one_line(f"{row['path']}: error: {row['error']}")
    parts = [row["release"] or "release unknown"]
    if row["time"] is not None:
        from pykd.values import date

        parts.append(date.text(row["time"], "%Y-%m-%d %H:%M:%S UTC", utc=True))
    parts.append(f'"{row["panic"]}"' if row["panic"] else "no panic message in the dump")
    parts += [row["format"], "complete" if row["complete"] else "truncated"]
    if row["build_id"]:
        parts.append(f"build-id {row['build_id']}")
    return one_line(f"{row['path']}: " + ", ".join(parts))


def written(row: dict[str, Any]) -> dict[str, Any]:
    """The row written as the contract of ``--json`` says."""
    from pykd.session import contract

    found = {key: value for key, value in row.items() if key not in ("time", "error")}
    if "error" in row:
        found["error"] = {"reason": "failed", "message": row["error"]}
    else:
        found["crash_time"] = None if row["time"] is None else contract.moment(row["time"])
    return found


def main(paths: Sequence[str], as_json: bool) -> bool:
    """Print a line (or a line of JSON) for each file; True if each could be opened."""
    worked = True
    for path in paths:
        row = describe_apart(path) if len(paths) > 1 else describe(path)
        worked &= "error" not in row
        if as_json:
            from pykd.session import document

            print(document.encode(written(row)))
        else:
            print(line(row))
        sys.stdout.flush()
    return worked


def print_note(paths: Sequence[str], *, release: bool, build_id: bool) -> bool:
    """Print what the VMCOREINFO note of a dump says of its kernel; False if it does not say it. :raises Error: it cannot be opened."""
    import pykd

    note = pykd.open(*paths).vmcoreinfo
    worked = True
    for wanted, key in ((release, "OSRELEASE"), (build_id, "BUILD-ID")):
        if wanted and key in note:
            print(one_line(note[key]))
        elif wanted:
            print(f"pykd: {paths[0]}: no {key} in its VMCOREINFO note", file=sys.stderr)
            worked = False
    return worked
