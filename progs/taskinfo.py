# SPDX-License-Identifier: GPL-2.0-or-later
"""Print info about tasks."""

from __future__ import annotations

import sys
from optparse import OptionParser

import crash
import pykd
from LinuxDump.Tasks import Task, TaskTable, decode_tflags, tasksSummary, warn_of_states
from pykdump.Generic import hexl
from pykdump.highlevel import INT_MAX, LONG_MASK, exec_crash_command, is_task_active, pylog, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from optparse import Values
    from typing import Any

    from LinuxDump.Tasks import _TaskTable

__version__ = "0.7"

HEADER = """ PID          CMD       CPU   Ran ms ago   STATE
--------   ------------  --  ------------- -----"""

MAX_TREE_DEPTH = 200


def short_state(t: Task) -> str:
    """The two letters by which tasks are shown and filtered."""
    return t.state[5:7] or t.state


# ---- the table


def in_pid_order(tt: _TaskTable) -> Iterator[Task]:
    """All threads, each group leader followed by its threads."""
    for leader in tt.allTasks():
        yield leader
        yield from leader.threads


def ran_ago(t: Task) -> float | None:
    """How long ago it ran, in ms; None where the dump lacks that, or the clock of its run queue."""
    try:
        return t.Ran_ago
    except (pykd.Error, LookupError):
        return None


def in_order_of_running(tt: _TaskTable) -> list[Task]:
    """All threads, those that ran last first; those that cannot be read are left out."""
    threads = []
    for t in tt.allThreads():
        ago = ran_ago(t)
        try:
            threads.append((float("inf") if ago is None else ago, t.pid, t))
        except pykd.Error as err:
            pylog.error("corrupted", hexl(int(t.ts)), err)
    return [t for *_, t in sorted(threads, key=lambda item: item[:2])]


def matches(state: str, wanted: Collection[str]) -> bool:
    """Is a task of that state wanted? ``ST`` and ``TR`` mean what ``__TASK_STOPPED`` and ``__TASK_TRACED`` are shown as too."""
    return state[5:7] in wanted or state.lstrip("_")[5:7] in wanted


def table_line(t: Task, recent: bool) -> str:
    pid, tgid = t.pid, t.tgid
    mark = ">" if is_task_active(int(t.ts)) else " "
    # the threads of a group are indented below their leader
    number = f" {pid:6d}" if pid != tgid and not recent else f"{pid:6d}"
    extra = f" (tgid={tgid})" if pid != tgid else ""
    ago = ran_ago(t)
    shown = "?" if ago is None else int(ago)
    return f"{mark}{number} {t.comm:>14s} {t.cpu:3d} {shown:>14}  {short_state(t)} {extra:>13s} UID={uid(t)}"


def uid(t: Task) -> Any:
    """``?`` where the dump lacks the credentials."""
    try:
        return t.Uid
    except pykd.Error:
        return "?"


def print_tasks(options: Values, recent: bool = False, at_most: int | None = None) -> None:
    tt = TaskTable()
    tasks = in_order_of_running(tt) if recent else list(in_pid_order(tt))
    if options.Taskfilter:
        warn_of_states(tasks)
        wanted = [state.strip() for state in options.Taskfilter.split(",")]
        tasks = [t for t in tasks if matches(t.state, wanted)]

    heading = "Tasks in reverse order, scheduled recently first" if recent else "Tasks in PID order, grouped by Thread Group leader"
    first = None
    if at_most is not None and len(tasks) > at_most:
        heading += f" ({len(tasks) - at_most} tasks skipped)"
        first = at_most // 2
        tasks = [*tasks[:first], *tasks[len(tasks) - (at_most - first) :]]
    print(f"=== {heading} ===")
    if not options.Cmd:
        print(HEADER)

    failed = 0
    for i, t in enumerate(tasks):
        if i == first:
            print("           <snip>")
        try:
            line = table_line(t, recent)
        except (pykd.Error, IndexError) as err:
            failed += 1
            pylog.error("corrupted", hexl(int(t.ts)), err)
            continue
        if options.Cmd:
            print(HEADER)
        print(line)
        if options.Cmd:
            run_command(f"{options.Cmd} {t.pid}")
        if options.Verbose:
            print_stack(t)
        if options.Cmd or options.Verbose:
            print(f"\n{'-' * 78}\n")
    if failed:
        pylog.warning(f"{failed} of {len(tasks)} tasks cannot be shown")


def run_command(command: str) -> None:
    print(f"\ncrash> {command}")
    try:
        output = exec_crash_command(command)
    except pykd.Error as err:
        output = f"{err}"
    if ": command not found: " in output:
        print(output)
        sys.exit(1)
    print(output)


def print_stack(t: Task) -> None:
    from LinuxDump.BTstack import exec_bt

    stacks = exec_bt(f"bt {t.pid}")
    print(stacks[0] if stacks else "  no stack")


# ---- one task


def print_flags(flags: int) -> None:
    print(f"  -- Thread Flags: {flags:#x}")
    decode_tflags(flags, 10)


def print_credentials(name: str, cred: Any) -> None:
    from pykd.kernel.task import credentials

    print("   --", name)
    for use, (uid, gid) in credentials.ids(cred).items():
        print(f"\t{use + 'uid':>5s}={uid:<5d} {use + 'gid':>5s}={gid:<5d}")
    print("     --user_struct", cred.user)
    charged = credentials.charges(cred)
    print(f"\t  processes={charged.processes} sigpending={charged.sigpending}")
    print("     --group_info", cred.group_info)
    print("     ", credentials.groups(cred))


def limit(value: int) -> str:
    return "INFINITY" if value == LONG_MASK else str(value)


def print_limits(signal: Any) -> None:
    print("   -- Rlimits:")
    from pykd.kernel.task.limits import limits

    for i, (name, current, maximum) in enumerate(limits(signal)):
        print(f"\t{i:02d} (RLIMIT_{name}) cur={limit(current)} max={limit(maximum)}")


def print_parents(t: Task, verbose: int) -> None:
    parent, real_parent = t.parent, t.Realparent
    if parent:
        print("   -- Parent:", parent.pid, parent.comm)
        if real_parent != parent:
            print("   -- Real Parent:", real_parent.pid, real_parent.comm)
    children = t.taskChildren()
    if children:
        print(f"   -- Children: {len(children)}")
        if verbose:
            for child in children:
                print("\t", child.pid, child.comm)


def print_threads(t: Task, verbose: int) -> None:
    threads = t.threads
    if t.pid == 0 or not threads:
        return
    print(f"   -- Threads Info ({len(threads) + 1} threads, {t.signal.live.counter} live)")
    if t.pid != t.tgid:
        print(f"\tWe belong to a thread group with tgid={t.tgid}")
        return
    print("\tI am the leader of a thread group")
    if verbose:
        print("\tThreads:", [thread.pid for thread in threads])


def print_details(t: Task, verbose: int) -> None:
    def part(function: Callable[..., None], *args: Any) -> None:
        """One missing page does not cost the rest."""
        try:
            function(*args)
        except pykd.Error as err:
            print(f"   -- cannot be read: {err}")

    state = short_state(t)
    print(f"---- {t.pid:6d}({state}) {t.ts} {t.comm}")
    print("   cpu", t.cpu)
    part(print_parents, t, verbose)
    part(print_flags, t.thread_info.flags)
    part(print_threads, t, verbose)
    if t.cred == t.real_cred:
        part(print_credentials, "Credentials", t.cred)
    else:
        part(print_credentials, "cred", t.cred)
        part(print_credentials, "real_cred", t.real_cred)
    if state == "DE":
        return  # the rest went with the process
    part(print_limits, t.signal)
    print("   --- thread_info", t.thread_info)


def find_task(number: int) -> Task | None:
    """By thread id, or by the address of its task_struct; None if there is none."""
    tt: _TaskTable = TaskTable()
    if number <= INT_MAX:
        t = tt.getByTid(number)
        if not t:
            print("There is no task with pid=", number)
        return t
    ts = readSU("struct task_struct", number)
    try:
        known = tt.getByTid(ts.pid)
    except pykd.Error:
        known = None
    if not known:
        print("Bogus addr")
        return None
    return Task(ts, tt)


# ---- the tree


def tree_children(t: Task) -> list[tuple[str, int, Task]]:
    """(name, pid, task) of the children of a whole thread group, by name; those that cannot be read are left out."""
    children = []
    for thread in (t, *t.threads):
        for child in thread.taskChildren():
            try:
                children.append((child.comm, child.pid, child))
            except pykd.Error:
                continue
    return sorted(children, key=lambda child: child[0])


def tree_lines(t: Task, seen: set[int], depth: int = 0) -> Iterator[str]:
    """Lines of the tree below a task, as user space's pstree draws it."""
    label = f"{t.comm}({t.pid})"
    if int(t.ts) in seen or depth > MAX_TREE_DEPTH:
        yield f"{label} ==> more tasks"
        return
    seen.add(int(t.ts))
    branches: list[Iterable[str]] = [tree_lines(child, seen, depth + 1) for *_, child in tree_children(t)]
    threads = len(t.threads)
    if threads:
        branches.append([f"{threads}*[{{{t.comm}}}]" if threads > 1 else f"{{{t.comm}}}"])
    if not branches:
        yield label
        return
    blank = " " * (len(label) + 1)
    last = len(branches) - 1
    for i, branch in enumerate(branches):
        for j, line in enumerate(branch):
            if j == 0:
                joint = "-" if last == 0 else "+" if i == 0 else "`" if i == last else "|"
                start = f"{label}-" if i == 0 else blank
                yield f"{start}{joint}-{line}"
            else:
                yield f"{blank}{' ' if i == last else '|'} {line}"


def print_tree(pid: int) -> None:
    t = TaskTable().getByPid(pid)
    if not t:
        print("There is no task with pid=", pid)
        return
    for line in tree_lines(t, set()):
        print(line)


def parse_options() -> Values:
    op = OptionParser()
    op.add_option("-v", dest="Verbose", default=0, action="count", help="verbose output")
    op.add_option("--summary", dest="Summary", default=0, action="store_true", help="Summary")
    op.add_option(
        "--hang",
        dest="Hang",
        default=0,
        action="store_true",
        help="Equivalent to '-r --task=UN' and prints just several newest and several oldest threads",
    )
    op.add_option(
        "--maxpids",
        dest="Maxpids",
        default=8,
        action="store",
        type="int",
        help="Maximum number of PIDs to print for --hang and --mem",
    )
    op.add_option(
        "--pidinfo",
        dest="Pidinfo",
        default=None,
        action="store",
        type="int",
        help="Display details for a given PID. You can specify PID or addr of task_struct",
    )
    op.add_option(
        "--taskfilter",
        dest="Taskfilter",
        default=None,
        action="store",
        help="A list of 2-letter task states to print, e.g. UN",
    )
    op.add_option("--pstree", dest="Pstree", default=False, action="store_true", help="Emulate user-space 'pstree' output")
    op.add_option(
        "-r", "--recent", dest="Reverse", default=0, action="store_true", help="Reverse order while sorting by ran_ago"
    )
    op.add_option(
        "--cmd",
        dest="Cmd",
        default=None,
        action="store",
        help="For each listed task, display output of specified command, e.g. '--cmd files'",
    )
    op.add_option(
        "--memory", dest="Memory", default=0, action="store_true", help="Print a summary of memory usage by tasks"
    )
    op.add_option("--ns", dest="Ns", default=0, action="store_true", help="Print info about namespaces")
    op.add_option("--version", dest="Version", default=0, action="store_true", help="Print program version and exit")
    return op.parse_args()[0]


def main() -> None:
    o = parse_options()
    if o.Version:
        print("TASKINFO version", __version__)
        if o.Verbose:
            print("C-Module version:", crash.version)
    elif o.Memory:
        from LinuxDump.memusage import print_memory_stats

        print_memory_stats(o.Maxpids)
    elif o.Reverse:
        print_tasks(o, recent=True)
    elif o.Hang:
        o.Taskfilter = "UN"
        print_tasks(o, recent=True, at_most=2 * o.Maxpids)
    elif o.Summary:
        tasksSummary()
    elif o.Pstree:
        print_tree(o.Pidinfo if o.Pidinfo is not None else 1)
    elif o.Pidinfo is not None:
        t = find_task(o.Pidinfo)
        if t:
            print_details(t, o.Verbose)
    elif o.Ns:
        from LinuxDump.namespaces import print_namespaces_info

        print_namespaces_info(TaskTable(), o.Verbose)
    else:
        print_tasks(o)


if __name__ == "__main__":
    main()
