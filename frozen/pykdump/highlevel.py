# SPDX-License-Identifier: GPL-2.0-or-later
"""What programs use: numbers, memory and commands, with lists (:mod:`pykdump.lists`) and types (:mod:`pykdump.symbols`) under the names that they import."""

from __future__ import annotations

import os
import sys

import crash
import pykd
from crash import (
    FD_ISSET,
    addr2mod,
    addr2sym,
    cpu_to_le32,
    enumerator_value,
    exec_crash_command,
    exec_crash_command_bg2,
    get_pathname,
    getFullBuckets,
    getFullBucketsH,
    getListSize,
    is_task_active,
    le16_to_cpu,
    le32_to_cpu,
    mem2long,
    phys_to_page,
    pid_to_task,
    readmem,
    readPtr,
    set_readmem_task,
    sLong,
    sym2addr,
    sym2alladdr,
    task_to_pid,
    uvtop,
)
from crash import get_GDB_output as exec_gdb_command
from pykd.compat.moved import CONTAINERS

from .datatypes import (
    ArtStructInfo,
    EnumInfo,
    SUInfo,
    TypeInfo,
    type_length,
)
from .Generic import (
    getCurrentModule,
    registerModuleAttr,
    registerObjAttrHandler,
    unsigned16,
    unsigned32,
    unsigned64,
)
from .lists import (
    LH_isempty,
    ListHead,
    hlist_for_each_entry,
    list_for_each_entry,
    readBadList,
    readList,
    readListByHead,
    readStructNext,
    readSUArray,
    readSUListFromHead,
    setListMaxel,
)
from .logging import PyLog
from .lowlevel import (
    Addr,
    AttrSetter,
    Deref,
    SmartString,
    StructResult,
    pointersize,
    printObject,
    structSetAttr,
    structSetProcAttr,
    tPtr,
)
from .symbols import (
    funcargs,
    getSizeOf,
    getStructInfo,
    member_offset,
    member_size,
    readSU,
    readSymbol,
    struct_exists,
    struct_size,
    symbol_exists,
    union_size,
    whatis,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "ALIGN",
    "BITS_PER_INT",
    "BITS_PER_LONG",
    "FD_ISSET",
    "INT_MASK",
    "INT_MAX",
    "INT_SIZE",
    "LONG_MASK",
    "LONG_MAX",
    "LONG_SIZE",
    "PTR_SIZE",
    "Addr",
    "ArtStructInfo",
    "AttrSetter",
    "Deref",
    "EnumInfo",
    "LH_isempty",
    "ListHead",
    "SUInfo",
    "SmartString",
    "StructResult",
    "SuppressCrashErrors",
    "TypeInfo",
    "addr2mod",
    "addr2sym",
    "atomic_t",
    "container_of",
    "cpu_to_le32",
    "enumerator_value",
    "exec_command",
    "exec_crash_command",
    "exec_crash_command_bg",
    "exec_crash_command_bg2",
    "exec_gdb_command",
    "funcargs",
    "getCurrentModule",
    "getFullBuckets",
    "getFullBucketsH",
    "getListSize",
    "getSizeOf",
    "getStructInfo",
    "get_pathname",
    "hlist_for_each_entry",
    "is_task_active",
    "le16_to_cpu",
    "le32_to_cpu",
    "list_for_each_entry",
    "member_offset",
    "member_size",
    "phys_to_page",
    "pid_to_task",
    "pointersize",
    "printObject",
    "readBadList",
    "readInt",
    "readList",
    "readListByHead",
    "readLong",
    "readProcessMem",
    "readPtr",
    "readS32",
    "readS64",
    "readSU",
    "readSUArray",
    "readSUListFromHead",
    "readStructNext",
    "readSymbol",
    "readU8",
    "readU16",
    "readU32",
    "readU64",
    "readUInt",
    "readULong",
    "readmem",
    "registerModuleAttr",
    "registerObjAttrHandler",
    "sLong",
    "setListMaxel",
    "set_readmem_task",
    "structSetAttr",
    "structSetProcAttr",
    "struct_exists",
    "struct_size",
    "sym2addr",
    "sym2alladdr",
    "symbol_exists",
    "tPtr",
    "task_to_pid",
    "type_length",
    "uInt",
    "uLong",
    "union_size",
    "unsigned16",
    "unsigned32",
    "unsigned64",
    "uvtop",
    "whatis",
]

pylog = PyLog()

experimental = 0
"""Set by ``--experimental``."""

crash.default_timeout = 120

# The kernels that we read are 64-bit and little-endian.
PTR_SIZE = pointersize
INT_SIZE = 4
BITS_PER_INT = 32
INT_MASK = 0xFFFFFFFF
INT_MAX = INT_MASK >> 1
LONG_SIZE = 8
BITS_PER_LONG = 64
LONG_MASK = 0xFFFFFFFFFFFFFFFF
LONG_MAX = LONG_MASK >> 1

uInt = unsigned32
uLong = unsigned64


def ALIGN(addr: int, align: int) -> int:
    """*addr* rounded up to a multiple of *align*, a power of two."""
    return (int(addr) + align - 1) & ~(align - 1)


# ---- integers


def readU8(addr: int) -> int:
    return int(mem2long(readmem(addr, 1)))


def readU16(addr: int) -> int:
    return int(mem2long(readmem(addr, 2)))


def readU32(addr: int) -> int:
    return int(mem2long(readmem(addr, 4)))


def readS32(addr: int) -> int:
    return int(mem2long(readmem(addr, 4), signed=1))


def readU64(addr: int) -> int:
    return int(mem2long(readmem(addr, 8)))


def readS64(addr: int) -> int:
    return int(mem2long(readmem(addr, 8), signed=1))


readInt = readS32
readUInt = readU32
readLong = readS64
readULong = readU64


def readProcessMem(taskaddr: int, uvaddr: int, size: int) -> bytes:
    """*size* bytes of the memory of a process."""
    parts = []
    while size > 0:
        part = min(size, crash.PAGESIZE - crash.PAGEOFFSET(uvaddr))
        parts.append(readmem(uvtop(taskaddr, uvaddr), part, crash.PHYSADDR))
        uvaddr += part
        size -= part
    return b"".join(parts)


def container_of(ptr: int, ctype: str, member: str) -> StructResult:
    """The struct *ctype* whose member (a dotted path too) is at *ptr*. :raises KeyError: if there is no such member."""
    offset = member_offset(ctype, member)
    if offset == -1:
        if (ctype, member) in CONTAINERS:
            outer: StructResult = CONTAINERS[ctype, member](ptr)
            return outer
        readSU(ctype, 0)
        raise pykd.MemberError(f"<{ctype}> does not have a field <{member}>")
    return readSU(ctype, int(ptr) - offset)


def atomic_t(o: Any) -> Any:
    """The number in an ``atomic_t``, or the number itself where a kernel has no atomic_t there."""
    try:
        return o.counter
    except AttributeError:
        return o


# ---- commands


def exec_command(cmdline: str) -> None:
    """Run a program, or print the output of a crash command."""
    argv = cmdline.split()
    if argv and argv[0] in crash.get_epython_cmds():
        crash.exec_epython_command(*argv)
    else:
        print(exec_crash_command(cmdline))


def exec_crash_command_bg(cmd: str, timeout: int | None = None) -> str:
    """Output of a command that may take at most *timeout* seconds (default: ``--timeout``); what was printed until then, if it
    takes longer. Never raises: problems are logged.
    """
    import select
    import signal
    import time

    timeout = timeout or crash.default_timeout
    sys.stdout.flush()
    try:
        fd, pid = exec_crash_command_bg2(cmd)
    except crash.error as error:
        pylog.warning(f"<{cmd}> exited abnormally, {error}")
        return ""
    output = []
    deadline = time.monotonic() + timeout
    failure = ""
    timed_out = False
    try:
        while True:
            try:
                readable = select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]
            except KeyboardInterrupt as error:
                failure = f"interrupted after {timeout}s {error!r}"
                break
            if not readable:
                timed_out = True
                break
            data = os.read(fd, 65536)
            if not data:
                break
            output.append(data)
    finally:
        os.close(fd)
        if failure or timed_out:
            os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    if timed_out:
        pylog.timeout(f"<{cmd}> failed to complete within the timeout period of {timeout}s")
    elif failure:
        pylog.warning(f"<{cmd}> {failure}")
    elif status:
        pylog.warning(f"<{cmd}> exited abnormally, {_status_text(status)}")
    return b"".join(output).decode("utf-8", "backslashreplace")


def _status_text(status: int) -> str:
    if os.WIFEXITED(status):
        return f"ExitCode={os.WEXITSTATUS(status)}"
    return "Core Dumped" if os.WCOREDUMP(status) else f"Signal {os.WTERMSIG(status)}"


class SuppressCrashErrors:
    """Within this context error messages of commands go to *outfile* instead of into their output."""

    def __init__(self, outfile: str = "/dev/null") -> None:
        self.newf = outfile

    def __enter__(self) -> str | None:
        self.oldf = crash.crash_set_error(self.newf)
        return self.oldf

    def __exit__(self, *exc_info: object) -> None:
        if self.oldf is not None and self.oldf != self.newf:
            crash.crash_set_error(self.oldf)
