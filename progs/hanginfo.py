#!/usr/bin/env python
# SPDX-License-Identifier: GPL-2.0-or-later
"""Why threads hang: those in uninterruptible sleep, by what they wait for, and who holds it."""

from __future__ import annotations

import re
import sys
from optparse import OptionParser

import pykd
from LinuxDump.Analysis import (
    check_hanging_nfsd,
    check_memory_pressure,
    check_possible_hang,
    check_saphana,
    is_idle,
    is_uninterruptible,
    print_pidlist,
    print_wait_for_AF_UNIX,
)
from LinuxDump.BTstack import bt_mergestacks, exec_bt
from LinuxDump.KernLocks import find_lock, qspinlock_state
from LinuxDump.Tasks import TaskTable, warn_of_states
from pykd.kernel import machine
from pykd.kernel.workqueues import idle_workers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from optparse import Values

    from LinuxDump.BTstack import BTStack
    from LinuxDump.KernLocks import Lock
    from LinuxDump.Tasks import Task

    Waited = tuple[Lock, set[int]]
    """(lock, PIDs that wait for it)"""

__version__ = "0.4.1"

LOCKS = (
    ("mutex", "mutexes", re.compile(r"^(__mutex_lock|__ww_mutex_lock|mutex_lock)(?!_interruptible_nested$)")),
    ("rwsem", "read-write semaphores", re.compile(r"^(rwsem_down_|call_rwsem_down_|(__)?down_(read|write))")),
    ("semaphore", "semaphores", re.compile(r"^__down(_common|_timeout|_interruptible|_killable)?$")),
)
"""(kind of lock, title, functions that sleep on it)"""

FUNCTIONS = (
    "balance_dirty_pages",
    "congestion_wait",
    "shrink_node",
    "shrink_zone",
    "jbd2_log_wait_commit",
    "jbd2_journal_commit_transaction",
    "do_get_write_access",
    "wait_transaction_locked",
    "start_this_handle",
    "xlog_grant_head_wait",
    "xfs_log_force",
    "xfs_buf_lock",
    "rpc_wait_bit_killable",
    "nfs_wait_bit_killable",
    "fuse_wait_answer|request_wait_answer",
    "dm_wait_for_completion",
    "md_write_start",
    "raid5_get_active_stripe",
    "blk_mq_get_tag",
    "get_request",
    "blk_queue_enter|__bio_queue_enter",
    "blk_mq_freeze_queue_wait",
    "folio_wait_bit_common|folio_wait_bit|wait_on_page_bit_common|wait_on_page_bit|__lock_page|__folio_lock",
    "wait_on_inode|__wait_on_freeing_inode",
    "__wait_on_buffer",
    "synchronize_rcu|synchronize_rcu_expedited|synchronize_srcu|__synchronize_srcu",
    "flush_work|__flush_work|flush_workqueue|__flush_workqueue",
    "cancel_work_sync|__cancel_work_timer",
    "do_exit|exit_mm",
    "io_schedule",
    "schedule_timeout",
)
"""What else a thread may be waiting in; the first that is on its stack counts."""

ACTIVITIES = (
    "shrink_all_zones|shrink_zone|shrink_node",
    "balance_dirty_pages",
    "jbd2_journal_commit_transaction",
    "sync_filesystem|sync_inodes_sb",
    "freeze_super",
    "synchronize_rcu",
    "__flush_work",
    "schedule_timeout",
)
"""What others may be waiting for."""

_SPINNING = re.compile("^(native_|__pv_)?queued_spin_lock_slowpath$")


class Hangs:
    """All threads in uninterruptible sleep, classified."""

    def __init__(self, options: Values) -> None:
        self.options = options
        table = TaskTable()
        warn_of_states(table.allThreads())
        idle = idle_workers(pykd.current())
        self.tasks: dict[int, Task] = {task.pid: task for task in table.allThreads() if is_uninterruptible(task) and int(task.ts) not in idle}
        self.stacks: dict[int, BTStack] = {}
        self.running: list[BTStack] = []
        for stack in exec_bt("foreach bt"):
            if stack.pid in self.tasks and stack.addr == int(self.tasks[stack.pid].ts):
                self.stacks[stack.pid] = stack
            if stack.hasfunc(_SPINNING):
                self.running.append(stack)
        self.functions = {pid: {frame.func for frame in stack.frames} for pid, stack in self.stacks.items()}
        self.locks: dict[tuple[str, int], Waited] = {}
        self.unknown_locks: dict[str, set[int]] = {}
        self.classified: set[int] = set()
        for kind, _, pattern in LOCKS:
            self._find_locks(kind, pattern)
        self.waits: dict[str, set[int]] = {}
        for names in FUNCTIONS:
            wanted = set(names.split("|"))
            pids = {pid for pid, functions in self.functions.items() if functions & wanted and pid not in self.classified}
            if pids:
                self.waits[names] = pids
                self.classified |= pids

    def find(self, names: str | re.Pattern[str]) -> set[int]:
        """PIDs of threads with one of these functions on their stack."""
        if not isinstance(names, str):
            return {pid for pid, functions in self.functions.items() if any(map(names.search, functions))}
        wanted = set(names.split("|"))
        return {pid for pid, functions in self.functions.items() if functions & wanted}

    def _find_locks(self, kind: str, pattern: re.Pattern[str]) -> None:
        for pid, stack in self.stacks.items():
            if pid in self.classified or not stack.hasfunc(pattern):
                continue
            lock = find_lock(stack.addr, kind)
            if lock is None or not lock.address:
                self.unknown_locks.setdefault(kind, set()).add(pid)
            else:
                _, pids = self.locks.setdefault((kind, lock.address), (lock, set()))
                pids.add(pid)
            self.classified.add(pid)

    # -- output

    def _pidlist(self, pids: set[int]) -> None:
        options = self.options
        print_pidlist(pids, verbose=options.Verbose, maxpids=options.Maxpids, sortbytime=not options.Sortbypid)

    def _title(self, text: str) -> None:
        print(f"\n =============== {text} ================")

    def print_classified(self) -> None:
        print(" *** UNINTERRUPTIBLE threads, classified ***")
        for kind, title, _ in LOCKS:
            found = [(lock, pids) for (its, _), (lock, pids) in self.locks.items() if its == kind]
            unknown = self.unknown_locks.get(kind)
            if not found and not unknown:
                continue
            self._title(f"Waiting on {title}")
            for lock, pids in sorted(found, key=lambda item: -len(item[1])):
                print(f"  {kind} {lock.address:#x}, held by: {lock.owners()}")
                self._pidlist(pids)
            if unknown:
                print(f"  {kind} at an address that the stacks do not tell")
                self._pidlist(unknown)
        for names, pids in self.waits.items():
            self._title(f"Waiting in {names.split('|')[0]}")
            self._pidlist(pids)

    def print_rest(self) -> None:
        # TASK_IDLE says of itself that it is no hang.
        rest = [stack for pid, stack in self.stacks.items() if pid not in self.classified and not is_idle(self.tasks[pid])]
        if rest:
            print(f"\n\n ********  Non-classified UN Threads ********** {len(rest)} in total")
            bt_mergestacks(rest, verbose=1)

    def print_spinning(self) -> None:
        """CPUs that wait for a spinlock; the lock is the first argument, as far as it is still known."""
        if not self.running:
            return
        self._title("CPUs spinning for a lock")
        for stack in self.running:
            print(f"    CPU {stack.cpu}  PID {stack.pid} ({stack.cmd}){self._spinlock(stack)}")

    def _spinlock(self, stack: BTStack) -> str:
        for frame in pykd.current().unwind(stack.addr).frames:
            if frame.name and _SPINNING.match(frame.name) and (address := frame.registers.get(machine.of(pykd.current()).first_argument)):
                try:
                    locked, pending, tail = qspinlock_state(address)
                except pykd.Error:
                    break
                queue = "" if tail is None else f", CPU {tail} is the last in its queue"
                return f": lock {address:#x} is {'held' if locked else 'free'}{', one CPU is next' if pending else ''}{queue}"
        return ""

    def print_activities(self) -> None:
        found = [(names, pids) for names in ACTIVITIES if (pids := self.find(names))]
        if found:
            print("\n*** System activities other threads are waiting for ***")
            for names, pids in found:
                print(f"  --- Doing {names.split('|')[0]} ---")
                print(pids)
            print("\n")

    def print_tree(self) -> None:
        """Owners of locks, below each the locks it holds and who waits for them."""
        waiting_for: set[int] = set()
        held: dict[int, list[Waited]] = {}
        for lock, pids in self.locks.values():
            owner = lock.owner()
            held.setdefault(owner, []).append((lock, pids))
            waiting_for |= {int(self.tasks[pid].ts) for pid in pids}
        lines: list[str] = []
        roots = [owner for owner in held if owner not in waiting_for]
        # A deadlock has no root: begin anywhere in it.
        done: set[int] = set()
        for owner in [*roots, *held]:
            if owner not in done:
                lines.append(f"● {_name(owner)}")
                self._branches(owner, held, "", lines, done)
        if not lines:
            lines = ["no lock whose owner is known is waited for"]
        sys.stdout.flush()
        data = "".join(f"{line}\n" for line in lines)
        try:
            sys.stdout.buffer.write(data.encode("utf-8"))
            sys.stdout.buffer.flush()
        except AttributeError:  # the output is kept, not written
            sys.stdout.write(data)

    def _branches(self, owner: int, held: dict[int, list[Waited]], indent: str, lines: list[str], done: set[int]) -> None:
        if owner in done:
            if held.get(owner):
                lines.append(f"{indent}└─ (a circle: see above)")
            return
        done.add(owner)
        locks = held.get(owner, [])
        for i, (lock, pids) in enumerate(locks):
            last = i == len(locks) - 1
            lines.append(f"{indent}{'└' if last else '├'}─ {lock.kind} {lock.address:#x}, {len(pids)} waiting")
            deeper = indent + ("   " if last else "│  ")
            waiters = sorted(pids)
            for j, pid in enumerate(waiters):
                end = j == len(waiters) - 1
                lines.append(f"{deeper}{'└' if end else '├'}─ PID {pid} ({self.tasks[pid].comm})")
                if len(indent) < 300:
                    self._branches(int(self.tasks[pid].ts), held, deeper + ("   " if end else "│  "), lines, done)


def _name(task: int) -> str:
    if not task:
        return "no known owner"
    table = TaskTable()
    found = next((one for one in table.allThreads() if int(one.ts) == task), None)
    return f"PID {found.pid} ({found.comm})" if found else f"task {task:#x}, which exists no more"


def main() -> None:
    parser = OptionParser(prog="hanginfo")
    parser.add_option("-v", dest="Verbose", default=0, action="count", help="verbose output")
    parser.add_option("--version", dest="Version", default=False, action="store_true", help="Print program version and exit")
    parser.add_option("--maxpids", dest="Maxpids", default=10, type="int", action="store", help="Maximum number of PIDs to print")
    parser.add_option(
        "--sortbypid", dest="Sortbypid", default=False, action="store_true", help="Sort by pid (the default is by ran_ago)"
    )
    parser.add_option(
        "--syslogger",
        dest="Syslogger",
        default=False,
        action="store_true",
        help="Print info about hangs on AF_UNIX sockets (such as used by syslogd",
    )
    parser.add_option(
        "--tree", dest="Tree", default=False, action="store_true", help="Print tree of resources owners  (experimental!)"
    )
    parser.add_option(
        "--saphana", dest="Saphana", default=False, action="store_true", help="Print recommendations for SAP HANA specific hangs"
    )
    options, _ = parser.parse_args()
    if options.Version:
        print(f"HANGINFO version {__version__}")
        return
    if options.Syslogger:
        print_wait_for_AF_UNIX(1)
        return
    state = check_saphana() if options.Saphana else 0
    if options.Saphana and state != 2:
        print("This host is _not_ running SAP HANA!")
        return
    hangs = Hangs(options)
    if options.Saphana:
        print("SAP HANA runs here")
        if hangs.find("balance_dirty_pages"):
            print("  its threads are throttled by dirty pages: see vm.dirty_bytes and vm.dirty_background_bytes")
        return
    hangs.print_classified()
    hangs.print_rest()
    hangs.print_spinning()
    hangs.print_activities()
    check_possible_hang()
    check_memory_pressure(hangs.find)
    check_hanging_nfsd(hangs.find)
    print_wait_for_AF_UNIX(-1)
    if options.Tree:
        hangs.print_tree()


if __name__ == "__main__":
    main()
