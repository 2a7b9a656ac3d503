# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem``: kernel memory. Each option is in a file of its own, ``_kmem_*.py``."""

from __future__ import annotations

from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.kernel import cpus
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

ALONE = "iVzfFnohcC"
"""Options that take no addresses"""
OLD = "cCrlL"
"""Options about what kernels have not had for long: the hash table of pages, the root caches of memory cgroups"""


def _flag(options: Any) -> str:
    """The one option that says what to show; empty: an address alone. :raises UsageError:"""
    if options.i_shared:
        options.i = 1
    if options.S_ is not None:
        options.S = 1
    given = [flag for flag in "iVsSzfFnohvgpmrcClL" if getattr(options, flag)]
    if len(given) > 1:
        raise UsageError("only one flag allowed!")
    flag = given[0] if given else ""
    if flag and flag in OLD:
        raise CommandError(f"-{flag} option not supported or applicable on this architecture or kernel")
    if flag and flag in ALONE and options.arguments:
        raise UsageError("no address arguments allowed with this option")
    if not flag and not options.arguments:
        raise UsageError("an option or an address is missing")
    return flag


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump, words = session.dump, options.arguments
    flag = _flag(options)
    if flag and flag in "ihVo":
        from pykd.commands.memory import _kmem_usage

        if flag == "i":
            return _kmem_usage.usage(session, shared=bool(options.i_shared))
        if flag == "o":
            return ({"cpu": cpu, "offset": cpus.offsets(dump)[cpu]} for cpu in cpus.possible(dump))
        return _kmem_usage.huge_pages(dump) if flag == "h" else _kmem_usage.counters(dump)
    if flag and flag in "sS":
        from pykd.commands.memory import _kmem_slabs

        if flag == "s":
            return _kmem_slabs.rows(session, words, options.I)
        wanted = None if options.S_ is None else set(context.cpu_list(session, options.S_))
        return _kmem_slabs.content_rows(session, words, options.I, wanted)
    if flag and flag in "zfF":
        from pykd.commands.memory import _kmem_zones

        return _kmem_zones.zones(dump) if flag == "z" else _kmem_zones.free_rows(dump, listed=flag == "F")
    if flag and flag in "pmg":
        from pykd.commands.memory import _kmem_pages

        if flag == "p":
            return _kmem_pages.rows(dump, words)
        if flag == "g":
            return _kmem_pages.flag_rows(dump, words)
        options.columns = _kmem_pages.columns(dump, options.m)
        return _kmem_pages.member_rows(dump, options.m, words)
    if flag == "n":
        from pykd.commands.memory import _kmem_nodes

        return _kmem_nodes.rows(dump)
    from pykd.commands.memory import _kmem_address

    if flag == "v":
        return _kmem_address.vmalloc_at(dump, words)
    return (row for word in words for row in _kmem_address.rows(session, word, physical=bool(options.P)))


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    flag = _flag(options)
    if flag and flag in "ihVo":
        from pykd.commands.memory import _kmem_usage

        if flag == "i":
            yield from _kmem_usage.usage_text(rows)
        elif flag == "o":
            yield "PER-CPU OFFSET VALUES:"
            yield from (f"  CPU {row['cpu']}: {row['offset']:x}" for row in rows)
        else:
            yield from _kmem_usage.huge_text(rows) if flag == "h" else _kmem_usage.counters_text(rows)
    elif flag and flag in "sS":
        from pykd.commands.memory import _kmem_slabs

        yield from _kmem_slabs.caches_text(rows) if flag == "s" else _kmem_slabs.contents_text(rows)
    elif flag and flag in "zfF":
        from pykd.commands.memory import _kmem_zones

        yield from _kmem_zones.zones_text(rows) if flag == "z" else _kmem_zones.free_text(rows, listed=flag == "F")
    elif flag == "m":
        from pykd.commands.memory import _kmem_pages

        yield from _kmem_pages.members_text(rows, options.columns)
    elif flag == "g":
        from pykd.commands.memory import _kmem_pages

        yield from _kmem_pages.flags_text(rows)
    elif flag == "p":
        from pykd.kernel.mm import pages

        yield pages.TITLE
        yield from map(pages.text, rows)
    elif flag == "n":
        from pykd.commands.memory import _kmem_nodes

        yield from _kmem_nodes.text(rows)
    else:
        from pykd.commands.memory import _kmem_address

        yield from _kmem_address.vmalloc_text(rows) if flag == "v" else _kmem_address.text(rows)


COMMAND = Command(
    name="kmem",
    summary="kernel memory",
    topic="memory",
    options=(
        Option("-i", help="how much memory there is and what it is used for"),
        Option("-i=shared", help="the same with the pages that have more than one user; reads the whole memory map"),
        Option("-s", help="slab caches: all, or those named, or the slab of an address with the object there"),
        Option("-S", help="slab caches with their slabs and objects: all, or those named, or the slab of an address"),
        Option("-S=", "CPUS", help="as -S, of these CPUs only: `0,2-3`, `a` for all"),
        Option("-I", "CACHES", help="with -s and -S: do not look into these, separated by commas"),
        Option("-V", help="counters of the page allocator"),
        Option("-z", help="zones and their counters"),
        Option("-f", help="lists of free pages, checked against the counters"),
        Option("-F", help="lists of free pages with the pages"),
        Option("-n", help="nodes, sections, memory blocks"),
        Option("-o", help="per-CPU offsets"),
        Option("-h", help="huge pages"),
        Option("-v", help="memory of vmalloc(): all, or what the addresses are in"),
        Option("-g", help="names of the flags of a page: all, or of those in the numbers given"),
        Option("-p", help="struct page: all, or of the addresses given"),
        Option("-m", "MEMBERS", help="members of struct page, separated by commas: of all, or of the addresses given"),
        Option("-P", help="the addresses are physical"),
        Option("-c", help="refused: the hash table of the page cache went with Linux 2.6"),
        Option("-C", help="refused, as -c"),
        Option("-l", "LIST", help="refused: zones have no lists of active and inactive pages any more"),
        Option("-L", "LIST", help="refused, as -l"),
        Option("-r", help="refused: caches of memory cgroups have no root caches since v5.9"),
    ),
    arguments="[CACHE|ADDRESS|FLAGS]…",
    description="With an address alone: the symbol, slab, task, vmalloc area, free block and page that it is in.",
    fields={
        "cache": "struct kmem_cache", "object_size": "bytes", "allocated": "objects; null: free ones cannot be read",
        "allocated_at_most": "where that is null", "total": "objects", "slab_size": "bytes",
        "pages": "of 4 kB", "size": "-i: bytes", "nr_free_pages": "what the kernel counts", "percent": "",
        "counters": "by name", "area": "struct vmap_area", "page": "struct page", "hstate": "struct hstate",
        "flag": "name", "bit": "", "free": "struct page of free blocks, with -F", "slabs_shown": "the slab of an address",
        "cpus": "slabs of each CPU, with -S", "nodes": "slabs of each node, with -S", "sheaves": "free objects by who holds them, with -S",
    },
    rows=rows,
    text=text,
)
