# SPDX-License-Identifier: GPL-2.0-or-later
"""Time that the host took from the CPUs of a guest."""

from __future__ import annotations

from pykd.kernel import cpus
from pykd.report.finding import EXACT, HARDWARE, NOTE, Finding, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

SHARE = 0.1
"""Of the time since the start"""


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    base = dump.address_of("steal_time", "", default=0)
    if not base or dump.find_type("struct", "kvm_steal_time") is None or not facts.clock:
        return
    offset = dump.type("struct kvm_steal_time").offset_of("steal")
    stolen = {cpu: dump.read_unsigned(cpus.address_on(base, cpu, dump) + offset) / facts.clock for cpu in cpus.online(dump)}
    share = sum(stolen.values()) / max(len(stolen), 1)
    if share > SHARE:
        evidence = tuple(f"CPU {cpu}: {part:.0%}" for cpu, part in sorted(stolen.items(), key=lambda pair: -pair[1])[:8])
        yield Found(f"The host ran something else for {share:.0%} of the time, as an average since the start", NOTE, EXACT, evidence, level=HARDWARE)


FINDING = Finding(
    key="N1",
    title="stolen time",
    level=HARDWARE,
    rule=rule,
    false_alarm="the machine has run for long: only the average is known",
    advice="ask the host: it runs more virtual CPUs than it has",
    excluded="the host took little time from the CPUs",
)
