# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure ./pykd: wall time, CPU time and peak memory of whole processes and of a session at a terminal, then the work inside one.

Run by pykd itself: build.sh bench [--against FILE] [DUMP...]; build.sh bench --scale [DUMP] is scale.py. FILE is another pykd,
such as one of before: each command is put to both in turn, and the ratio is that of CPU times, pair by pair. With drgn and crash installed
and VMLINUX=FILE (the one dump's vmlinux with DWARF) the same questions are put to them.
"""

import glob
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYKD = os.path.join(ROOT, "pykd")
ROUNDS = 15
"""The median of so many runs counts."""

COMMANDS = ("", "sys", "ps", "kmem -s", "foreach bt", "foreach task", "taskinfo --summ")
"""Of each dump; the first is opening it."""

CRASH_COMMANDS = [command for command in COMMANDS if not command.startswith("taskinfo")] + ["ps -S"]
"""What crash knows of these, and its own count of states."""

AGAIN = "taskinfo --summ"
"""What a session is asked several times."""


def run(words: list[str]) -> tuple[float, float, int, int]:
    """(seconds, seconds of CPU, peak memory in kB, exit status) of one process without output.

    The kernel counts the peak of this process into the child's, so that this one must stay small.
    """
    null = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    os.close(null)
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


def session(words: list[str]) -> list[float]:
    """Seconds at a terminal: until the prompt, then until the answer to AGAIN, and to the same once more."""
    import pty
    import re
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        start = time.perf_counter()
        pid, terminal = pty.fork()
        if not pid:
            os.execve(words[0], words, {"HOME": home, "TERM": "xterm"})

        def wait_for(pattern: bytes) -> float:
            shown = b""
            while not re.search(pattern, shown, re.DOTALL):
                shown += os.read(terminal, 65536)
            return time.perf_counter()

        times = [wait_for(b"pykd> ") - start]
        for _ in range(2):
            start = time.perf_counter()
            os.write(terminal, AGAIN.encode() + b"\r")
            times.append(wait_for(b"Execution took.*pykd> ") - start)
        os.write(terminal, b"\4")
        try:
            while os.read(terminal, 65536):
                pass
        except OSError:
            pass  # the terminal's other end is closed
        os.close(terminal)
        os.waitpid(pid, 0)
        return times


def median(values: "Iterable[float]") -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def measure(title: str, words: list[str], against: str | None = None) -> None:
    """A line: time, CPU time and memory of a command; behind them those of the same command of *against*, and the ratio of CPU times."""
    both = [words] if against is None else [words, [against, *words[1:]]]
    rounds = [[run(one) for one in both] for _ in range(ROUNDS)]
    line = f"{title:<46}"
    for results in zip(*rounds, strict=True):
        seconds, cpu, memory = (median(column) for column in list(zip(*results, strict=True))[:3])
        line += f"{seconds * 1000:8.1f} ms{cpu * 1000:8.1f} ms CPU{memory / 1024:8.1f} MB"
        line += "" if results[0][3] == 0 else f"  exit status {results[0][3]}"
    if against is not None:
        line += f"{median(ours[1] / theirs[1] for ours, theirs in rounds):7.2f}"
    print(line, flush=True)


def measure_sessions(name: str, path: str) -> None:
    for options in ([], ["--reload"]):
        results = zip(*(session([PYKD, *options, path]) for _ in range(ROUNDS)), strict=True)
        for title, seconds in zip(("prompt", AGAIN, f"{AGAIN}, again"), map(median, results), strict=True):
            print(f"{f'{name}: {" ".join([*options, ""])}{title}':<46}{seconds * 1000:8.1f} ms", flush=True)


def dumps() -> list[str]:
    folders = (os.path.join(ROOT, "tests", "sample"), os.path.join(os.path.dirname(ROOT), "shared", "vmcores"))
    return [file for folder in folders for file in sorted(glob.glob(os.path.join(folder, "vmcore*")))]


DRGN_STATES = """
from collections import Counter
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_state_to_char
print(Counter(task_state_to_char(t) for t in for_each_task(prog)))
"""

DRGN_STACKS = """
from drgn.helpers.linux.pid import for_each_task
for task in for_each_task(prog):
    try:
        print(prog.stack_trace(task))
    except ValueError as error:  # it runs
        print(error)
"""

DRGN_OBJECTS = """
import time
from drgn.helpers.linux.list import list_for_each, list_for_each_entry
def timed(title, unit, scale, work):
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        nr = 0
        while nr < 100000:
            nr += sum(1 for _ in work())
        best = min(best, (time.perf_counter() - start) / nr)
    print(f"drgn: {title:<40}{best * scale:8.1f} {unit}")
task = prog["init_task"]
tasks = lambda: list_for_each_entry("struct task_struct", task.tasks.address_of_(), "tasks")
timed("one integer member of a struct", "ns", 1e9, lambda: (task.pid.value_() for _ in range(100000)))
timed("list_head, 100,000 elements", "ms", 1e8, lambda: list_for_each(task.tasks.address_of_()))
timed("list_head, 100,000 structs", "ms", 1e8, tasks)
timed("the same, one member of each", "ms", 1e8, lambda: (each.pid.value_() for each in tasks()))
"""


def others(path: str, vmlinux: str) -> None:
    """drgn and crash, where the host has them."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as folder:

        def write(name: str, text: str) -> str:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
            return file.name

        if drgn := shutil.which("drgn"):
            words = [drgn, "-q", "-c", path, "-s", vmlinux]
            measure("drgn: task states, as taskinfo --summ", [*words, write("states.py", DRGN_STATES)])
            measure("drgn: stacks, as foreach bt", [*words, write("stacks.py", DRGN_STACKS)])
            os.system(" ".join([*words, write("objects.py", DRGN_OBJECTS)]))
        if crash := shutil.which("crash"):
            for command in CRASH_COMMANDS:
                measure(f"crash: {command or 'open'}", [crash, "-s", "-i", write("commands", f"{command}\nexit\n"), vmlinux, path])


def inside(path: str) -> None:
    """Objects, lists, stacks and instructions, once everything is warm."""
    import pykd

    dump = pykd.open(path)
    task = dump.variable("init_task")
    rounds = 1_000_000

    def timed(title: str, unit: str, scale: float, work: "Callable[[], int]") -> None:
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            try:
                nr = work()
            except pykd.FaultError as error:  # of dumps that lack pages
                print(f"  {title:<44}{error.reason}")
                return
            best = min(best, (time.perf_counter() - start) / nr)
        print(f"  {title:<44}{best * scale:8.1f} {unit}")

    def members() -> int:
        for _ in range(rounds):
            task.pid  # noqa: B018
        return rounds

    kind = type(task)
    offset = kind.member_offset("tasks") or 0

    def links() -> list[int]:
        return dump.follow(task.tasks.next, stop=task.tasks)[0]

    def walk() -> int:
        # the same list again and again, until 100,000 elements have been walked
        nr = 0
        while nr < 100_000:
            nr += len(links())
        return nr

    def structs() -> int:
        nr = 0
        while nr < 100_000:
            nr += len([kind(link - offset) for link in links()])
        return nr

    def pids() -> int:
        nr = 0
        while nr < 100_000:
            nr += len([kind(link - offset).pid for link in links()])
        return nr

    def columns() -> int:
        nr = 0
        while nr < 100_000:
            nr += len(dump.read_columns([link - offset for link in links()], kind.PYT_type, ("pid",)))
        return nr

    threads = [int(thread) for thread in pykd.tasks.threads(dump)]

    def stacks() -> int:
        for _ in range(20):
            for thread in threads:
                for frame in dump.unwind(thread).frames:
                    frame.name  # noqa: B018
        return 20 * len(threads)

    timed("one integer member of a struct", "ns", 1e9, members)
    timed("list_head, 100,000 elements", "ms", 1e8, walk)
    timed("list_head, 100,000 structs", "ms", 1e8, structs)
    timed("the same, one member of each", "ms", 1e8, pids)
    timed("the same, in bulk", "ms", 1e8, columns)
    timed("stack with names", "us", 1e6, stacks)


def main(words: list[str]) -> None:
    against = None
    if words[:1] == ["--against"]:
        against, words = os.path.abspath(words[1]), words[2:]
        print(f"second columns: {against}, and the ratio of CPU times")
    paths = words
    measure("start, help", [PYKD, "--help"], against)
    for path in paths or dumps():
        name = os.path.basename(path)
        for command in COMMANDS:
            measure(f"{name}: {command or 'open'}", [PYKD, path, "-c", command], against)
        os.spawnv(os.P_WAIT, PYKD, [PYKD, "--trust-cwd", "--run", __file__, "--inside", path])
    if len(paths) == 1 and (vmlinux := os.environ.get("VMLINUX")):
        others(paths[0], vmlinux)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--scale"]:
        import scale

        scale.main(sys.argv[2:])
    elif sys.argv[1:2] == ["--inside"]:
        try:
            measure_sessions(os.path.basename(sys.argv[2]), sys.argv[2])
        except OSError as error:  # a chroot without /dev/pts
            print(f"  sessions: {error}")
        inside(sys.argv[2])
    else:
        main(sys.argv[1:])
