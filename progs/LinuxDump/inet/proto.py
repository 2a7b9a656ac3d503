# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets, and packets, under PyKdump's names: :mod:`pykd.kernel.net.sockets`, ``tcp``, ``skbuffs``.

Importing this gives structs of sockets the members that PyKdump calls by one name in all kernels: ``Src``, ``Dst``, ``state``, ``Net`` …
"""

from __future__ import annotations

import pykd
from LinuxDump.Files import inode2socketaddr
from LinuxDump.inet import get_ns_net, ntodots, ntodots6, ntohs
from LinuxDump.inet.packets import (
    ETH_P_IP,
    IP_oneliner,
    decode_IP_header,
    decode_skbuf,
    decode_TCP_flags,
    decode_TCP_header,
    print_skbuff_head,
    skb_network_header,
    skb_shinfo,
    skb_transport_header,
    walk_skb,
)
from LinuxDump.inet.protoattrs import init_PseudoAttrs
from pykd.kernel.net import tcp
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.show.packets import end_text
from pykd.kernel.net.show.sockets import window_lines
from pykd.kernel.net.sockets import TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_TIME_WAIT, Socket, for_each_socket
from pykd.kernel.timekeeping import jiffies
from pykdump import API
from pykdump.API import API_options, readList
from pykdump.Generic import Bunch
from pykdump.highlevel import enumerator_value, getStructInfo, pylog, readSU
from pykdump.nodump import has_dump
from pykdump.tparser import CDefine, CEnum
from pykdump.vmcorearch import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

__all__ = [
    "ETH_P_IP", "PROTONAMES", "P_FAMILIES", "TCP_CA_STATE", "INET_Stuff", "IP_conn_tw", "IP_oneliner", "IP_rqs", "IP_sock", "P_FAMILIES_c",
    "analyze_tcp_rcv_win", "check_inet_sock", "debug", "decodeSock", "decode_IP_header", "decode_TCP_flags", "decode_TCP_header",
    "decode_skbuf", "formatIPv4", "formatIPv6", "format_sockaddr_in", "get_AF_UNIX", "get_RAW", "get_RAW6", "get_TCP_ESTABLISHED",
    "get_TCP_LISTEN", "get_TCP_TIMEWAIT", "get_TCP_TIMEWAIT_2", "get_UDP", "inet_sk_for_each", "init_INET_Stuff", "init_PseudoAttrs",
    "inode2socketaddr", "print_accept_queue", "print_skbuff_head", "protoName", "retrans_since", "sk_for_each", "sk_nulls_for_each",
    "skb_network_header", "skb_shinfo", "skb_transport_header", "sockTypes", "sock_V1", "sock_type_c", "tcpState", "tcp_full_space",
    "tcp_space", "tcp_state_c", "tcp_win_from_space", "unix_sock", "walk_skb",
]  # fmt: skip
__all__ += API.hand_on(globals())

debug: Any = API_options.debug
sock_V1 = False
"""True of Linux 2.4"""

P_FAMILIES_c = "".join(
    f"#define PF_{name} {number}\n"
    for number, names in {
        0: "UNSPEC", 1: "LOCAL UNIX FILE", 2: "INET", 3: "AX25", 4: "IPX", 5: "APPLETALK", 6: "NETROM", 7: "BRIDGE", 8: "ATMPVC", 9: "X25",
        10: "INET6", 11: "ROSE", 12: "DECnet", 13: "NETBEUI", 14: "SECURITY", 15: "KEY", 16: "ROUTE NETLINK", 17: "PACKET", 18: "ASH",
        19: "ECONET", 20: "ATMSVC", 21: "RDS", 22: "SNA", 23: "IRDA", 24: "PPPOX", 25: "WANPIPE", 26: "LLC", 27: "IB", 28: "MPLS", 29: "CAN",
        30: "TIPC", 31: "BLUETOOTH", 32: "IUCV", 33: "RXRPC", 34: "ISDN", 35: "PHONET", 36: "IEEE802154", 37: "CAIF", 38: "ALG", 39: "NFC",
        40: "VSOCK", 41: "KCM", 42: "QIPCRTR", 43: "SMC", 44: "XDP", 45: "MCTP", 46: "MAX",
    }.items()
    for name in names.split()
)  # fmt: skip
P_FAMILIES: Any = CDefine(P_FAMILIES_c)
tcp_state_c = """enum {
  TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK,
  TCP_LISTEN, TCP_CLOSING, TCP_NEW_SYN_RECV, TCP_BOUND_INACTIVE, TCP_MAX_STATES
};"""
tcpState: Any = CEnum(tcp_state_c)
sock_type_c = """enum sock_type {
  SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_RDM = 4, SOCK_SEQPACKET = 5, SOCK_DCCP = 6, SOCK_PACKET = 10
};"""
sockTypes: Any = CEnum(sock_type_c)
TCP_CA_STATE: Any = CEnum("enum tcp_ca_state { TCP_CA_Open = 0, TCP_CA_Disorder = 1, TCP_CA_CWR = 2, TCP_CA_Recovery = 3, TCP_CA_Loss = 4 };")
PROTONAMES = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 50: "esp", 51: "ah", 58: "icmpv6", 132: "sctp", 136: "udplite"}


def protoName(proto: int) -> str:
    """``tcp``, ``proto=99``"""
    return PROTONAMES.get(proto, f"proto={proto}")


# ---- lines


def formatIPv4(ip: int, port: int, printstar: bool = True) -> str:
    """``127.0.0.1:80``, padded; a port of 0 is ``*``."""
    return end_text(ntodots(ip), port, printstar)


def formatIPv6(ip: Any, port: int, printstar: bool = True) -> str:
    """``::1:80``, padded, of a ``struct in6_addr`` or its 4 words."""
    return end_text(ntodots6(ip), port, printstar)


# ---- single sockets


class _Ends:
    """Where a socket is connected: src and dst (as they lie in memory: an int, of IPv6 4 words), sport, dport, family, state, protocol, net."""

    family: int
    protocol: int
    sktype: int
    state: int
    src: Any
    dst: Any
    sport: int
    dport: int
    net: Any
    left: str
    right: str

    def __init__(self, sock: Any) -> None:
        found = Socket(pykd.current(), "", int(sock))
        self.left = self.right = ""
        self.family = found.family
        if self.family not in (P_FAMILIES.PF_INET, P_FAMILIES.PF_INET6):
            raise TypeError(f"family={self.family} o={sock}")
        ends = found.local, found.remote
        self.src, self.dst = (_words(data) for data, _ in ends)
        self.sport, self.dport = (port for _, port in ends)
        self.state = int(found.common.skc_state)
        self.net = found.net

    def wrongNameSpace(self) -> bool:
        """Is it of another network namespace than that of :func:`get_ns_net`?"""
        return bool(self.net and self.net != get_ns_net())

    def _line(self, name: str, right: str) -> str:
        six = self.family == P_FAMILIES.PF_INET6
        self.right = self.right or right
        self.left = self.left or (name + "6" * six).ljust(5)
        form = formatIPv6 if six else formatIPv4
        return f"{self.left} {form(self.src, self.sport)}{form(self.dst, self.dport)}{self.right}"


def _words(data: bytes) -> int | list[int]:
    words = [int.from_bytes(data[i : i + 4], pykd.current().byteorder) for i in range(0, len(data), 4)]
    return words[0] if len(words) == 1 else words


class IP_sock(_Ends):
    """A full socket of IPv4 or IPv6: ``struct sock``, ``tcp_sock``, ``udp_sock`` ….

    With *details* rcvbuf, sndbuf (bytes), rmem_alloc, wmem_alloc; of TCP that listens sk_ack_backlog, sk_max_ack_backlog, l_opt, accept_queue, else
    topt and rx_opt; of UDP uopt. Other attributes are those of the struct.

    :raises KeyError: it is not of the protocol that its struct is for. :raises TypeError: it is of another family.
    """

    def __init__(self, o: Any, details: bool | int = False) -> None:
        s = o.castTo("struct inet_sock") if o.isNamed("struct sock") else o
        self._casted = s
        self.protocol, self.sktype, self.user_data = s.protocol, s.type, s.user_data
        wrong = (
            (s.isNamed("struct tcp_sock") and self.protocol not in (6, 262))
            or (s.isNamed("struct udp_sock") and self.protocol != 17)
            or (s.isNamed("struct raw_sock") and self.protocol in (6, 17))
        )
        if wrong:
            raise KeyError(f"{o} incorrect protocol={self.protocol}")
        super().__init__(o)
        if not details:
            return
        self.rcvbuf, self.sndbuf = s.rcvbuf, s.sndbuf
        self.rmem_alloc, self.wmem_alloc = s.rmem_alloc_counter, s.wmem_alloc_counter
        if self.protocol == 6 and self.state == TCP_LISTEN:
            self.sk_max_ack_backlog, self.sk_ack_backlog = s.max_ack_backlog, s.ack_backlog
            self.accept_queue, self.l_opt = s.accept_queue, s.l_opt
        elif self.protocol == 6 and self.state != TCP_TIME_WAIT:
            self.rx_opt, self.topt = s.rx_opt, s.topt
        elif self.protocol == 17:
            self.uopt = s.uopt

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._casted, name)

    def __str__(self) -> str:
        name = "raw" if self.sktype == sockTypes.SOCK_RAW else PROTONAMES.get(self.protocol, str(self.protocol))
        if name == "tcp":
            right = " " + tcpState[self.state][4:]
        elif name in ("udp", "raw") and self.state == tcpState.TCP_ESTABLISHED:
            right = "ESTABLISHED"
        else:
            right = f"st={self.state}"
        return self._line(name, right)


class IP_rqs(_Ends):
    """A ``struct request_sock``: a connection that is being made."""

    def __init__(self, o: Any, details: bool | int = False) -> None:
        super().__init__(o)
        self._casted = o
        self.protocol, self.sktype, self.user_data = 6, -1, 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._casted, name)

    def __str__(self) -> str:
        return self._line("tcp", " SYN_RECV")


class IP_conn_tw(_Ends):
    """A connection in TIME_WAIT: ``struct inet_timewait_sock``. With *details* tw_timeout (not kept since v4.3) and ttd, jiffies that it has left."""

    tw_timeout: int | None = None
    ttd: int = 0

    def __init__(self, tw: Any, details: bool | int = False) -> None:
        super().__init__(tw)
        self.protocol, self.sktype = 6, -1
        if details:
            dump = pykd.current()
            expires = dump.object("struct inet_timewait_sock", int(tw)).tw_timer.expires
            self.ttd = max(expires - jiffies(dump), 0)

    def __str__(self) -> str:
        return self._line("tcp", " " + tcpState[self.state][4:])


def format_sockaddr_in(sin: Any) -> str:
    """``127.0.0.1:80`` of a ``struct sockaddr_in``. :raises TypeError: of another family."""
    if sin.sin_family != P_FAMILIES.PF_INET:
        raise TypeError(f"family={sin.sin_family} o={sin}")
    return f"{ntodots(sin.sin_addr.s_addr)}:{ntohs(sin.sin_port)}"


def decodeSock(sock: Any) -> tuple[int, int, str, bool]:
    """(family, type, name of the protocol, whether it is of the internet) of a ``struct sock``; (-1, 1, "CORRUPTED", False) if it cannot be read."""
    try:
        common = sock.Eval("__sk_common")
        family = int(common.skc_family)
        kind = int(sock.sk_type)
    except pykd.Error:
        return -1, 1, "CORRUPTED", False
    try:
        name = str(common.skc_prot.name)
    except (pykd.Error, IndexError):
        name = "???"
    return family, kind, name, family in (P_FAMILIES.PF_INET, P_FAMILIES.PF_INET6)


# ---- all sockets


def _all(what: str, *protocols: str) -> Iterator[Socket]:
    for found in for_each_socket(pykd.current(), None, protocols):
        if isinstance(found, pykd.Error):
            pylog.error(what, found)
        else:
            yield found


def get_TCP_LISTEN() -> Iterator[Any]:
    """Each ``struct tcp_sock`` that listens, of all namespaces."""
    for found in _all("TCP_LISTEN", "tcp"):
        if int(found.common.skc_state) == TCP_LISTEN:
            yield readSU("struct tcp_sock", int(found))


def get_TCP_ESTABLISHED() -> Iterator[tuple[Any, str]]:
    """(struct, kind) of every other socket of TCP, of all namespaces: ``struct tcp_sock`` (``tcp``); behind those the ``struct request_sock``
    (``rqs``), the sockets that connect, and the ``struct tcp_timewait_sock`` (``tw``)."""
    later: dict[str, list[tuple[Any, str]]] = {"rqs": [], "sent": [], "tw": []}
    for found in _all("TCP_ESTABLISHED", "tcp"):
        state = int(found.common.skc_state)
        if state == TCP_TIME_WAIT:
            later["tw"].append((readSU("struct tcp_timewait_sock", int(found)), "tw"))
        elif state == TCP_NEW_SYN_RECV:
            later["rqs"].append((readSU("struct request_sock", int(found)), "rqs"))
        elif state == tcpState.TCP_SYN_SENT:
            later["sent"].append((readSU("struct tcp_sock", int(found)), "tcp"))
        elif state != TCP_LISTEN:
            yield readSU("struct tcp_sock", int(found)), "tcp"
    for found_later in later.values():
        yield from found_later


def get_TCP_TIMEWAIT() -> list[tuple[Any, str]]:
    """Nothing: :func:`get_TCP_ESTABLISHED` has them, since Linux 3.13."""
    return []


get_TCP_TIMEWAIT_2 = get_TCP_TIMEWAIT


def get_UDP() -> Iterator[Any]:
    """Each ``struct udp_sock``, of all namespaces."""
    return (readSU("struct udp_sock", int(found)) for found in _all("UDP", "udp"))


def _raw(what: str, struct: str, family: int) -> Iterator[Any]:
    return (readSU(struct, int(found)) for found in _all(what, "raw") if found.family == family)


def get_RAW() -> Iterator[Any]:
    """Each ``struct raw_sock`` of IPv4, of all namespaces."""
    return _raw("RAW", "struct raw_sock", P_FAMILIES.PF_INET)


def get_RAW6() -> Iterator[Any]:
    """The same of IPv6, as ``struct inet_sock``."""
    return _raw("RAW6", "struct inet_sock", P_FAMILIES.PF_INET6)


def get_AF_UNIX() -> Iterator[Any]:
    """Each ``struct unix_sock`` that a ``struct socket`` is there for, of all namespaces."""
    for found in _all("UNIX", "unix"):
        if found.socket:
            yield readSU("struct unix_sock", int(found))


def unix_sock(s: Any) -> tuple[int, int, str]:
    """(state, number of the inode, path) of a ``struct unix_sock``; an abstract name begins with ``@`` and ends at its first NUL."""
    found = Socket(pykd.current(), "unix", int(s))
    try:
        path = found.path
        path = path[:1] + path[1:].split("@")[0] if path.startswith("@") else path
    except pykd.FaultError:
        path = "!Cannot read memory!"
    return int(found.common.skc_state), found.inode, path


def print_accept_queue(pstr: IP_sock) -> None:
    """Print the connections of a listening socket that wait for accept()."""
    if pstr.sk_ack_backlog:
        print("    --- Accept Queue", pstr.accept_queue)
    dump = pykd.current()
    for request in tcp.for_each_waiting(dump, pstr._casted):
        child = Socket(dump, "tcp", int(request.sk))
        print(f"\t  laddr={ip_text(child.local[0])} raddr={ip_text(child.remote[0])}")


# ---- windows and times of TCP


def tcp_win_from_space(space: int, o: Any = None) -> int:
    """How much of *space* bytes may be announced; *o*: of which ``struct tcp_sock``, which since Linux 4.15 makes a difference."""
    dump = pykd.current()
    if o is not None:
        return tcp.window_from_space(dump, readSU("struct sock", int(o)), space)
    scale = dump.read_signed(dump.symbol("sysctl_tcp_adv_win_scale").address, 4)
    return space >> -scale if scale <= 0 else space - (space >> scale)


def tcp_space(o: Any) -> int:
    """Bytes of the receive buffer of a ``struct tcp_sock`` that are free, as a window."""
    sock = IP_sock(o, True)
    return tcp_win_from_space(sock.rcvbuf - sock.rmem_alloc, o)


def tcp_full_space(o: Any) -> int:
    """All bytes of it, as a window."""
    return tcp_win_from_space(IP_sock(o, True).rcvbuf, o)


def analyze_tcp_rcv_win(o: Any, v: int = 1) -> None:
    """Print how the kernel would choose the window of a ``struct tcp_sock``; with *v* below 2 only whether the peer's segments exceed ours."""
    for line in window_lines(tcp.window(pykd.current(), readSU("struct sock", int(o))), v):
        print(line)


def retrans_since(retrans_stamp: int) -> str:
    """How long ago a ``tcp_sock.retrans_stamp`` was: `` 123.4s``. It counts milliseconds of the monotonic clock since Linux 4.13."""
    return f"{tcp.since_stamp(pykd.current(), retrans_stamp) / 1000:6.1f}s"


# ---- tables of old


def sk_for_each(head: int, hb: Any = None) -> list[int]:
    """Addresses of the ``struct sock`` on the chain whose first node is at *head*."""
    return _chain(head, "skc_node")


def sk_nulls_for_each(first: int, hbucket: Any = None) -> list[int]:
    """The same of a chain that ends with an odd number."""
    return _chain(first, "skc_nulls_node")


inet_sk_for_each = sk_nulls_for_each


def _chain(first: int, member: str) -> list[int]:
    if not first or first & 1:
        return []
    offset = getStructInfo("struct sock_common")[member].offset
    nodes: Sequence[int] = readList(int(first), 0)
    return [node - offset for node in nodes if not node & 1]


def check_inet_sock() -> None:
    """``struct inet_sock`` is there, in all kernels that pykd reads."""


INET_Stuff: Any = Bunch(Kernel24=False, UNIX_HASH_SIZE=256, sockname="struct inet_sock", tw_type="struct tcp_timewait_sock")


def init_INET_Stuff() -> None:
    """What walks of hash tables need is not kept here: :mod:`pykd.kernel.net.sockets` finds it."""


_MAX = enumerator_value("TCP_MAX_STATES") if has_dump() else 0
if _MAX and sys_info:
    tcpState.lookup["TCP_MAX_STATES"] = _MAX

init_PseudoAttrs()


def __getattr__(name: str) -> Any:
    # Offsets that PyKdump works out at the first walk.
    if name in ("skc_node_off", "skc_nulls_node_off"):
        return getStructInfo("struct sock_common")[name.removesuffix("_off")].offset
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
