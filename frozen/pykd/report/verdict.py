# SPDX-License-Identifier: GPL-2.0-or-later
"""How the system stopped: by the text of its panic, by the oops before it, by the functions on the stack of the CPU that panicked."""

from __future__ import annotations

import re

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel.modules import taint_letters
from pykd.kernel.task.panic import CPU_VARIABLES, panic_cpu
from pykd.kernel.task.threads import crashed_thread
from pykd.kernel.waits.things import function_name
from pykd.report.facts import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Frame, Trace
    from pykd.kernel.printk import Record
    from pykd.report.facts import Facts

PANIC = "Kernel panic - not syncing:"

PANICS = (
    ("sysrq", r"sysrq triggered crash", "Somebody asked for this crash (sysrq-c)"),
    ("nmi", r"NMI: Not continuing|NMI IOCK error", "An NMI from outside stopped the system, and the kernel was told to panic of it"),
    ("watchdog", r"An NMI occurred|Software Watchdog Timer expired|watchdog pretimeout|IPMI|hpwdt", "A watchdog that nobody fed stopped the system"),
    ("hung task", r"hung_task: blocked tasks", "The kernel found threads that were blocked for too long, and panicked of it"),
    ("soft lockup", r"softlockup: hung tasks", "A CPU ran kernel code for too long without letting others run (soft lockup)"),
    ("hard lockup", r"Hard LOCKUP", "A CPU had its interrupts off for too long (hard lockup)"),
    ("rcu stall", r"RCU Stall", "An RCU grace period did not end (RCU stall), and the kernel was told to panic of it"),
    ("out of memory", r"Out of memory|System is deadlocked on memory", "Memory was used up, and the kernel was told to panic of it or found nobody to kill"),
    ("machine check", r"machine check|Timeout: Not all CPUs entered broadcast exception", "The processor reported a fatal hardware error (machine check)"),
    ("firmware", r"GHES: Fatal hardware error", "The firmware reported a fatal hardware error"),
    ("init", r"Attempted to kill init!", "Process 1 ended"),
    ("no root", r"VFS: Unable to mount root fs|No working init found|Requested init .* failed", "The system could not boot: no root file system, or no init on it"),
    ("stack", r"stack-protector: Kernel stack is corrupted|corrupted stack end detected|kernel stack overflow|Machine halted", "A kernel stack was overrun"),
    ("warning", r"panic_on_warn set", "A warning of the kernel, which was told to panic of warnings"),
    ("ext4", r"EXT4-fs \(device .*\): panic forced after error", "An error of an ext4 file system that is mounted with errors=panic"),
    ("oops", r"Fatal exception|Aiee, killing interrupt handler|Attempted to kill the idle task|Oopsed too often", "The kernel hit a fault that it could not go on from"),
)  # fmt: skip
"""(kind, what the panic says, the same in plain words)"""

OOPSES = (
    ("NULL dereference", r"BUG: kernel NULL pointer dereference, address: (\S+)", "The kernel used a NULL pointer"),
    ("page fault", r"BUG: unable to handle page fault for address: (\S+)|BUG: unable to handle kernel paging request at (\S+)", "The kernel used a bad pointer"),
    ("general protection fault", r"general protection fault", "The kernel used an impossible address (general protection fault)"),
    ("BUG", r"kernel BUG at (.*?)!?$", "The kernel found an impossible state (BUG)"),
    ("execution of data", r"kernel tried to execute NX-protected page", "The kernel jumped to where no code is"),
    ("stack overflow", r"BUG: (?:\S+ )?stack guard page was hit|double fault", "A kernel stack overflowed"),
    ("bad instruction", r"invalid opcode: ", "The kernel ran an invalid instruction"),
    ("divide error", r"divide error: ", "The kernel divided by zero"),
    ("oops", r"(?:Oops: )?.*: [0-9a-f]{4} \[#\d+\]", "The kernel hit a fault (oops)"),
)
"""(kind, line of the log at the beginning of an oops, the same in plain words); the most telling first."""

_STACK_SIGNS = (
    ("sysrq", ("sysrq_handle_crash", "write_sysrq_trigger")),
    ("hung task", ("check_hung_uninterruptible_tasks", "watchdog")),
    ("soft lockup", ("watchdog_timer_fn",)),
    ("hard lockup", ("watchdog_overflow_callback", "watchdog_hardlockup_check")),
    ("machine check", ("do_machine_check", "mce_panic")),
    ("out of memory", ("out_of_memory",)),
    ("oops", ("oops_end", "page_fault_oops", "die", "exc_page_fault", "no_context")),
)
"""By functions on the stack of the CPU that panicked, where the log is lost"""

_CRASHING = re.compile(
    r"^(machine_kexec|__crash_kexec|crash_kexec|panic|vpanic|oops_end|die|nmi_panic|mce_panic|sysrq_handle_crash|__handle_sysrq|write_sysrq_trigger|"
    r"dump_stack\w*|__stack_chk_fail|check_panic_on_warn|check_hung_uninterruptible_tasks|out_of_memory|do_exit|do_group_exit)$"
)
"""Functions of a panic that no exception led to"""
_CHECKING = re.compile(
    r"^(__list_(add|del_entry)_valid\w*|usercopy_abort|__check_object_size|__check_heap_object|check_heap_object|refcount_warn_saturate|(__)?fortify_panic|"
    r"skb_panic|skb_over_panic|skb_under_panic|slab_bug|object_err|bad_page)$"
)
"""Functions that only look whether what their caller does is right"""


class Verdict(NamedTuple):
    """What stopped the system, and where."""

    kind: str
    """One or two words: a kind of :data:`PANICS` or :data:`OOPSES`, ``panic`` of another text, ``alive`` of a system that did not stop by itself, ``unknown``."""
    text: str
    """A sentence in plain words, without its full stop."""
    message: str
    """The kernel's own words; "" if there are none."""
    proof: str
    cpu: int
    """-1: not known"""
    pid: int
    """-1: not known"""
    comm: str
    task: int
    """Address of the task_struct; 0: not known"""
    function: str
    """In which it happened, behind what belongs to the crash itself; "" if not known."""
    offset: int
    module: str
    """Of that function; "" of the kernel proper."""
    module_taints: str
    """Letters: O is out of tree, P proprietary, E unsigned."""
    taints: str
    """Letters of the kernel"""


_PANICKING = ("machine_kexec", "__crash_kexec", "crash_kexec", "panic", "vpanic", "nmi_panic")
"""Functions of the CPU that panicked, where the kernel's variables do not say which it was"""

UNKNOWN = Verdict("unknown", "What stopped the system is not in the dump", "", "guess", -1, -1, "", 0, "", 0, "", "", "")
"""Where nothing can be read that would say it"""


def _message(records: list[Record]) -> tuple[str, str, str, Record | None]:
    """(kind, plain words, the kernel's words, the record) by the log: of the first oops, where the panic is only its consequence."""
    panic: Record | None = None
    for record in records:
        if record.text.startswith(PANIC):
            panic = record
    kind, text = "", ""
    if panic is not None:
        reason = panic.text[len(PANIC) :].partition("\n")[0].strip()
        kind, text = next(((kind, text) for kind, pattern, text in PANICS if re.search(pattern, reason)), ("panic", f"The kernel panicked: {reason}"))
    if kind in ("", "oops", "init"):
        found = _oops(records)
        if found is not None:
            return *found, panic
    if panic is None:
        return "", "", "", None
    return kind, text, panic.text.partition("\n")[0], panic


def _oops(records: list[Record]) -> tuple[str, str, str] | None:
    """Of the first oops of the log that was numbered; None without one."""
    number = next((i for i, record in enumerate(records) if re.search(r" \[#\d+\]", record.text)), None)
    if number is None:
        return None
    # The line that says which fault it was comes up to a few lines before the one with the number.
    nearby = records[max(number - 6, 0) : number + 1]
    for kind, pattern, text in OOPSES:
        for record in reversed(nearby):
            if found := re.search(pattern, record.text):
                return kind, text + _address(kind, found), record.text.partition("\n")[0]
    return None


def _address(kind: str, found: re.Match[str]) -> str:
    value = next((group for group in found.groups() if group), "")
    return f" at {value}" if kind in ("NULL dereference", "page fault", "BUG") and value else ""


def first_of_interest(trace: Trace) -> Frame | None:
    """Where it happened: the function that the innermost exception interrupted, or who called that if it only checks, else the first that does not belong to the panic."""
    frames = list(trace.frames)
    interrupted = next((frame for frame in frames[1:] if frame.regs_address and function_name(frame)), None)
    if interrupted is not None:
        outer = frames[frames.index(interrupted) :]
        return next((frame for frame in outer if (name := function_name(frame)) and not _CHECKING.match(name)), interrupted)
    return next((frame for frame in frames if (name := function_name(frame)) and not _CRASHING.match(name)), None)


def verdict(facts: Facts) -> Verdict:
    """Never raises: what is not known is left open."""
    if facts.stopped is None:
        facts.stopped = _verdict(facts)
    found: Verdict = facts.stopped
    return found


def _verdict(facts: Facts) -> Verdict:
    dump = facts.dump
    kind, text, message, _ = _message(facts.records)
    proof = "exact" if kind else "guess"
    cpu, task = None, 0
    try:
        cpu = panic_cpu(dump)
    except Error:
        pass
    try:
        if cpu is None:
            cpu = next((number for number in facts.traces if any(name in _PANICKING for name in facts.functions_on(number))), None)
        task = facts.running[cpu].address if cpu in facts.running else crashed_thread(dump) if cpu is not None else 0
    except Error:
        pass
    trace = None
    try:
        trace = dump.unwind(task, crash=True) if task else None
    except Error:
        pass
    functions = [function_name(frame) for frame in trace.frames] if trace else []
    if not kind and (sign := next((one for one, names in _STACK_SIGNS if any(name in functions for name in names)), "")):
        kind, proof = sign, "found"
        text = next((words for known, _, words in (*PANICS, *OOPSES) if known == sign), "The kernel panicked")
    if not kind and cpu is None and _did_not_panic(dump):
        kind, text = "alive", "The system had not stopped: no CPU panicked" + (", and no panic is in the log" if facts.records else "")
        proof = "found"
    elif not kind:
        panicked = cpu is not None or any(name in _PANICKING for name in functions)
        kind, text = "unknown", "The kernel panicked; its message is not in the dump" if panicked else "What stopped the system is not in the dump"
    frame = first_of_interest(trace) if trace and kind not in ("alive", "sysrq") else None
    thread = facts_thread(facts, task)
    taints = facts.number("tainted_mask", 8, default=0)
    module = (frame.module or "") if frame else ""
    return Verdict(
        kind, text, message, proof, cpu if cpu is not None else (thread[2] if thread else -1),
        thread[0] if thread else -1, thread[1] if thread else "", task,
        function_name(frame) if frame else "", (frame.offset or 0) if frame else 0, module, _module_taints(facts, module), taint_letters(taints),
    )  # fmt: skip


def _did_not_panic(dump: Dump) -> bool:
    """Whether the kernel says that no CPU has panicked; False where what would say so is not in the dump."""
    try:
        return any(dump.read_signed(address, 4) < 0 for name in CPU_VARIABLES if (address := dump.address_of(name, "", default=0)))
    except Error:
        return False


def facts_thread(facts: Facts, task: int) -> tuple[int, str, int] | None:
    """(PID, name, CPU) of a thread, whether or not the lists have it."""
    try:
        if thread := facts.threads.get(task):
            return thread.pid, thread.comm, thread.cpu
        if task:
            one = facts.dump.object("struct task_struct", task)
            return int(one.pid), str(one.comm), -1
    except Error:
        pass
    return None


def _module_taints(facts: Facts, name: str) -> str:
    from pykd.kernel.modules import taints_of

    try:
        return next((taint_letters(taints_of(facts.dump, module)) for module in facts.dump.modules() if module.name == name), "") if name else ""
    except Error:
        return ""


def panic_stamp(facts: Facts) -> str:
    """The panic's message with its time; "" if there is none."""
    found = [record for record in facts.records if record.text.startswith(PANIC)]
    return stamp(found[-1]) if found else ""
