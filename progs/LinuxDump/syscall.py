# SPDX-License-Identifier: GPL-2.0-or-later
"""System calls that threads are in, with their arguments: :mod:`pykd.kernel.syscalls` under PyKdump's names."""

from __future__ import annotations

import struct

import pykd
from LinuxDump.Files import filesR, pidFiles
from LinuxDump.Tasks import get_ioctx_list
from pykd.kernel import syscalls
from pykd.values.words import bitmap, unpack
from pykdump import API
from pykdump.highlevel import INT_MASK, LONG_MASK, readmem, readProcessMem, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from LinuxDump.BTstack import BTStack
    from pykd.kernel.syscalls import Call

debug = 0
pointersize = 8
MAX_POLLED = 1024
MAX_FDS = 65536


def get_SysCallTable() -> list[str]:
    """Names of the functions by the numbers of the calls."""
    return syscalls.names(pykd.current())


def get_SysCallTable32() -> list[str]:
    """The same of calls of 32-bit processes; empty where the kernel takes none."""
    return syscalls.names32(pykd.current())


def getSyscallArgs(stack: BTStack) -> tuple[list[str], int, list[int]]:
    """(table of names, number, values of the six argument registers) of the call that a stack ends in. :raises IndexError: it ends in none."""
    call = syscalls.call_of(pykd.current(), stack.addr)
    if call is None:
        raise IndexError("this is not a system_call stack!")
    table = get_SysCallTable()
    if not (call.number < len(table) and table[call.number] == call.function):
        table = get_SysCallTable32()
    return table, call.number, [value for *_, value in call.arguments]


getSyscallArgs_x8664 = getSyscall32Args_x8664 = getSyscallArgs_x86 = getSyscallArgs_ia64 = getSyscallArgs


def _number(value: int) -> str:
    """Small negative numbers, of 32 bits or 64, are errors or -1; the rest is what it is."""
    for mask in (INT_MASK, LONG_MASK):
        if mask - 1000 < value <= mask:
            return str(value - mask - 1)
    return str(value)


def _argument(kind: Any, value: int) -> str:
    if kind is None:
        return f"{value:#x}"
    if kind.strip().kind == "pointer":
        return f"({kind}) {value:#x}"
    if kind.strip().kind == "int" and kind.size < 8:
        value &= (1 << 8 * kind.size) - 1
    return _number(value)


def _print_call(call: Call) -> None:
    words = "\n\t".join(_argument(kind, value) for _, kind, value in call.arguments)
    print(f"    {call.name} ({words})")


def generic_decoder(sc: str, args: Iterable[int]) -> None:
    """Print a call by the name of its function and the values of its arguments."""
    bare = syscalls.bare_name(sc)
    values = list(args)
    _print_call(syscalls.Call(-1, sc, syscalls.typed(pykd.current(), bare, values)))


def decode_Stacks(stacks: Iterable[BTStack]) -> None:
    """Print each stack, and the call it ends in with what its arguments mean."""
    for stack in stacks:
        print(stack)
        print("    ....... Decoding Syscall Args .......")
        try:
            call = syscalls.call_of(pykd.current(), stack.addr)
        except pykd.Error as error:
            print(error)
            continue
        if call is None:
            print("this is not a system_call stack!")
            continue
        _print_call(call)
        decoder = _DECODERS.get(call.name)
        if decoder:
            try:
                decoder(stack, [value for *_, value in call.arguments])
            except pykd.Error:
                print("  Cannot read userspace args")


# ---- what arguments point to, in the memory of the process


def _text(stack: BTStack, address: int) -> str:
    data = readProcessMem(stack.addr, address, min(256, 4096 - address % 4096))
    return data.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _path(*labels: tuple[str, int]) -> Callable[[BTStack, list[int]], None]:
    def decode(stack: BTStack, args: list[int]) -> None:
        print("\t " + ", ".join(f'{label}="{_text(stack, args[number])}"' for label, number in labels))

    return decode


def _each(format: str, data: bytes) -> Iterator[tuple[Any, ...]]:
    """The structs in *data*, one after another."""
    size = struct.calcsize("=" + format)
    return (unpack(pykd.current(), format, data[at : at + size]) for at in range(0, len(data) - size + 1, size))


def _poll(stack: BTStack, args: list[int]) -> None:
    start, count, timeout = args[:3]
    patience = "no timeout" if timeout & INT_MASK == INT_MASK else f"timeout={timeout & INT_MASK} ms"
    print(f"  nfds={count},  {patience}")
    count = min(count, MAX_POLLED)
    for fd, events, _ in _each("ihh", readProcessMem(stack.addr, start, 8 * count) if count else b""):
        print(f"     fd={fd} events={events & 0xFFFF:#x}")


def _fds(stack: BTStack, count: int, address: int) -> list[int]:
    bits = bitmap(pykd.current(), readProcessMem(stack.addr, address, (count + 63) // 64 * 8))
    return [fd for fd in range(count) if bits >> fd & 1]


def _select(stack: BTStack, args: list[int]) -> None:
    count = min(args[0] & INT_MASK, MAX_FDS)
    print(f"   nfds={count}")
    for name, address in zip(("readfds", "writefds", "exceptfds"), args[1:4]):
        if address and count:
            print("  ", name, _fds(stack, count, address))
    _timeout(stack, args[4], "usec")


def _timeout(stack: BTStack, address: int, unit: str) -> None:
    if address:
        seconds, rest = unpack(pykd.current(), "qq", readProcessMem(stack.addr, address, 16))
        print(f"   timeout={seconds} s, {rest} {unit}")
    else:
        print("   No timeout")


def _nanosleep(first: int) -> Callable[[BTStack, list[int]], None]:
    def decode(stack: BTStack, args: list[int]) -> None:
        for name, address in zip(("req", "rem"), args[first:]):
            if address:
                seconds, rest = unpack(pykd.current(), "qq", readProcessMem(stack.addr, address, 16))
                print(f"\t {name}  {seconds}sec, {rest}nsec")
            else:
                print(f"\t {name}  NULL")

    return decode


def _file(stack: BTStack, args: list[int]) -> None:
    files = pidFiles(stack.pid).files
    fd = args[0] & INT_MASK
    if fd not in files:
        return
    address, _, inode, kind, path = files[fd]
    print(f"\t fd={fd} {kind} {path}".rstrip())
    if kind == "FIFO":
        pipe = readSU("struct inode", inode).i_pipe
        print(f"\t {readSU('struct file', address)},  {pipe.readers} readers, {pipe.writers} writers")
        others = [pid for pid in filesR(inode) if pid != stack.pid]
        if others:
            print("    PIDs of the others:", *others)


def _ioctl(stack: BTStack, args: list[int]) -> None:
    print(f"       fd={args[0]}")
    print(f"      cmd={args[1]:#x}")
    print(f"     uarg={args[2]:#x}")


def _io_submit(stack: BTStack, args: list[int]) -> None:
    context, count, table = args[:3]
    print(f"  --- Dumping {count} requests")
    count = min(count, MAX_POLLED)
    for number, (address,) in enumerate(_each("Q", readProcessMem(stack.addr, table, 8 * count) if count else b"")):
        data, _, opcode, _, fd, buffer, size, offset = unpack(pykd.current(), "QQHhIQQq", readProcessMem(stack.addr, address, 48))
        print(f"      --- i={number} iocb={address:#x} data={data:#x} opcode={opcode} fd={fd} buf={buffer:#x} nbytes={size} offset={offset}")
    for one in get_ioctx_list(readSU("struct task_struct", stack.addr)):
        if not one.dead.counter and one.user_id == context:
            print("  KIOCTX", one)


_DECODERS: dict[str, Callable[[BTStack, list[int]], None]] = {
    "sys_poll": _poll,
    "sys_ppoll": _poll,
    "sys_select": _select,
    "sys_nanosleep": _nanosleep(0),
    "sys_clock_nanosleep": _nanosleep(2),
    "sys_ioctl": _ioctl,
    "sys_io_submit": _io_submit,
    **dict.fromkeys(("sys_write", "sys_read", "sys_writev", "sys_readv", "sys_flock", "sys_fsync", "sys_fdatasync"), _file),
    **dict.fromkeys(
        ("sys_open", "sys_rmdir", "sys_unlink", "sys_newstat", "sys_newlstat", "sys_readlink", "sys_mkdir", "sys_creat", "sys_chdir", "sys_access"),
        _path(("path", 0)),
    ),
    **dict.fromkeys(("sys_openat", "sys_openat2", "sys_newfstatat", "sys_unlinkat", "sys_mkdirat", "sys_readlinkat", "sys_faccessat"), _path(("path", 1))),
    **dict.fromkeys(("sys_umount", "sys_umount2"), _path(("dir", 0))),
    "sys_getxattr": _path(("path", 0), ("name", 1)),
    "sys_mount": _path(("dev_name", 0), ("dir_name", 1)),
    "sys_rename": _path(("from", 0), ("to", 1)),
    "sys_execve": _path(("path", 0)),
}


_COMPUTED = {"sct": get_SysCallTable, "sct32": get_SysCallTable32}


def __getattr__(name: str) -> Any:
    if name in _COMPUTED:
        return _COMPUTED[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "decode_Stacks", "generic_decoder", "getSyscall32Args_x8664", "getSyscallArgs", "getSyscallArgs_ia64", "getSyscallArgs_x86",
    "getSyscallArgs_x8664", "get_SysCallTable", "get_SysCallTable32", "pointersize", "readmem", *_COMPUTED,
]  # fmt: skip
__all__ += API.hand_on(globals())
