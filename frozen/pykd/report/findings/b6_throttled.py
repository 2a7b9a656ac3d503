# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups of threads whose quota of CPU time is used up."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.report.finding import CPU_STUCK, EXACT, NOTE, Finding, Found
from pykd.report.quota import name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

MAX_GROUPS = 100_000
OFTEN = 0.5
"""Share of its periods in which a group ran out of its quota, from which on that is too tight"""


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    for group in list_for_each_entry(dump, dump.symbol("task_groups", "").address, "struct task_group", "list", limit=MAX_GROUPS, what="the list of task groups"):
        if not group.hasField("cfs_bandwidth"):
            return
        try:
            band = group.cfs_bandwidth
            quota, periods, throttled = int(band.quota), int(band.nr_periods), int(band.nr_throttled)
            if not 0 < quota < 1 << 63 or not periods or throttled <= OFTEN * periods:
                continue
            evidence = (f"task_group {int(group):#x}: quota {quota / 1e6:.1f} ms of each {int(band.period) / 1e6:.1f} ms; throttled in {throttled} of {periods} periods",)
            yield Found(f"The cgroup {name_of(group)} ran out of its quota of CPU time in {throttled / periods:.0%} of its periods", NOTE, EXACT, evidence, "cgroups")
        except Error as error:
            facts.note(error)
            continue


FINDING = Finding(
    key="B6",
    title="CPU quota",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the quota is meant; it is told as a cause only of a thread that holds what others wait for (D1)",
    advice="raise cpu.max of the cgroup, or give its threads less to do",
    excluded="no cgroup runs out of its quota of CPU time all the time",
)
