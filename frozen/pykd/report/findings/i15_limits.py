# SPDX-License-Identifier: GPL-2.0-or-later
"""Limits of the whole system that are nearly reached: open files, threads, process IDs, orphaned sockets, TCP's memory, neighbours."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.kernel import cpus
from pykd.report.finding import EXACT, LIMITS, SERIOUS, Finding, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pykd.report.facts import Facts

NEAR = 0.9


def _files(facts: Facts) -> tuple[int, int]:
    dump = facts.dump
    used = cpus.percpu_counter_sum(dump.object("struct percpu_counter", dump.symbol("nr_files", "").address), dump)
    return used, int(dump.object("struct files_stat_struct", dump.symbol("files_stat", "").address).max_files)


def _threads(facts: Facts) -> tuple[int, int]:
    return facts.number("nr_threads"), facts.number("max_threads")


def _pids(facts: Facts) -> tuple[int, int]:
    space = facts.dump.object("struct pid_namespace", facts.dump.symbol("init_pid_ns", "").address)
    # a global until 7863dcc72d0f ("pid: allow pid_max to be set per pid namespace") (in v6.14); the highest bits say that it gives out none
    most = int(space.pid_max) if space.hasField("pid_max") else facts.number("pid_max")
    return int(space.pid_allocated) & (1 << 30) - 1, most


def _tcp_memory(facts: Facts) -> tuple[int, int]:
    dump = facts.dump
    return max(dump.read_signed(dump.symbol("tcp_memory_allocated", "").address), 0), dump.read_unsigned(dump.symbol("sysctl_tcp_mem", "").address + 16)


def _orphans(facts: Facts) -> tuple[int, int]:
    """Per-CPU since 19757cebf0c5 ("tcp: switch orphan_count to bare per-cpu counters") (in v5.16)"""
    dump = facts.dump
    symbol = dump.symbol("tcp_orphan_count", "")
    if cpus.is_percpu(symbol.address, dump):
        count = sum(dump.read_signed(cpus.address_on(symbol.address, cpu, dump), 4) for cpu in cpus.possible(dump))
    else:
        count = cpus.percpu_counter_sum(dump.object("struct percpu_counter", symbol.address), dump)
    return count, facts.number("sysctl_tcp_max_orphans")


def _neighbours(facts: Facts) -> tuple[int, int]:
    table = facts.dump.object("struct neigh_table", facts.dump.symbol("arp_tbl", "").address)
    return int(table.gc_entries.counter), int(table.gc_thresh3)


COUNTS: tuple[tuple[str, str, Callable[[Facts], tuple[int, int]]], ...] = (
    ("open files", "files", _files), ("threads", "ps", _threads), ("process IDs", "ps", _pids), ("pages of TCP's memory", "net -s", _tcp_memory),
    ("orphaned TCP sockets", "net -s", _orphans), ("neighbours (ARP)", "net -a", _neighbours),
)  # fmt: skip
"""(what is counted, a command, how many there are and may be)"""


def rule(facts: Facts) -> Iterator[Found]:
    missing: list[Error] = []
    for what, command, count in COUNTS:
        try:
            used, most = count(facts)
        except NotFoundError as error:
            missing.append(error)  # a variable that other kernels have elsewhere
            continue
        except Error as error:
            facts.note(error)
            continue
        if most > 0 and used >= NEAR * most:
            yield Found(f"There are {used} {what}, of {most} that there may be", SERIOUS, EXACT, (), command)
    if len(missing) == len(COUNTS):
        raise missing[0]


FINDING = Finding(
    key="I15",
    title="limits of the system",
    level=LIMITS,
    rule=rule,
    false_alarm="a sandbox whose limit is meant",
    advice="find who uses most of them (ps, files, net), then raise the limit",
    excluded="no limit of files, threads, process IDs or TCP is near",
)
