# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs that did not answer even the crash's own NMI."""

from __future__ import annotations

from pykd.kernel import cpus
from pykd.report.finding import CPU_STUCK, FOUND, SERIOUS, Finding, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    if not facts.dump.address_of("waiting_for_crash_ipi", default=0):
        return  # of x86 alone
    waited = facts.number("waiting_for_crash_ipi")
    if not 0 < waited < 1 << 31:
        return
    dump = facts.dump
    silent = [cpu for cpu in dump.cpus() if cpu.nr in cpus.online(dump) and cpu.registers is None]
    if not silent or len(silent) == len(cpus.online(dump)):
        return
    for cpu in silent:
        thread = facts.running.get(cpu.nr)
        evidence = (f"waiting_for_crash_ipi is still {waited}", cpu.why_no_registers or "it has no registers in the dump")
        who = f", which ran {facts.who(thread.address)}" if thread else ""
        yield Found(f"CPU {cpu.nr}{who} did not answer the crash's NMI: it is stuck in firmware or hardware, or its vCPU was not run", SERIOUS, FOUND, evidence, "bt -a")


FINDING = Finding(
    key="B3",
    title="CPU that does not answer",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the CPU is offline, or a hypervisor wrote the dump",
    advice="ask the hypervisor whether that vCPU was run, of a real machine the log of its management controller",
    excluded="all CPUs answered the crash's NMI",
    concerns=lambda facts: bool(facts.dump.address_of("waiting_for_crash_ipi", default=0)),
)
