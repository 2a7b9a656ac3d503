# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads: how many in which state, who ran last, who hangs, long chains of parents, who is in reclaim, sound stacks."""

from __future__ import annotations

import re

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.rows import fault
from pykd.kernel.stack.tracer import STACK_END_MAGIC, Tracer
from pykd.kernel.task import members, memory, namespaces, table, threads
from pykd.kernel.task.census import Seen, census
from pykd.programs import stacks
from pykd.programs.crashinfo.notes import problem, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _pykd import Dump
    from pykd.core.rows import Row

MOST_RECENT = 5
OLD = 30
"""Seconds for which a thread in uninterruptible sleep has not run when it is worth a look."""
HANG = 120
OLDEST = 10
LONG_CHAIN = 20
"""Processes, each the child of the one before."""
CROWD = 20
"""More threads than this in reclaim are pressure, however they sleep."""
MANY_STACKS = 10_000
"""Of so many it is remembered what is on them."""
RECLAIM = "^(?:shrink_all_zones|shrink_zone|shrink_node|shrink_lruvec|balance_dirty_pages)"
SYNC = "^(?:sync_supers|reiserfs_sync_fs|sys_sync|ksys_sync|sys_fdatasync|sys_fsync|do_fsync)"
NFSD = "svc_process|nfsd_dispatch"
JOURNAL = "log_wait_commit|journal_commit_transaction"


def summary(dump: Dump) -> Iterator[Row]:
    """How many threads ran recently, and are in each state."""
    found = census(dump)
    yield from ({"kind": "ran", "within": seconds, "threads": number} for seconds, number in found.recent().items())
    yield from ({"kind": "state", "state": state, "threads": number} for state, number in sorted(found.states().items()))
    for trouble in threads.problems(dump):
        yield warning(trouble)
    if found.unreadable:
        yield warning(f"{found.unreadable} of {len(found.seen) + found.unreadable} threads cannot be read, they are not counted")
    own, pids = namespaces.count_in_own(dump)
    if own or pids:
        yield warning(f"There are {own} threads running in their own namespaces\n\tUse 'taskinfo --ns' to get more details")


def ran_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "Number of Threads That Ran Recently"
    yield "-----------------------------------"
    for row in rows:
        label = "second" if row["within"] == 1 else f"{row['within']}s"
        yield f"   last {label:>6s}   {row['threads']:5d}"
    yield ""


def states_text(rows: Iterable[Row]) -> Iterator[str]:
    yield " ----- Total Numbers of Threads per State ------"
    yield from (f"  {row['state']:<40s}  {row['threads']:4d}" for row in rows)
    yield ""


def recent(dump: Dump) -> Iterator[Row]:
    """The threads that ran last, with the arguments of their process."""
    dated = sorted((one.ago, one.pid, one) for one in census(dump).seen if one.ago is not None)
    for ago, pid, one in dated[:MOST_RECENT]:
        yield {"kind": "recent", "pid": pid, "comm": one.comm, "ago": int(ago), "arguments": _arguments(dump, one)}


def _arguments(dump: Dump, one: Seen) -> str | None:
    """Words between blanks; None of a kernel thread, and where the dump lacks them, as one without user pages does."""
    if not one.mm:
        return None
    try:
        mm = dump.object("struct mm_struct", one.mm)
        size = min(mm.arg_end - mm.arg_start, 4096)
        if size <= 0:
            return None
        return dump.read(int(mm.arg_start), size, pgd=memory.page_table(mm, dump)).decode("latin-1").replace("\0", " ")
    except Error:
        return None


def recent_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "  PID  CMD                Age    ARGS"
    yield "-----  --------------   ------  ----------------------------"
    for row in rows:
        line = f"{row['pid']:5d} {row['comm']:14s}  {row['ago']:5d} ms  {'(no user stack)' if row['arguments'] is None else row['arguments']}"
        yield line
        if len(line) > 79:
            yield ""


def chains(dump: Dump) -> Iterator[Row]:
    """Processes that started one another without end: a script that calls itself."""
    seen = {one.address: one for one in census(dump).seen}
    parents = {one.parent for one in seen.values()}
    lengths: dict[int, int] = {}
    """Of the chains that end with a parent"""
    for one in seen.values():
        if one.address in parents or not one.pid or lengths.get(one.parent, LONG_CHAIN) + 1 < LONG_CHAIN:
            continue
        chain, known = [one], {one.address}
        while (above := seen.get(chain[-1].parent)) is not None and above.pid:
            if above.address in known:
                yield problem(f"Corrupted task table - pid/ppid loop at pid={above.pid}")
                break
            known.add(above.address)
            chain.append(above)
        else:
            lengths[one.parent] = len(chain) - 1
        if len(chain) >= LONG_CHAIN:
            yield warning(f"a long chain of processes, N={len(chain)}, last pid={one.pid}")
            yield {"kind": "chain", "processes": [{"pid": each.pid, "comm": each.comm} for each in reversed(chain)]}


def chain_text(row: Row) -> Iterator[str]:
    shown = row["processes"]
    left_out = len(shown) - 12
    depth = 0
    for number, one in enumerate(shown):
        if left_out > 0 and 6 <= number < 6 + left_out:
            if number == 6:
                yield f"   {' ' * depth}--- <{left_out} threads not printed> ---"
                depth += 1
            continue
        yield f"   {' ' * depth} {one['pid']} {one['comm']}"
        depth += 1


# ---- those that hang


def _asleep(dump: Dump) -> list[Seen]:
    """In uninterruptible sleep; those that are idle so (TASK_IDLE) wait for nothing."""
    return [one for one in census(dump).seen if one.letters == "UN"]


def _stack(dump: Dump, tracer: Tracer, one: Seen) -> Row:
    return tracer.trace(table.at(dump, [one.address])[0])


def uninterruptible(dump: Dump, tracer: Tracer, verbose: int) -> Iterator[Row]:
    """Stacks of the three that have not run for longest, of all with *verbose*; and what is unusual about them."""
    asleep = _asleep(dump)
    if verbose:
        yield from (_stack(dump, tracer, one) | {"kind": "sleeper", "ago": (one.ago or 0) / 1000} for one in asleep)
    old = [one for one in asleep if (one.ago or 0) > OLD * 1000]
    if nfsd := len(doing(dump, NFSD, old, tracer)):
        yield warning(f"{nfsd} NFS processes in UNINTERRUPTIBLE state")
    if journal := len(doing(dump, JOURNAL, asleep, tracer)):
        yield warning(f"{journal} processes in UNINTERRUPTIBLE state are committing journal")
    oldest = sorted(old, key=lambda one: (one.ago or 0, one.pid))[-3:]
    yield from (_stack(dump, tracer, one) | {"kind": "oldest", "ago": (one.ago or 0) / 1000} for one in oldest)


def sleepers_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield ""
        yield from stacks.lines(row)
        yield f"\n   ......  last_ran {int(row['ago'])}s ago\n"
        yield "-" * 70


def oldest_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "+++three oldest UNINTERRUPTIBLE threads"
    for row in rows:
        yield f"   ... ran {int(row['ago'])}s ago"
        yield ""
        yield from stacks.lines(row)


@per_dump
def _stacks(dump: Dump) -> dict[int, tuple[int, int, int | None]]:
    """By address of the task_struct the lowest address of its stack, its end, and its stack pointer, which may not be known. Zombies have none."""
    addresses = [one.address for one in census(dump).seen]
    size = place = 0
    found = {}
    columns = dump.read_plain(addresses, "struct task_struct", ("stack", members.path("stack_pointer", dump)))
    for address, stack, pointer in zip(addresses, *columns, strict=True):
        if isinstance(stack, Error) or not stack:
            continue
        if not size:  # of all the same size, and as far from where the member points
            try:
                low, high = dump.stack_of_task(address)
            except Error:
                continue
            size, place = high - low, low - stack
        found[address] = stack + place, stack + place + size, pointer if isinstance(pointer, int) else None
    return found


def _running(dump: Dump) -> set[int]:
    """Of the threads on CPUs the stack pointer is that of when they were last put there."""
    return {cpu.current for cpu in dump.cpus()}


def doing(dump: Dump, pattern: str, candidates: Iterable[Seen], tracer: Tracer) -> list[Seen]:
    """Those on whose stack there is a function whose name a regular expression is found in.

    All words of the stack in use are looked at first, which is fast, and whom they name has his trace made, which is right.
    """
    wanted = re.compile(pattern)
    known: dict[int, bool] = {}
    """Whether an address of code is in such a function"""
    stacks_known: dict[tuple[int, ...], bool] = {}
    """Whether any of these is"""

    def is_wanted(pc: int) -> bool:
        if pc not in known:
            symbol = dump.text_symbol(pc, True)
            known[pc] = symbol is not None and wanted.search(symbol.name) is not None
        return known[pc]

    found = []
    bounds, running = _stacks(dump), _running(dump)
    for one in candidates:
        if one.address not in bounds:
            continue
        low, high, pointer = bounds[one.address]
        if one.address not in running and pointer is not None and low <= pointer <= high:
            low = pointer  # below it is what calls of the past have left
        code = dump.stack_code(low, high)
        if code not in stacks_known:
            if len(stacks_known) == MANY_STACKS:
                stacks_known.clear()
            stacks_known[code] = any(map(is_wanted, code))
        if stacks_known[code] and stacks.has(_stack(dump, tracer, one), pattern):
            found.append(one)
    return found


def hangs(dump: Dump, tracer: Tracer) -> Iterator[Row]:
    """Whether there is a hang, pressure on memory, an NFS server that hangs, SAP HANA that is part of it."""
    seen = census(dump).seen
    oldest = sorted(one.ago or 0 for one in _asleep(dump))[-OLDEST:]
    hanging = sum(age > HANG * 1000 for age in oldest)
    if hanging > 1:
        yield warning(f"Possible hang: {hanging} threads are in uninterruptible sleep for more than {HANG} s")
    if hanging:
        yield warning("   Run 'hanginfo' to get more details")
    reclaiming = doing(dump, RECLAIM, [one for one in seen if one.letters in ("UN", "RU", "IN")], tracer)
    stuck = sum(one.letters == "UN" for one in reclaiming)
    pressure = bool(stuck) or len(reclaiming) > CROWD
    if pressure:
        yield warning(f"Memory pressure: {len(reclaiming)} threads in reclaim or write throttling, {stuck} of them in uninterruptible sleep")
    servers = [one for one in seen if one.comm == "nfsd" and one.letters == "UN"]
    if servers:
        yield warning(f"{len(servers)} threads of nfsd are in uninterruptible sleep")
    if pressure and servers:
        yield warning("A host with hanging NFSD and memory pressure\n\tRun 'nfsshow' to see whether it mounts by NFS what it exports itself")
    names = {one.comm for one in seen}
    if {"sapstart", "hdbindexserver"} <= names and hanging and pressure:
        yield warning("This host is running SAP HANA and is under memory pressure\n\tRun 'hanginfo --saphana' for explanations")


def oracle(dump: Dump, crashed: Row, tracer: Tracer) -> Iterator[Row]:
    """Panics that Oracle's cluster caused, since the node did not answer while it wrote."""
    seen = census(dump).seen
    syncing = doing(dump, SYNC, [one for one in seen if one.letters == "UN"], tracer)
    if syncing:
        pids = ", ".join(str(one.pid) for one in syncing[:5])
        yield warning(f"Panic while we were doing sync on FS (PIDs {pids})")
    if crashed["comm"] in ("cssdagent", "cssdmonitor") and stacks.has(crashed, "write_sysrq_trigger"):
        yield warning(f"Panic has been triggered explicitly by Oracle RAC {crashed['comm']}", late=True)


def pcc_cpufreq(dump: Dump, tracer: Tracer) -> Iterator[Row]:
    """A governor that takes one lock on all CPUs."""
    if any(module.name == "pcc_cpufreq" for module in dump.modules()):
        yield warning("the CPU frequency driver pcc_cpufreq is loaded, which does not scale beyond 4 CPUs", late=True)
        if doing(dump, "^pcc_cpufreq_target", [one for one in census(dump).seen if one.letters == "RU"], tracer):
            yield warning("possible pcc_cpufreq spinlock contention problems", late=True)


# ---- sound stacks


def damaged_stacks(dump: Dump) -> Iterator[Row]:
    """Threads whose stack is not what it must be: the mark at its end is gone, or the stack pointer is elsewhere."""
    bounds = _stacks(dump)
    running = _running(dump)
    first = dump.symbol("init_task", "").address
    for one in census(dump).seen:
        if one.address not in bounds:
            continue
        trouble = None
        low, high, pointer = bounds[one.address]
        try:
            mark = dump.read_unsigned(low) if one.address != first else STACK_END_MAGIC
        except Error:
            continue  # what the dump lacks is no damage
        if mark != STACK_END_MAGIC:
            trouble = f"the lowest word of its stack is {mark:#x}"
        elif pointer is not None and not low <= pointer <= high and one.address not in running:
            trouble = "SP out of boundaries"
        if trouble:
            yield {"kind": "damaged_stack", "pid": one.pid, "task": one.address, "comm": one.comm, "why": trouble}
            yield problem(f"Corrupted Stack Detected\n\tPID={one.pid} <struct task_struct {one.address:#x}> CMD={one.comm}\n\t  {trouble}")


def merged(rows: Iterable[Row], dump: Dump, verbose: int) -> Iterator[Row]:
    """Stacks that are alike as one, the most frequent first: their functions, the names and PIDs of their threads, who ran last and first."""
    # by PID, which makes all idle threads one: that of the first CPU
    ages = {one.pid: one.ago for one in census(dump).seen}
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if "error" not in row:
            groups.setdefault(stacks.signature(row), []).append(row)
    order = sorted(groups.items(), key=lambda item: len(item[1]))
    for functions, alike in reversed(order):
        commands: dict[str, int] = {}
        for row in alike:
            commands[row["comm"]] = commands.get(row["comm"], 0) + 1
        dated = sorted((age, row["pid"]) for row in alike if (age := ages.get(row["pid"])) is not None)
        levels = [level for level, *_ in stacks.frames(alike[0])]
        yield {
            "kind": "alike", "stacks": len(alike), "functions": list(functions), "levels": levels,
            "commands": dict(sorted(commands.items())), "pids": sorted(row["pid"] for row in alike),
            "youngest": {"pid": dated[0][1], "ago": dated[0][0]} if dated else None,
            "oldest": {"pid": dated[-1][1], "ago": dated[-1][0]} if dated else None,
        }  # fmt: skip


def merged_text(row: Row, verbose: int) -> Iterator[str]:
    yield f"\n------- {row['stacks']} stacks like that: ----------"
    yield from (f"  #{level:<3d} {function}" for level, function in zip(row["levels"], row["functions"], strict=True))
    if not row["functions"]:
        yield ""  # of a zombie
    if row["youngest"]:
        young, old = row["youngest"], row["oldest"]
        yield f"    youngest={int(young['ago'] / 1000)}s(pid={young['pid']}), oldest={int(old['ago'] / 1000)}s(pid={old['pid']})"
    yield "\n   ........................"
    yield from (f"     {name:30s} {number} times" for name, number in row["commands"].items())
    if verbose:
        yield "\n   ... PIDs ... "
        pids = row["pids"]
        for start in range(0, len(pids), 10):
            yield "     " + "".join(f"{pid:6d} " for pid in pids[start : start + 10])


def unreadable(error: Exception, kind: str) -> Row:
    """What stands for a part that cannot be told."""
    return {"kind": kind, "error": fault(error)}
