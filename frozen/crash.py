# SPDX-License-Identifier: GPL-2.0-or-later
"""PyKdump's C module: memory, names and types of the current dump, and crash's commands.

Wrong arguments and failures raise :class:`error` unless a docstring says otherwise.
"""

from __future__ import annotations

import sys

import pykd
from _pykd import ProgramError, current
from pykd.compat.lookup import MASK64 as _MASK64
from pykd.compat.lookup import (
    addr2mod,
    addr2sym,
    enumerator_value,
    gdb_typeinfo,
    gdb_whatis,
    member_offset,
    member_size,
    struct_size,
    sym2addr,
    sym2alladdr,
    symbol_exists,
    union_size,
)
from pykd.compat.lookup import as_int as _int
from pykd.compat.lookup import as_str as _str
from pykd.compat.readers import (
    AMBIGUOUS,
    KVADDR,
    PAGEOFFSET,
    PHYSADDR,
    UVADDR,
    XENMACHADDR,
    getFullBuckets,
    getFullBucketsH,
    getListSize,
    phys_to_page,
    readInt,
    readmem,
    readPtr,
    set_readmem_task,
    uvtop,
)
from pykd.core import host
from pykd.core.output import to_file

error = ProgramError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pykd.core.host import Host

__all__ = [
    "AMBIGUOUS",
    "FD_ISSET",
    "HZ",
    "KVADDR",
    "PAGEOFFSET",
    "PAGESIZE",
    "PAGE_CACHE_SHIFT",
    "PHYSADDR",
    "TYPE_CODE_ARRAY",
    "TYPE_CODE_BOOL",
    "TYPE_CODE_ENUM",
    "TYPE_CODE_FLT",
    "TYPE_CODE_FUNC",
    "TYPE_CODE_INT",
    "TYPE_CODE_PTR",
    "TYPE_CODE_STRUCT",
    "TYPE_CODE_UNION",
    "TYPE_CODE_VOID",
    "UVADDR",
    "WARNING",
    "XENMACHADDR",
    "Crash_build",
    "Crash_run",
    "addr2mod",
    "addr2sym",
    "cpu_to_le32",
    "crash_set_error",
    "default_timeout",
    "enumerator_value",
    "error",
    "exec_crash_command",
    "exec_crash_command_bg2",
    "exec_epython_command",
    "gdb_typeinfo",
    "gdb_whatis",
    "getFullBuckets",
    "getFullBucketsH",
    "getListSize",
    "get_GDB_output",
    "get_NR_syscalls",
    "get_epython_cmds",
    "get_pathname",
    "get_task_mem_usage",
    "get_uptime",
    "is_task_active",
    "le16_to_cpu",
    "le32_to_cpu",
    "mem2long",
    "member_offset",
    "member_size",
    "phys_to_page",
    "pid_to_task",
    "readInt",
    "readPtr",
    "readmem",
    "register_epython_prog",
    "sLong",
    "set_default_timeout",
    "set_readmem_task",
    "setprocname",
    "struct_size",
    "sym2addr",
    "sym2alladdr",
    "symbol_exists",
    "task_to_pid",
    "union_size",
    "uvtop",
    "version",
]

version = "3.2.1"
"""of the interface"""
Crash_run = Crash_build = "9.0.0"
"""The version of crash whose commands pykd resembles."""

TYPE_CODE_PTR = 1
TYPE_CODE_ARRAY = 2
TYPE_CODE_STRUCT = 3
TYPE_CODE_UNION = 4
TYPE_CODE_ENUM = 5
TYPE_CODE_FUNC = 7
TYPE_CODE_INT = 8
TYPE_CODE_FLT = 9
TYPE_CODE_VOID = 10
TYPE_CODE_BOOL = 21

WARNING = "+++WARNING+++"

default_timeout = 120
_timeout = 60

_error_target = "default"


if TYPE_CHECKING:
    HZ: int
    PAGESIZE: int
    PAGE_CACHE_SHIFT: int


def __getattr__(name: str) -> Any:
    # What is the dump's is asked of the dump that is current when somebody asks.
    if name == "HZ":
        from pykd.kernel.timekeeping import hz

        return hz()
    if name == "PAGESIZE":
        return current().page_size
    if name == "PAGE_CACHE_SHIFT":
        return current().page_size.bit_length() - 1
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# ---- numbers


def mem2long(bytestr: bytes, signed: int = 0, array: int = 0) -> Any:
    """Bytes as an integer, or with *array* > 1 as that many."""
    if not isinstance(bytestr, (bytes, bytearray, memoryview)):
        raise error("invalid parameter type")
    if array <= 1:
        if len(bytestr) not in (1, 2, 4, 8):
            raise error("bad size")
        return int.from_bytes(bytestr, current().byteorder, signed=bool(signed))
    size = len(bytestr) // array
    if size not in (1, 2, 4, 8):
        raise error("bad size")
    return [int.from_bytes(bytestr[at : at + size], current().byteorder, signed=bool(signed)) for at in range(0, array * size, size)]


def sLong(n: int) -> int:
    """The lower 64 bits as a signed number."""
    n = _int(n) & _MASK64
    return n - (1 << 64) if n >> 63 else n


def le32_to_cpu(n: int) -> int:
    return _int(n) & 0xFFFFFFFF


def le16_to_cpu(n: int) -> int:
    return _int(n) & 0xFFFF


cpu_to_le32 = le32_to_cpu


def FD_ISSET(fd: int, fdset: bytes) -> int:
    """Whether bit *fd* is set in the bytes of an fd_set."""
    fd = _int(fd)
    if not isinstance(fdset, (bytes, bytearray, memoryview)):
        raise error("invalid parameter type")
    if not 0 <= fd < 8 * len(fdset):
        raise error(f"{fd} is not in a set of {8 * len(fdset)}")
    return fdset[fd // 8] >> fd % 8 & 1


# ---- kernel


def pid_to_task(pid: int) -> int:
    """Address of the task of that PID, 0 if there is none."""
    try:
        return int(pykd.tasks.find(_int(pid)))
    except pykd.NotFoundError:
        return 0


def task_to_pid(task: int) -> int | None:
    """PID of a task, None if there is none at that address."""
    task = _int(task)
    if not pykd.tasks.is_task(task):
        return None
    pid: int = current().object("struct task_struct", task).pid
    return pid


def is_task_active(task: int) -> bool:
    """Whether the task was running on a CPU."""
    return _int(task) in pykd.cpus.active_tasks().values()


def get_task_mem_usage(task: int) -> tuple[int, int]:
    """Virtual and resident size in kB."""
    from pykd.kernel.task import members, memory

    dump = current()
    found: Any = dump.object("struct task_struct", _int(task))
    if not found.mm:
        return 0, 0
    return memory.virtual_size(found.mm, dump), memory.resident_size(found.mm, int(found.Eval(members.path("tgid", dump))), dump)


def get_uptime() -> int:
    """Jiffies since boot; HZ of them are a second."""
    from pykd.kernel.timekeeping import jiffies_since_boot

    return jiffies_since_boot(current())


def get_pathname(dentry: int, vfsmnt: int) -> str:
    """Path of a dentry in a mount; *vfsmnt* 0: in its own filesystem."""
    from pykd.kernel.fs.paths import dentry_path

    return dentry_path(current(), _int(dentry), _int(vfsmnt))


def get_NR_syscalls() -> int:
    """Entries of sys_call_table, 256 if its size is not known."""
    try:
        size = current().symbol("sys_call_table", "").size
    except pykd.NotFoundError:
        return 256
    return size // 8 or 256


# ---- commands


def crash_set_error(target: str) -> str | None:
    """Where error messages of commands go: ``default`` (to the user; of one that failed into its output), ``redirect`` (into their output) or a file. Returns what it was."""
    global _error_target
    target = _str(target)
    if target not in ("default", "redirect"):
        try:
            to_file(target, append=True).close()
        except OSError:
            raise error("cannot set this target") from None
    before, _error_target = _error_target, target
    return before


def _host() -> Host:
    session = host.current()
    if session is None:
        raise error("there is no session that could run commands")
    return session


def _is_program(cmd: str) -> bool:
    return any(word in get_epython_cmds() for word in cmd.split(None, 1)[:1])


def _capture(cmd: str) -> tuple[str, bool]:
    """Output of a command, and whether it worked. Messages are a part of it where it failed or is a program, and where the user wants them there;
    a program would take what a damaged dump lacks for a line of the table."""
    output, messages, worked = _host().capture_apart(cmd)
    if _error_target not in ("default", "redirect"):
        with to_file(_error_target, append=True) as file:
            file.write(messages)
    elif messages and _error_target == "default" and worked and not _is_program(cmd):
        sys.stderr.write(messages)
    else:
        output += messages
    return output, worked


def exec_crash_command(cmd: str, no_stdout: int = 0) -> str:
    """Output of a command. :raises error: with the output as its text, when the command failed or printed nothing."""
    output, worked = _capture(_str(cmd))
    # How a program ended is its own business: crash has run it.
    if not output or not (worked or _is_program(cmd)):
        raise error(output)
    return output


def exec_crash_command_bg2(cmd: str) -> tuple[int, int]:
    """Run a command in a child process: (descriptor to read its output from, PID). Its exit status is 1 if the command failed."""
    import os

    _str(cmd)
    sys.stdout.flush()  # or the child prints it too
    try:
        reader, writer = os.pipe()
    except OSError:
        raise error("cannot create a pipe") from None
    try:
        pid = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        raise error("cannot fork()") from None
    if pid:
        os.close(writer)
        return reader, pid
    status = 1
    try:
        os.close(reader)
        from pykd.core.output import buffer, contents, output_to

        # It stays open until the process has ended: readers take the end of the output for that, and kill what lingers.
        pipe = open(writer, "w", buffering=1, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        messages = buffer()
        with output_to(pipe, messages):
            status = 0 if _host().guarded_plain(cmd) else 1
        is_apart = status == 0 and _error_target == "default" and not _is_program(cmd)
        print(contents(messages), end="", file=sys.stderr if is_apart else pipe, flush=True)
    finally:
        # Not a way back into the parent's program, whatever happened.
        os._exit(status)


def get_GDB_output(cmd: str) -> str | None:
    """Output of a gdb command, None if it failed."""
    output, worked = _capture("gdb " + _str(cmd))
    return output if worked else None


def set_default_timeout(sec: int) -> int:
    """Returns what it was."""
    global _timeout
    before, _timeout = _timeout, _int(sec)
    return before


def exec_epython_command(*argv: str) -> None:
    """Run a program as ``epython ARGV…`` does."""
    words = [_str(word) for word in argv]
    _host().run_program(words)


def get_epython_cmds() -> list[str]:
    """``epython`` and the registered programs."""
    return ["epython", *_host().registered()]


def register_epython_prog(name: str, short: str, synopsis: str, help: str) -> bool:
    """Make program *name* a command of its own, with a page of help; False if there is a command of that name."""
    words = (_str(name), _str(short), _str(synopsis), _str(help))
    return _host().register(*words)


def setprocname(name: str) -> None:
    """Name this process, as ``ps`` shows it."""
    try:
        with open("/proc/self/comm", "w") as file:
            file.write(_str(name)[:15])
    except OSError:
        # Cosmetic, and there may be no /proc.
        pass
