# SPDX-License-Identifier: GPL-2.0-or-later
"""``help -k``: what crash keeps about the kernel, by its names."""

from __future__ import annotations

from _pykd import Dump
from pykd.commands.session import _help_fields
from pykd.commands.session._help_fields import Value
from pykd.core.rows import Row
from pykd.kernel import cpus, sysinfo
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NARROW, WIDE = 14, 22


def rows(session: Session) -> Iterator[Row]:
    dump = session.dump
    return _help_fields.rows((NARROW, _kernel(dump)), (WIDE, _cpus(dump)))


def _kernel(dump: Dump) -> tuple[tuple[str, Value], ...]:
    def address(name: str) -> Value:
        return lambda: f"{dump.symbol(name, '').address:x}"

    def field(name: str) -> Value:
        return lambda: sysinfo.field(dump, name) or ""

    return (
        ("stext", address("_stext")),
        ("etext", address("_etext")),
        ("stext_init", address("_sinittext")),
        ("etext_init", address("_einittext")),
        ("init_begin", address("__init_begin")),
        ("init_end", address("__init_end")),
        ("end", address("_end")),
        ("cpus", lambda: str(len(cpus.possible(dump)))),
        # A cpumask has a bit for each CPU that the kernel was made for.
        ("kernel_NR_CPUS", lambda: str(8 * dump.type("struct cpumask").size)),
        ("mods_installed", lambda: str(len(dump.modules()))),
        ("date", field("DATE")),
        ("proc_version", lambda: dump.read_string(dump.symbol("linux_banner", "").address).decode(errors="replace").strip()),
        (".nodename", field("NODENAME")),
        (".release", field("RELEASE")),
        (".version", field("VERSION")),
        ("kernel_version", lambda: (sysinfo.field(dump, "RELEASE") or "").partition("-")[0]),
        ("relocate", lambda: f"KASLR offset: {dump.layout['kaslr_offset']:x}"),
    )


def _cpus(dump: Dump) -> tuple[tuple[str, Value], ...]:
    def numbers(function: Callable[[Dump], list[int]]) -> Value:
        return lambda: "".join(f"{cpu} " for cpu in function(dump))

    return (
        ("__per_cpu_offset", lambda: "\n    " + " ".join(f"{offset:016x}" for offset in cpus.offsets(dump)) + " "),
        ("possible cpus", numbers(cpus.possible)),
        ("present cpus", numbers(cpus.present)),
        ("online cpus", numbers(cpus.online)),
    )
