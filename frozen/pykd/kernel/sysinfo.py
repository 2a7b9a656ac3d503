# SPDX-License-Identifier: GPL-2.0-or-later
"""The fields of the ``sys`` command, each computed by itself."""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.core.errors import DAMAGE
from pykd.core.shown import one_line
from pykd.kernel import cpus, machine, timekeeping
from pykd.kernel.mm import vmstat
from pykd.kernel.mm.dumplevel import dump_level
from pykd.kernel.task import threads as tasks
from pykd.kernel.uts import init_uts_ns
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _pykd import Dump
    from pykd.core.rows import Row


def KERNEL(dump: Dump) -> str:
    """Where names and types come from; crash prints the path of a vmlinux here."""
    names, types = dump.names_origin, dump.types_origin
    if names == types:
        return names or "[names and types from the dump]"
    if not names:
        return f"{types}  [names from the dump]"
    return f"{names}  [types from {types or 'the dump'}]"


def DUMPFILE(dump: Dump) -> str | None:
    if len(dump.paths) > 1:
        return None
    return f"{dump.path}{_tag(dump)}"


def DUMPFILES(dump: Dump) -> str | None:
    """Of a split dump: a line for each part."""
    if len(dump.paths) == 1:
        return None
    return "\n".join(f"{path}{_tag(dump)}" for path in dump.paths)


def _tag(dump: Dump) -> str:
    if dump.live:
        return "  [LIVE SYSTEM]"
    tags = "  [INCOMPLETE]" if not dump.complete else ""
    return f"{tags}  [PARTIAL DUMP]" if dump_level(dump) else tags


def CPUS(dump: Dump) -> str:
    present = len(cpus.present(dump))
    offline = present - len(cpus.online(dump))
    return f"{present} [OFFLINE: {offline}]" if offline > 0 else str(present)


def DATE(dump: Dump) -> str:
    from pykd.values import date

    return date.text(timekeeping.now(dump), "%a %b %e %H:%M:%S %Z %Y")


def uptime(dump: Dump) -> int:
    """Seconds since boot."""
    return timekeeping.jiffies_since_boot(dump) // timekeeping.hz(dump)


def UPTIME(dump: Dump) -> str:
    seconds = uptime(dump)
    days, seconds = divmod(seconds, 86400)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{days} days, {clock}" if days else clock


def loads(dump: Dump) -> list[float]:
    """Tasks that ran or waited in the last 1, 5 and 15 minutes, as /proc/loadavg rounds them."""
    return [float(load) for load in LOAD_AVERAGE(dump).split(", ")]


def LOAD_AVERAGE(dump: Dump) -> str:
    """``avenrun``: fixed point with 11 bits behind the point, rounded as /proc/loadavg does."""
    loads = words_of(dump, dump.read(dump.symbol("avenrun", "").address, 24))
    texts = []
    for load in loads:
        load += (1 << 11) // 200
        texts.append(f"{load >> 11}.{(load & (1 << 11) - 1) * 100 >> 11:02d}")
    return ", ".join(texts)


def TASKS(dump: Dump) -> str:
    return f"{task_count(dump)}{' (incomplete: ps says why)' if tasks.problems(dump) else ''}"


def task_count(dump: Dump) -> int:
    """Threads and idle tasks that could be found."""
    return sum(1 for _ in tasks.threads(dump)) + len(tasks.idle(dump))


def _uts(dump: Dump, member: str) -> str:
    return str(getattr(init_uts_ns(dump).name, member))


def NODENAME(dump: Dump) -> str:
    return _uts(dump, "nodename")


def RELEASE(dump: Dump) -> str:
    return dump.vmcoreinfo.get("OSRELEASE") or _uts(dump, "release")


def VERSION(dump: Dump) -> str:
    return _uts(dump, "version")


def MACHINE(dump: Dump) -> str:
    try:
        return f"{dump.arch}  ({processor_mhz(dump) or 'unknown'} Mhz)"
    except Error:
        return dump.arch


def processor_mhz(dump: Dump) -> int:
    """The frequency of processors, 0 on machines where the kernel does not know it. :raises FaultError:

    x86: that of the time stamp counter, ``unsigned int cpu_khz``.
    """
    variable = machine.of(dump).speed
    return dump.read_unsigned(dump.symbol(variable, "").address, 4) // 1000 if variable else 0


def MEMORY(dump: Dump) -> str:
    return size_text(memory_size(dump))


def memory_size(dump: Dump) -> int:
    """Bytes of the present pages of all nodes."""
    return sum(int(node.node_present_pages) for _, node in vmstat.nodes(dump)) * dump.page_size


def size_text(size: int) -> str:
    """``639.5 MB``, ``4 GB``"""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"


_PANIC = "Kernel panic - not syncing: "
_CONSEQUENCE = "Kernel panic - not syncing: Fatal exception"
"""panic() because of an oops, which says more."""
_CAUSES = ("BUG: ", "kernel BUG at ", "Unable to handle kernel ")
"""What comes before the first line of an oops, where something does."""
_OOPS = " [#"
"""Its number is in the first line of every oops: ``Oops: 0002 [#1] PREEMPT SMP``."""


def panic_line(messages: Iterable[str]) -> str:
    """The line of the log that says why the system went down; "" if there is none.

    The last panic's, or if that is only the consequence of an oops, or there is none, the last oops's.
    """
    cause = oops = panic = ""
    for text in messages:
        line = text.partition("\n")[0]
        # Real-time kernels of 5.10 print the reason as a message of its own.
        if panic == _PANIC.rstrip():
            panic = f"{panic} {line}"
        elif line.startswith(_PANIC.rstrip()):
            panic = line
        elif line.startswith(_CAUSES):
            cause = line
        elif line.startswith("---[ end trace"):
            cause = ""
        elif _OOPS in line:
            oops, cause = cause or line, ""
    return oops if oops and (not panic or panic.startswith(_CONSEQUENCE)) else panic


def PANIC(dump: Dump) -> str:
    from pykd.kernel import printk

    line = panic_line(record.text for record in printk.records(dump))
    return f'"{line}"' if line else ""


FIELDS: dict[str, Callable[[Dump], str | None]] = {
    "KERNEL": KERNEL,
    "DUMPFILE": DUMPFILE,
    "DUMPFILES": DUMPFILES,
    "CPUS": CPUS,
    "DATE": DATE,
    "UPTIME": UPTIME,
    "LOAD AVERAGE": LOAD_AVERAGE,
    "TASKS": TASKS,
    "NODENAME": NODENAME,
    "RELEASE": RELEASE,
    "VERSION": VERSION,
    "MACHINE": MACHINE,
    "MEMORY": MEMORY,
    "PANIC": PANIC,
}
"""In crash's order."""


def field(dump: Dump, name: str) -> str | None:
    """One field's text; ``(unavailable: …)`` where the dump lacks what it is made of. None if there is no such field."""
    function = FIELDS.get(name)
    if function is None:
        return None
    try:
        return function(dump)
    except DAMAGE as error:
        return unavailable(error)


NUMBERS: dict[str, Callable[[Dump], Row]] = {
    "CPUS": lambda dump: {"count": len(cpus.present(dump)), "online": len(cpus.online(dump))},
    "DATE": lambda dump: {"date": timekeeping.now(dump)},
    "UPTIME": lambda dump: {"seconds": uptime(dump)},
    "LOAD AVERAGE": lambda dump: {"loads": loads(dump)},
    "TASKS": lambda dump: {"count": task_count(dump)},
    "MEMORY": lambda dump: {"bytes": memory_size(dump)},
}
"""By field what its text is made of."""


def unavailable(error: Exception) -> str:
    """What stands in place of a field: of a page that is missing why it is, and no more."""
    return f"(unavailable: {f'page {error.reason}' if isinstance(error, FaultError) else error})"


def lines(name: str, value: str) -> list[str]:
    """The lines that the value of a field takes, of which only those of parts of a dump take several."""
    return [one_line(line) for line in value.split("\n")] if name == "DUMPFILES" else [one_line(value)]


def text(dump: Dump) -> str:
    """What ``sys`` prints."""
    found = []
    for name in FIELDS:
        value = field(dump, name)
        if value is not None:
            first, *others = lines(name, value)
            found.append(f"{name:>12s}: {first}".rstrip())
            found += [f"{'':14s}{other}" for other in others]
    return "\n".join(found) + "\n"
