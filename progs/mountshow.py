# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS mounts with their options and counters, as /proc/mounts and /proc/self/mountstats have them."""

from __future__ import annotations

import textwrap

from pykd.core.rows import Row, mark
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "0.1"


def parser() -> Parser:
    options = Parser("mountshow")
    options.add_argument(
        "--mounts",
        dest="procmounts",
        action="store_true",
        help="print equivalent of /proc/mounts for specified mount(s). If there are no other options set, --mounts is optional",
    )
    options.add_argument(
        "--stats", dest="procmountstats", action="store_true", help="print equivalent of /proc/self/mountstats for specified mount(s)"
    )
    options.add_argument(
        "mount",
        help="- specify  mount/vfsmount addr  or mountpoint name. If there are no positional arguments, print info for all NFS mounts",
        nargs="*",
    )
    return options


def rows(session: Any, options: Any) -> Iterator[Row]:
    from pykd.programs.nfs import mounts

    for row in mounts.chosen(session.dump, options.mount):
        yield mounts.filled(session.dump, row, counters=options.procmountstats)


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    for row in rows:
        if "nothing_at" in row:
            yield f"  Nothing is mounted at {row['nothing_at']}"
            continue
        if "options" not in row:
            yield f"{row.get('device', '?')} {row.get('directory', '')} {mark(row)}".rstrip()
            continue
        # --stats has the same lines in front
        for _ in range(1 + bool(options.procmounts and options.procmountstats)):
            yield f"{row['device']} {row['directory']} {row['type']}"
            yield from textwrap.wrap(f"opts: {', '.join(row['options'])}", width=80, initial_indent="  ", subsequent_indent="        ")
        if options.procmountstats:
            yield from _counters(row)


def _counters(row: Row) -> Iterator[str]:
    if "age" not in row:
        yield f"  {mark(row)}"
        return
    yield f"  age: {row['age']}"
    yield f"  caps: caps={row['caps_bits']:#x}, wtmult={row['wtmult']}, dtsize={row['dtsize']}, bsize={row['bsize']}, namelen={row['namelen']}"
    if "bitmasks" in row:
        masks = ",".join(f"bm{number}={value:#x}" for number, value in enumerate(row["bitmasks"]))
        yield f"  nfsv4: {masks},acl={row['acl']:x}"
    yield f"  sec: flavor={row['flavor']}" + (f", pseudoflavor={row['pseudoflavor']}" if row["pseudoflavor"] else "")
    if "transport" in row:
        yield f"  xprt:  {row['transport']['kind']} {' '.join(map(str, row['transport']['numbers']))}"
    for title in ("events", "bytes"):
        yield f"  {title}:"
        yield from (f"\t{name:12}: {value}" for name, value in row[title].items())
    heads = ("ops", "trans", "tmout", "bytes sent", "bytes recv", "q/op", "rtt/op", "exe/op")
    yield f"  {'':20}  {heads[0]:>10} {heads[1]:>10} {heads[2]:>7} {heads[3]:>12} {heads[4]:>12} {heads[5]:>6} {heads[6]:>6} {heads[7]:>6}"
    for one in row["operations"]:
        means = [one[name] / one["ops"] / 1e6 if one["ops"] else 0 for name in ("queue", "rtt", "execute")]
        counts = f"{one['ops']:10d} {one['ntrans']:10d} {one['timeouts']:7d} {one['bytes_sent']:12d} {one['bytes_recv']:12d}"
        yield f"  {one['name']:20s}: {counts} {means[0]:6.2f} {means[1]:6.2f} {means[2]:6.2f}"
    if "error" in row:
        yield f"  {mark(row)}"


COMMAND = Program(
    name="mountshow",
    summary="NFS mounts and their counters",
    topic="files",
    parser=parser,
    description="NFS mounts that PID 1 sees: their options, and with --stats what they and their RPC client counted.",
    fields={
        "mount": "struct mount", "superblock": "struct super_block", "type": "", "device": "HOST:DIRECTORY", "directory": "where it is mounted",
        "options": "words of /proc/mounts", "age": "seconds since it was mounted", "caps": "names", "caps_bits": "of these", "wtmult": "bytes", "dtsize": "bytes",
        "bsize": "bytes", "namelen": "bytes", "bitmasks": "NFSv4: attributes the server has", "acl": "NFSv4: bits", "flavor": "of authentication",
        "pseudoflavor": "of authentication", "transport": "kind and numbers, in the order of /proc/self/mountstats", "events": "counters by name",
        "bytes": "counters by name", "operations": "by procedure: ops, ntrans, timeouts, bytes_sent, bytes_recv, queue, rtt, execute (ns, all calls)",
        "nothing_at": "a directory that was asked for and has no NFS mount",
    },
    examples=[("mountshow", "all NFS mounts"), ("mountshow --stats /home", "the counters of one")],
    rows=rows,
    text=text,
)  # fmt: skip

if __name__ == "__main__":
    COMMAND.main()
