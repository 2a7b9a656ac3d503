# SPDX-License-Identifier: GPL-2.0-or-later
"""What a session shows first: the dump, and what was found in it and what is therefore lost."""

from __future__ import annotations

from _pykd import Dump, Error, FaultError
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = (
    # (what, a symbol or type that only a dump with it has, what is lost without it)
    ("symbols", "kallsyms", "names of functions and variables, and with them almost everything"),
    ("types", "BTF", "structures: tasks, lists, files; memory, log and disassembly by address remain"),
    ("stacks", "ORC", "exact stack traces: frames are guessed, and marked so"),
)


def _has_symbols(dump: Dump) -> bool:
    try:
        return bool(dump.symbol("_stext", "").size or dump.address_of("_etext", default=0))
    except Error:
        return False


def _has_types(dump: Dump) -> bool:
    try:
        return dump.find_type("struct", "task_struct") is not None
    except Error:
        return False


def _has_orc(dump: Dump) -> bool:
    try:
        return bool(dump.address_of("__start_orc_unwind", default=0))
    except Error:
        return False


def found(dump: Dump) -> Iterator[tuple[str, bool, str]]:
    """(what, whether the dump has it, what is lost without it)"""
    for (_, name, lost), has in zip(NEEDED, (_has_symbols, _has_types, _has_orc), strict=True):
        yield name, has(dump), lost


def lines(session: Session) -> Iterator[str]:
    """The banner."""
    from pykd.kernel import sysinfo

    dump = session.dump
    try:
        yield from sysinfo.text(dump).rstrip("\n").splitlines()
    except Error as error:
        yield f"{'DUMPFILE':>12}: {dump.path}  ({dump.format})"
        yield f"{'':>12}  ({error})"
    yield from _context(session)
    parts = list(found(dump))
    modules, lost_of_modules = _modules(dump)
    yield f"{'FOUND':>12}: " + ", ".join(name if has else f"no {name}" for name, has, _ in parts) + modules
    losses = [f"without {name} there are no {lost}" for name, has, lost in parts if not has]
    if lost_of_modules and not losses:
        losses.append(lost_of_modules)
    if not dump.complete:
        losses.append("the dump is incomplete: what was cut off cannot be shown")
    if lacks_kernel_memory(dump):
        losses.append(
            "makedumpfile has left out memory of the kernel itself, as one older than the kernel does with -d 8 and more: "
            "many objects cannot be shown; -d 23 keeps them"
        )
    yield from _indented(losses)
    yield ""
    yield "Type `help` for the commands, `help tour` for ten minutes with pykd, `report` for what happened."


def lacks_kernel_memory(dump: Dump) -> bool:
    """Whether slab pages were left out, which no dump level means to do: what every task points to says so."""
    from pykd.kernel.task import threads as tasks

    members = ("pid", "signal.flags", "files.next_fd", "fs.umask", "cred.user", "mm.total_vm")
    try:
        rows = dump.read_columns(tasks.addresses(dump), "struct task_struct", members)
    except Error:
        return False
    return any(isinstance(value, FaultError) and value.reason == "excluded" for row in rows for value in row)


def _indented(sentences: list[str]) -> Iterator[str]:
    if sentences:
        import textwrap

        for sentence in sentences:
            yield from textwrap.wrap(sentence, 79, initial_indent=" " * 14, subsequent_indent=" " * 16)


def _context(session: Session) -> Iterator[str]:
    """The task that commands mean, as ``set`` shows it."""
    from pykd.core.errors import CommandError
    from pykd.kernel import sysinfo
    from pykd.session import context

    try:
        for line in context.context_text(context.context_row(session, context.chosen(session, [])[0])):
            key, _, value = line.partition(":")
            yield f"{key.strip():>12}:{value}"
    except (Error, CommandError) as error:
        yield f"{'PID':>12}: {sysinfo.unavailable(error)}"


def _modules(dump: Dump) -> tuple[str, str]:
    """How many modules there are, as an end of the line; and what is lost with their types."""
    try:
        modules = dump.modules()
    except Error:
        return "", ""
    untyped = [module for module in modules if not module.has_btf]
    ends = f"; {len(modules)} modules, {len(modules) - len(untyped)} with types"
    if not untyped:
        return ends, ""
    whose = "modules" if len(untyped) == len(modules) else untyped[0].name if len(untyped) == 1 else f"{len(untyped)} modules"
    return ends, f"without types of {whose}, structures that they define cannot be shown"
