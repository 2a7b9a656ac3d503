# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs that ran kernel code for so long that nothing else could run on them."""

from __future__ import annotations

import re

from _pykd import Error
from pykd.kernel import cpus
from pykd.report.facts import stamp
from pykd.report.finding import CPU_STUCK, EXACT, FOUND, GUESS, NOTE, STOPS, Finding, Found
from pykd.report.paused import stood_still
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

_MESSAGE = re.compile(r"BUG: soft lockup - CPU#(\d+) stuck for (\d+)s! \[(.*):(\d+)\]")
NEVER = (1 << 64) - 1
_UNIT = 1 << 30
"""ns: of ``watchdog_touch_ts`` (get_timestamp()), close to a second of sched_clock"""
OVER = 60.0
"""Seconds after the last message from which on it is over"""
_WAITING = (
    "native_queued_spin_lock_slowpath", "__pv_queued_spin_lock_slowpath", "queued_read_lock_slowpath", "queued_write_lock_slowpath",
    "smp_call_function_many_cond", "smp_call_function_single", "multi_cpu_stop",
)  # fmt: skip
"""A CPU in one of these only waits for another."""


def rule(facts: Facts) -> Iterator[Found]:
    limit = 2 * facts.number("watchdog_thresh", 4, default=10)
    told: dict[int, tuple[int, str, str, list[str], int]] = {}
    for record in facts.records:
        if (match := _MESSAGE.search(record.text)) and not record.facility:
            cpu = int(match[1])
            lines = told.get(cpu, (0, "", "", [], 0))[3]
            told[cpu] = int(match[2]), match[3], match[4], [*lines[:2], stamp(record)], record.time
    paused = stood_still(facts)
    for cpu, (stuck, comm, pid, lines, last) in told.items():
        functions = facts.functions_on(cpu)
        thread = facts.running.get(cpu)
        still = thread is not None and str(thread.pid) == pid
        waiting = next((function for function in functions if function in _WAITING), "") if still else ""
        text = f"CPU {cpu} was stuck in kernel code for {stuck} s, with PID {pid} ({comm})"
        text += f", and waits for another CPU in {waiting}" if waiting else f", in {functions[0]}" if still and functions else ""
        # While it lasts the message comes again and again.
        over = not still and (facts.clock - last) / 1e9 > OVER
        text += "; it went on since" if over else ""
        evidence = [*lines, *([f"CPU {cpu} at the end: {chain(functions)}"] if still and functions else [])]
        yield Found(text, NOTE if paused or over else STOPS, GUESS if waiting or paused else EXACT, tuple(evidence), f"bt {pid}", 1, float(stuck))
    yield from _untold(facts, limit, set(told))


def _untold(facts: Facts, limit: int, told: set[int]) -> Iterator[Found]:
    """By the stamps of the watchdog, where the kernel had not reported it yet; of all CPUs alike it was the machine that stood still."""
    base = facts.dump.address_of("watchdog_touch_ts", "", default=0)
    if not base:
        return
    late: dict[int, float] = {}
    looked = 0
    for cpu, thread in facts.running.items():
        try:
            touched = facts.dump.read_unsigned(cpus.address_on(base, cpu, facts.dump))
        except Error as error:
            facts.note(error)
            continue
        looked += 1
        behind = facts.clock / _UNIT - touched
        if touched not in (0, NEVER) and behind > limit and thread.pid and facts.seconds(thread.address) > limit:
            late[cpu] = behind
    if len(late) == looked and looked > 1:
        return
    for cpu, behind in late.items():
        if cpu not in told:
            thread = facts.running[cpu]
            functions = facts.functions_on(cpu)
            if any(function in _WAITING for function in functions):
                continue  # who it waits for is told
            evidence = (f"watchdog_touch_ts is {behind:.0f} s old (limit {limit} s)", f"CPU {cpu}: {chain(functions)}")
            text = f"CPU {cpu} has run {facts.who(thread.address)} for {behind:.0f} s without letting its watchdog run" + (f", in {functions[0]}" if functions else "")
            yield Found(text, STOPS, FOUND, evidence, f"bt {thread.pid}", 1, behind)


FINDING = Finding(
    key="B1",
    title="soft lockup",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the CPU only waits for another one, or the whole guest was paused: then all CPUs are late alike",
    advice="look at what the CPU loops over (bt, dis -r), and for a lock at who holds it; a long list or table is in the registers of its caller",
    excluded="no CPU was stuck in kernel code",
)
