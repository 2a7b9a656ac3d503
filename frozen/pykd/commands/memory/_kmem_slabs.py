# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem -s -S -I``: slab caches, their slabs and the objects of these."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.near import near
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm import pages, slabobjects, slabs
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def chosen(session: Session, words: Iterable[str]) -> tuple[list[Any], list[str], Error | None]:
    """The caches that *words* name, by name or address (all, if there is none), the other words, and what ended the list early."""
    found, why = slabs.caches(session.dump)
    words = list(words)
    if not words:
        return found, [], why
    wanted: list[Any] = []
    rest: list[str] = []
    names: dict[str, Any] = {}
    for one in found:
        cache: Any = one
        names[f"{int(cache):x}"] = cache
        try:
            names[str(cache.name)] = cache
        except Error:
            continue
    for word in words:
        cache = names.get(word) or names.get(word.lower().removeprefix("0x"))
        if cache is not None:
            wanted.append(cache)
        else:
            rest.append(word)
    return wanted, rest, why


def cache_rows(session: Session, words: list[str], ignored: str | None = None) -> Iterator[Row]:
    """A row for each cache, and for each address of an object or slab its cache with ``slabs``: that slab.

    :param ignored: names of caches that are not looked into, with commas.
    """
    counter = slabs.Counter(session.dump)
    caches, addresses, why = chosen(session, words)
    around = [_around(session, word) for word in addresses]
    skipped = {int(cache) for cache in chosen(session, ignored.split(","))[0]} if ignored else set()
    for cache in caches:
        if int(cache) in skipped:
            yield {"cache": int(cache), "name": _name(cache), "ignored": True}
            continue
        try:
            yield counter.count(cache)
        except Error as error:
            yield {"cache": int(cache), "name": _name(cache), "error": fault(error)}
    for cache, slab, address in around:
        yield counter.count(cache) | {"slabs_shown": [slab], "address": address}
    if why is not None and (not words or addresses):
        yield {"error": fault(why)}


def _name(cache: Any) -> str:
    try:
        return str(cache.name)
    except Error:
        return slabs.UNKNOWN


def _around(session: Session, word: str) -> tuple[Any, Row, int]:
    """The cache, the slab and the address, of an address that is in a slab or of a slab. :raises CommandError:"""
    dump = session.dump
    try:
        address = to_address(dump, word)
    except CommandError:
        nameless = slabs.nameless(dump)
        raise CommandError(
            f"no slab cache {word}" + (f"; {nameless}" if nameless else ""), meant=lambda: near(word, map(_name, slabs.caches(dump)[0]))
        ) from None
    try:
        physical = pages.physical_of(dump, address)
        where = dump.direct(physical if physical is not None else address if not address >> 47 else dump.translate(address))
        slab = slabobjects.slab_of(dump, where)
        cache = slabobjects.cache_of(dump, slab)
        if int(cache) not in map(int, slabs.caches(dump)[0]):
            raise CommandError(f"address is not allocated in slab subsystem: {address:x}")
        row = slabobjects.Objects(dump, cache).describe(slab)
    except Error as error:
        raise CommandError(f"address is not allocated in slab subsystem: {address:x} ({error})") from None
    row["page"] = physical is not None
    return cache, row, address


def one_object(row: Row) -> Row:
    """Of a row with ``slabs_shown``: that slab with the object at the row's address only."""
    (slab,) = row["slabs_shown"]
    if slab.get("page") or "object_size" not in row:
        return row
    found = [one for one in slab.get("objects", ()) if one["address"] <= row["address"]][-1:]
    return row | {"slabs_shown": [slab | {"objects": found}]}


def rows(session: Session, words: list[str], ignored: str | None = None) -> Iterator[Row]:
    """Rows of ``kmem -s``."""
    for row in cache_rows(session, words, ignored):
        yield one_object(row) if "slabs_shown" in row else row


TITLE = "CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME"


def caches_text(rows: Iterable[Row]) -> Iterator[str]:
    yield TITLE
    for row in rows:
        yield cache_line(row)
        if "slabs_shown" in row:
            yield from _slab_blocks(row["slabs_shown"])


def cache_line(row: Row) -> str:
    """Under :data:`TITLE`."""
    line = f"{row['cache']:016x}" if "cache" in row else ""
    if "ignored" in row:
        line += f" {'[IGNORED]':<44} {row['name']}"
    elif "total" in row:
        allocated = f"<={row['allocated_at_most']}" if row["allocated"] is None else row["allocated"]
        line += f" {row['object_size']:>8}  {allocated:>9}  {row['total']:>8}  {row['slabs']:>5}"
        line += f"  {row['slab_size'] // 1024:>4}k  {row['name']}"
    elif "name" in row:
        line += f"  {row['name']}"
    return line + (f"  {mark(row)}" if "error" in row else "")


def content_rows(session: Session, words: list[str], ignored: str | None = None, wanted: set[int] | None = None) -> Iterator[Row]:
    """The rows of :func:`cache_rows` with ``cpus`` and ``nodes``: their slabs and the objects of these.

    :param wanted: only these CPUs are shown.
    """
    dump = session.dump
    for row in cache_rows(session, words, ignored):
        if "total" not in row or "slabs_shown" in row:
            yield row
            continue
        try:
            objects = slabobjects.Objects(dump, dump.object("struct kmem_cache", row["cache"]))
            current_slabs: list[int] = []
            row["cpus"] = []
            for cpu, (local, current, partial) in objects.cpu_slabs.items():
                if wanted is not None and cpu not in wanted:
                    continue
                current_slabs += [current] if current else []
                row["cpus"].append({
                    "cpu": cpu, "address": local, "slab": objects.describe(current) if current else None,
                    "partial": [objects.describe(slab) for slab in partial],
                })  # fmt: skip
            row["sheaves"] = objects.sheaves
            row["nodes"] = [_slab_node(objects, one.number, one.node, current_slabs) for one in objects.nodes]
            if objects.problems:
                row["error"] = fault(objects.problems[0])
        except Error as error:
            row["error"] = fault(error)
        yield row


def _slab_node(objects: slabobjects.Objects, number: int, node: Any, current_slabs: list[int]) -> Row:
    partial, full = objects.partial(node), objects.full(node)
    row: Row = {"node": number, "address": int(node), "slabs": node.nr_slabs.counter, "nr_partial": node.nr_partial}
    row["per_cpu"] = sum(slabobjects.node_of(objects.dump, slab) == number for slab in current_slabs)
    row["partial"] = [objects.describe(slab) for slab in partial]
    row["full"] = None if full is None else [objects.describe(slab) for slab in full]
    return row


SLAB_TITLE = "  SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE"


def contents_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield from caches_text([row])
        if "slabs_shown" in row:
            continue
        for cpu in row.get("cpus", ()):
            yield f"CPU {cpu['cpu']} KMEM_CACHE_CPU:"
            yield f"  {cpu['address']:x}"
            yield f"CPU {cpu['cpu']} SLAB:"
            yield from _slab_blocks([cpu["slab"]] if cpu["slab"] else [])
            yield f"CPU {cpu['cpu']} PARTIAL:"
            yield from _slab_blocks(cpu["partial"])
        for holder, held in row.get("sheaves", {}).items():
            yield f"{holder.upper()}:"
            yield from (f"   {address:x}  ({holder})" for address in held)
        for node in row.get("nodes", ()):
            yield "KMEM_CACHE_NODE   NODE  SLABS  PARTIAL  PER-CPU"
            yield f"{node['address']:016x}  {node['node']:>4}  {node['slabs']:>5}  {node['nr_partial']:>7}  {node['per_cpu']:>7}"
            yield f"NODE {node['node']} PARTIAL:"
            yield from _slab_lines(node["partial"])
            yield f"NODE {node['node']} FULL:"
            yield from ["  (not tracked)"] if node["full"] is None else _slab_lines(node["full"])
        yield ""


def _slab_blocks(found: list[Row]) -> Iterator[str]:
    if not found:
        yield "  (empty)"
    for row in found:
        yield SLAB_TITLE
        yield _slab_line(row)
        if row.get("objects"):
            yield "  FREE / [ALLOCATED]"
        for one in row.get("objects", ()):
            holder = f"({one['holder']})" if one["holder"] else ""
            yield f"   {one['address']:x}  {holder}" if one["free"] else f"  [{one['address']:x}]"


def _slab_lines(found: list[Row]) -> Iterator[str]:
    """Slabs without their objects, as crash shows the lists of nodes."""
    yield SLAB_TITLE if found else "  (empty)"
    yield from map(_slab_line, found)


def _slab_line(row: Row) -> str:
    """Under :data:`SLAB_TITLE`."""
    line = f"  {row['slab']:016x}"
    if "memory" in row:
        line += f"  {row['memory']:016x}  {row['node']:>4}  {row['total']:>5}  {row['allocated']:>9}  {row['free']:>4}"
    return line + (f"  {mark(row)}" if "error" in row else "")
