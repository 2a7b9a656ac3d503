# SPDX-License-Identifier: GPL-2.0-or-later
"""Multipath devices without a path that works, whose I/O waits for one."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.kernel.block import dm, dmtarget
from pykd.report.finding import EXACT, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import number, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LONG = 10.0
_IO = ("request", "folio", "buffer", "tag", "queue", "commit", "xfs", "drain", "device mapper")


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    try:
        cells, errors = dm.mapped_devices(dump)
    except NotFoundError:
        return  # no device mapper, or no types of it
    for error in errors:
        facts.note(error)
    for cell in cells:
        try:
            table = dm.table_of(dump, cell.md)
            for target in dm.targets(dump, table) if table is not None else ():
                if str(target.type.name) == "multipath" and (found := _found(facts, str(cell.name), dmtarget.context(dump, target))):
                    yield found
        except Error as error:
            facts.note(error)


def _is_there(facts: Facts) -> bool:
    """Whether there is a multipath device."""
    tables = (dm.table_of(facts.dump, cell.md) for cell in dm.mapped_devices(facts.dump)[0])
    return any(str(target.type.name) == "multipath" for table in tables if table is not None for target in dm.targets(facts.dump, table))


def _found(facts: Facts, name: str, multipath: Any) -> Found | None:
    valid = int(multipath.nr_valid_paths.counter)
    every = [path for group in dmtarget.priority_groups(facts.dump, multipath) for path in dmtarget.paths(facts.dump, group)]
    if valid or not every:
        return None
    queues = dmtarget.queues_if_no_path(multipath)
    waiting = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key in _IO]
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    evidence = [f"multipath {int(multipath):#x}: nr_valid_paths 0 of {number(len(every), 'path')}, queue_if_no_path {'set' if queues else 'not set'}"]
    evidence += [f"path {path.path.dev.name!s}: failed {int(path.fail_count)} times" for path in every[:5]]
    text = f"The multipath device {name} has no path that works" + (", and its I/O waits for one" if queues else ", and its I/O fails")
    text += f"; {threads(len(waiting))} for I/O" if waiting else ""
    return Found(text, STOPS if queues and waiting and seconds >= LONG else SERIOUS, EXACT, tuple(evidence), "dmshow", len(waiting), seconds)


FINDING = Finding(
    key="H8",
    title="multipath",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="it is told to wait for a while only (no_path_retry) and that has not passed",
    advice="bring a path back, or let what is queued fail (dmsetup message NAME 0 fail_if_no_path)",
    excluded="all multipath devices have a path",
    concerns=_is_there,
)
