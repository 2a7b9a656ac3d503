# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets: all of them by the tables of their protocols, and what is known of one."""

from __future__ import annotations

from itertools import chain

from _pykd import Error, FaultError, NotFoundError
from pykd.core.members import offset_of
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel.lists.linked import hash_for_each_entry, hlist_for_each_entry, list_for_each_entry
from pykd.kernel.net import sctp
from pykd.kernel.net.addresses import ip_text, ntohs
from pykd.kernel.net.namespaces import for_each_net

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

S_IFMT, S_IFSOCK = 0o170000, 0o140000
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET = 1, 2, 10, 16, 17

FAMILIES = dict(enumerate(
    "UNSPEC UNIX INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECnet NETBEUI SECURITY KEY NETLINK PACKET ASH ECONET "
    "ATMSVC RDS SNA IRDA PPPOX WANPIPE LLC IB MPLS CAN TIPC BLUETOOTH IUCV RXRPC ISDN PHONET IEEE802154 CAIF ALG NFC VSOCK KCM "
    "QIPCRTR SMC XDP MCTP".split()
))  # fmt: skip
"""AF_* of include/linux/socket.h by number"""
TYPES = {1: "STREAM", 2: "DGRAM", 3: "RAW", 4: "RDM", 5: "SEQPACKET", 6: "DCCP", 10: "PACKET"}
"""SOCK_* of include/linux/net.h"""
NETLINK = (
    "ROUTE UNUSED USERSOCK FIREWALL SOCK_DIAG NFLOG XFRM SELINUX ISCSI AUDIT FIB_LOOKUP CONNECTOR NETFILTER IP6_FW DNRTMSG KOBJECT_UEVENT "
    "GENERIC DM SCSITRANSPORT ECRYPTFS RDMA CRYPTO SMC".split()
)
"""NETLINK_* of include/uapi/linux/netlink.h"""
TCP_STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
    "NEW_SYN_RECV", "BOUND_INACTIVE",
)  # fmt: skip
"""``skc_state`` of include/net/tcp_states.h, which other families use too"""
TCP_ESTABLISHED, TCP_SYN_RECV, TCP_TIME_WAIT, TCP_LISTEN, TCP_NEW_SYN_RECV = 1, 3, 6, 10, 12
SS_UNCONNECTED, SS_CONNECTING, SS_CONNECTED, SS_DISCONNECTING = 1, 2, 3, 4
"""``enum socket_state`` as /proc/net/unix shows it"""

UNIX_BUCKETS = 512
"""UNIX_HASH_SIZE of net/unix/af_unix.c, twice until v6.0: 256 by name and 256 by inode. No type has it."""
MAX_LINKS = 32
"""Protocols of netlink"""
MAX_NAME = 110
"""Bytes of a ``struct sockaddr_un``"""
PROTOCOLS = ("tcp", "udp", "udplite", "raw", "unix", "netlink", "packet", "vsock", "sctp")


class Socket:
    """What is known of a socket. Its attributes read the dump, and raise where they cannot.

    :ivar protocol: one of :data:`PROTOCOLS`; "" where only its family is known.
    :ivar common: its ``struct sock_common``, which is where its ``struct sock`` begins; the small ones of TCP (:attr:`is_full`) have no more.
    """

    __slots__ = ("common", "dump", "protocol")

    def __init__(self, dump: Dump, protocol: str, address: int) -> None:
        self.dump = dump
        self.protocol = protocol
        self.common: Any = dump.object("struct sock_common", address)

    def __repr__(self) -> str:
        return f"<{self.protocol or 'a'} socket {int(self.common):#x}>"

    def __int__(self) -> int:
        return int(self.common)

    @property
    def sock(self) -> Any:
        """``struct sock``"""
        return self.dump.object("struct sock", int(self.common))

    @property
    def net(self) -> Any:
        """Its ``struct net``"""
        return self.common.skc_net.net

    @property
    def family(self) -> int:
        """AF_*"""
        return int(self.common.skc_family)

    @property
    def state(self) -> int:
        """By :data:`TCP_STATES`; what the inner state of a socket in TIME_WAIT is, and SYN_RECV of one that is not accepted yet, as
        /proc/net/tcp has it."""
        state = int(self.common.skc_state)
        if state == TCP_TIME_WAIT:
            return int(self.dump.object("struct inet_timewait_sock", int(self.common)).tw_substate)
        return TCP_SYN_RECV if state == TCP_NEW_SYN_RECV else state

    @property
    def is_full(self) -> bool:
        """False: a ``struct inet_timewait_sock`` or ``request_sock``, which has no queues and no file."""
        return int(self.common.skc_state) not in (TCP_TIME_WAIT, TCP_NEW_SYN_RECV)

    def _end(self, v4: str, v6: str) -> bytes:
        name, size = (v4, 4) if self.family == AF_INET else (v6, 16)
        return self.dump.read(int(self.common) + self.common.fieldOffset(name), size)

    @property
    def local(self) -> tuple[bytes, int]:
        """(address as it lies in memory, port) of AF_INET and AF_INET6; the port of a raw socket is its protocol."""
        return self._end("skc_rcv_saddr", "skc_v6_rcv_saddr"), int(self.common.skc_num)

    @property
    def remote(self) -> tuple[bytes, int]:
        return self._end("skc_daddr", "skc_v6_daddr"), ntohs(int(self.common.skc_dport), self.dump)

    @property
    def local_text(self) -> str:
        """``127.0.0.1:80``, ``[::1]:80``; of a unix socket its :attr:`path`; "" of other families."""
        return self._text(self.local) if self.family in (AF_INET, AF_INET6) else self.path if self.family == AF_UNIX else ""

    @property
    def remote_text(self) -> str:
        """The same of the other end; "" of other families than AF_INET and AF_INET6."""
        return self._text(self.remote) if self.family in (AF_INET, AF_INET6) else ""

    @staticmethod
    def _text(end: tuple[bytes, int]) -> str:
        return ends_text(*end)

    @property
    def state_name(self) -> str:
        """``ESTABLISHED``, ``LISTEN``: of :data:`TCP_STATES`."""
        return TCP_STATES[self.state] if self.state < len(TCP_STATES) else str(self.state)

    @property
    def queues(self) -> tuple[int, int]:
        """(bytes received and not read, bytes sent and not acknowledged; of TCP) as /proc/net/tcp counts; of a listening socket (connections
        not accepted, how many there may be); of other protocols the memory that is taken by what is received and by what is sent."""
        if not self.is_full:
            return 0, 0
        sock = self.sock
        if self.protocol == "tcp":
            if int(self.common.skc_state) == TCP_LISTEN:
                return int(sock.sk_ack_backlog), int(sock.sk_max_ack_backlog)
            tcp: Any = self.dump.object("struct tcp_sock", int(self.common))
            return max(_signed(tcp.rcv_nxt - tcp.copied_seq), 0), tcp.write_seq - tcp.snd_una & 0xFFFFFFFF
        received, sent = int(sock.sk_backlog.rmem_alloc.counter), int(sock.sk_wmem_alloc.refs.counter)
        if self.protocol in ("udp", "udplite"):
            # 6b229cf77d68 ("udp: add batching to udp_rmem_release()") (in v4.13)
            udp: Any = self.dump.object("struct udp_sock", int(self.common))
            received -= udp.forward_deficit
        # one reference is the socket's own
        return received, sent - 1

    @property
    def socket(self) -> Any:
        """Its ``struct socket``; false of one that nobody has, or not yet."""
        return self.sock.sk_socket if self.is_full else None

    @property
    def inode(self) -> int:
        """Number of the inode, by which a file descriptor leads to it; 0: no task has it."""
        socket = self.socket
        if not socket:
            return 0
        both = self.dump.struct_class("struct socket_alloc")
        return int(self.dump.object("struct inode", int(socket) + offset_of(both, "vfs_inode")).i_ino)

    @property
    def type(self) -> int:
        """SOCK_*: see :data:`TYPES`"""
        return int(self.sock.sk_type) if self.is_full else 1

    @property
    def unix_state(self) -> int:
        """SS_* of a unix socket: of one that nobody has accepted yet, connecting or disconnecting."""
        established = int(self.common.skc_state) == TCP_ESTABLISHED
        if self.sock.sk_socket:
            return SS_CONNECTED if established else SS_UNCONNECTED
        return SS_CONNECTING if established else SS_DISCONNECTING

    @property
    def path(self) -> str:
        """Name of a unix socket; abstract ones begin with ``@`` and have it for each NUL; "" of one without."""
        address: Any = self.dump.object("struct unix_sock", int(self.common)).addr
        if not address:
            return ""
        data = self.dump.read(int(address) + address.fieldOffset("name") + 2, min(max(address.len - 2, 0), MAX_NAME))
        name = data.replace(b"\0", b"@") if data[:1] == b"\0" else data.split(b"\0")[0]
        return name.decode("utf-8", "backslashreplace")

    def row(self) -> Row:
        """As far as it can be read: sock, protocol, family, state, local, remote (ADDRESS:PORT), received, sent (bytes), inode, net, path;
        ``error`` says what cannot."""
        row: Row = {"sock": int(self.common), "protocol": self.protocol}
        try:
            family, state = self.family, self.state
            row |= {"family": FAMILIES.get(family, str(family)), "net": int(self.net)}
            row["state"] = TCP_STATES[state] if state < len(TCP_STATES) else str(state)
            if family in (AF_INET, AF_INET6):
                row |= {"local": ends_text(*self.local), "remote": ends_text(*self.remote)}
            row["received"], row["sent"] = self.queues
            row["inode"] = self.inode
            if family == AF_UNIX:
                row["path"] = self.path
        except Error as error:
            row["error"] = fault(error)
        return row


def ends_text(address: bytes, port: int) -> str:
    """``127.0.0.1:80``, ``[::1]:80``"""
    text = ip_text(address)
    return f"[{text}]:{port}" if len(address) == 16 else f"{text}:{port}"


def _signed(number: int) -> int:
    """Of 32 bits, as sequence numbers are compared."""
    return (number + (1 << 31) & 0xFFFFFFFF) - (1 << 31)


def for_each_socket(dump: Dump, net: Any = None, protocols: Sequence[str] = PROTOCOLS) -> Iterator[Socket | Error]:
    """Every :class:`Socket` that is in the table of its protocol, and the errors met on the way: bound ones of UDP and raw, those of TCP that
    are connected or listen, all of unix, netlink, packet, vsock and SCTP. A kernel without a protocol has none of its sockets.

    :param net: those of this ``struct net``; None: of all.
    :raises FaultError, LimitError: the list of namespaces cannot be followed to its end.
    """
    namespaces = [net] if net is not None else list(for_each_net(dump))
    wanted = {int(one) for one in namespaces}
    for protocol in protocols:
        for found in caught(_TABLES[protocol](dump, protocol, namespaces)):
            if isinstance(found, NotFoundError) and not (protocol in _CODE and dump.address_of(_CODE[protocol], default=0)):
                continue  # no such protocol in this kernel, or a module that is not loaded
            try:
                if isinstance(found, Error) or net is None or int(found.net) in wanted:
                    yield found
            except Error as error:
                yield error


def _found(dump: Dump, protocol: str, walk: Iterator[Any]) -> Iterator[Socket | Error]:
    return (one if isinstance(one, Error) else Socket(dump, protocol, int(one)) for one in walk)


def _tcp(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    tables = {dump.symbol("tcp_hashinfo", "").address: None}
    for net in namespaces:
        # d1e5e6408b30 ("tcp: Introduce optional per-netns ehash.") (in v6.1)
        own = net.ipv4.tcp_death_row.hashinfo if net.ipv4.tcp_death_row.hasField("hashinfo") else 0
        if own:
            tables.setdefault(int(own))
    bucket = dump.type("struct inet_listen_hashbucket")
    for address in tables:
        table: Any = dump.object("struct inet_hashinfo", address)
        yield from _found(dump, protocol, hash_for_each_entry(dump, int(table.ehash), table.ehash_mask + 1, "struct sock_common", "skc_nulls_node"))
        # cae3873c5b3a ("net: inet: Retire port only listening_hash") (in v5.19); the object has it as an old name, the type has not
        if dump.type("struct inet_hashinfo").member("listening_hash"):
            start, count = address + table.fieldOffset("listening_hash"), len(table.listening_hash)
        else:
            start, count = int(table.lhash2), table.lhash2_mask + 1
        heads = start + bucket.offset_of("nulls_head")
        yield from _found(dump, protocol, hash_for_each_entry(dump, heads, count, "struct sock_common", "skc_nulls_node", step=bucket.size))


def _udp(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    tables: dict[int, None] = {}
    for net in namespaces:
        # ba6aac151666 ("udp: Introduce optional per-netns hash table.") and 67fb43308f4b (in v6.2)
        if protocol == "udp" and net.ipv4.hasField("udp_table"):
            tables.setdefault(int(net.ipv4.udp_table))
    for address in tables or [dump.symbol(f"{protocol}_table", "").address]:
        table: Any = dump.object("struct udp_table", address)
        step = dump.type("struct udp_hslot").size
        yield from _found(dump, protocol, hash_for_each_entry(dump, int(table.hash), table.mask + 1, "struct sock_common", "skc_nulls_node", step=step))


def _raw(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    for name in ("raw_v4_hashinfo", "raw_v6_hashinfo"):
        address = dump.address_of(name, default=0)
        if not address:
            continue
        table: Any = dump.object("struct raw_hashinfo", address)
        start = int(table) + table.fieldOffset("ht")
        yield from _found(dump, protocol, hash_for_each_entry(dump, start, len(table.ht), "struct sock_common", "skc_nulls_node"))


def _unix(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    # b6e811383062 ("af_unix: Define a per-netns hash table.") (in v6.0)
    tables = [int(net.unx.table.buckets) for net in namespaces if net.unx.hasField("table")] or [dump.symbol("unix_socket_table").address]
    for start in filter(None, tables):
        yield from _found(dump, protocol, hash_for_each_entry(dump, start, UNIX_BUCKETS, "struct sock_common", "skc_node"))


def _netlink(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    """Of a rhashtable for each protocol (``struct netlink_table.hash``)."""
    size = dump.type("struct netlink_table").size
    start = dump.read_unsigned(dump.symbol("nl_table", "").address)
    for number in range(MAX_LINKS):
        try:
            table: Any = dump.object("struct netlink_table", start + number * size).hash.tbl
            if table:
                first = int(table) + table.fieldOffset("buckets")
                yield from _found(dump, protocol, hash_for_each_entry(dump, first, table.size, "struct netlink_sock", "node"))
        except FaultError as error:
            yield error


def _packet(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    for net in namespaces:
        if net.hasField("packet"):
            head = int(net) + net.fieldOffset("packet.sklist")
            yield from _found(dump, protocol, hlist_for_each_entry(dump, head, "struct sock_common", "skc_node"))


def _vsock(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    """Of two tables of lists, and a last list in the first for those without a port. A connected one may be in both."""
    seen: set[int] = set()
    for name, member in (("vsock_bind_table", "bound_table"), ("vsock_connected_table", "connected_table")):
        table = dump.symbol(name)
        for place in range(table.address, table.address + table.size, 16):
            for one in caught(list_for_each_entry(dump, place, "struct vsock_sock", member)):
                if isinstance(one, Error) or int(one) not in seen:
                    seen.add(0 if isinstance(one, Error) else int(one))
                    yield one if isinstance(one, Error) else Socket(dump, protocol, int(one))


def _sctp(dump: Dump, protocol: str, namespaces: list[Any]) -> Iterator[Socket | Error]:
    seen: set[int] = set()
    # The second tells of what is wrong with the first too.
    for one in chain((one for one in sctp.for_each_endpoint(dump) if not isinstance(one, Error)), sctp.for_each_association(dump)):
        try:
            sock = one if isinstance(one, Error) else int(one.base.sk)
        except Error as error:
            sock = error
        if isinstance(sock, Error):
            yield sock
        elif sock not in seen:
            seen.add(sock)
            yield Socket(dump, protocol, sock)


_TABLES = {
    "tcp": _tcp, "udp": _udp, "udplite": _udp, "raw": _raw, "unix": _unix, "netlink": _netlink, "packet": _packet, "vsock": _vsock, "sctp": _sctp,
}  # fmt: skip
_CODE = {"tcp": "tcp_v4_rcv", "udp": "udp_rcv", "udplite": "udplite_rcv", "unix": "unix_stream_sendmsg", "netlink": "netlink_rcv_skb"}
"""A function of kernels that have the protocol: where it is, a table that is not to be found is lost."""


def socket_of_inode(dump: Dump, inode: Any) -> Any:
    """The ``struct socket`` beside the ``struct inode`` of a socket (SOCKET_I()); None for another inode. :raises FaultError:"""
    if not inode or inode.i_mode & S_IFMT != S_IFSOCK:
        return None
    both = dump.struct_class("struct socket_alloc")
    return dump.object("struct socket", int(inode) - offset_of(both, "vfs_inode") + offset_of(both, "socket"))
