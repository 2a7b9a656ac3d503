#!/usr/bin/env python
# SPDX-License-Identifier: GPL-2.0-or-later
"""Registers at the entry of the routines on stacks, and what the arguments in them are."""

from __future__ import annotations

import argparse

import crash
import pykd
from LinuxDump.BTstack import exec_bt
from LinuxDump.fregsapi import ARGUMENTS, CERTAIN, search_for_registers
from LinuxDump.Tasks import TaskTable
from pykd.core.shown import one_line
from pykdump.highlevel import get_pathname, pylog, readSU
from pykdump.memocaches import CU_LOAD, purge_memoize_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from typing import Any

    from LinuxDump.BTstack import BTFrame, BTStack

__version__ = "1.11"

USAGE = "usage: fregs [-h] [-V] [-a] [-l] [-r ROUTINE] [-u | -A] [pid|taskp|cmd]\n"
HELP = """
Show register contents at routine entry.

positional arguments:
  pid|taskp|cmd         PID or task struct pointer or command (if omitted, use
                        current context)

optional arguments:
  -h, --help            show this help message and exit
  -V, --version         show program's version number and exit
  -a, --args            identify arguments (-aa for more detail)
  -l, --lines           show source code line numbers
  -r ROUTINE, --routine ROUTINE
                        only show routines whose names include ROUTINE
  -u, --unint           do all uninterruptible tasks
  -A, --all             do ALL tasks (this may take a while!)
"""


class Parser(argparse.ArgumentParser):
    """With the texts that scripts know, whichever way a version of argparse lays them out."""

    def format_usage(self) -> str:
        return USAGE

    def format_help(self) -> str:
        return USAGE + HELP


def parameters(function: str) -> list[tuple[str, pykd.Type]]:
    """(name, Type) of the function's parameters, as far as they are passed in registers; [] if its prototype is not known."""
    try:
        known = pykd.current().symbol_type(function).parameters()
    except pykd.Error:
        return []
    return [(name or "", type) for name, type in known[: len(ARGUMENTS)]]


# What -aa shows of an object: by the struct that an argument points to.

def file_text(address: int) -> str:
    return path_text(readSU("struct file", address).f_path)


def path_text(path: Any) -> str:
    return get_pathname(path.dentry, path.mnt)


def dentry_text(address: int) -> str:
    return get_pathname(address, 0)


def device_text(address: int) -> str:
    return str(readSU("struct device", address).kobj.name)


def scsi_device_text(address: int) -> str:
    device = readSU("struct scsi_device", address)
    return f"{device.sdev_gendev.kobj.name} {device.sdev_state}"


def scsi_target_text(address: int) -> str:
    target = readSU("struct scsi_target", address)
    return f"{target.dev.kobj.name} {target.state}"


def task_text(address: int) -> str:
    task = readSU("struct task_struct", address)
    return f"PID {task.pid} ({task.comm})"


DECODERS: dict[str, Callable[[int], str]] = {
    "struct file": file_text,
    "struct path": lambda address: path_text(readSU("struct path", address)),
    "struct dentry": dentry_text,
    "struct filename": lambda address: str(readSU("struct filename", address).name),
    "struct qstr": lambda address: str(readSU("struct qstr", address).name),
    "struct task_struct": task_text,
    "struct device": device_text,
    "struct scsi_device": scsi_device_text,
    "struct scsi_target": scsi_target_text,
    "struct linux_binprm": lambda address: str(readSU("struct linux_binprm", address).filename),
}


def describe(name: str, type: pykd.Type, value: int, detail: int) -> str:
    """Name and type of an argument, and with *detail* what it is."""
    text = f"  {type.declare(name) if name else type}"
    stripped = type.strip()
    if detail < 2 or stripped.kind != "pointer" or stripped.target is None or not value:
        return text
    target = stripped.target.strip()
    decoder = DECODERS.get(str(target))
    try:
        if decoder:
            return f"{text} = {one_line(decoder(value))}"
        if target.kind == "int" and target.size == 1 and value >> 63:
            return f"{text} = {pykd.current().read_string(value, 256).decode('utf-8', 'backslashreplace')!r}"
    except (crash.error, KeyError, AttributeError, IndexError) as error:
        return f"{text} = ({error})"
    return text


def print_frame(frame: BTFrame, options: Namespace) -> None:
    place = frame.from_func if frame.lookup_regs else ""
    print(f"\n#{frame.level} {frame.func} {place}" if frame.level >= 0 else f"\n[exception RIP: {frame.func}+{frame.offset}]")
    types: dict[str, tuple[str, pykd.Type]] = dict(zip(ARGUMENTS, parameters(frame.func))) if options.args else {}
    for name, (value, confidence) in frame.reg.items():
        sign = " +" if confidence == CERTAIN else f"{confidence} "
        about = describe(*types[name], value, options.args) if name in types else ""
        print(f"{sign}{name}: {value:#x}{about}")
    if frame.data:
        print("\n".join(frame.data))


def print_stack(stack: BTStack, options: Namespace) -> None:
    frames = search_for_registers(stack, "")
    if isinstance(frames, int):
        pylog.error("fregs works on x86_64 only")
        return
    chosen = [frame for frame in frames if options.routine in frame.func]
    if options.routine and not chosen:
        return
    print(f"\nPID: {stack.pid}  TASK: {stack.addr:x}  CPU: {stack.cpu}  COMMAND: {one_line(stack.cmd)}")
    for frame in chosen:
        print_frame(frame, options)
    if stack.incomplete:
        print(f"\n{stack.incomplete.strip()}")


def stacks(options: Namespace) -> list[BTStack]:
    """The stacks that the options ask for."""
    if options.all:
        return exec_bt("foreach bt")
    if options.unint:
        return exec_bt("foreach UN bt")
    if options.task is None:
        return exec_bt("bt")
    try:
        int(options.task, 16)
    except ValueError:
        return [stack for task in TaskTable().getByComm(options.task) for stack in exec_bt(f"bt {int(task.ts):#x}")]
    return exec_bt(f"bt {options.task}")


def main() -> None:
    parser = Parser(prog="fregs")
    parser.add_argument("task", nargs="?", metavar="pid|taskp|cmd")
    parser.add_argument("-V", "--version", action="version", version=f"fregs {__version__}")
    parser.add_argument("-a", "--args", action="count", default=0)
    parser.add_argument("-l", "--lines", action="store_true")
    parser.add_argument("-r", "--routine", default="")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("-u", "--unint", action="store_true")
    which.add_argument("-A", "--all", action="store_true")
    options = parser.parse_args()
    purge_memoize_cache(CU_LOAD)
    found = stacks(options)
    if not found and options.task is not None:
        print(f"no task is {options.task}")
    for stack in found:
        print_stack(stack, options)


if __name__ == "__main__":
    main()
