# SPDX-License-Identifier: GPL-2.0-or-later
"""The NFS client: mounts with their options and counters, NFSv4 state. Types are those of the modules nfs and nfsv4 (in dumps since v5.11)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import offset_of
from pykd.core.walk import caught
from pykd.kernel import cpus, timekeeping
from pykd.kernel.fs import mounts
from pykd.kernel.fs.superblocks import filesystem_type
from pykd.kernel.lists import rbtree
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

TYPES = ("nfs", "nfs4")
MAX_PROCEDURES = 256
MAX_STATES = 1 << 20

FLAGS = (
    "SOFT", "INTR", "SECURE", "POSIX", "NOCTO", "NOAC", "TCP", "VER3", "KERBEROS", "NONLM", "BROKEN_SUID", "NOACL", "STRICTLOCK", "SECFLAVOUR",
    "NORDIRPLUS", "UNSHARED", "LOOKUP_CACHE_NONEG", "LOOKUP_CACHE_NONE", "NORESVPORT", "LEGACY_INTERFACE", "LOCAL_FLOCK", "LOCAL_FCNTL", "SOFTERR",
    "SOFTREVAL", "WRITE_EAGER", "WRITE_WAIT", "TRUNK_DISCOVERY", "SHUTDOWN", "NO_ALIGNWRITE", "FORCE_RDIRPLUS", "NETUNREACH_FATAL",
)  # fmt: skip
"""Bits of ``nfs_server.flags``: NFS_MOUNT_* of include/uapi/linux/nfs_mount.h and include/linux/nfs_fs_sb.h"""
MOUNT_FLAGS = (
    (0x1, "soft"), (0x400000, "softerr"), (0x800000, "softreval"), (0x8, "posix"), (0x10, "nocto"), (0x20, "noac"), (0x200, "nolock"),
    (0x800, "noacl"), (0x4000, "nordirplus"), (0x20000000, "rdirplus=force"), (0x8000, "nosharecache"), (0x40000, "noresvport"),
)  # fmt: skip
"""NFS_MOUNT_* of include/uapi/linux/nfs_mount.h and include/linux/nfs_fs_sb.h, in the words and the order of /proc/mounts"""
SOFT, SOFTERR, NONEG, NONE, LOCAL_FLOCK, LOCAL_FCNTL, WRITE_EAGER, WRITE_WAIT = 0x1, 0x400000, 0x10000, 0x20000, 0x100000, 0x200000, 1 << 24, 1 << 25
NETUNREACH_FATAL = 0x40000000
OPTION_FSCACHE = 1
FLAVOURS = {0: "null", 1: "sys", 390003: "krb5", 390004: "krb5i", 390005: "krb5p"}
"""``rpc_auth.au_flavor``"""
ADDRESS, NETID = 0, 5
"""Of ``rpc_xprt.address_strings``: enum rpc_display_format_t"""
AF_INET, AF_INET6 = 2, 10
IPPROTO_TCP, IPPROTO_UDP = 6, 17
DEFAULTS = {"acregmin": 3, "acregmax": 60, "acdirmin": 30, "acdirmax": 60}
"""Seconds; of other values /proc/mounts says so."""

FMODE_READ, FMODE_WRITE = 1, 2
CLIENT_STATES = (
    "MANAGER_RUNNING", "CHECK_LEASE", "LEASE_EXPIRED", "RECLAIM_REBOOT", "RECLAIM_NOGRACE", "DELEGRETURN", "SESSION_RESET", "LEASE_CONFIRM",
    "SERVER_SCOPE_MISMATCH", "PURGE_STATE", "BIND_CONN_TO_SESSION", "MOVED", "LEASE_MOVED", "DELEGATION_EXPIRED", "RUN_MANAGER",
    "RECALL_RUNNING", "RECALL_ANY_LAYOUT_READ", "RECALL_ANY_LAYOUT_RW", "DELEGRETURN_DELAYED",
)  # fmt: skip
"""Where the dump has no ``enum nfs4_client_state``: NFS4CLNT_* of v5.10"""


_CAPABILITIES = (
    "READDIRPLUS HARDLINKS SYMLINKS ACLS ATOMIC_OPEN LGOPEN - - - - - - - - POSIX_LOCK UIDGID_NOMAP STATEID_NFSV41 ATOMIC_OPEN_V1 SECURITY_LABEL "
    "SEEK ALLOCATE DEALLOCATE LAYOUTSTATS CLONE COPY OFFLOAD_CANCEL LAYOUTERROR COPY_NOTIFY XATTR READ_PLUS FS_LOCATIONS MOVEABLE"
)
CAPABILITIES = {bit: f"NFS_CAP_{name}" for bit, name in enumerate(_CAPABILITIES.split()) if name != "-"}
"""By bit of ``nfs_server.caps``, of which the dump has no names. Bits 6 to 13 meant the members of an inode until v5.13, and other things since."""


def for_each_nfs_mount(dump: Dump) -> Iterator[Any]:
    """Each ``struct mount`` of an NFS file system that PID 1 sees, and the errors of mounts that cannot be read."""
    for mount in caught(mounts.for_each_mount(dump, mounts.mnt_namespace_of(dump))):
        try:
            if isinstance(mount, Error) or filesystem_type(mount.mnt.mnt_sb) in TYPES:
                yield mount
        except Error as error:
            yield error


def server_of(dump: Dump, mount: Any) -> Any:
    """The ``struct nfs_server`` of a ``struct mount``. :raises FaultError:"""
    return dump.object("struct nfs_server", int(mount.mnt.mnt_sb.s_fs_info))


def version_of(server: Any) -> tuple[int, int]:
    """(version of the protocol, minor version) of a ``struct nfs_server``. :raises FaultError:"""
    client = server.nfs_client
    return int(client.rpc_ops.version), int(client.cl_minorversion)


def peer(client: Any, which: int) -> str:
    """What a ``struct rpc_clnt`` calls its server: :data:`ADDRESS`, :data:`NETID`. :raises FaultError:"""
    text = client.cl_xprt.address_strings[which]
    return str(text) if text else "unprintable"


def socket_address(dump: Dump, storage: int) -> tuple[str, int]:
    """(address, port) of a ``struct sockaddr`` of IPv4 or IPv6; ("", 0) of another. :raises FaultError:"""
    from ipaddress import ip_address

    data = dump.read(storage, 28)
    family, port = int.from_bytes(data[:2], dump.byteorder), int.from_bytes(data[2:4], "big")
    if family == AF_INET:
        return str(ip_address(data[4:8])), port
    return (str(ip_address(data[8:24])), port) if family == AF_INET6 else ("", 0)


def mount_options(dump: Dump, server: Any) -> list[str]:
    """The options of a ``struct nfs_server`` as /proc/mounts has them (nfs_show_mount_options()). :raises FaultError:"""
    version, minor = version_of(server)
    client, flags = server.client, int(server.flags)
    found = [f"vers={version}.{minor}" if version == 4 else f"vers={version}", f"rsize={server.rsize}", f"wsize={server.wsize}"]
    if server.bsize:
        found.append(f"bsize={server.bsize}")
    found.append(f"namlen={server.namelen}")
    for name, default in DEFAULTS.items():
        seconds = int(getattr(server, name)) // timekeeping.hz(dump)
        if seconds != default:
            found.append(f"{name}={seconds}")
    if not flags & (SOFT | SOFTERR):
        found.append("hard")
    found += [word for bit, word in MOUNT_FLAGS if flags & bit]
    # Since v6.15 clients of RPC are told.
    if client.hasField("cl_netunreach_fatal"):
        found.append(f"fatal_neterrors={'ENETDOWN:ENETUNREACH' if flags & NETUNREACH_FATAL else 'none'}")
    found.append(f"proto={peer(client, NETID)}")
    if server.nfs_client.hasField("cl_nconnect") and int(server.nfs_client.cl_nconnect) > 0:
        found.append(f"nconnect={server.nfs_client.cl_nconnect}")
    timeout = client.cl_timeout
    found += [f"timeo={10 * int(timeout.to_initval) // timekeeping.hz(dump)}", f"retrans={timeout.to_retries}"]
    flavour = int(client.cl_auth.au_flavor)
    found.append(f"sec={FLAVOURS.get(flavour, flavour)}")
    if version == 4:
        found.append(f"clientaddr={server.nfs_client.cl_ipaddr}")
    else:
        found += _mountd(dump, server)
    if int(server.options) & OPTION_FSCACHE:
        found.append("fsc")
    if flags & NONEG:
        found.append(f"lookupcache={'none' if flags & NONE else 'pos'}")
    local = flags & LOCAL_FLOCK, flags & LOCAL_FCNTL
    found.append(f"local_lock={'all' if all(local) else 'flock' if local[0] else 'posix' if local[1] else 'none'}")
    if flags & WRITE_EAGER:
        found.append(f"write={'wait' if flags & WRITE_WAIT else 'eager'}")
    return [*found, f"addr={peer(client, ADDRESS)}"]


def _mountd(dump: Dump, server: Any) -> list[str]:
    address = int(server) + server.fieldOffset("mountd_address")
    text, _ = socket_address(dump, address)
    found = [f"mountaddr={text or 'unspecified'}"]
    if server.mountd_version:
        found.append(f"mountvers={server.mountd_version}")
    if server.mountd_port:
        found.append(f"mountport={server.mountd_port}")
    name = {IPPROTO_UDP: "udp", IPPROTO_TCP: "tcp"}.get(int(server.mountd_protocol), "auto")
    return [*found, f"mountproto={name}{'6' if ':' in text and name != 'auto' else ''}"]


# ---- counters


def io_counters(dump: Dump, server: Any) -> tuple[dict[str, int], dict[str, int]]:
    """(events, bytes) of a ``struct nfs_server``, sums over the CPUs, by the names of their enumerators (``NFSIOS_VFSOPEN``).

    :raises FaultError, NotFoundError:
    """
    layout = dump.type("struct nfs_iostats")
    found = []
    for member, enum in (("events", "nfs_stat_eventcounters"), ("bytes", "nfs_stat_bytecounters")):
        offset = layout.offset_of(member)
        names = [name for name, _ in dump.type(f"enum {enum}").enumerators() if not name.startswith("__")]
        sums = dict.fromkeys(names, 0)
        for cpu in cpus.possible(dump):
            start = cpus.address_on(int(server.io_stats), cpu, dump) + offset
            for name, value in zip(names, words_of(dump, dump.read(start, 8 * len(names))), strict=True):
                sums[name] += value
        found.append(sums)
    return found[0], found[1]


def rpc_counters(dump: Dump, client: Any) -> Iterator[dict[str, Any]]:
    """What a ``struct rpc_clnt`` counted of each procedure: name, ops, transmissions, timeouts, bytes sent and received, queue, rtt and
    execute (ns, of all calls together); those of clients it was cloned from are counted with it.

    :raises FaultError:
    """
    size = dump.type("struct rpc_iostats").size
    procedure = dump.type("struct rpc_procinfo").size
    clients, seen = [], set()
    while client and int(client) not in seen:
        seen.add(int(client))
        clients.append(client)
        client = client.cl_parent
    first = clients[0]
    names = ("om_ops", "om_ntrans", "om_timeouts", "om_bytes_sent", "om_bytes_recv", "om_queue", "om_rtt", "om_execute")
    for number in range(min(int(first.cl_maxproc), MAX_PROCEDURES)):
        info: Any = dump.object("struct rpc_procinfo", int(first.cl_procinfo) + number * procedure)
        sums = dict.fromkeys(names, 0)
        for one in clients:
            if one.cl_metrics:
                counted: Any = dump.object("struct rpc_iostats", int(one.cl_metrics) + number * size)
                for name in names:
                    sums[name] += int(getattr(counted, name))
        yield {"name": str(info.p_name) if info.p_name else "NULL" if number == 0 else str(number), **{name.removeprefix("om_"): value for name, value in sums.items()}}


# ---- NFSv4


def for_each_state_owner(dump: Dump, server: Any) -> Iterator[Any]:
    """Each ``struct nfs4_state_owner`` of a ``struct nfs_server``, and the errors met on the way. :raises FaultError, LimitError:"""
    kind: Any = dump.struct_class("struct nfs4_state_owner")
    offset = offset_of(kind, "so_server_node")
    problems: list[Error] = []
    for node, _ in rbtree.nodes(dump, int(server) + server.fieldOffset("state_owners"), problems.append):
        yield kind(node - offset)
    yield from problems


def for_each_open_state(dump: Dump, owner: Any) -> Iterator[Any]:
    """Each ``struct nfs4_state`` of a ``struct nfs4_state_owner``: a file that it has open. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, int(owner) + owner.fieldOffset("so_states"), "struct nfs4_state", "open_states", limit=MAX_STATES)


def for_each_delegation(dump: Dump, server: Any) -> Iterator[Any]:
    """Each ``struct nfs_delegation`` that a ``struct nfs_server`` gave. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, int(server) + server.fieldOffset("delegations"), "struct nfs_delegation", "super_list", limit=MAX_STATES)


def bit_names(dump: Dump, enumerator: str, value: int, prefix: str) -> list[str]:
    """Names of the bits of *value*, by the numbers in the enum that has *enumerator*; the numbers themselves where the dump lacks the enum."""
    names: dict[int, str] = {}
    try:
        names = {number: name for name, number in dump.enumerator_type(enumerator).enumerators()}
    except Error:
        pass
    return [names.get(bit, f"{prefix}{bit}") for bit in range(value.bit_length()) if value >> bit & 1]


def capability_names(value: int) -> list[str]:
    """Of the bits of ``nfs_server.caps``; one without a name here is ``bitN``."""
    return [CAPABILITIES.get(bit, f"bit{bit}") for bit in range(64) if value >> bit & 1]
