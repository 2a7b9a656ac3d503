# SPDX-License-Identifier: GPL-2.0-or-later
"""What programs use: readers of memory and of objects, lists, types, commands."""

from __future__ import annotations

import os
import sys

import _pykd
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
from pykd.compat import standins
from pykd.compat.moved import CONTAINERS, LIST_HEADS, OLD_TYPES, OWNERS, LinkAddress, link_offset, list_head, owner_offset
from pykd.compat.parts import Parts, elements_of

from .datatypes import (
    ArtStructInfo,
    EnumInfo,
    SUInfo,
    TypeInfo,
    VarInfo,
    type_length,
)
from .Generic import (
    getCurrentModule,
    patch_default_kw,
    registerModuleAttr,
    registerObjAttrHandler,
    unsigned16,
    unsigned32,
    unsigned64,
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
from .memocaches import memoize_typeinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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

_MAXEL = 10000
_MAX_STRUCTS = 4 << 20
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


# ---- structs


def readSU(symbol: str, addr: int) -> StructResult:
    """The struct or union *symbol* at *addr*. :raises TypeError: ``no type NAME``"""
    try:
        return StructResult(symbol, addr)
    except TypeError:
        if isinstance(addr, Parts):
            return addr  # type: ignore[return-value]
        if symbol not in OLD_TYPES:
            raise
    return StructResult(OLD_TYPES[symbol], addr)


def readSUArray(suname: str, startaddr: int, dim: int = 0) -> Any:
    """*dim* structs one after the other; without *dim* a generator of as many as lists may have.

    :raises LimitError: of more than 4 million structs, a number that was read from damage.
    """
    first = readSU(suname, startaddr)
    if dim > _MAX_STRUCTS:
        raise pykd.LimitError(f"an array of {dim} {suname} at {int(first):#x}")
    if dim:
        return [first[i] for i in range(dim)]
    return _endless_array(first)


def _endless_array(first: StructResult, *, maxel: int = _MAXEL) -> Iterator[StructResult]:
    for i in range(maxel):
        yield first[i]


def setListMaxel(newval: int) -> None:
    """Change the default of ``maxel`` in all functions of this module."""
    patch_default_kw(sys.modules[__name__], "maxel", newval)


def _warn_maxel(maxel: int) -> None:
    callers = []
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_name != "<module>":
        callers.append(frame.f_code.co_name)
        frame = frame.f_back  # type: ignore[assignment]
    pylog.warning(f"We have reached the limit while reading a list {maxel=}\n\t\tfrom {' <- '.join(callers)}")


def readList(start: int, offset: int = 0, *, maxel: int = _MAXEL, inchead: bool = True, warn: bool = True) -> list[int]:
    """Addresses linked by the pointers at *offset*, up to NULL or back to *start*; what is unreadable ends the list.

    :param inchead: *start* is an element.
    """
    elements = elements_of(start)
    if elements is not None:
        return elements.addresses[:maxel]
    link = start
    start = int(start)
    if start == 0:
        return []
    addresses, end = pykd.current().follow(start, offset, limit=maxel if inchead else maxel + 1)
    if not inchead:
        del addresses[0]
    if isinstance(link, LinkAddress):
        head = link.head(start, pykd.current())
        addresses = [address for address in addresses if address != head]
    if end == "limit":
        if warn:
            _warn_maxel(maxel)
    elif end == "cycle":
        pylog.error("Circular dependency in list")
    elif end is not None:
        print(end)
    return addresses


def readBadList(
    start: int, offset: int = 0, *, maxel: int = _MAXEL, inchead: bool = True
) -> tuple[list[int], Any] | list[int]:
    """As readList, for damaged lists: the addresses, and what ended the list or None. Of a NULL *start* just ``[]``."""
    start = int(start)
    if start == 0:
        return []
    addresses, end = pykd.current().follow(start, offset, limit=maxel if inchead else maxel + 1)
    if not inchead:
        del addresses[0]
    if end == "limit":
        _warn_maxel(maxel)
        end = None
    return addresses, "Duplicate entry" if end == "cycle" else end


def readListByHead(start: int, offset: int = 0, *, maxel: int = _MAXEL, warn: bool = True) -> list[int]:
    """As readList, without the head."""
    return readList(start, offset, maxel=maxel, inchead=False, warn=warn)


list_for_each_entry = readListByHead


def readSUListFromHead(
    headaddr: int | str,
    listfieldname: str,
    mystruct: str,
    *,
    maxel: int = _MAXEL,
    inchead: bool = False,
    warn: bool = True,
) -> list[StructResult]:
    """The structs that a list_head links by their member *listfieldname*.

    :param headaddr: the list_head, or the name of a variable: of a struct whose member *listfieldname* is the head.
    """
    cls = type(readSU(mystruct, 0))
    if isinstance(headaddr, StructResult) and isinstance(getattr(cls, listfieldname, None), property) and cls.member_offset(listfieldname) is None:
        # A list without a head, by pointers to the next: the first of them stands for it.
        return _computed_next(cls(headaddr), listfieldname, maxel)[0 if inchead else 1 :]
    offset = cls(0).fieldOffset(listfieldname)
    if isinstance(headaddr, str):
        headaddr = sym2addr(headaddr) + offset
    addresses = readList(headaddr, maxel=maxel, inchead=inchead, warn=warn)
    return _structs_of_links(addresses, mystruct, listfieldname, offset)


def _structs_of_links(addresses: Sequence[int], sname: str, member: str, offset: int) -> list[StructResult]:
    """The structs that have their *member* at these addresses."""
    if (sname, member) in LIST_HEADS and addresses:
        head = list_head(sname, member, addresses[0], pykd.current())
        addresses = [address for address in addresses if address != head]
    cls = type(readSU(sname, 0))
    return [cls(address - offset) for address in addresses]


def readStructNext(shead: Any, nextname: str, *, maxel: int = _MAXEL, inchead: bool = True) -> list[StructResult]:
    """Structs linked by a pointer to the next: *shead* and those after it."""
    if not isinstance(shead, StructResult):
        if shead == 0:
            return []
        shead = Deref(shead)
    offset = None if isinstance(shead, Parts) else type(shead).member_offset(nextname)
    if offset is None:
        return _computed_next(shead, nextname, maxel)[0 if inchead else 1 :]
    addresses = readList(shead, offset, maxel=maxel, inchead=inchead)
    return [type(shead)(address) for address in addresses]


def _computed_next(element: Any, nextname: str, maxel: int) -> list[Any]:
    """*nextname* is no pointer in this kernel, but an attribute that finds the next one: ``vm_area_struct.vm_next``."""
    found: dict[Any, Any] = {}
    while element and element not in found:
        if len(found) == maxel:
            _warn_maxel(maxel)
            break
        found[element] = element
        element = getattr(element, nextname)
    return list(found.values())


class ListHead(list):  # type: ignore[type-arg]
    """The elements of the list whose head is at *lhaddr*.

    ``ListHead(addr, "struct module").list`` are the modules that the list links by their member ``list``. Without a struct the
    elements are ``struct list_head``.
    """

    def __init__(self, lhaddr: int, sname: str | None = None, *, maxel: int = _MAXEL, warn: bool = True) -> None:
        elements = elements_of(lhaddr)
        if elements is not None:
            addresses, end = [0, *elements.addresses], None
        else:
            addresses, end = pykd.current().follow(int(lhaddr), limit=maxel + 1)
        if isinstance(end, pykd.Error) and len(addresses) == 1:
            raise end
        super().__init__(addresses[1:] if sname else [readSU("struct list_head", a) for a in addresses[1:]])
        self.sname = sname
        self.warn = warn
        if end == "limit" and warn:
            _warn_maxel(maxel)
        elif end == "cycle":
            pylog.error("Circular dependency in list")
        elif isinstance(end, pykd.Error):
            print(end)

    def __getattr__(self, name: str) -> list[StructResult]:
        if name.startswith("__") or self.sname is None:
            raise AttributeError(name)
        offset = member_offset(self.sname, name)
        if offset == -1:
            raise _pykd.MemberError(f"<{self.sname}> does not have a field <{name}>")
        return _structs_of_links(self, self.sname, name, offset)


def LH_isempty(lh: StructResult) -> Any:
    """A ``struct list_head`` that links nothing; a NULL one is returned as it is."""
    return lh and Addr(lh) == lh.next


def hlist_for_each_entry(emtype: str, head: StructResult, member: str) -> Iterator[StructResult]:
    """The structs that a ``struct hlist_head`` links by their member *member*."""
    offset = readSU(emtype, 0).fieldOffset(member)
    node = head.first
    seen = set()
    while node:
        if node in seen:
            pylog.error("Circular dependency in list")
            return
        seen.add(node)
        yield readSU(emtype, int(node) - offset)
        node = node.next


def container_of(ptr: int, ctype: str, member: str) -> StructResult:
    """The struct *ctype* whose member (a dotted path too) is at *ptr*. :raises KeyError: if there is no such member."""
    offset = member_offset(ctype, member)
    if offset == -1:
        if (ctype, member) in CONTAINERS:
            outer: StructResult = CONTAINERS[ctype, member](ptr)
            return outer
        readSU(ctype, 0)
        raise _pykd.MemberError(f"<{ctype}> does not have a field <{member}>")
    return readSU(ctype, int(ptr) - offset)


# ---- types and symbols


@memoize_typeinfo
def struct_size(sname: str) -> int:
    """sizeof any type (of an array's element), or -1."""
    return type_length(sname)  # type: ignore[no-any-return]


union_size = getSizeOf = struct_size


def struct_exists(sname: str) -> bool:
    return struct_size(sname) != -1  # type: ignore[no-any-return]


@memoize_typeinfo
def getStructInfo(stype: str) -> SUInfo:
    try:
        return SUInfo(stype)
    except TypeError:
        if stype not in OLD_TYPES:
            raise
    return SUInfo(OLD_TYPES[stype])


@memoize_typeinfo
def member_size(sname: str, fname: str) -> int:
    """sizeof a member, -1 if there is none. :raises TypeError: if there is no such struct."""
    try:
        return SUInfo(sname)[fname].size  # type: ignore[no-any-return]
    except (KeyError, AttributeError):
        return -1


def _class_of(sname: str) -> _pykd.StructType:
    try:
        return pykd.current().struct_class(sname)
    except pykd.NotFoundError:
        if sname not in OLD_TYPES:
            raise
    return pykd.current().struct_class(OLD_TYPES[sname])


@memoize_typeinfo
def member_offset(sname: str, fname: str) -> int:
    """Bytes from the start of the struct to a member; a dotted path leads through embedded structs. -1 if there is none."""
    try:
        cls = _class_of(sname)
        offset = cls.member_offset(fname)
        if offset is None and "." in fname:
            member = cls.PYT_type.member(fname)
            offset = member.offset if member else None
        if (sname, fname) in LIST_HEADS and offset is not None and cls.PYT_type.member(fname) is None:
            offset = link_offset(sname, fname, offset)
        if (sname, fname) in OWNERS and offset is not None:
            offset = owner_offset(sname, fname, offset)
    except pykd.Error:
        return -1
    return -1 if offset is None else offset


_symbols: dict[str, int] = {}


def symbol_exists(sym: str) -> int:
    try:
        return _symbols[sym]
    except KeyError:
        found = _symbols[sym] = crash.symbol_exists(sym) or int(sym in standins.SEEN)
        return found


_variables: dict[str, VarInfo] = {}


def whatis(symbol: str) -> VarInfo:
    """The type and address of a global. :raises TypeError: ``There's no symbol <NAME>``"""
    try:
        return _variables[symbol]
    except KeyError:
        pass
    try:
        if symbol in standins.TYPES and not crash.symbol_exists(symbol):
            return _gone(symbol)
        described = crash.gdb_whatis(symbol)
        address = crash.sym2addr(symbol)
        if not address:
            address = pykd.current().symbol(symbol).address  # of a per-CPU variable it may be 0
    except crash.error:
        if crash.symbol_exists(symbol):
            raise TypeError(f"<{symbol}> has no type here; declare it with --decl FILE: TYPE {symbol};") from None
        raise TypeError(f"There's no symbol <{symbol}>") from None
    info = VarInfo(symbol)
    info.ti = TypeInfo(described)
    info.addr = address
    info.ctype = info.ti.stype  # type: ignore[attr-defined]
    _variables[symbol] = info
    return info


def _gone(symbol: str) -> VarInfo:
    """The type of a variable that is no more: programs ask whether it is known before they read it."""
    info = VarInfo(symbol)
    info.ti = TypeInfo(standins.TYPES[symbol])
    info.addr = 0
    info.ctype = info.ti.stype  # type: ignore[attr-defined]
    _variables[symbol] = info
    return info


def readSymbol(symbol: str) -> Any:
    """Value of a global. :raises TypeError: ``There's no symbol <NAME>``"""
    if symbol in standins.GONE and not crash.symbol_exists(symbol):
        return standins.GONE[symbol]()
    if symbol in standins.CHANGED and crash.symbol_exists(symbol):
        return standins.CHANGED[symbol]()
    info = whatis(symbol)
    return info.reader(info.addr)


def funcargs(symbol: str) -> list[str] | None:
    """Types of a function's arguments; None if it is not known or no function."""
    try:
        ti = whatis(symbol).ti
    except TypeError:
        return None
    if ti.stype != "(func)":
        return None
    return [argument.typestr() for argument in ti.prototype[1:]]


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
