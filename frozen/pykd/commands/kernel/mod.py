# SPDX-License-Identifier: GPL-2.0-or-later
"""``mod``: loaded modules."""

from __future__ import annotations

from _pykd import Error, Module
from pykd.core.errors import CommandError, UsageError
from pykd.core.near import hint, near
from pykd.core.rows import Row, fault, mark
from pykd.kernel.modules import memory_error, taint_letters, taints_of
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def _base(module: Module) -> int:
    return module.memory.get("text", (0, 0))[0]


def rows(session: Session, options: Any) -> Iterator[Row]:
    options.split = _split(session)
    dump = session.dump
    if options.D or options.o:
        return  # nothing was loaded that could be forgotten
    modules = sorted(dump.modules(), key=_base)
    # -S may name a folder and -s a file of debuginfo, of which there is no need
    wanted = [name for name in (options.s, options.d) if name] + ([] if options.S else options.arguments)
    if wanted and not (options.s or options.d):
        modules = [module for module in modules if module.name in wanted]
        if not modules:
            raise CommandError(f"{wanted[0]}: no such module", meant=lambda: near(wanted[0], (module.name for module in dump.modules())))
    if options.s or options.d:
        modules = [module for module in modules if module.name == wanted[0]]
        if not modules:
            raise UsageError(f"no module is named {wanted[0]}{hint(wanted[0], (module.name for module in dump.modules()))}")
    lost = memory_error(dump) if modules else None
    for module in modules:
        row: Row = {
            "address": module.address,
            "name": module.name,
            "base": _base(module),
            "size": module.size,
            "types": module.has_btf,
        }
        if lost is not None:
            row |= {"base": None, "size": None, "error": fault(lost, partial=True)}
        if options.t or options.g:
            try:
                row["taint_bits"] = taints_of(dump, module)
                row["letters"] = taint_letters(row["taint_bits"])
                row["taints"] = list(row["letters"])
            except Error as error:
                row["error"] = fault(error, partial=True)
        yield row
    if dump.modules_error is not None:
        yield {"error": fault(dump.modules_error, f"the list of modules ends early: {dump.modules_error}")}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.t:
        yield from _taints(rows)
        return
    if options.D or options.o:
        return
    found = list(rows)
    names = max([len(row["name"]) for row in found if "name" in row], default=4)
    bases = "TEXT_BASE" if options.split else "BASE"
    yield f"{'MODULE':^16}  {'NAME':<{names}}  {bases:^16}  {'SIZE':>7}  OBJECT FILE"
    for row in found:
        if "error" in row and "name" not in row:
            yield f"mod: {row['error']['message']}"
            continue
        # Programs take the words for types that are missing, and refuse to work.
        debuginfo = "(types in the dump)" if row["types"] and session.for_program else "(not loaded)"
        place = f"{row['base']:x}  {row['size']:>7}" if row["size"] is not None else f"{'?':<16}  {'?':>7}"
        line = f"{row['address']:x}  {row['name']:<{names}}  {place}  {debuginfo}  [CONFIG_KALLSYMS]"
        yield f"{line}  {mark(row)}" if "error" in row else line


def _split(session: Session) -> bool:
    """Whether a module has several ranges of memory, as since Linux 6.4 (ac3b43283923)."""
    type = session.dump.find_type("struct", "module")
    return type is not None and type.member("mem") is not None


def _taints(rows: Iterable[Row]) -> Iterator[str]:
    tainted = [row for row in rows if row.get("taints")]
    if not tainted:
        yield "no tainted modules"
        return
    width = max(len(row["name"]) for row in tainted)
    yield f"{'NAME':<{width}}  TAINTS"
    for row in tainted:
        yield f"{row['name']:<{width}}  {row['letters']}"


COMMAND = Command(
    name="mod",
    summary="loaded modules",
    topic="kernel",
    options=(
        Option("-t", help="the tainted ones with their taints"),
        Option("-s", "MODULE", help="show one: its symbols and types are in the dump, nothing is loaded"),
        Option("-S", help="accepted for crash's sake: all symbols and types are there"),
        Option("-d", "MODULE", help="accepted for crash's sake"),
        Option("-D", help="accepted for crash's sake"),
        Option("-r", help="accepted for crash's sake"),
        Option("-R", help="accepted for crash's sake"),
        Option("-o", help="accepted for crash's sake"),
        Option("-g", help="accepted for crash's sake"),
    ),
    arguments="[MODULE]… [FILE]",
    fields={
        "address": "struct module",
        "name": "",
        "base": "of its text",
        "size": "bytes of core memory",
        "types": "whether the dump has its BTF",
        "taints": "letters", "taint_bits": "of these",
        "letters": "of the taints",
    },
    may_be_empty=True,
    rows=rows,
    text=text,
)
