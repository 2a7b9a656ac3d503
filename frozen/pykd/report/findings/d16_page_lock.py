# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of files that a thread keeps locked though no I/O of them is under way: the kernel does not record who."""

from __future__ import annotations

from itertools import islice

from _pykd import Error
from pykd.kernel.fs.sbnames import inode_path, sb_name
from pykd.kernel.waits.scan import stack
from pykd.report.facts import MAX_STACKS
from pykd.report.finding import CONSEQUENCE, FOUND, LOCKS, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.pagelocks import locked_pages
from pykd.report.wording import chain, members, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LEAST, LONG = 5.0, 30.0
"""Seconds of waiting: from which on it is told, and from which on it explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    for page, tasks in locked_pages(facts).items():
        seconds = max(facts.seconds(task) for task in tasks)
        if seconds < LEAST:
            continue
        text = f"{threads(len(tasks))} for a page of {_of(facts, page)} that is locked though no I/O of it is under way, up to {seconds:.0f} s"
        holders = _on_stacks(facts, page, tasks)
        severity, level = STOPS if seconds >= LONG else SERIOUS, 0
        if len(holders) == 1:
            text += f"; {facts.who(holders[0])} has it on its stack"
            wait = facts.graph.waits.get(holders[0])
            if wait is not None and wait.thing is not None and wait.thing.address:
                # What the holder itself waits for is the cause.
                text += f" and waits for {wait.thing.text()}"
                severity, level = NOTE, CONSEQUENCE
        evidence = [f"page {page:#x}: locked, up to date, not under writeback"]
        evidence += members([f"on the stack of {facts.who(task)}: {chain(facts.stacks.get(task, ()))}" for task in holders])
        evidence += members([facts.waited(task, facts.graph.waits[task].function) for task in tasks])
        yield Found(text, severity, FOUND, tuple(evidence), "blocked", len(tasks), seconds, level)


def _of(facts: Facts, page: int) -> str:
    """The file of a page and its file system."""
    dump = facts.dump
    mapping: Any = dump.object("struct page", page).mapping
    if not int(mapping) or int(mapping) & 3:
        return "no file"
    inode: Any = dump.object("struct address_space", int(mapping)).host
    try:
        path = inode_path(dump, inode)[0]
    except Error:
        path = ""
    return f"{path or f'inode {int(inode.i_ino)}'} ({sb_name(dump, inode.i_sb)})"


def _on_stacks(facts: Facts, page: int, waiting: list[int]) -> list[int]:
    """task_structs of others at rest that have the address of a page on their stacks."""
    found = []
    for task in islice(facts.addresses(), MAX_STACKS):
        thread = facts.threads[task]
        if task in waiting or thread.active:
            continue
        try:
            if page in stack(facts.dump, task).words:
                found.append(task)
        except Error:
            continue
    return found


FINDING = Finding(
    key="D16",
    title="page that is locked",
    level=LOCKS,
    rule=rule,
    false_alarm="the thread that locked it is about to write or to truncate it, and waits for something that is named elsewhere",
    advice="look at the threads that have the page on their stacks; without one, at who was in this file and has died or returned",
    excluded="no page is kept locked without I/O",
)
