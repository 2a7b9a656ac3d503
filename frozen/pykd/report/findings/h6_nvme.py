# SPDX-License-Identifier: GPL-2.0-or-later
"""NVMe controllers that are being reset, connected again, or dead."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.walk import caught
from pykd.kernel.block import nvme
from pykd.report.finding import EXACT, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.logsigns import told
from pykd.report.wording import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

LONG = 10.0
_WELL = ("NEW", "LIVE")
_IO = ("request", "folio", "buffer", "tag", "queue", "commit", "xfs", "drain")


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    waiting = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key in _IO]
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    try:
        names = {number: name.removeprefix("NVME_CTRL_") for name, number in dump.enumerator_type("NVME_CTRL_LIVE").enumerators()}
        controllers = list(caught(nvme.for_each_controller(dump)))
    except NotFoundError:
        controllers = []  # no NVMe, or no types of it
    for controller in controllers:
        try:
            if isinstance(controller, Error):
                raise controller
            state = names.get(int(controller.state), str(int(controller.state)))
            if state in _WELL:
                continue
            evidence = [f"nvme_ctrl {int(controller):#x}: state {state}, by {nvme.transport(dump, controller)}"]
            if controller.hasField("nr_reconnects") and controller.nr_reconnects:
                evidence.append(f"tried to connect {int(controller.nr_reconnects)} times")
            text = f"The NVMe controller {nvme.name(controller)} ({nvme.model(controller)}) is {state.lower()}" + (f", and {threads(len(waiting))} for I/O" if waiting else "")
            yield Found(text, STOPS if waiting and seconds >= LONG else SERIOUS, EXACT, tuple(evidence), "nvme", len(waiting), seconds)
        except Error as error:
            facts.note(error)
    yield from told(facts, r"nvme (\S+): .*timeout, (?:reset controller|disable controller|aborting)", "The NVMe controller {0} did not answer in time ({times})", SERIOUS)


FINDING = Finding(
    key="H6",
    title="NVMe controller",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="it is being removed on purpose, or was just plugged in",
    advice="read the log for what the controller did not answer; check its firmware, its power states and the link",
    excluded="all NVMe controllers are live",
    concerns=lambda facts: any(True for _ in nvme.for_each_controller(facts.dump)),
)
