# SPDX-License-Identifier: GPL-2.0-or-later
"""``cgroups``: the tree of control groups with limits, what is used of them, throttling, freezing, pressure."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import cgroups
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

NEAR = 0.95
"""Of its limit"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    for root in caught(cgroups.for_each_root(dump)):
        if isinstance(root, Error):
            yield {"error": fault(root)}
            continue
        name = ""
        try:
            name = cgroups.root_name(dump, root)
            groups = cgroups.for_each_group(dump, root)
        except Error as error:
            yield {"hierarchy": name, "error": fault(error)}
            continue
        for group in caught(groups):
            if isinstance(group, Error):
                yield {"hierarchy": name, "error": fault(group)}
                continue
            row = _row(dump, name, group)
            if not options.arguments or any(_is_below(row.get("path", ""), wanted) for wanted in options.arguments):
                yield row


def _is_below(path: str, wanted: str) -> bool:
    wanted = "/" + wanted.strip("/")
    return wanted in ("/", path) or path.startswith(wanted + "/")


def _row(dump: Dump, hierarchy: str, group: Any) -> Row:
    row: Row = {"hierarchy": hierarchy, "cgroup": int(group)}
    try:
        row |= {"path": cgroups.path(group), "tasks": cgroups.tasks(dump, group), "dying": int(group.nr_dying_descendants), "frozen": cgroups.frozen(dump, group)}
        if (memory := cgroups.controller(dump, group, "memory")) is not None:
            row["memory"] = cgroups.memory_row(dump, memory)
        if (cpu := cgroups.controller(dump, group, "cpu")) is not None:
            row["cpu"] = cgroups.cpu_row(dump, cpu)
        if (pids := cgroups.controller(dump, group, "pids")) is not None:
            row["pids"] = cgroups.pids_row(pids)
        row["pressure"] = cgroups.pressure(dump, group)
    except Error as error:
        row["error"] = fault(error, partial="tasks" in row)
    return row


# -- text


def _size(number: int | None) -> str:
    if number is None:
        return "max"
    for unit, name in ((1 << 30, "G"), (1 << 20, "M")):
        if number >= unit:
            return f"{number / unit:.1f}{name}"
    return f"{number // 1024}k"


def _limits(row: Row) -> list[str]:
    """What is limited, and what is used of that."""
    words = []
    memory, cpu, pids = (row.get(key) for key in ("memory", "cpu", "pids"))
    if memory:
        limit = min((value for value in (memory["max"], memory["high"]) if value is not None), default=None)
        full = " AT ITS LIMIT" if limit is not None and memory["usage"] >= NEAR * limit else ""
        words.append(f"memory {_size(memory['usage'])}" + (f" of {_size(limit)}" if limit is not None else "") + full)
        words += [f"{name} {count} times" for name, count in memory["events"].items() if name.startswith("oom")]
    if cpu and cpu.get("quota") is not None:
        words.append(f"cpu {cpu['quota']} of {cpu['period']} us, throttled in {cpu['throttled']} of {cpu['periods']} periods")
        words += [f"THROTTLED on CPU {','.join(map(str, cpu['throttled_cpus']))}"] * bool(cpu["throttled_cpus"])
    if pids and pids["max"] is not None:
        words.append(f"pids {pids['usage']} of {pids['max']}" + (" AT ITS LIMIT" if pids["usage"] >= pids["max"] else ""))
    if row.get("frozen"):
        words.append(row["frozen"].upper())
    if row.get("dying"):
        words.append(f"{row['dying']} dying")
    for resource, kinds in (row.get("pressure") or {}).items():
        if kinds["some"][0] >= 1:
            words.append(f"waits for {resource} {kinds['some'][0]:.0f} % of the time")
    return words


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    last = None
    for row in rows:
        if row.get("hierarchy") != last:
            last = row.get("hierarchy")
            yield f"{last or '?'}:"
        if "path" not in row:
            yield f"    {mark(row)}"
            continue
        depth = 0 if row["path"] == "/" else row["path"].count("/")
        name = row["path"].rpartition("/")[2] if depth else "/"
        line = f"{'  ' * depth}{name:<{max(36 - 2 * depth, 1)}} {row.get('tasks', '?'):>6} threads  {'; '.join(_limits(row))}"
        yield f"{line.rstrip()} {mark(row)}".rstrip()
        if options.v and row.get("pressure"):
            yield from _pressure(row["pressure"], depth)


def _pressure(found: Row, depth: int) -> Iterator[str]:
    for resource, kinds in found.items():
        words = [f"{kind} avg10={value[0]:.2f} avg60={value[1]:.2f} avg300={value[2]:.2f}" for kind, value in kinds.items()]
        yield f"{'  ' * depth}    {resource}.pressure {'  '.join(words)}"


COMMAND = Command(
    name="cgroups",
    summary="control groups: limits and what is used of them, throttling, freezing, pressure",
    topic="kernel",
    options=(Option("-v", help="with the averages of pressure, as cpu.pressure, memory.pressure and io.pressure have them"),),
    arguments="[PATH]…",
    description="The tree of every hierarchy, with limits that are set. A PATH shows the group and those below it.\n"
    "A group is THROTTLED while its threads may not run on a CPU since its quota (cpu.max) is used up.",
    fields={
        "hierarchy": "unified; of version 1 its controllers, or name=", "cgroup": "struct cgroup", "path": "from the root of its hierarchy", "tasks": "threads in the group itself",
        "dying": "groups below that are removed but still in memory", "frozen": "frozen, freezing or empty",
        "memory": "usage, max, high, low, min, swap (bytes; null: no limit), events", "pids": "usage, max",
        "cpu": "weight, quota and period (us), periods, throttled (how many of these), throttled_time (us), throttled_cpus (now)",
        "pressure": "cpu, memory, io: some and full: averages of 10, 60, 300 s in %; null: not counted",
    },
    examples=(("cgroups", "all groups, and their limits"), ("cgroups -v /system.slice", "these, with pressure")),
    rows=rows,
    text=text,
)  # fmt: skip
