# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that wait for what is outside of the kernel: servers of NFS and FUSE, the automounter, listeners of fanotify, user page faults."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.net.sunrpc import task_age
from pykd.report.finding import FOUND, GUESS, NO_ANSWER, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

OUTSIDE = {
    "rpc": ("I7", 60.0), "fuse": ("I9", 10.0), "autofs": ("E4", 10.0), "userfault": ("E4", 10.0), "fanotify": ("E4", 10.0), "audit": ("E4", 10.0),
}  # fmt: skip
"""Purposes (:data:`pykd.kernel.waits.sites.PURPOSES`): the cause in the catalogue, and the seconds from which on it explains a hang"""
LEAST = 1.0


def rule(facts: Facts) -> Iterator[Found]:
    graph = facts.graph
    groups: dict[str, list[int]] = {}
    for task, wait in graph.waits.items():
        if wait.purpose and wait.purpose.key in OUTSIDE:
            groups.setdefault(wait.purpose.key, []).append(task)
    for key, tasks in groups.items():
        ages = {task: max(graph.seconds(task), _age(facts, task) if key == "rpc" else 0.0) for task in tasks}
        seconds = max(ages.values())
        if seconds < LEAST:
            continue
        purpose = graph.waits[tasks[0]].purpose
        assert purpose is not None
        victims = set(tasks)
        for root in graph.roots():
            if set(root.victims) & victims or set(root.tasks) & victims:
                victims |= set(root.victims)
        _, long = OUTSIDE[key]
        proven = seconds >= long
        servers = sorted({name for task in tasks if (name := _server(facts, task))}) if key == "rpc" else []
        evidence = [f"server {name}" for name in servers[:5]]
        evidence += [f"{facts.who(task)} waits {ages[task]:.1f} s in {graph.waits[task].function}" for task in tasks[:5]]
        text = f"{threads(len(tasks))} for {purpose.text}{f' {servers[0]}' if servers else ''}"
        text += f", and {len(victims) - len(tasks)} more for them" if len(victims) > len(tasks) else ""
        yield Found(text, STOPS if proven else SERIOUS if seconds >= 5 else NOTE, FOUND if proven else GUESS, tuple(evidence), "blocked", len(victims), seconds)


def _call(facts: Facts, task: int) -> Any:
    """The ``struct rpc_task`` that a thread waits for; None if it is not known. The bit that it waits for is in ``tk_runstate``."""
    wait = facts.graph.waits[task]
    kind = facts.dump.find_type("struct", "rpc_task")
    member = kind.member("tk_runstate") if kind else None
    if member is None or wait.thing is None or wait.thing.kind != "bit" or not wait.thing.address:
        return None
    return facts.dump.object("struct rpc_task", wait.thing.address - member.offset)


def _server(facts: Facts, task: int) -> str:
    """The server of the RPC that a thread waits for; "" if it is not known."""
    try:
        call = _call(facts, task)
        return str(call.tk_client.cl_xprt.servername or "") if call is not None else ""
    except Error:
        return ""


def _age(facts: Facts, task: int) -> float:
    """Seconds since the RPC that a thread waits for began: the thread itself runs whenever it is sent again."""
    try:
        call = _call(facts, task)
        return task_age(facts.dump, call) if call is not None else 0.0
    except Error:
        return 0.0


FINDING = Finding(
    key="I7",
    title="a server that does not answer",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="the server answers, only slowly: then the waits began at different times",
    excluded="no thread waits for a server (NFS, FUSE, autofs, fanotify)",
)
