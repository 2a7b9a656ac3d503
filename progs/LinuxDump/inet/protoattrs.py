# SPDX-License-Identifier: GPL-2.0-or-later
"""Members that PyKdump gives structs of sockets, under one name in all kernels."""

from __future__ import annotations

import pykd
from pykd.core.members import offset_of
from pykd.kernel.net import tcp
from pykdump.highlevel import AttrSetter, readSU, structSetAttr, structSetProcAttr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_INET = ("struct inet_sock", "struct tcp_sock", "struct udp_sock", "struct raw_sock", "struct unix_sock")
_TIMEWAIT = ("struct tcp_timewait_sock", "struct inet_timewait_sock", "struct tcp6_timewait_sock")

_SETTERS: dict[tuple[str, ...], dict[str, list[str]]] = {
    ("struct sock",): {
        "family": ["__sk_common.skc_family"], "protocol": ["sk_protocol"], "type": ["sk_type"], "Socket": ["sk_socket"],
        "user_data": ["sk_user_data"],
    },
    _INET: {
        "family": ["sk.__sk_common.skc_family"], "Net": ["SKC.skc_net.net", "SKC.skc_net"], "protocol": ["sk.sk_protocol"], "type": ["sk.sk_type"],
        "state": ["sk.__sk_common.skc_state"], "Src": ["inet_rcv_saddr", "sk.__sk_common.skc_rcv_saddr"],
        "Dst": ["inet_daddr", "sk.__sk_common.skc_daddr"], "sport": ["inet_sport"], "dport": ["inet_dport", "sk.__sk_common.skc_dport"],
        "Src6": ["SKC.skc_v6_rcv_saddr.in6_u.u6_addr32"], "Dst6": ["SKC.skc_v6_daddr.in6_u.u6_addr32"], "rcvbuf": ["sk.sk_rcvbuf"],
        "sndbuf": ["sk.sk_sndbuf"], "rmem_alloc_counter": ["sk.sk_backlog.rmem_alloc.counter"],
        "wmem_alloc_counter": ["sk.sk_wmem_alloc.refs.counter", "sk.sk_wmem_alloc.counter"], "user_data": ["sk.sk_user_data"],
        "Socket": ["sk.sk_socket"],
    },
    ("struct inet_request_sock",): {"loc_addr": ["SKC.skc_rcv_saddr"], "rmt_addr": ["SKC.skc_daddr"]},
    ("struct tcp_sock", "struct inet_sock"): {
        "ack_backlog": ["inet_conn.icsk_inet.sk.sk_ack_backlog"], "max_ack_backlog": ["inet_conn.icsk_inet.sk.sk_max_ack_backlog"],
        "accept_queue": ["inet_conn.icsk_accept_queue"], "Rto": ["inet_conn.icsk_rto"], "Retransmits": ["inet_conn.icsk_retransmits"],
        "CA_state": ["inet_conn.icsk_ca_state"], "Nonagle": ["nonagle"], "topt": [""],
    },
    ("struct udp_sock", "struct inet_sock"): {"uopt": [""]},
    ("struct inet_listen_hashbucket",): {"first": ["nulls_head.first", "head.first"]},
    _TIMEWAIT: {
        "state": ["SKC.skc_state"], "Family": ["SKC.skc_family"], "Net": ["SKC.skc_net.net", "SKC.skc_net"], "Src": ["SKC.skc_rcv_saddr"],
        "Dst": ["SKC.skc_daddr"], "Sport": ["tw_sk.tw_sport"], "Dport": ["SKC.skc_dport"], "Ttd": ["tw_sk.tw_timer.expires"],
        "Src6": ["SKC.skc_v6_rcv_saddr.in6_u.u6_addr32"], "Dst6": ["SKC.skc_v6_daddr.in6_u.u6_addr32"],
    },
    ("struct unix_sock",): {"socket": ["sk.sk_socket"], "Uaddr": ["addr"]},
}  # fmt: skip
"""The newest layout first in each list"""


class _Listening:
    """``l_opt``, which went in Linux 4.4: what it said of the queue of a listening socket."""

    max_qlen_log = 1
    syn_table: tuple[Any, ...] = ()
    nr_table_entries = 0

    def __init__(self, sock: Any) -> None:
        self._queue = readSU("struct inet_connection_sock", int(sock)).icsk_accept_queue

    @property
    def qlen(self) -> int:
        return int(self._queue.qlen.counter)

    @property
    def qlen_young(self) -> int:
        return int(self._queue.young.counter)

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def _inode(socket: Any) -> Any:
    both = pykd.current().struct_class("struct socket_alloc")
    return readSU("struct inode", int(socket) + offset_of(both, "vfs_inode"))


def init_PseudoAttrs() -> None:
    """Add the members to the structs of the current dump."""
    for structs, members in _SETTERS.items():
        setter = AttrSetter(*structs)
        for name, chains in members.items():
            setattr(setter, name, chains)
    for struct in ("struct tcp_sock", "struct inet_sock"):
        structSetProcAttr(struct, "l_opt", _Listening)
        # Members of struct tcp_sock, which of a struct inet_sock are beyond its end.
        structSetProcAttr("struct inet_sock", "rx_opt", lambda sock: tcp.connection(pykd.current(), sock).rx_opt)
    structSetProcAttr("struct unix_sock", "Peer", lambda sock: readSU("struct unix_sock", int(sock.peer)) if sock.peer else None)
    structSetProcAttr("struct socket", "Inode", _inode)
    structSetProcAttr("struct socket", "Ino", lambda socket: int(_inode(socket).i_ino))
    structSetAttr("struct socket_alloc", "Inode", "vfs_inode")
    structSetAttr("struct socket_alloc", "Ino", "vfs_inode.i_ino")

