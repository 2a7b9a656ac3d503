# SPDX-License-Identifier: GPL-2.0-or-later
"""Loaded modules, one in detail, and traces of unloaded ones."""

from __future__ import annotations

import sys
from optparse import OptionParser

import pykd
from LinuxDump import crashcolor
from LinuxDump.modules import AllocatedRanges, find_unloaded
from pykd.core.shown import one_line
from pykd.kernel.modules import memory_error
from pykd.values.clones import plain
from pykdump.highlevel import addr2sym, exec_crash_command, pylog, readSU
from pykdump.vmcorearch import PAGESIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from optparse import Values
    from typing import Any

__version__ = "0.2"


def is_tainted(ts: Any) -> bool:
    """Did the module taint the kernel, or is it not signed by whom the kernel trusts?"""
    return ts.taints != 0 or (ts.hasField("sig_ok") and not ts.sig_ok)


def loaded_modules() -> list[pykd.Module]:
    """The loaded modules in order of the addresses of their ``struct module``."""
    dump = pykd.current()
    modules = sorted(dump.modules(), key=lambda module: module.address)
    if dump.modules_error:
        pylog.warning(f"the list of modules is damaged: {dump.modules_error}; {len(modules)} of them can be read")
    if modules and (lost := memory_error(dump)) is not None:
        pylog.warning(f"the sizes of modules are not known: {lost}")
    return modules


def print_row(address: int, name: str, size: int, gap: str, color: int | None = None) -> None:
    if color is not None:
        crashcolor.set_color(color)
    print(f"{address:#x} {one_line(name):<25s} {size:10d} {gap}")
    if color is not None:
        crashcolor.set_color(crashcolor.RESET)


def print_range(start: int, end: int) -> None:
    print("   ", end="")
    crashcolor.set_color(crashcolor.UNDERLINE)
    print(f"addr range : {start:#x} - {end:#x}")
    crashcolor.set_color(crashcolor.RESET)


def list_modules(options: Values) -> None:
    titles = "ALLOC_SIZE    GAPSIZE" if options.shows_gaps else ""
    print(f"{'struct module *':<18s} {'MODULE_NAME':<25s} {'SIZE':>10s} {titles}")
    ranges = AllocatedRanges() if options.shows_gaps or options.shows_addr or options.shows_unloaded else None
    tainted = 0
    previous_end = None
    for module in loaded_modules():
        start = end = 0
        gap = ""
        if ranges:
            start, end, taken = ranges.of_module(module)
            previous_end = start if previous_end is None else previous_end
            if options.shows_unloaded and start - previous_end > PAGESIZE:
                list_unloaded(previous_end, start, options)
            if options.shows_gaps:
                gap = f"{taken:10d} {start - previous_end:10d}"
            previous_end = max(previous_end, end)
        try:
            is_bad = is_tainted(readSU("struct module", module.address))
        except pykd.Error as err:
            pylog.warning(f"module {one_line(module.name)}: {err}")
            is_bad = False
        if options.shows_tainted and not is_bad:
            continue
        tainted += is_bad
        print_row(module.address, module.name, module.size, gap, crashcolor.LIGHTRED if is_bad else None)
        if options.shows_addr:
            print_range(start, end)
    if ranges and ranges.missing:
        lost = f"{ranges.missing} part{'s' if ranges.missing > 1 else ''} of the trees of allocated ranges"
        pylog.warning(f"{lost} cannot be read; sizes there are those of the modules alone")
    if tainted:
        print("=" * 75)
        print(f"There are {tainted} tainted modules")
    print_last_unloaded()


def list_unloaded(start: int, end: int, options: Values) -> None:
    for address, name, size in find_unloaded(pykd.current(), start, end):
        gap = f"{'N/A':>10s} {'N/A':>10s}" if options.shows_gaps else ""
        print_row(address, name, size, gap, crashcolor.MAGENTA | crashcolor.BOLD)
        if options.shows_addr:
            print_range(start, end)


def print_last_unloaded() -> None:
    dump = pykd.current()
    # struct { name; taints } since 6f1dae1d84b6 (in v6.0), the bare text before; the name comes first in both
    address = dump.address_of("last_unloaded_module", default=0)
    name = dump.read_string(address, 64).decode("ascii", "backslashreplace") if address else ""
    if name:
        crashcolor.set_color(crashcolor.BLUE)
        print(f"\n\n\tLast unloaded module : {name}")
        crashcolor.set_color(crashcolor.RESET)


def find_module(name: str) -> pykd.Module:
    """:raises SystemExit: there is no such module."""
    for module in pykd.current().modules():
        if module.name == name:
            return module
    print(f"The module {name} does not exist")
    return sys.exit(0)


def disassemble(name: str) -> None:
    for symbol in find_module(name).symbols():
        if symbol.type not in "tT":
            continue
        print(f"{'-' * 10} BEGIN disassemble {one_line(plain(symbol.name))}() {'-' * 10}")
        try:
            print(exec_crash_command(f"dis -l {symbol.address:#x}"), end="")
        except pykd.Error as err:
            print(err)
        print(f"{'=' * 10} END   disassemble {one_line(plain(symbol.name))}() {'=' * 10}\n")


def print_details(name: str) -> None:
    module = find_module(name)
    ts = readSU("struct module", module.address)
    print(f"{'struct module':<15s} : {module.address:#x}")
    print(f"{'name':<15s} : {one_line(module.name)}")
    for title, member in (("version", "version"), ("source ver", "srcversion")):
        print(f"{title:<15s} : {one_line(str(getattr(ts, member)))}")
    for title in ("init", "exit"):
        # exit is there only if modules can be unloaded
        address = int(getattr(ts, title)) if ts.hasField(title) else 0
        print(f"{title:<15s} : {addr2sym(address)} ({address:#x})")

    symbols = sorted(module.symbols(), key=lambda symbol: symbol.address)
    for title, letters in ((".text", "tT"), (".bss", "bB"), (".data", "dD"), (".readonly_data", "rR")):
        crashcolor.set_color(crashcolor.BLUE)
        print(f"\n{title} section")
        crashcolor.set_color(crashcolor.RESET)
        for symbol in reversed(symbols):
            if symbol.type in letters:
                print(f"0x{symbol.address:x} ({symbol.type}) {one_line(plain(symbol.name))}")


def main() -> None:
    op = OptionParser()
    op.add_option(
        "--disasm", dest="disasm_module", default=None, action="store", type="string", help="Disassemble a module functions"
    )
    op.add_option("--details", dest="module_detail", default=None, action="store", type="string", help="Show details")
    op.add_option("-t", dest="shows_tainted", default=False, action="store_true", help="Shows tainted modules only")
    op.add_option(
        "-g",
        dest="shows_gaps",
        default=False,
        action="store_true",
        help="Shows gaps between modules as well as phyiscally allocated sizes",
    )
    op.add_option("-a", dest="shows_addr", default=False, action="store_true", help="Shows address range for the module")
    op.add_option(
        "-u", dest="shows_unloaded", default=False, action="store_true", help="Shows unloaded module data if possible"
    )
    options = op.parse_args()[0]
    if options.disasm_module is not None:
        disassemble(options.disasm_module)
    elif options.module_detail is not None:
        print_details(options.module_detail)
    else:
        list_modules(options)


if __name__ == "__main__":
    main()
