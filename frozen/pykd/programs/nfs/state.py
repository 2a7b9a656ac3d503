# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of NFSv4 state."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.fs import nfs
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.net import sunrpc
from pykd.kernel.net.namespaces import for_each_net
from pykd.programs.nfs import mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

MAX_CLIENTS = 1 << 20
LOCK_FLAGS = ("INITIALIZED", "LOST")
"""NFS_LOCK_*: bits of ``nfs4_lock_state.ls_flags``; the server knows of what is initialized."""


def clients(dump: Dump, words: Sequence[str], *, owners: bool, locks: bool, delegations: bool) -> Iterator[Row]:
    """A row of each mount that is meant, as :func:`pykd.programs.nfs.mounts.chosen` says; of those of other versions no more than that."""
    for row in mounts.chosen(dump, words):
        if "nothing_at" in row:
            yield {"kind": "nothing", **row}
            continue
        found: Row = {"kind": "client", **row}
        try:
            if "mount" in row and "error" not in row:
                server = nfs.server_of(dump, dump.object("struct mount", row["mount"]))
                found |= _server(dump, server)
                if nfs.version_of(server)[0] == 4:
                    found |= _lease(dump, server.nfs_client)
                    if owners or locks:
                        found["owners"] = [_owner(dump, one, locks) for one in caught(nfs.for_each_state_owner(dump, server))]
                    if delegations:
                        found["delegations"] = [_delegation(dump, one) for one in caught(nfs.for_each_delegation(dump, server))]
        except Error as error:
            found["error"] = fault(error)
        yield found


_SERVER = ("rsize", "wsize", "wtmult", "bsize", "dtsize", "acregmin", "acregmax", "acdirmin", "acdirmax", "caps")


def _server(dump: Dump, server: Any) -> Row:
    found: Row = {"server": int(server), **{name: int(getattr(server, name)) for name in _SERVER}}
    # Members until some kernel between v6.1 and v6.12, counted in this way.
    pages = {f"{name[0]}pages": -(-found[name] // dump.page_size) for name in ("rsize", "wsize")}
    return found | pages | {"caps_bits": found["caps"], "caps": nfs.capability_names(found["caps"])}


def _lease(dump: Dump, client: Any) -> Row:
    hz = timekeeping.hz(dump)
    jiffies = timekeeping.jiffies(dump)
    state = int(client.cl_state)
    return {
        "client": int(client), "state_bits": state, "state": nfs.bit_names(dump, "NFS4CLNT_CHECK_LEASE", state, "bit "),
        "lease": int(client.cl_lease_time) / hz, "renewed": max(jiffies - int(client.cl_last_renewal), 0) / hz,
        "lease_jiffies": int(client.cl_lease_time), "renewed_at": int(client.cl_last_renewal),
    }  # fmt: skip


def _owner(dump: Dump, owner: Any, locks: bool) -> Row:
    if isinstance(owner, Error):
        return {"error": fault(owner)}
    row: Row = {"owner": int(owner), "flag_bits": 0, "flags": [], "states": []}
    try:
        row["flag_bits"] = int(owner.so_flags)
        row["flags"] = nfs.bit_names(dump, "NFS_OWNER_RECLAIM_REBOOT", row["flag_bits"], "bit ")
        row["states"] = [_state(dump, one, locks) for one in caught(nfs.for_each_open_state(dump, owner))]
    except Error as error:
        row["error"] = fault(error)
    return row


def _state(dump: Dump, state: Any, locks: bool) -> Row:
    if isinstance(state, Error):
        return {"error": fault(state)}
    try:
        flags = int(state.flags)
        row: Row = {
            "state": int(state), "flag_bits": flags, "flags": nfs.bit_names(dump, "NFS_DELEGATED_STATE", flags, "bit "), "inode": int(state.inode),
            **{name: int(getattr(state, name)) for name in ("n_rdonly", "n_wronly", "n_rdwr")},
        }  # fmt: skip
        if locks:
            head = int(state) + state.fieldOffset("lock_states")
            row["locks"] = [_lock(one) for one in list_for_each_entry(dump, head, "struct nfs4_lock_state", "ls_locks", limit=MAX_CLIENTS)]
    except Error as error:
        return {"error": fault(error)}
    return row


def _lock(state: Any) -> Row:
    flags = int(state.ls_flags)
    return {"lock": int(state), "flag_bits": flags, "flags": [name for bit, name in enumerate(LOCK_FLAGS) if flags >> bit & 1]}


def _delegation(dump: Dump, delegation: Any) -> Row:
    if isinstance(delegation, Error):
        return {"error": fault(delegation)}
    try:
        kind, flags = int(delegation.type), int(delegation.flags)
        words = [name for name, bit in (("FMODE_READ", nfs.FMODE_READ), ("FMODE_WRITE", nfs.FMODE_WRITE)) if kind & bit]
        return {
            "delegation": int(delegation), "inode": int(delegation.inode), "type_bits": kind, "type": words, "flag_bits": flags,
            "flags": nfs.bit_names(dump, "NFS_DELEGATION_NEED_RECLAIM", flags, "bit "),
        }  # fmt: skip
    except Error as error:
        return {"error": fault(error)}


# ---- the server


def nfsd_nets(dump: Dump) -> Iterator[Any]:
    """The ``struct nfsd_net`` of each network namespace with an NFS server; none where the module is not loaded, or the dump has no types of it."""
    try:
        number = dump.read_unsigned(dump.symbol("nfsd_net_id").address, 4)
        dump.type("struct nfsd_net")
    except NotFoundError:
        return
    for net in caught(for_each_net(dump)):
        if not isinstance(net, Error) and (own := sunrpc.net_generic(dump, net, number)):
            yield dump.object("struct nfsd_net", own)


def server(dump: Dump) -> Iterator[Row]:
    """The NFSv4 clients that this host serves, the one that was heard of longest ago first."""
    for net in caught(nfsd_nets(dump)):
        if isinstance(net, Error):
            yield {"kind": "server_client", "error": fault(net)}
            continue
        head = int(net) + net.fieldOffset("client_lru")
        for client in caught(list_for_each_entry(dump, head, "struct nfs4_client", "cl_lru", limit=MAX_CLIENTS)):
            row: Row = {"kind": "server_client"}
            try:
                if isinstance(client, Error):
                    raise client
                row["client"] = int(client)
                name = client.cl_name
                row["name"] = dump.read(int(name.data), min(int(name.len), 1024)).decode("utf-8", "backslashreplace")
                row["address"] = nfs.socket_address(dump, int(client) + client.fieldOffset("cl_addr"))[0]
            except Error as error:
                row["error"] = fault(error)
            yield row
