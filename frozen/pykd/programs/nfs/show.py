# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of nfsshow: this host as a client and as a server of NFS, RPC, locks.

A part of which the dump has no types is a row with the error; where the module is not loaded there is nothing to tell.
"""

from __future__ import annotations

from collections import Counter

from _pykd import Error, NotFoundError
from pykd.core.members import has_member
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel.fs import filelocks, nfs
from pykd.kernel.fs.paths import d_path, dentry_path
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry
from pykd.kernel.net import sunrpc
from pykd.kernel.waits import servers
from pykd.programs.nfs import mounts, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

MAX_BUCKETS = 1 << 20
MAX_ENTRIES = 1 << 20
CACHE_VALID, CACHE_NEGATIVE, CACHE_PENDING = 0, 1, 2
"""Bits of ``cache_head.flags``"""
EXPORT_FLAGS = (
    (0x1, "ro", "rw"), (0x2, "insecure", ""), (0x4, "root_squash", "no_root_squash"), (0x8, "all_squash", ""), (0x10, "async", "sync"),
    (0x20, "wdelay", "no_wdelay"), (0x200, "nohide", ""), (0x4000, "crossmnt", ""), (0x400, "no_subtree_check", ""), (0x800, "insecure_locks", ""),
    (0x10000, "v4root", ""),
)  # fmt: skip
"""NFSEXP_*: bit, word where it is set and where not, in the order of /proc/net/rpc/nfsd.export/content"""


def used(dump: Dump) -> set[str]:
    """Which of nfs, nfsd, lockd and sunrpc are loaded."""
    return {module.name for module in dump.modules()} & {"nfs", "nfsd", "lockd", "sunrpc"}


def part(kind: str, make: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """The rows of a part, and behind them what ended it early."""
    try:
        yield from make()
    except Error as error:
        yield {"kind": kind, "error": fault(error)}


# ---- as a client


def client(dump: Dump) -> Iterator[Row]:
    """NFS mounts, each with its client and transport."""
    for row in mounts.chosen(dump, ()):
        found: Row = {"kind": "mount", **mounts.filled(dump, row, counters=False)}
        try:
            if "mount" in row:
                server = nfs.server_of(dump, dump.object("struct mount", row["mount"]))
                one = server.nfs_client
                version, minor = nfs.version_of(server)
                found |= {"server": int(server), "client": int(one), "host": str(one.cl_hostname or ""), "version": f"{version}.{minor}"}
                found["address"] = nfs.socket_address(dump, int(one) + one.fieldOffset("cl_addr"))[0]
                found["loopback"] = servers.is_own(dump, found["address"])
                found["rpc_client"] = int(server.client)
                found["transport"] = sunrpc.transport_row(dump, server.client.cl_xprt)
        except Error as error:
            found.setdefault("error", fault(error))
        yield found


def shares(dump: Dump) -> Iterator[Row]:
    """How many NFS mounts there are; how many of them have the same flags, and the same capabilities of the server."""
    flags: Counter[int] = Counter()
    capabilities: Counter[int] = Counter()
    for mount in nfs.for_each_nfs_mount(dump):
        if isinstance(mount, Error):
            continue  # client() tells of it
        try:
            server = nfs.server_of(dump, mount)
            one = int(server.flags), int(server.caps)
        except Error:
            continue
        flags[one[0]] += 1
        capabilities[one[1]] += 1
    if flags:
        yield {"kind": "shares", "shares": flags.total()}
    for value, number in flags.items():
        yield {"kind": "shares", "shares": number, "flags": sunrpc.flag_names(value, nfs.FLAGS)}
    for value, number in capabilities.items():
        yield {"kind": "shares", "shares": number, "caps": [name.removeprefix("NFS_CAP_") for name in nfs.capability_names(value)]}


def statistics(dump: Dump) -> Iterator[Row]:
    """What the programs of RPC counted that this host is a client of: NFS first, then the others."""
    yield from ({"kind": "statistics", **row} for row in sunrpc.program_statistics(dump, _rpc_clients(dump)))


def _rpc_clients(dump: Dump) -> Iterator[Any]:
    for mount in nfs.for_each_nfs_mount(dump):
        try:
            yield mount if isinstance(mount, Error) else nfs.server_of(dump, mount).client
        except Error as error:
            yield error
    try:
        yield from sunrpc.for_each_client(dump)
    except NotFoundError:
        return  # without types of sunrpc the mounts' are those that can be found


def one_client(dump: Dump, address: int) -> Iterator[Row]:
    """The ``struct nfs_client`` at an address, of a mount that is not finished."""
    one: Any = dump.object("struct nfs_client", address)
    row: Row = {"kind": "client", "client": address, "host": str(one.cl_hostname or "")}
    row["version"] = f"{one.rpc_ops.version}.{one.cl_minorversion}"
    row["address"] = nfs.socket_address(dump, address + one.fieldOffset("cl_addr"))[0]
    row["transport"] = sunrpc.transport_row(dump, one.cl_rpcclient.cl_xprt)
    yield row


# ---- RPC


def tasks(dump: Dump, limit: int) -> Iterator[Row]:
    """RPC clients with the calls under way, the first *limit* of all of them, and the transports that these wait for."""
    transports: dict[int, Any] = {}
    number = clients = 0
    for one in sunrpc.for_each_client(dump):
        if isinstance(one, Error):
            yield {"kind": "rpc_client", "error": fault(one)}
            continue
        clients += 1
        row = {"kind": "rpc_client", **sunrpc.client_row(one)}
        found = list(caught(sunrpc.for_each_task(dump, one)))
        row["tasks"] = sum(not isinstance(task, Error) for task in found)
        yield row
        for task in found:
            if isinstance(task, Error):
                yield {"kind": "rpc_task", "error": fault(task)}
                continue
            number += 1
            if number <= limit:
                yield {"kind": "rpc_task", **sunrpc.task_row(dump, task)}
        try:
            if found:
                transports[int(one.cl_xprt)] = one.cl_xprt
        except Error:
            continue
    yield {"kind": "rpc_total", "tasks": number, "clients": clients}
    yield from ({"kind": "rpc_transport", **sunrpc.transport_row(dump, one)} for one in transports.values())


# ---- as a server


def _cache(dump: Dump, name: str) -> Iterator[Any]:
    """Each ``struct cache_head`` in the caches of sunrpc of that name, of all namespaces. :raises Error:"""
    head = dump.symbol("cache_list").address
    for detail in list_for_each_entry(dump, head, "struct cache_detail", "others", limit=MAX_ENTRIES):
        if str(detail.name) != name:
            continue
        # an array of hlist_head since v4.3
        for bucket in range(min(int(detail.hash_size), MAX_BUCKETS)):
            yield from hlist_for_each_entry(dump, int(detail.hash_table) + 8 * bucket, "struct cache_head", "cache_list", limit=MAX_ENTRIES)


def exports(dump: Dump) -> Iterator[Row]:
    """What is exported to whom, as the kernel has been told so far; ``pending``: mountd was asked and has not answered."""
    offset = dump.type("struct svc_export").offset_of("h")
    for head in _cache(dump, "nfsd.export"):
        flags = int(head.flags)
        valid, pending = flags >> CACHE_VALID & 1 and not flags >> CACHE_NEGATIVE & 1, flags >> CACHE_PENDING & 1
        if not valid and not pending:
            continue
        row: Row = {"kind": "export", "export": int(head) - offset, "pending": bool(pending)}
        try:
            one: Any = dump.object("struct svc_export", int(head) - offset)
            row |= {"domain": str(one.ex_client.name), "path": d_path(dump, one.ex_path)}
            row["options"] = [word for bit, yes, no in EXPORT_FLAGS if (word := yes if int(one.ex_flags) & bit else no)]
        except Error as error:
            row["error"] = fault(error)
        yield row


def domains(dump: Dump) -> Iterator[Row]:
    """Which domain each address of a client belongs to."""
    offset = dump.type("struct ip_map").offset_of("h")
    for head in _cache(dump, "auth.unix.ip"):
        row: Row = {"kind": "domain"}
        try:
            one: Any = dump.object("struct ip_map", int(head) - offset)
            row |= {"class": str(one.m_class), "address": _in6(dump, int(one) + one.fieldOffset("m_addr"))}
            row["domain"] = str(one.m_client.h.name) if one.m_client else ""
        except Error as error:
            row["error"] = fault(error)
        yield row


def _in6(dump: Dump, address: int) -> str:
    from ipaddress import IPv6Address

    found = IPv6Address(dump.read(address, 16))
    return str(found.ipv4_mapped or found)


def transports(dump: Dump) -> Iterator[Row]:
    """Sockets of the NFS server, and its threads."""
    for net in state.nfsd_nets(dump):
        serv = net.nfsd_serv if has_member(net, "nfsd_serv") else net.nfsd_info.serv
        if not serv:
            continue
        yield {"kind": "service", "service": int(serv), "name": str(serv.sv_name or ""), "threads": int(serv.sv_nrthreads)}
        counted = sunrpc.server_statistics(dump, serv)
        if counted.get("statistics") != 0:
            yield {"kind": "server_statistics", **counted}
        for title, one in sunrpc.server_transports(dump, serv):
            row: Row = {"kind": "svc_transport", "transport": int(one), "which": title}
            try:
                row["local"] = list(nfs.socket_address(dump, int(one) + one.fieldOffset("xpt_local")))
                row["remote"] = list(nfs.socket_address(dump, int(one) + one.fieldOffset("xpt_remote")))
                row["flags"] = _xpt_flags(dump, int(one.xpt_flags))
            except Error as error:
                row["error"] = fault(error)
            yield row


def _xpt_flags(dump: Dump, value: int) -> list[str]:
    try:
        dump.enumerator("XPT_BUSY")
    except Error:
        return sunrpc.flag_names(value, sunrpc.XPT_FLAGS)
    return [name.removeprefix("XPT_") for name in nfs.bit_names(dump, "XPT_BUSY", value, "bit ")]


# ---- locks


def locks(dump: Dump) -> Iterator[Row]:
    """Files that lockd has locked for clients, with the locks; and files of NFS mounts that processes here have locked."""
    if "lockd" in used(dump):
        yield from _lockd(dump)
    for row in filelocks.lock_rows(dump):
        try:
            block = dump.object("struct inode", row["inode"]).i_sb if row.get("inode") else None
            if block and str(block.s_type.name) in nfs.TYPES:
                yield {"kind": "lock", **row}
        except Error as error:
            yield {"kind": "lock", **row, "error": fault(error)}


def _lockd(dump: Dump) -> Iterator[Row]:
    address = dump.address_of("nlm_files", default=0)
    kind = dump.find_type("struct", "nlm_file")
    if not address or kind is None:
        return
    # FILE_NRHASH; f_file has been an array of two (read, write) since v5.15
    for bucket in range(128):
        for one in hlist_for_each_entry(dump, address + 8 * bucket, "struct nlm_file", "f_list", limit=MAX_ENTRIES):
            files: list[Any] = one.f_file if isinstance(one.f_file, list) else [one.f_file]
            for file in (found for found in files if found):
                yield {"kind": "nlm_file", "nlm_file": int(one), "file": int(file), "path": dentry_path(dump, file.f_path.dentry, int(file.f_path.mnt))}
