# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests to block devices that are long under way, and queues that are frozen."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.block.disks import for_each_disk
from pykd.kernel.block.requests import inflight_requests, operation, request_age
from pykd.report.finding import CONSEQUENCE, EXACT, FOUND, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LIMIT = 30.0
"""Seconds, where the queue does not say what its timeout is"""
LEAST = 10.0
"""Seconds from which on a request is worth telling"""
LOOP = frozenset(("loop_process_work", "loop_workfn", "loop_rootcg_workfn", "loop_queue_work", "loop_handle_cmd", "lo_rw_aio"))
"""Functions of the workers of loop devices"""
SHOWN = 5
MAX_REQUESTS = 4096
"""Of a disk, that are looked at"""
IO = ("request", "folio", "buffer", "tag", "queue", "throttle", "commit", "dirty", "writeback", "xfs", "drain", "mempool", "md", "device mapper")
"""Purposes of threads that wait for block devices"""


def rule(facts: Facts) -> Iterator[Found]:
    waiting = sum(1 for wait in facts.graph.waits.values() if wait.purpose and wait.purpose.key in IO)
    for disk in caught(for_each_disk(facts.dump)):
        try:
            if isinstance(disk, Error):
                raise disk
            queue = disk.queue
            if not queue:
                continue
            yield from _old(facts, disk, queue, waiting)
            yield from _frozen(facts, disk, queue)
        except Error as error:
            facts.note(error)
            continue


def _old(facts: Facts, disk: Any, queue: Any, waiting: int) -> Iterator[Found]:
    ages: list[tuple[float, Any]] = []
    for request in caught(inflight_requests(facts.dump, queue)):
        if len(ages) >= MAX_REQUESTS:
            break
        try:
            if not isinstance(request, Error) and (nanoseconds := request_age(facts.dump, request)) is not None:
                ages.append((nanoseconds / 1e9, request))
        except Error as error:
            facts.note(error)
            continue
    old = sorted((pair for pair in ages if pair[0] >= LEAST), key=lambda pair: -pair[0])
    if not old:
        return
    limit = int(queue.rq_timeout) / facts.hz if queue.hasField("rq_timeout") and queue.rq_timeout else LIMIT
    oldest = old[0][0]
    name = str(disk.disk_name)
    evidence = []
    for age, request in old[:SHOWN]:
        sector = int(request.__sector) if hasattr(request, "__sector") else int(request.Eval("__sector"))
        evidence.append(f"request {int(request):#x}: {operation(request)}, sector {sector}, {int(request.Eval('__data_len'))} bytes, {age:.1f} s")
    text = f"{number(len(old), 'request')} to {name} {'has' if len(old) == 1 else 'have'} not been answered for up to {oldest:.0f} s (its timeout is {limit:.0f} s)"
    if worker := _worker(facts, name):
        # A loop device is a file: who writes to it waits himself, and that is the cause.
        wait = facts.graph.waits[worker]
        text += f": it is a file, whose worker {facts.who(worker)} waits for {wait.thing.text() if wait.thing else 'what is not known'}"
        yield Found(text, SERIOUS, EXACT, tuple(evidence), "inflight", waiting, oldest, CONSEQUENCE)
        return
    yield Found(text, STOPS if oldest > limit else SERIOUS, EXACT, tuple(evidence), "inflight", waiting, oldest)


def _worker(facts: Facts, disk: str) -> int:
    """task_struct of a thread that does the work of a loop device and waits; 0: the disk is none, or none waits."""
    if not disk.startswith("loop"):
        return 0
    working = [task for task, wait in facts.graph.waits.items() if LOOP.intersection(wait.functions)]
    # A thread of its own had the device's name until 87579e9b7d8d ("loop: use worker per cgroup instead of kworker") (in v5.14).
    return next((task for task in working if facts.threads[task].comm == disk), working[0] if working else 0)


def _frozen(facts: Facts, disk: Any, queue: Any) -> Iterator[Found]:
    depth = int(queue.mq_freeze_depth) if queue.hasField("mq_freeze_depth") else 0
    waiters = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key in ("queue", "drain")]
    if depth <= 0 or not waiters:
        return
    seconds = max(facts.seconds(task) for task in waiters)
    if seconds < 1:
        return
    evidence = [f"request_queue {int(queue):#x}: mq_freeze_depth {depth}"]
    evidence += [facts.waited(task, facts.graph.waits[task].function) for task in waiters[:SHOWN]]
    text = f"The queue of {disk.disk_name!s} is frozen, and {number(len(waiters), 'thread')} wait"
    yield Found(text, STOPS if seconds >= LEAST else SERIOUS, FOUND, tuple(evidence), "inflight", len(waiters), seconds)


FINDING = Finding(
    key="H1",
    title="block I/O",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="the whole guest was paused; the device is in error handling, which is then the cause; formatting and discarding take long",
    advice="look below: at the device's driver, its path and the host's or array's log at the time when the oldest request began",
    excluded="no request to a block device is older than 10 s, and no queue is frozen",
)
