# SPDX-License-Identifier: GPL-2.0-or-later
"""NFSv4 state: leases, owners with their open files and locks, delegations, of mounts and of the server."""

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

_FLAGS = (
    ("-a", "--all", "all", "print all"),
    ("", "--client", "client", "print info about this host as an NFS4-client"),
    ("", "--server", "server", "print info about this host as an NFS4-server"),
    ("-o", "--owner", "owner", "print NFS4 open_owner information "),
    ("-l", "--lock", "lock", "print NFS4 lock_owner information"),
    ("-d", "--delegation", "delegation", "print NFS4 delegation information"),
)


def parser() -> Parser:
    options = Parser("nfs4show")
    options.add_argument(
        "mount",
        help="- specify  mount/vfsmount addr  or mountpoint name. If there are no positional arguments, print info for all NFS mounts",
        nargs="*",
    )
    for short, flag, name, help in _FLAGS:
        options.add_argument(*filter(None, (short, flag)), dest=name, default=0, action="store_true", help=help)
    return options


def rows(session: Any, options: Any) -> Iterator[Row]:
    from pykd.programs.nfs import state

    everything = options.all
    if options.client or everything:
        yield from state.clients(
            session.dump, options.mount, owners=options.owner or everything, locks=options.lock or everything, delegations=options.delegation or everything
        )
    if options.server or everything:
        yield from state.server(session.dump)


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    for row in rows:
        if row["kind"] == "nothing":
            yield f"  Nothing is mounted at {row['nothing_at']}"
        elif row["kind"] == "client":
            yield from _client(row)
        elif row["kind"] == "server_client":
            yield f"(struct nfs4_client *){row.get('client', 0):#x} {row.get('name', '')} {row.get('address', '')} {mark(row)}".rstrip()
        else:
            yield f"{row['kind']}: {mark(row)}"


def _flags(label: str, value: int, words: list[str]) -> str:
    return f"- {label}={value:#x} {' '.join(words)}".rstrip()


def _client(row: Row) -> Iterator[str]:
    yield f"mnt_devname = {row.get('device', 'unknown')}"
    if "client" in row:
        yield f"(struct nfs_client *){row['client']:#x}"
        yield "NFS4 state information:"
        yield _flags("cl_state", row["state_bits"], row["state"])
        yield "NFS4 lease information:"
        lease, renewed = f"{row['lease_jiffies']} ({row['lease']:.0f} seconds)", f"{row['renewed_at']} ({row['renewed']:.0f} seconds ago)"
        yield f"- cl_lease_time = {lease}, cl_last_renewal = {renewed}"
        yield "- NFS4 lease is _NOT_ expired" if row["renewed"] < row["lease"] else "- NFS4 lease appears expired!"
    if "server" in row:
        yield f"(struct nfs_server *){row['server']:#x}"
        yield f"- rsize = {row['rsize']}, rpages = {row['rpages']}"
        yield f"- wsize = {row['wsize']}, wpages = {row['wpages']}"
        yield f"- wtmult (server disk block size) = {row['wtmult']}, bsize (server block size) = {row['bsize']}"
        yield f"- dtsize (readdir size) = {row['dtsize']}"
        yield "- " + ", ".join(f"{name} = {row[name]}" for name in ("acregmin", "acregmax", "acdirmin", "acdirmax"))
        yield from textwrap.wrap(" ".join((f"- caps (capabilities) = {row['caps_bits']:#x}", *row["caps"])), subsequent_indent="       ")
    if "owners" in row:
        yield "nfs_server.state_owners list:"
    for owner in row.get("owners", ()):
        if "owner" not in owner:
            yield f"  an owner {mark(owner)}"
            continue
        yield f"(struct nfs4_state_owner *){owner['owner']:#x}"
        yield f"- so_flags = {owner['flag_bits']:#x} {' '.join(owner['flags'])}".rstrip()
        yield "nfs4_state_owner.so_states list:"
        for one in owner["states"]:
            if "state" not in one:
                yield f"  a state {mark(one)}"
                continue
            yield f"(struct nfs4_state *){one['state']:#x}"
            yield _flags("flags", one["flag_bits"], one["flags"])
            yield f"- n_rdonly: {one['n_rdonly']} n_wronly: {one['n_wronly']} n_rdwr: {one['n_rdwr']}"
            yield f"- inode = {one['inode']:#x}"
            yield from (f"- lock state (struct nfs4_lock_state *){lock['lock']:#x}" for lock in one.get("locks", ()))
    if "delegations" in row:
        yield "nfs_server.delegations list:"
    for one in row.get("delegations", ()):
        if "delegation" not in one:
            yield f"  a delegation {mark(one)}"
            continue
        yield f"(struct nfs_delegation *){one['delegation']:#x}"
        yield f"- inode = {one['inode']:#x}"
        yield _flags("type", one["type_bits"], one["type"])
        yield _flags("flags", one["flag_bits"], one["flags"])
    if "error" in row:
        yield f"- {mark(row)}"


COMMAND = Program(
    name="nfs4show",
    summary="NFSv4 state",
    topic="files",
    parser=parser,
    description=(
        "State of NFSv4 mounts (--client): whether the lease still holds, and with -o the owners with the files that they have open, with -l their\n"
        "locks, with -d the delegations; --server: the clients that this host serves. -a is all of these."
    ),
    fields={
        "kind": "client, server_client, nothing", "mount": "struct mount", "superblock": "struct super_block", "type": "", "device": "HOST:DIRECTORY",
        "directory": "", "client": "struct nfs_client, nfs4_client", "state": "names", "state_bits": "of these", "lease": "seconds",
        "renewed": "seconds before the crash", "lease_jiffies": "jiffies", "renewed_at": "jiffies", "server": "struct nfs_server", "rsize": "bytes",
        "wsize": "bytes", "rpages": "pages", "wpages": "pages", "wtmult": "bytes of a block of the server's disk",
        "bsize": "bytes of a block of the server", "dtsize": "bytes", "acregmin": "jiffies", "acregmax": "jiffies", "acdirmin": "jiffies",
        "acdirmax": "jiffies", "caps": "names; one without is bitN", "caps_bits": "of these",
        "owners": "with the states of their open files", "delegations": "with inode, type, flags", "name": "", "address": "", "nothing_at": "a directory",
    },
    examples=[("nfs4show --client -o", "who has what open"), ("nfs4show -a", "everything")],
    rows=rows,
    text=text,
)  # fmt: skip

if __name__ == "__main__":
    COMMAND.main()
