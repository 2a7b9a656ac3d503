# SPDX-License-Identifier: GPL-2.0-or-later
"""PyKdump's C module: memory, names and types of the current dump, and crash's commands.

Wrong arguments and failures raise :class:`error` unless a docstring says otherwise.
"""

from __future__ import annotations

from math import prod

import pykd
from _pykd import ProgramError, current
from pykd.boot import lazy
from pykd.compat.moved import OLD_SYMBOLS, OLD_TYPES
from pykd.compat.typedict import describe, find_type
from pykd.core import host
from pykd.core.memo import per_dump
from pykd.core.output import to_file
from pykd.values import clones

error = ProgramError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.compat import oldmembers
    from pykd.compat.typedict import TypeDict
    from pykd.core.host import Host
else:
    oldmembers = lazy.module("pykd.compat.oldmembers")  # the main job needs none of it

version = "3.2.1"
"""of the interface"""
Crash_run = Crash_build = "9.0.0"
"""The version of crash whose commands pykd resembles."""

KVADDR = 1
UVADDR = 2
PHYSADDR = 4
XENMACHADDR = 8
AMBIGUOUS = -1

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

_MASK64 = (1 << 64) - 1


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
    if name == "__all__":
        # ``import *`` takes what is there, and would not ask for these.
        return ["HZ", "PAGESIZE", "PAGE_CACHE_SHIFT", *(known for known in globals() if not known.startswith("_"))]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _int(value: Any) -> int:
    try:
        return value.__index__()  # type: ignore[no-any-return]
    except (AttributeError, TypeError):
        raise error("invalid parameter type") from None


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise error("invalid parameter type")
    return value


# ---- names


def symbol_exists(name: str) -> int:
    """1 or 0."""
    for known in _names(_str(name)):
        try:
            current().symbol(known)
            return 1
        except pykd.NotFoundError:
            continue
    return 0


def _names(name: str) -> Iterator[str]:
    """What a symbol may be called: *name*, or what that was renamed to."""
    yield name
    if name in OLD_SYMBOLS:
        yield OLD_SYMBOLS[name]


def sym2addr(name: str) -> int:
    """Address of the first symbol of that name, kernel before modules; 0 if there is none, and nothing in its place."""
    for known in _names(_str(name)):
        address = clones.address(current(), known)
        if address:
            return address
    return _gone_address(name)


def _gone_address(name: str) -> int:
    from pykd.compat import standins

    try:
        place = oldmembers.variable(name)
        return place[1] if place else standins.address(name)
    except pykd.Error:
        return 0


def sym2alladdr(name: str) -> list[int]:
    """Addresses of all symbols of that name."""
    for known in _names(_str(name)):
        found = clones.symbols(current(), known)
        if found:
            return [symbol.address for symbol in found]
    return []


def addr2sym(addr: int, loose: int = 0) -> Any:
    """The symbol at exactly *addr* or None; *loose*: the symbol before it as (name, offset), or (None, None)."""
    addr = _int(addr) & _MASK64
    symbol = current().symbol_at(addr)
    if loose:
        return (clones.plain(symbol.name), addr - symbol.address) if symbol else (None, None)
    return clones.plain(symbol.name) if symbol and symbol.address == addr else None


def addr2mod(addr: int) -> str | None:
    """Name of the module that *addr* belongs to."""
    module = current().module_at(_int(addr) & _MASK64)
    return module.name if module else None


# ---- types


def _find_type(name: str) -> pykd.Type | None:
    """With or without ``struct`` or ``union``; of a struct that was renamed the old name too."""
    for prefix in ("", "struct ", "union "):
        for known in (prefix + _str(name), OLD_TYPES.get(prefix + name)):
            try:
                found = current().type(known) if known else None
            except (pykd.NotFoundError, pykd.CSyntaxError):
                continue
            if found is not None and found.strip().complete:
                return found
    return None


def struct_size(name: str) -> int:
    """sizeof, or -1."""
    found = _find_type(name)
    return found.size if found else -1


union_size = struct_size


def member_offset(struct: str, member: str) -> int:
    """Bytes from the start of the struct, or -1."""
    found, member = _find_type(struct), _str(member)
    offset = current().struct_class(found).member_offset(member) if found else None
    return -1 if offset is None else offset


def member_size(struct: str, member: str) -> int:
    """sizeof a member, or -1."""
    found, member = _find_type(struct), _str(member)
    inside = found.strip().member(member) if found else None
    if inside is None and found is not None:
        described = describe(found)
        oldmembers.extend(described)
        for old in described.get("body", ()):
            if old["fname"] == member:
                size: int = old["typelength"] * prod(old.get("dims", ()))
                return size
    return inside.type.size if inside else -1


def enumerator_value(name: str) -> int | None:
    """Value of an enumerator, None if there is none of that name."""
    try:
        return current().enumerator(_str(name))
    except pykd.NotFoundError:
        return None


def gdb_typeinfo(name: str) -> TypeDict:
    """The dictionary of a type, or of the type of a C expression."""
    for known in (_str(name), OLD_TYPES.get(name)):
        try:
            described = describe(find_type(known)) if known else None
        except (pykd.NotFoundError, pykd.CSyntaxError):
            continue
        if described is not None:
            oldmembers.extend(described)
            return described
    try:
        return describe(_type_of(name))
    except error:
        raise error("PyKdump/GDB error") from None


def gdb_whatis(expression: str) -> TypeDict:
    """The dictionary of the type of a C expression, which mostly is the name of a variable."""
    _str(expression)
    try:
        ctype = _with_length(expression, _type_of(expression))
    except error:
        # gdb takes the name of a type for an expression too.
        try:
            ctype = find_type(expression)
        except (pykd.NotFoundError, pykd.CSyntaxError):
            raise error("PyKdump/GDB error") from None
    return describe(ctype, expression)


def _with_length(name: str, ctype: pykd.Type) -> pykd.Type:
    """An array that is declared without its length (it depends on the configuration) has room for as many as the symbol has."""
    array = ctype.strip()
    if array.kind != "array" or array.length is not None or array.target is None or not array.target.size:
        return ctype
    for known in _names(name):
        try:
            return array.target.array(current().symbol(known).size // array.target.size)
        except pykd.NotFoundError:
            continue
    return ctype


def _type_of(expression: str) -> pykd.Type:
    for known in _names(expression):
        try:
            # A declaration is of no use without the symbol; of a variable that is no more the first element may be left.
            if symbol_exists(known):
                return current().symbol_type(known)
        except pykd.NotFoundError:
            continue
    place = oldmembers.variable(expression)
    if place:
        return place[0]
    try:
        return current().enumerator_type(expression)
    except pykd.NotFoundError:
        from pykd.values.expression import ExpressionError, evaluate

        try:
            return evaluate(current(), expression).type
        except ExpressionError as wrong:
            raise error(str(wrong)) from wrong


# ---- memory


def _page_table(task: int) -> int:
    """Physical address of the top-level page table of a task's memory."""
    task_struct = current().object("struct task_struct", task)
    mm = task_struct.mm or task_struct.active_mm
    if not mm:
        raise error(f"task {task:#x} has no memory of its own")
    from pykd.kernel.task import memory

    return memory.page_table(mm, current())


def _read(addr: int, size: int, mtype: int | None) -> bytes:
    made = oldmembers.read(addr, size) if oldmembers.is_made(addr) and mtype != PHYSADDR else None
    if made is not None:
        return made
    addr &= _MASK64
    if mtype == PHYSADDR:
        return current().read_physical(addr, size)
    if mtype == UVADDR:
        return current().read(addr, size, pgd=current().pgd or _page_table(_context_task()))
    if mtype == KVADDR:
        return current().read(addr, size, pgd=0)
    if mtype is None:
        return current().read(addr, size)
    raise pykd.RangeError(f"there is no memory of type {mtype}")


def _context_task() -> int:
    session = host.current()
    if session is not None:
        return session.task
    return int(pykd.tasks.panic_task())


def readmem(addr: int, size: int, mtype: int | None = None) -> bytes:
    """*size* bytes at *addr*, 1 GB at most. :raises IndexError: ``readPtr NULL pointer`` for address 0."""
    addr, size = _int(addr), _int(size)
    if addr == 0:
        raise IndexError("readPtr NULL pointer")
    if size < 0:
        raise error("invalid parameter type")
    try:
        return _read(addr, size, mtype)
    except (pykd.FaultError, pykd.RangeError) as fault:
        raise error(f"readmem error at addr {addr:#x}, reading {size} bytes") from fault


def readPtr(addr: int, mtype: int | None = None) -> int:
    """The pointer at *addr*. :raises IndexError: ``readPtr NULL pointer`` for address 0."""
    addr = _int(addr)
    if addr == 0:
        raise IndexError("readPtr NULL pointer")
    try:
        if mtype is None and not oldmembers.is_made(addr):
            return current().read_unsigned(addr)
        return int.from_bytes(_read(addr, 8, mtype), current().byteorder)
    except (pykd.FaultError, pykd.RangeError) as fault:
        raise error(f"readmem error at addr {addr:#x}") from fault


def readInt(addr: int, size: int, signed: int = 0) -> int:
    """An integer of 1, 2, 4 or 8 bytes."""
    addr, size = _int(addr), _int(size)
    try:
        made = oldmembers.read(addr, size) if oldmembers.is_made(addr) and size in (1, 2, 4, 8) else None
        if made is not None:
            return int.from_bytes(made, current().byteorder, signed=bool(signed))
        return current().read_signed(addr, size) if signed else current().read_unsigned(addr, size)
    except pykd.FaultError as fault:
        raise error(f"readmem/py_readInt error at addr {addr:#x}, reading {size} bytes") from fault
    except pykd.RangeError:
        raise error("bad size") from None


class _Readers:
    """Whose memory the readers of a dump mean."""

    task = 0
    """0: the kernel's."""
    task_before = 0
    """The session's task when there was none."""


@per_dump
def _readers(dump: Dump) -> _Readers:
    return _Readers()


def set_readmem_task(task: int) -> None:
    """Let readers mean the memory of *task* from now on, and commands that task; 0: the kernel's, and the task as before."""
    readers = _readers()
    task = _int(task)
    if task and not pykd.tasks.is_task(task):
        raise error("bad taskaddr")
    if not task and not readers.task:
        return  # as before and after every program: not worth finding out which task is meant
    session = host.current()
    current().pgd = 0
    if task:
        current().pgd = _page_table(task)
    if session is not None:
        if not readers.task:
            readers.task_before = session.task
        session.task = task or readers.task_before
    readers.task = task


def uvtop(task: int, vaddr: int) -> int:
    """Physical address of a user address of a task."""
    task, vaddr = _int(task), _int(vaddr)
    try:
        return current().translate(vaddr, pgd=_page_table(task))
    except error as fault:
        raise error(f"uvtop error at vaddr {vaddr:#x}") from fault


def phys_to_page(paddr: int) -> int:
    """Address of the ``struct page`` of a physical address."""
    paddr = _int(paddr)
    try:
        # The memory map is one array in virtual memory; KASLR moves it, and says where in a variable.
        base = current().address_of("vmemmap_base", default=0)
        start = current().read_unsigned(base) if base else 0xFFFFEA0000000000
        address = start + (paddr // current().page_size) * current().type("struct page").size
        current().translate(address)
    except error as fault:
        raise error(f"phys_to_page error at physaddr {paddr:#x}") from fault
    return address


def PAGEOFFSET(vaddr: int) -> int:
    return _int(vaddr) & current().page_size - 1


def getListSize(addr: int, offset: int, maxel: int) -> int:
    """Elements of a list without its head; counting ends at NULL, at the head and at *maxel*."""
    addr, offset, maxel = _int(addr), _int(offset), min(_int(maxel), _MASK64 - 1)
    if addr == 0:
        return 0
    addresses, end = current().follow(addr, offset, limit=maxel + 1)
    if isinstance(end, pykd.FaultError):
        raise error(f"readmem error at addr {addresses[-1] + offset:#x}") from end
    return maxel if end == "cycle" else len(addresses) - 1


def getFullBucketsH(start: int, bsize: int, items: int, chain_off: int) -> list[tuple[int, int]]:
    """(index, pointer) of the buckets of a hash table that are not empty: pointers at start + index * bsize + chain_off."""
    start, bsize, items, chain_off = map(_int, (start, bsize, items, chain_off))
    if bsize <= 0 or items < 0:
        raise error("invalid parameter type")
    found = []
    chunk = max(1, (1 << 20) // bsize)
    for first in range(0, items, chunk):
        number = min(chunk, items - first)
        size = (number - 1) * bsize + chain_off + 8
        address = start + first * bsize
        try:
            data = current().read(address, size, pgd=0)
        except (pykd.FaultError, pykd.RangeError) as fault:
            raise error(f"readmem error at addr {address:#x}, reading {size} bytes") from fault
        for i in range(number):
            offset = i * bsize + chain_off
            pointer = int.from_bytes(data[offset : offset + 8], current().byteorder)
            if pointer:
                found.append((first + i, pointer))
    return found


def getFullBuckets(start: int, bsize: int, items: int, chain_off: int) -> list[int]:
    """Pointers in the buckets of a hash table that are not empty."""
    return [pointer for _, pointer in getFullBucketsH(start, bsize, items, chain_off)]


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
    from pykd.kernel.task import memory

    found = current().object("struct task_struct", _int(task))
    return memory.sizes(found.mm, found.tgid, current()) if found.mm else (0, 0)


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
    """Where error messages of commands go: ``default``, ``redirect`` (both: into their output) or a file. Returns what it was."""
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


def _capture(cmd: str) -> tuple[str, bool]:
    session = _host()
    if _error_target in ("default", "redirect"):
        return session.capture(cmd)
    output, messages, worked = session.capture_apart(cmd)
    with to_file(_error_target, append=True) as file:
        file.write(messages)
    return output, worked


def exec_crash_command(cmd: str, no_stdout: int = 0) -> str:
    """Output of a command. :raises error: with the output as its text, when the command failed or printed nothing."""
    output, worked = _capture(_str(cmd))
    # How a program ended is its own business: crash has run it.
    if not output or not (worked or cmd.split(None, 1)[0] in get_epython_cmds()):
        raise error(output)
    return output


def exec_crash_command_bg2(cmd: str) -> tuple[int, int]:
    """Run a command in a child process: (descriptor to read its output from, PID). Its exit status is 1 if the command failed."""
    import os
    import sys

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
        from pykd.core.output import output_to

        # It stays open until the process has ended: readers take the end of the output for that, and kill what lingers.
        pipe = open(writer, "w", buffering=1, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        with output_to(pipe, pipe):
            if _host().guarded_plain(cmd):
                status = 0
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
