# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that wait for what is outside of the kernel: servers of NFS and FUSE, the automounter, listeners of fanotify, user page faults."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.fs.files import for_each_file
from pykd.kernel.fs.superblocks import filesystem_type
from pykd.kernel.net.sunrpc import task_age
from pykd.kernel.waits import servers, sites
from pykd.report.finding import CONSEQUENCE, FOUND, GUESS, NO_ANSWER, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import members, state_name, threads

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


SERVES = {"fuse": "fuse_dev_operations", "fanotify": "fanotify_fops", "userfault": "userfaultfd_fops"}
"""``file.f_op`` of the file by which a process hears what it is asked"""
ADVICE = {
    "fuse": "look at the process that serves it; without one: umount -f, or 1 into abort of /sys/fs/fuse/connections",
    "fanotify": "look at the process that listens (a virus scanner, a backup): once it ends, nobody is asked",
    "userfault": "look at the process that should fill in the pages",
    "autofs": "look at the automounter, and at the server of what it mounts",
    "audit": "look at auditd and its disk; audit_backlog_limit says how much may wait",
}
MAX_PROCESSES = 2000
"""Whose open files are looked at"""
INTERRUPTIBLE = ("fuse", "userfault")
"""Those for which threads first wait so that a signal ends it: they are not blocked as the kernel counts, and the program hangs all the same."""


def rule(facts: Facts) -> Iterator[Found]:
    yield from _uninterruptible(facts)
    if _has_fuse(facts):
        yield from _interruptible(facts)


def _has_fuse(facts: Facts) -> bool:
    """Whether a FUSE file system is mounted; stacks of threads that are not blocked are looked at only then."""
    for block in facts.superblocks():
        try:
            if filesystem_type(block).partition(".")[0] in ("fuse", "fuseblk", "virtiofs"):
                return True
        except Error as error:
            facts.note(error)
    return False


def _interruptible(facts: Facts) -> Iterator[Found]:
    groups: dict[sites.Purpose, list[int]] = {}
    for task, functions in facts.stacks.items():
        purpose = sites.purpose(list(functions))[0] if task not in facts.graph.waits else None
        if purpose is not None and purpose.key in INTERRUPTIBLE and facts.threads[task].state == "IN":
            groups.setdefault(purpose, []).append(task)
    for purpose, tasks in groups.items():
        seconds = max(map(facts.seconds, tasks))
        if seconds < OUTSIDE[purpose.key][1]:
            continue
        evidence = members([facts.waited(task, sites.purpose(list(facts.stacks[task]))[1]) for task in tasks])
        text = f"{threads(len(tasks))} for {purpose.text} (a signal would end that){_served(facts, purpose.key, evidence)}"
        command = f"bt {facts.threads[tasks[0]].pid}"
        yield Found(text, SERIOUS, FOUND, tuple(evidence), command, len(tasks), seconds, advice=ADVICE[purpose.key])


def _served(facts: Facts, key: str, evidence: list[str]) -> str:
    """Who should answer, by the files that processes have open, for the sentence; a line of evidence for each."""
    operations = facts.dump.address_of(SERVES[key], default=0) if key in SERVES else 0
    if not operations:
        return ""
    found = []
    processes = [thread for thread in facts.threads.values() if thread.mm and thread.pid == thread.tgid]
    known = len(processes) <= MAX_PROCESSES
    for process in processes[:MAX_PROCESSES]:
        try:
            if any(int(file.f_op) == operations for _, file in for_each_file(facts.dump, facts.dump.object("struct task_struct", process.address))):
                found.append(process)
        except Error as error:
            facts.note(error)
            known = False
    evidence += members([f"{facts.who(one.address)} has the file open by which it is asked; it is {state_name(one.state)}" for one in found])
    if len(found) == 1:
        return f"; most likely that is {facts.who(found[0].address)}, {state_name(found[0].state)}"
    return "; no process has the file open by which it is asked" if known and not found else ""


def _uninterruptible(facts: Facts) -> Iterator[Found]:
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
        _, long = OUTSIDE[key]
        proven = seconds >= long
        named = sorted({name for task in tasks if (name := _server(facts, task))}) if key == "rpc" else []
        evidence = [f"server {name}" for name in named[:5]]
        evidence += members([f"{facts.who(task)} has waited {ages[task]:.1f} s, in {graph.waits[task].function}" for task in tasks])
        text = f"{threads(len(tasks))} for {purpose.text}{f' {named[0]}' if named else ''}"
        behind = _behind(facts, tasks)
        evidence += members([f"{facts.who(task)} waits for them" for task in behind])
        text += f", and {len(behind)} more for them" if behind else ""
        text += _served(facts, key, evidence)
        if own := list(dict.fromkeys(task for one in tasks if (thing := graph.waits[one].thing) for task in thing.holders)):
            # The server is this machine, and its own threads wait: what they wait for is the cause.
            wait = graph.waits[own[0]]
            text += f": it is this machine, because of {facts.who(own[0])}, which waits for {wait.thing.text() if wait.thing else 'what is not known'}"
            yield Found(text, NOTE, GUESS, tuple(evidence), "blocked", len(tasks) + len(behind), seconds, CONSEQUENCE)
            continue
        severity, victims = STOPS if proven else SERIOUS if seconds >= 5 else NOTE, len(tasks) + len(behind)
        yield Found(text, severity, FOUND if proven else GUESS, tuple(evidence), "blocked", victims, seconds, advice=ADVICE.get(key, ""))


def _behind(facts: Facts, tasks: list[int]) -> list[int]:
    """task_structs of those who wait for these threads, themselves or through others."""
    found = dict.fromkeys(tasks)
    grown = True
    while grown:
        more = [task for task in facts.graph.waits if task not in found and any(holder in found for holder in facts.graph.holders(task))]
        found.update(dict.fromkeys(more))
        grown = bool(more)
    return list(found)[len(tasks) :]


def _call(facts: Facts, task: int) -> Any:
    """The ``struct rpc_task`` that a thread waits for; None if it is not known."""
    return servers.rpc_call(facts.dump, facts.graph.waits[task].thing)


def _server(facts: Facts, task: int) -> str:
    """The server of the RPC that a thread waits for; "" if it is not known."""
    call = _call(facts, task)
    return servers.server_of(call) if call is not None else ""


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
    advice="look at the server: whether its process or machine lives, and the network between; a mount can be ended with umount -f",
    excluded="no thread waits for a server (NFS, FUSE, autofs, fanotify)",
)
