# SPDX-License-Identifier: GPL-2.0-or-later
"""``ps``: processes and threads."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus, sched
from pykd.kernel.task import limits
from pykd.kernel.task import table as tasktable
from pykd.kernel.task import threads as tasks
from pykd.kernel.task.memory import page_table
from pykd.kernel.task.table import UNKNOWN, Thread
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

VIEWS = "atcpglmSrA"
"""Options of which one can be given, as each is a view of its own."""


def _check(options: Any) -> None:
    """:raises CommandError: options that do not go together"""
    given = [flag for flag in "Y" + VIEWS if getattr(options, flag)]
    if "S" in given and options.arguments:
        raise CommandError("-S option takes no arguments")
    if len(given) > 1:
        raise CommandError(f"{', '.join(f'-{flag}' for flag in VIEWS[:-1])} and -{VIEWS[-1]} flags are all mutually-exclusive")
    if "S" in given and any(getattr(options, flag) for flag in ("k", "u", "G", "I", "s", "y")):
        raise CommandError("-S option cannot be used with other options")
    if options.C is not None and not (options.l or options.m):
        raise CommandError("-C option is only applicable with -l and -m")
    if options.G and (flag := next((flag for flag in given if flag in "tcpglmra"), "")):
        raise CommandError(f"-G not supported with -{flag} option")


def _chosen(session: Session, options: Any) -> Iterator[Thread | Row]:
    """The threads that the options and arguments leave; a row with an error for a PID or address that none has."""
    table = context.table(session)
    tasktable.add_memory(session.dump, table)
    policies = _policies(options.y) if options.y else None
    if options.arguments:
        chooser = tasktable.Chooser(table)
        found: dict[int, Thread] = {}
        for word in options.arguments:
            threads = chooser.choose(word)
            found |= {thread.address: thread for thread in threads}
            if not threads and tasktable.is_number(word):
                yield {"error": fault(f"invalid task or pid value: {word}")}
        table = [thread for thread in table if thread.address in found] if options.G else list(found.values())
    for thread in table:
        if (
            (not options.k or thread.is_kernel())
            and (not options.u or not thread.is_kernel())
            and (not options.G or thread.leader == thread.address or not thread.pid)
            and (not options.A or thread.active)
            and (not options.I or thread.pid)
            and (policies is None or thread.policy in policies)
        ):
            yield thread


def _policies(text: str) -> set[int]:
    chosen = set()
    for word in text.split(","):
        number = sched.POLICIES.get(word.upper(), int(word) if word.isdigit() else -1)
        if number not in sched.POLICIES.values():
            raise CommandError(f"{word}: invalid scheduling policy")
        chosen.add(number)
    return chosen


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    _check(options)
    total = dump.max_pfn * (dump.page_size // 1024)
    yield from _rows(session, options, total)
    if not options.arguments:
        # what is not in the table: the lists of threads are cut, or the dump lacks their pages
        yield from ({"error": fault(problem)} for problem in tasks.problems(dump))


def _rows(session: Session, options: Any, total: int) -> Iterator[Row]:
    more = _more(session, options)
    groups: set[int] = set()
    for thread in _chosen(session, options):
        if isinstance(thread, dict):
            yield thread
        elif not options.g:
            yield _row(thread, total) | more(thread)
        elif thread.tgid not in groups:  # the idle tasks are one group
            groups.add(thread.tgid)
            leader, *others = _group(session, thread)
            yield _row(leader, total) | {"threads": [context.identity(one) for one in others]}


def _row(thread: Thread, total: int) -> Row:
    row: Row = {
        "pid": thread.pid,
        "ppid": thread.ppid,
        "cpu": thread.cpu,
        "task": thread.address,
        "state": thread.state,
        "memory": thread.rss * 100 / total if total else 0.0,
        "vsz": thread.vsz,
        "rss": thread.rss,
        "comm": thread.comm,
        "active": thread.active,
        "kernel": thread.is_kernel(),
        "tgid": thread.tgid,
        "last_run": thread.last_run,
        "start": thread.start,
        "stack": thread.stack_pointer,
        "policy": thread.policy,
        "prio": thread.prio,
    }
    if thread.error is not None:
        row["error"] = fault(thread.error, partial=True)
    if lost := thread.lost | thread.unread.keys():
        unread = sorted({key for name in lost for key in _KEYS.get(name, (name,)) if key in row})
        row |= {key: None for key in unread if not isinstance(row[key], str)}  # texts say it themselves
        row["unavailable"] = unread
    return row


_KEYS = {"stack_pointer": ("stack",), "mm": ("vsz", "rss", "memory"), "rss": ("rss", "memory"), "flags": ("kernel",), "exit_state": ("state",)}
"""Of attributes of threads, the keys of rows that tell of them, where these have other names."""


def _word(value: object, width: int) -> str:
    """A number of a row in its column; it is None where it cannot be read."""
    return f"{UNKNOWN if value is None else value:>{width}}"


def _more(session: Session, options: Any) -> Callable[[Thread], Row]:
    """What an option adds to the row of a thread."""
    for flag, make in (("l", _clocks), ("m", _clocks), ("t", _times), ("p", _parents), ("c", _children), ("r", _limits), ("a", _command_line)):
        if getattr(options, flag):
            return make(session, options)
    return lambda thread: {}


def _clocks(session: Session, options: Any) -> Callable[[Thread], Row]:
    """``clock``: the time by which ``last_run`` was taken, that of the task's CPU."""
    clocks = cpus.clocks(session.dump)  # of a CPU without one it is shown when its tasks ran, not how long ago
    options.digits = len(str(max(clocks.values(), default=0)))
    options.cpus = context.cpu_list(session, options.C) if options.C else None
    return lambda thread: {"clock": clocks.get(thread.cpu)}


def _times(session: Session, options: Any) -> Callable[[Thread], Row]:
    from pykd.kernel import timekeeping

    dump = session.dump
    now = timekeeping.jiffies_since_boot(dump) // timekeeping.hz(dump)

    def times(thread: Thread) -> Row:
        task: Any = dump.object("struct task_struct", thread.address)
        try:
            start = task.start_time
            # crash takes whole seconds of the start, too
            return {"times": {"run": max(now - start // 1_000_000_000, 0), "start": start, "user": task.utime, "system": task.stime}}
        except Error as error:
            return {"times": {"error": fault(error)}}

    return times


def _parents(session: Session, options: Any) -> Callable[[Thread], Row]:
    table = {thread.address: thread for thread in context.table(session)}

    def parents(thread: Thread) -> Row:
        chain = [table.get(thread.address, thread)]
        while (parent := table.get(int(chain[-1].parent))) and parent not in chain:
            chain.append(parent)
        return {"parents": [context.identity(one) for one in chain[1:]]}

    return parents


def _children(session: Session, options: Any) -> Callable[[Thread], Row]:
    children: dict[int, list[Thread]] = {}
    for thread in context.table(session):
        children.setdefault(int(thread.parent), []).append(thread)
    return lambda thread: {"children": [context.identity(one) for one in children.get(thread.address, ())]}


def _group(session: Session, thread: Thread) -> list[Thread]:
    """The threads of its group, the leader first."""
    groups = session.state.get("thread_groups")
    if groups is None:
        groups = session.state["thread_groups"] = {}
        for one in context.table(session):
            groups.setdefault(one.tgid, []).append(one)
    members: list[Thread] = groups.get(thread.tgid) or [thread]
    leader = next((one for one in members if one.pid == one.tgid), members[0])
    return [leader, *(one for one in members if one is not leader)]


def _limits(session: Session, options: Any) -> Callable[[Thread], Row]:
    def of(thread: Thread) -> Row:
        found: list[Row] = []
        try:
            for name, *values in limits.limits(session.dump.object("struct task_struct", thread.address).signal):
                current, maximum = (None if value == limits.INFINITY else value for value in values)
                found.append({"name": name, "current": current, "maximum": maximum})
        except Error as error:
            found.append({"error": fault(error)})
        return {"limits": found}

    return of


def _command_line(session: Session, options: Any) -> Callable[[Thread], Row]:
    """Arguments and environment lie in user memory, which makedumpfile usually leaves out."""
    dump = session.dump

    def words(thread: Thread) -> Row:
        mm = dump.object("struct task_struct", thread.address).mm
        if not mm:
            return {"command_line": None}
        try:
            pgd = page_table(mm, dump)
            texts = [dump.read(start, end - start, pgd=pgd) for start, end in ((mm.arg_start, mm.arg_end), (mm.env_start, mm.env_end))]
        except Error as error:
            return {"command_line": {"error": fault(error)}}
        argument, environment = ([part.decode("utf-8", "backslashreplace") for part in text.split(b"\0") if part] for text in texts)
        return {"command_line": {"arguments": argument, "environment": environment}}

    return words


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    found = list(rows)  # titles and orders are of them all
    problems = [f"ps: {row['error']['message']}" for row in found if "task" not in row]
    if options.arguments:
        yield from (line for problem in problems for line in (problem, ""))
        problems = []
    yield from _view([row for row in found if "task" in row], options, session)
    yield from problems


def _view(found: list[Row], options: Any, session: Session) -> Iterator[str]:
    for flag, view in (("S", _summary), ("l", _last_run), ("m", _last_run), ("t", _times_text), ("p", _parents_text), ("c", _below_text),
                       ("g", _below_text), ("r", _limits_text), ("a", _command_line_text), ("Y", _scheduling)):  # fmt: skip
        if getattr(options, flag):
            yield from view(found, options)
            return
    if not options.H:
        yield f"      PID    PPID  CPU  {'    KSTACKP     ' if options.s else '     TASK       '} ST  %MEM      VSZ      RSS  COMM"
    for row in found:
        comm = f"[{row['comm']}]" if row["kernel"] else row["comm"]
        memory = "?" if row["memory"] is None else f"{row['memory']:.1f}"
        line = (
            f"{_sign(row)} {_word(row['pid'], 7)} {row['ppid']:>7} {_word(row['cpu'], 3)}  {_place(row, options)}  {row['state']} {memory:>5} "
            f"{_word(row['vsz'], 8)} {_word(row['rss'], 8)}  {comm}"
        )
        yield line + (f"  {mark(row)}" if "error" in row else "")


def _sign(row: Row) -> str:
    return UNKNOWN if row["active"] is None else ">" if row["active"] else " "


def _place(row: Row, options: Any) -> str:
    """Where the task is, or with -s the top of its stack."""
    if not options.s:
        return f"{row['task']:016x}"
    if row["active"]:
        return f"{'--':^16}"
    return f"{UNKNOWN:^16}" if row["stack"] is None else f"{row['stack']:016x}"


def _scheduling(rows: list[Row], options: Any) -> Iterator[str]:
    """Policies and priorities, as the kernel counts these: the lower, the sooner."""
    names = {number: name for name, number in sched.POLICIES.items()}
    if not options.H:
        yield "      PID    PPID  CPU       TASK         POLICY   PRIO  COMM"
    for row in rows:
        comm = f"[{row['comm']}]" if row["kernel"] else row["comm"]
        policy = names.get(row["policy"], row["policy"])
        yield (
            f"{_sign(row)} {_word(row['pid'], 7)} {row['ppid']:>7} {_word(row['cpu'], 3)}  {row['task']:016x} {_word(policy, 8)} "
            f"{_word(row['prio'], 5)}  {comm}"
        )


def _summary(rows: list[Row], options: Any) -> Iterator[str]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["state"]] = counts.get(row["state"], 0) + 1
    for state in counts:  # in the order in which they came up
        yield f"  {state}: {counts[state]}"


def _last_run(rows: list[Row], options: Any) -> Iterator[str]:
    """The most recently run first; -m: how long before the crash that was, by the clock of the task's CPU."""
    rows.sort(key=lambda row: -(row["last_run"] or 0))
    if not options.C:
        yield from (_run_line(row, options) for row in rows)
        return
    for cpu in options.cpus:
        yield f"CPU: {cpu}"
        yield from (_run_line(row, options) for row in rows if row["cpu"] == cpu)
        yield ""


def _run_line(row: Row, options: Any) -> str:
    if row["last_run"] is None or (options.m and row["clock"] is None):
        stamp = f"[{UNKNOWN}]"
    elif options.m:
        ago = max(row["clock"] - row["last_run"], 0) // 1_000_000
        seconds, milliseconds = divmod(ago, 1000)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        stamp = f"[{days} {hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}]"
    else:
        stamp = f"[{row['last_run']:>{options.digits}}]"
    return f"{stamp} [{row['state']}]  {context.header(row)}"


def _times_text(rows: list[Row], options: Any) -> Iterator[str]:
    if not options.arguments:
        rows.sort(key=lambda row: row["start"] or 0)
    for row in rows:
        times = row["times"]
        yield context.header(row)
        if "run" not in times:
            yield f"  {mark(times)}"
            continue
        days, rest = divmod(times["run"], 86400)
        run = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
        yield f"    RUN TIME: {f'{days} days, ' if days else ''}{run}"
        yield f"  START TIME: {times['start']}"
        yield f"       UTIME: {times['user']}"
        yield f"       STIME: {times['system']}"
        yield ""


def _parents_text(rows: list[Row], options: Any) -> Iterator[str]:
    for row in rows:
        for depth, one in enumerate(reversed([row, *row["parents"]])):
            yield " " * depth + context.header(one)
        yield ""


def _below_text(rows: list[Row], options: Any) -> Iterator[str]:
    """Each with its children (-c), or with the other threads of its group (-g)."""
    key = "children" if options.c else "threads"
    for row in rows:
        yield context.header(row)
        yield from (f"  {context.header(one)}" for one in row[key])
        if not row[key]:
            yield f"  (no {key})"
        yield ""


def _limits_text(rows: list[Row], options: Any) -> Iterator[str]:
    for row in rows:
        yield context.header(row)
        yield "      RLIMIT     CURRENT       MAXIMUM  "
        for limit in row["limits"]:
            if "error" in limit:
                yield f"  {mark(limit)}"
                continue
            values = ["(unlimited)" if limit[key] is None else str(limit[key]) for key in ("current", "maximum")]
            yield f"{limit['name']:>12}   {values[0]:^11}   {values[1]:^11}"
        yield ""


def _command_line_text(rows: list[Row], options: Any) -> Iterator[str]:
    for row in rows:
        yield context.header(row)
        words = row["command_line"]
        if words is None:
            yield "ps: no user stack"
        elif "error" in words:
            where = words["error"].get("address", "0x0").removeprefix("0x")
            yield f"ps: cannot access user stack address: {where}"
        else:
            yield "ARG: " + " ".join(words["arguments"])
            yield "ENV: " + "\n     ".join(words["environment"])
        yield ""


COMMAND = Command(
    name="ps",
    summary="process status",
    topic="tasks",
    options=(
        Option("-k", help="kernel threads only"),
        Option("-u", help="user tasks only"),
        Option("-G", help="thread group leaders only"),
        Option("-I", help="without the idle tasks"),
        Option("-A", help="tasks that were running only"),
        Option("-y", "POLICY", help="of a scheduling policy: NORMAL FIFO RR BATCH IDLE DEADLINE EXT, or its number"),
        Option("-H", help="without the line of titles"),
        Option("-s", help="kernel stack pointers in place of task addresses"),
        Option("-S", help="how many are in each state"),
        Option("-l", help="by the time they ran last, the latest first (ns)"),
        Option("-m", help="as -l, as time before the crash: [DAYS HOURS:MINUTES:SECONDS]"),
        Option("-C", "CPUS", help="with -l or -m: one CPU after the other"),
        Option("-t", help="run time, start time, user and system time"),
        Option("-p", help="the chain of parents"),
        Option("-c", help="children"),
        Option("-g", help="threads by thread group"),
        Option("-r", help="resource limits"),
        Option("-a", help="arguments and environment"),
        Option("-Y", help="scheduling policies and priorities"),
    ),
    arguments="[PID|TASK|COMM|'REGEX']…",
    patterns=True,
    description="`>` marks the tasks that were running. Names of kernel threads are in brackets.",
    fields={
        "pid": "", "ppid": "-1: the parent cannot be read", "cpu": "", "task": "struct task_struct", "state": "two letters", "memory": "percent of all pages",
        "vsz": "kB", "rss": "kB", "comm": "", "active": "was running",
        "unavailable": "keys that are null or ?, as what they tell cannot be read", "kernel": "has no user memory", "tgid": "",
        "last_run": "ns, clock of the CPU", "start": "ns after boot", "stack": "kernel stack pointer", "policy": "number", "prio": "kernel priority",
        "clock": "-l, -m: ns, of the CPU at the crash, null if unreadable", "times": "-t: run (s), start, user, system (ns)",
        "parents": "-p: tasks, the nearest first", "children": "-c: tasks", "threads": "-g: the others of the leader's group",
        "limits": "-r: name, current, maximum; null: unlimited", "command_line": "-a: arguments, environment; null: no user memory",
    },
    rows=rows,
    text=text,
)
