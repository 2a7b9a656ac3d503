# SPDX-License-Identifier: GPL-2.0-or-later
"""What a session shows first: the dump, and what was found in it and what is therefore lost."""

from __future__ import annotations

from collections.abc import Iterator

from _pykd import Dump, Error
from pykd.session import Session

NEEDED = (
    # (what, a symbol or type that only a dump with it has, what is lost without it)
    ("symbols", "kallsyms", "names of functions and variables, and with them almost everything"),
    ("types", "BTF", "structures: tasks, lists, files; memory, log and disassembly by address remain"),
    ("stacks", "ORC", "exact stack traces: frames are guessed, and marked so"),
)


def _has_symbols(dump: Dump) -> bool:
    try:
        return bool(dump.symbol("_stext", "").size or dump.address_of("_etext"))
    except Error:
        return False


def _has_types(dump: Dump) -> bool:
    try:
        return dump.find_type("struct", "task_struct") is not None
    except Error:
        return False


def _has_orc(dump: Dump) -> bool:
    try:
        return bool(dump.address_of("__start_orc_unwind"))
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
    yield f"{'FOUND':>12}: " + ", ".join(name if has else f"no {name}" for name, has, _ in parts) + _modules(dump)
    for name, has, lost in parts:
        if not has:
            yield f"{'':>12}  without {name} there are no {lost}"
    if not dump.complete:
        yield f"{'':>12}  the dump is incomplete: what was cut off cannot be shown"


def _context(session: Session) -> Iterator[str]:
    """The task that commands mean, as ``set`` shows it."""
    from pykd.command import CommandError
    from pykd.commands import set_

    try:
        for line in set_.context_lines(session):
            key, _, value = line.partition(":")
            yield f"{key.strip():>12}:{value}"
    except (Error, CommandError) as error:
        yield f"{'PID':>12}: (unavailable: {error})"


def _modules(dump: Dump) -> str:
    try:
        modules = dump.modules()
    except Error:
        return ""
    typed = sum(module.has_btf for module in modules)
    return f"; {len(modules)} modules, {typed} with types"
