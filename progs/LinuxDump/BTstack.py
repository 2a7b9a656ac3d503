# SPDX-License-Identifier: GPL-2.0-or-later
"""Stack traces as objects: of ``bt`` and ``foreach bt``, or of their text.

Traces of this dump never go through text: :func:`exec_bt` takes the rows that the command makes. Text that is given to
it, or that another command prints, is parsed.
"""

from __future__ import annotations

import re
from functools import total_ordering

import crash
import pykd
from pykd.core import host
from pykd.core.errors import CommandError
from pykd.kernel.stack import backtrace
from pykdump import API
from pykdump.highlevel import exec_crash_command, exec_crash_command_bg, pylog, sym2addr
from pykdump.memocaches import CU_LIVE, CU_PYMOD, CU_TIMEOUT, memoize_cond

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pykd.core.rows import Row

_HEADER = re.compile(r'\s*PID:\s+(\d+)\s+TASK:\s+([0-9a-f]+)\s+CPU:\s(\d+)\s+COMMAND:\s+"(.*)"')
_FRAME = re.compile(r"\s*(?:#(\d+)\s+)?\[(?:BSP:)?([0-9a-f]+)\]\s+(.+?)\s+at\s+([0-9a-f]+)(?:\s+\[([^\]]+)\])?(?:\s+\*)?\s*$")
_START = re.compile(r"\s*START:\s+(\S+).*?\s+at\s+([0-9a-f]+)")
_EXCEPTION = re.compile(r"\s*\[exception RIP:\s+([^+\s]+)\+(\d+)")
_VIA = re.compile(r"\s*\(via\s+([^)]+)\)")


class BTFrame:
    """A frame of a stack."""

    level: int
    """0 is the innermost; -1 of a function that an exception interrupted."""
    func: str
    frame: int | None
    """Where on the stack the address is."""
    addr: int
    module: str | None
    via: str
    data: list[str]
    """The lines that followed: registers, source lines, words of the stack."""
    sure: bool
    """False where the unwinder had to guess."""
    found: str
    """How the unwinder found it; ``text`` of a frame that was parsed."""
    # What LinuxDump.fregsapi adds:
    reg: dict[str, tuple[int, int]]
    from_func: str
    sp: int | None
    lookup_regs: bool

    def __init__(
        self, level: int, func: str, frame: int | None, addr: int, module: str | None = None, offset: int | None = None
    ) -> None:
        self.level = level
        self.func = func
        self.frame = frame
        self.addr = addr
        self.module = module
        self._offset = offset
        self.via = ""
        self.data = []
        self.sure = True
        self.found = "text"

    @property
    def offset(self) -> int:
        """Bytes from the start of the function; -1 if that is not known."""
        if self._offset is None:
            symbol = pykd.current().text_symbol(self.addr, self.level >= 0)
            # A clone of a function (NAME.part.0) is not found by the name that is printed, and two may have that name.
            same = symbol if symbol is not None and backtrace.function_name(symbol.name) == self.func else None
            start = same.address if same is not None else sym2addr(self.func)
            self._offset = self.addr - start if start else -1
        return self._offset

    def __str__(self) -> str:
        data = f", {len(' '.join(self.data))} bytes of data" if self.data else ""
        via = f" , (via {self.via})" if self.via else ""
        return f"  #{self.level:<3d} {self._place()}{data}{via}"

    def _place(self) -> str:
        return f"{self.func}+{self.offset:#x}" if self.offset >= 0 else self.func

    def __repr__(self) -> str:
        text = f"  #{self.level:<3d} {self._place()}"
        return "\n".join([text, *self.data])

    def simplerepr(self) -> str:
        """Level and function only."""
        return f"  #{self.level:<3d} {self.func}"

    def fullstr(self) -> str:
        """With the address, the module and the data."""
        module = f" [{self.module}]" if self.module else ""
        frame = f" [{self.frame:016x}]" if self.frame is not None else ""
        text = f"  #{self.level:<3d}{frame} {self._place()} at {self.addr:x}{module}"
        return "\n".join([text, *self.data])


@total_ordering
class BTStack:
    """The stack of one thread; sorts by PID."""

    pid: int
    cmd: str
    addr: int
    """of the task_struct"""
    cpu: int
    frames: list[BTFrame]
    incomplete: str | None
    """Why the trace is not whole, where it is not."""

    def __init__(self, pid: int, addr: int, cpu: int, cmd: str) -> None:
        self.pid = pid
        self.addr = addr
        self.cpu = cpu
        self.cmd = cmd
        self.frames = []
        self.incomplete = None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, BTStack) and (self.pid, self.addr) == (other.pid, other.addr))

    def __lt__(self, other: BTStack) -> bool:
        return self.pid < other.pid

    def __hash__(self) -> int:
        return hash((self.pid, self.addr))

    def hasfunc(self, func: str | re.Pattern[str], reverse: bool = False) -> bool | tuple[int, str]:
        """Where a regular expression is found first.

        :param reverse: search from the outermost frame.
        :returns: (index of the frame, the text found), False if it is nowhere.
        """
        pattern = re.compile(func) if isinstance(func, str) else func
        order = range(len(self.frames))
        for i in reversed(order) if reverse else order:
            frame = self.frames[i]
            match = pattern.search(frame.func) or (pattern.search(frame.via) if frame.via else None)
            if match:
                return i, match.group(0)
        return False

    def getSimpleSignature(self) -> str:
        return "/".join([frame.func for frame in self.frames])

    def getFullSignature(self) -> str:
        return "/".join([f"{frame.func}+{frame.offset:#x}" for frame in self.frames])

    def simplerepr(self) -> str:
        """Functions only."""
        return "\n".join([frame.simplerepr() for frame in self.frames])

    def __str__(self) -> str:
        return "\n".join([self._title(), *map(str, self.frames)])

    def __repr__(self) -> str:
        return "\n".join([self._title(), *map(repr, self.frames)])

    def _title(self) -> str:
        return f"\nPID={self.pid}  CPU={self.cpu} CMD={self.cmd}"


# ---- from rows

def _from_row(row: Row) -> BTStack:
    stack = BTStack(row["pid"], row["task"], row["cpu"], row["comm"])
    frames = stack.frames
    kind = None
    for item in row["frames"]:
        extra: list[str] = []
        if "registers" in item and kind is not None:
            frame = BTFrame(-1, item["function"], item["address"], item["pc"], item["module"], item["offset"])
            extra = backtrace.register_lines(item["registers"])
            frame.found, frame.sure = item["found"], item["sure"]
            frames.append(frame)
        if kind is not None and item["stack"] != kind:
            extra.append(backtrace.stack_label(kind))
        if extra and frames:
            frames[-1].data += extra
        kind = item["stack"]
        if item["level"] is not None:
            frame = BTFrame(item["level"], item["function"], item["address"], item["pc"], item["module"], item["offset"])
            frame.found, frame.sure = item["found"], item["sure"]
            frames.append(frame)
        if item.get("words"):
            frames[-1].data += backtrace.word_lines(item["words"])
    if frames and row["user_registers"]:
        frames[-1].data += backtrace.register_lines(row["user_registers"])
    stack.incomplete = backtrace.incomplete(row)
    return stack


def _own_rows(text: str) -> list[Row] | None:
    """Rows of ``bt`` or ``foreach … bt``; None: another command, or options that answer with something else than frames."""
    session = host.current()
    words = text.split()
    if session is None or not words or words[0] not in ("bt", "foreach") or "bt" not in words:
        return None
    rows = list(session.rows(text))
    return rows if all("frames" in row for row in rows) else None


# ---- from text

def _from_text(text: str) -> Iterator[BTStack]:
    for chunk in re.split(r"\n\s*\n", text.strip("\n")):
        first, *rest = chunk.splitlines() or [""]
        match = _HEADER.match(first)
        if match:
            stack = BTStack(int(match[1]), int(match[2], 16), int(match[3]), match[4])
            stack.frames = _parse_frames(rest)
            yield stack


def _parse_frames(rows: list[str]) -> list[BTFrame]:
    frames: list[BTFrame] = []
    data: list[str] = []

    def add(frame: BTFrame) -> None:
        if frames:
            frames[-1].data = data[:]
        data.clear()
        frames.append(frame)

    for row in rows:
        via = _VIA.search(row)
        plain = _VIA.sub("", row, count=1) if via else row
        if match := _FRAME.match(plain):
            level = int(match[1]) if match[1] else len(frames)
            func, _, offset = match[3].partition("+")
            known = int(offset, 0) if offset.isalnum() else None
            frame = BTFrame(level, func, int(match[2], 16), int(match[4], 16), match[5], known)
            if via:
                frame.via = via[1]
            add(frame)
        elif match := _EXCEPTION.match(plain):
            add(BTFrame(-1, match[1], None, sym2addr(match[1]) + int(match[2]), None, int(match[2])))
        elif match := _START.match(plain):
            add(BTFrame(len(frames), match[1], None, int(match[2], 16)))
        else:
            data.append(row)
    if frames:
        frames[-1].data = data
    return frames


@memoize_cond(CU_LIVE | CU_PYMOD | CU_TIMEOUT)
def _exec_bt(cmd: str | None, text: str | None, bg: bool) -> list[BTStack]:
    if text is None:
        if cmd is None:
            return []
        try:
            found = _own_rows(cmd)
            if found is not None:
                return [_from_row(row) for row in found if "error" not in row]
            text = exec_crash_command_bg(cmd) if bg or "foreach" in cmd or " -a" in cmd else exec_crash_command(cmd)
        except CommandError as error:
            pylog.error(f"{cmd}: {error}")
            return []
        except pykd.Error as error:
            pylog.error(f"{cmd}: {error}")
            text = str(error)
    return list(_from_text(text or ""))


def exec_bt(cmd: str | None = None, text: str | None = None, bg: bool = False, MEMOIZE: bool = True) -> list[BTStack]:
    """Stacks of a crash command: ``bt``, ``bt PID``, ``bt -a``, ``foreach UN bt``…

    :param text: parse this instead.
    :param bg: for programs of PyKdump; nothing of our own takes a process of its own.
    :returns: a list, empty where the command failed (that is logged).
    """
    return _exec_bt(cmd, text, bg, MEMOIZE=MEMOIZE)  # type: ignore[no-any-return]


# ---- many stacks

def bt_mergestacks(
    btlist: Iterable[BTStack],
    precise: bool = False,
    count: int = 1,
    reverse: bool = False,
    tt: Any = None,
    verbose: int = 0,
) -> None:
    """Print stacks that are equal as one, the rarest first.

    :param precise: offsets in functions must be equal too.
    :param count: leave out stacks that fewer threads have.
    :param reverse: the most frequent first.
    :param tt: a TaskTable: tell which threads ran last and first.
    :param verbose: list the PIDs.
    """
    groups: dict[str, list[BTStack]] = {}
    for stack in btlist:
        signature = stack.getFullSignature() if precise else stack.getSimpleSignature()
        groups.setdefault(signature, []).append(stack)
    order = sorted(groups.values(), key=len)
    if reverse:
        order.reverse()
    for stacks in order:
        if len(stacks) < count:
            continue
        print(f"\n------- {len(stacks)} stacks like that: ----------")
        for frame in stacks[0].frames:
            print(str(frame).split(",")[0] if precise else frame.simplerepr())
        if tt:
            _print_ages(stacks, tt)
        print("\n   ........................")
        commands_seen: dict[str, int] = {}
        for stack in stacks:
            commands_seen[stack.cmd] = commands_seen.get(stack.cmd, 0) + 1
        for name in sorted(commands_seen):
            print(f"     {name:30s} {commands_seen[name]} times")
        if verbose:
            print("\n   ... PIDs ... ")
            pids = sorted(stack.pid for stack in stacks)
            for i in range(0, len(pids), 10):
                print("     " + "".join([f"{pid:6d} " for pid in pids[i : i + 10]]))


def _print_ages(stacks: list[BTStack], tt: Any) -> None:
    ages = []
    for stack in stacks:
        task = tt.getByTid(stack.pid)
        if task:
            ages.append((task.Ran_ago, stack.pid))
    if ages:
        (young, young_pid), (old, old_pid) = min(ages), max(ages)
        print(f"    youngest={int(young / 1000)}s(pid={young_pid}), oldest={int(old / 1000)}s(pid={old_pid})")


_CATEGORIES = (
    ("idle CPU", r"^(do_idle|cpu_idle|cpuidle_idle_call|default_idle)$"),
    ("system call", r"^(entry_SYSCALL|do_syscall_64|system_call|tracesys|sysenter)"),
    ("kernel thread", r"^(kthread|kthreadd|ret_from_fork)"),
    ("exception", r"^(asm_)?exc_|^(page_fault|general_protection|async_page_fault)$"),
    ("interrupt", r"^(asm_)?(sysvec|common_interrupt)|^(do_IRQ|ret_from_intr|apic_timer_interrupt)$"),
)


def stack_categorize(stack: BTStack) -> str:
    """What kind of stack it is, in a word or two."""
    for name, pattern in _CATEGORIES:
        if stack.hasfunc(pattern):
            return name
    return "other"


def bt_summarize(btlist: Iterable[BTStack]) -> None:
    """Print how many stacks have which innermost and outermost function, and are of which category."""
    stacks = [stack for stack in btlist if stack.frames]
    for title, key in (
        ("Top (innermost) functions", lambda stack: stack.frames[0].func),
        ("Bottom (outermost) functions", lambda stack: stack.frames[-1].func),
        ("Categories", stack_categorize),
    ):
        counts: dict[str, int] = {}
        for stack in stacks:
            name = key(stack)
            counts[name] = counts.get(name, 0) + 1
        print(f" -- {title} --")
        for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            print(f"  {number:6d}  {name}")


def funcsMatch(table: dict[str, set[int]], regex: str | re.Pattern[str]) -> set[int]:
    """Union of the values of all names that a regular expression is found in."""
    pattern = re.compile(regex) if isinstance(regex, str) else regex
    found: set[int] = set()
    for name, values in table.items():
        if pattern.search(name):
            found |= values
    return found


class fastSubroutineStacks:
    """Which functions left their address on which stack: all words, not the trace.

    A fast first answer; some of it are leftovers of earlier calls, see :func:`verifyFastSet`.
    """

    funcpids: dict[str, set[int]]
    functasks: dict[str, set[int]]
    """As funcpids, with addresses of task_structs."""
    alltaskaddrs: set[int]

    def __init__(self) -> None:
        session = host.current()
        if session is None:
            raise crash.error("there is no session that could run commands")
        self.funcpids = {}
        self.functasks = {}
        self.alltaskaddrs = set()
        for row in session.rows("foreach bt -t"):
            if "task" not in row:
                continue  # what is wrong with the lists of threads
            pid, task = row["pid"], row["task"]
            self.alltaskaddrs.add(task)
            names = {word["function"] for word in row.get("text", ())}
            if "start" in row:
                start = row["start"]["function"]
                names.add("schedule" if start == "thread_return" else start)
            for name in names:
                self.funcpids.setdefault(name, set()).add(pid)
                self.functasks.setdefault(name, set()).add(task)

    def find_pids_byfuncname(self, names: str | re.Pattern[str]) -> set[int]:
        """PIDs by ``"name1|name2"`` (whole names) or a compiled regular expression."""
        if not isinstance(names, str):
            return funcsMatch(self.funcpids, names)
        found: set[int] = set()
        for name in names.split("|"):
            found |= self.funcpids.get(name.strip(), set())
        return found


def verifyFastSet(pids: set[int], func: str | re.Pattern[str]) -> set[int]:
    """Remove from *pids* those whose trace lacks *func* (found as in :meth:`BTStack.hasfunc`)."""
    for pid in list(pids):
        if not any(stack.hasfunc(func) for stack in exec_bt(f"bt {pid}")):
            pids.discard(pid)
    return pids


def get_threads_subroutines_slow() -> tuple[dict[str, set[int]], dict[int, set[str]]]:
    """Functions of all traces: (PIDs by function, functions by PID)."""
    by_function: dict[str, set[int]] = {}
    by_pid: dict[int, set[str]] = {}
    for stack in exec_bt("foreach bt"):
        for frame in stack.frames:
            by_function.setdefault(frame.func, set()).add(stack.pid)
            by_pid.setdefault(stack.pid, set()).add(frame.func)
    return by_function, by_pid


__all__ = [
    "BTFrame", "BTStack", "bt_mergestacks", "bt_summarize", "exec_bt", "fastSubroutineStacks", "funcsMatch", "get_threads_subroutines_slow",
    "stack_categorize", "verifyFastSet",
]  # fmt: skip
__all__ += API.hand_on(globals())
