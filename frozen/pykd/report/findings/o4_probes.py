# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes and BPF programs on the stacks of CPUs and of threads that wait."""

from __future__ import annotations

from pykd.kernel.waits.things import function_name
from pykd.report.finding import CONSEQUENCE, FOUND, NOTE, Finding, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

_SIGNS = ("bpf_prog_", "bpf_trampoline_", "kprobe_ftrace_handler", "aggr_pre_handler", "optimized_callback", "kretprobe_trampoline", "trace_call_bpf", "bpf_dispatcher_")
"""Beginnings of names of functions"""
SHOWN = 5


def rule(facts: Facts) -> Iterator[Found]:
    found = []
    for cpu, trace in facts.traces.items():
        names = [name for frame in trace.frames if (name := function_name(frame)) and name.startswith(_SIGNS)]
        if names:
            found.append(f"CPU {cpu} {facts.who(facts.running[cpu].address)}: {' < '.join(names[:4])}")
    for task, wait in facts.graph.waits.items():
        if names := [name for name in wait.functions if name.startswith(_SIGNS)]:
            found.append(f"{facts.who(task)}, which waits: {' < '.join(names[:4])}")
    if found:
        yield Found("Probes or BPF programs are on stacks that matter", NOTE, FOUND, tuple(found[:SHOWN]), "bpf")


FINDING = Finding(
    key="O4",
    title="probes",
    level=CONSEQUENCE,
    rule=rule,
    false_alarm="the probe only stands by the way and is quick",
    advice="try without the probe; bpftool and /sys/kernel/debug/kprobes say whose it is",
    excluded="no probe or BPF program is on the stack of a CPU or of a thread that waits",
)
