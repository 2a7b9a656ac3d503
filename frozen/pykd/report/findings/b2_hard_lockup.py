# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs that had their interrupts off for so long that their clock stood still."""

from __future__ import annotations

from pykd.kernel import cpus
from pykd.kernel.waits.things import function_name
from pykd.report.finding import CPU_STUCK, FOUND, STOPS, Finding, Found
from pykd.report.logsigns import told
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

LIMIT = 10.0
"""Seconds by which a run queue's clock may be behind that of the others"""


def rule(facts: Facts) -> Iterator[Found]:
    yield from told(facts, r"Watchdog detected hard LOCKUP on cpu (\d+)", "CPU {0} had its interrupts off for too long (hard lockup)", STOPS, command="bt -a")
    for cpu, rq in cpus.run_queues(facts.dump).items():
        thread = facts.running.get(cpu)
        if thread is None or not thread.pid:
            continue  # an idle CPU stops its tick
        behind = facts.behind(rq)
        if behind is None:
            continue
        off, frame = facts.interrupts_off(cpu)
        if behind > LIMIT and off and frame is not None:
            where = f"{function_name(frame) or hex(frame.pc)}+{frame.offset or 0:#x}"
            evidence = (f"its clock is {behind:.1f} s behind", f"interrupts are off in {where}", f"CPU {cpu}: {chain(facts.functions_on(cpu), 8)}")
            yield Found(f"CPU {cpu} has had its interrupts off for {behind:.0f} s, in {where}", STOPS, FOUND, evidence, f"bt {thread.pid}", 1, behind)


FINDING = Finding(
    key="B2",
    title="hard lockup",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the CPU is idle or offline; or it spins for a lock that another CPU holds, which then is the cause",
    advice="look at which function turned interrupts off, and what it waits for; a device or the firmware, if it only reads registers",
    excluded="no CPU had its interrupts off for long",
)
