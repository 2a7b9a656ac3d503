# SPDX-License-Identifier: GPL-2.0-or-later
"""System calls: the table of their functions, and with which number and arguments a thread is in one."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.kernel import machine
from pykd.values.clones import plain
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Symbol, Type

MAX_SYSCALLS = 1 << 12
PREFIXES = ("__x64_", "__ia32_", "__arm64_", "__s390x_", "__riscv_", "__se_", "__do_")
"""Of the names of functions in the table, which take a ``struct pt_regs`` and not the call's own arguments."""


class Call(NamedTuple):
    """A system call under way."""

    number: int
    function: str
    """As the kernel's table has it: ``__x64_sys_poll``"""
    arguments: list[tuple[str, Type | None, int]]
    """(name, C type, value of the register); six nameless ones where the dump does not say what the call takes."""

    @property
    def name(self) -> str:
        """``sys_poll``"""
        return bare_name(self.function)


def bare_name(function: str) -> str:
    """``sys_poll`` of ``__x64_sys_poll``."""
    for prefix in PREFIXES:
        if function.startswith(prefix):
            return function.removeprefix(prefix)
    return function


def table(dump: Dump, name: str = "sys_call_table") -> list[Symbol]:
    """The functions of a table of system calls, in the order of their numbers, up to the first pointer to none.

    1e3ad78334a6 (in v6.9): x64_sys_call() took the place of the table, which is still there for tracing.

    :raises NotFoundError, FaultError:
    """
    symbol = dump.symbol(name, "")
    # kallsyms gives sizes up to the next symbol
    data = dump.read(symbol.address, min(symbol.size, 8 * MAX_SYSCALLS) & ~7)
    found: list[Symbol] = []
    for pointer in words_of(dump, data):
        function = dump.symbol_at(pointer)
        if function is None or function.address != pointer:
            break
        found.append(function)
    return found


@per_dump
def names(dump: Dump) -> list[str]:
    """Of the functions of :func:`table`; none where the dump has no table."""
    try:
        return [plain(function.name) for function in table(dump)]
    except Error:
        return []


@per_dump
def names32(dump: Dump) -> list[str]:
    """The same of the calls of 32-bit processes."""
    try:
        return [plain(function.name) for function in table(dump, "ia32_sys_call_table")]
    except Error:
        return []


def call_of(dump: Dump, task: int) -> Call | None:
    """The system call that the thread *task* (address of its task_struct) is in; None if it is in none, or that cannot be told.

    Registers hold the arguments as user mode passed them.

    :raises FaultError: the task_struct itself cannot be read.
    """
    registers = dump.unwind(task).user_registers
    if not registers:
        return None
    of = machine.of(dump)
    compat = of.compat_call(registers)
    which = compat or (of.number, of.arguments)
    number = registers.get(which[0], -1)
    functions = names32(dump) if compat else names(dump)
    if not 0 <= number < len(functions):
        return None  # -1 of an exception or an interrupt
    values = [registers.get(name, 0) for name in which[1]]
    function = functions[number]
    return Call(number, function, typed(dump, bare_name(function), values))


def typed(dump: Dump, name: str, values: list[int]) -> list[tuple[str, Type | None, int]]:
    """(name, C type, value) of the arguments of the call *name* (``sys_poll``); all values without a type where the dump does not tell."""
    for function in (f"__do_{name}", f"__se_{name}", name):
        try:
            parameters = dump.symbol_type(function).parameters()
        except Error:
            continue
        if parameters and str(parameters[0][1]) != "const struct pt_regs *":
            return [(label or "", kind, value) for (label, kind), value in zip(parameters, values)]
    return [("", None, value) for value in values]
