# SPDX-License-Identifier: GPL-2.0-or-later
"""What TCP knows of a connection, as TCP_INFO and /proc/net/tcp tell it."""

from __future__ import annotations

from _pykd import NotFoundError
from pykd.kernel.lists import rbtree
from pykd.kernel.net.skbuffs import for_each_skb
from pykd.kernel.timekeeping import hz, jiffies, ktime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal

    from _pykd import Dump
    from pykd.core.rows import Row

    type TimerKind = Literal["on", "keepalive", "timewait", "persist"]

CA_STATES = ("Open", "Disorder", "CWR", "Recovery", "Loss")
"""``icsk_ca_state``"""
ICSK_TIME_RETRANS, ICSK_TIME_PROBE0, ICSK_TIME_LOSS_PROBE, ICSK_TIME_REO_TIMEOUT = 1, 3, 5, 6
"""``icsk_pending``"""
NAGLE_OFF, NAGLE_CORK, NAGLE_PUSH = 1, 2, 4
"""``tcp_sock.nonagle``: TCP_NODELAY, TCP_CORK"""
ECN_OK, ECN_SEEN = 1, 8
"""``tcp_sock.ecn_flags``"""
MAX_SSTHRESH = 0x7FFFFFFF
"""TCP_INFINITE_SSTHRESH: it was never set"""
MAX_SEGMENTS = 1 << 20
_PENDING_OFFSET = 8
"""``timer_list.entry.pprev``: NULL where the timer is not set"""


def connection(dump: Dump, sock: Any) -> Any:
    """``struct tcp_sock`` of a full socket of TCP."""
    return dump.object("struct tcp_sock", int(sock))


def _connection(dump: Dump, sock: Any) -> Any:
    return dump.object("struct inet_connection_sock", int(sock))


def milliseconds(dump: Dump, ticks: int) -> int:
    return ticks * 1000 // hz(dump)


def since(dump: Dump, stamp: int) -> int:
    """Milliseconds since a stamp of which 32 bits of jiffies were kept."""
    return milliseconds(dump, jiffies(dump) - stamp & 0xFFFFFFFF)


def is_pending(dump: Dump, timer: Any) -> bool:
    """Of a ``struct timer_list``. :raises FaultError:"""
    return bool(dump.read_unsigned(int(timer) + timer.fieldOffset("entry") + _PENDING_OFFSET))


def timer(dump: Dump, sock: Any) -> tuple[TimerKind, int] | None:
    """Which timer of a full TCP socket is set, as ``ss -o`` names it, and in how many ms it is due (less than 0: it is overdue); None: none.

    :raises FaultError:
    """
    icsk: Any = _connection(dump, sock)
    # Since v6.19, and in stable kernels, TCP has its own for that; sk_timer, or its place, is then the one that retransmits
    keepalive = icsk.icsk_keepalive_timer if icsk.hasField("icsk_keepalive_timer") else sock.sk_timer
    kind: TimerKind
    if icsk.icsk_pending in (ICSK_TIME_RETRANS, ICSK_TIME_LOSS_PROBE, ICSK_TIME_REO_TIMEOUT):
        kind = "on"
    elif icsk.icsk_pending == ICSK_TIME_PROBE0:
        kind = "persist"
    elif is_pending(dump, keepalive):
        return "keepalive", _due(dump, keepalive.expires)
    else:
        return None
    if icsk.hasField("icsk_timeout"):
        return kind, _due(dump, icsk.icsk_timeout)
    retransmit = icsk.icsk_retransmit_timer if icsk.hasField("icsk_retransmit_timer") else sock.tcp_retransmit_timer
    return kind, _due(dump, retransmit.expires)


def timewait(dump: Dump, sock: Any) -> tuple[TimerKind, int]:
    """The same of a ``struct inet_timewait_sock``. :raises FaultError:"""
    return "timewait", _due(dump, dump.object("struct inet_timewait_sock", int(sock)).tw_timer.expires)


def request(dump: Dump, sock: Any) -> tuple[TimerKind, int]:
    """The same of a ``struct request_sock``. :raises FaultError:"""
    return "on", _due(dump, dump.object("struct request_sock", int(sock)).rsk_timer.expires)


def _due(dump: Dump, expires: int) -> int:
    left = (expires - jiffies(dump) + (1 << 63)) % (1 << 64) - (1 << 63)
    return milliseconds(dump, left)


_PLAIN = {
    "snd_mss": "mss_cache", "advmss": "advmss", "cwnd": "snd_cwnd", "reordering": "reordering", "unacked": "packets_out", "sacked": "sacked_out",
    "lost": "lost_out", "retrans": "retrans_out", "total_retrans": "total_retrans", "rcv_ssthresh": "rcv_ssthresh", "snd_wnd": "snd_wnd",
    "rcv_wnd": "rcv_wnd", "bytes_sent": "bytes_sent", "bytes_retrans": "bytes_retrans", "bytes_acked": "bytes_acked",
    "bytes_received": "bytes_received", "segs_out": "segs_out", "segs_in": "segs_in", "data_segs_out": "data_segs_out",
    "data_segs_in": "data_segs_in", "delivered": "delivered", "dsack_dups": "dsack_dups", "reord_seen": "reord_seen",
    "rcv_ooopack": "rcv_ooopack", "keepalive_probes": "keepalive_probes",
}  # fmt: skip
"""Keys of :func:`info` that are a member of ``struct tcp_sock`` as it is"""


def info(dump: Dump, sock: Any) -> Row:
    """What TCP_INFO tells of a full TCP socket that is connected or was: counts, bytes, and times whose unit their names end with; what this
    kernel does not count is left out.

    :raises FaultError:
    """
    tcp, icsk = connection(dump, sock), _connection(dump, sock)
    ack = icsk.icsk_ack
    row: Row = {
        "congestion": str(icsk.icsk_ca_ops.name) if icsk.icsk_ca_ops else "", "ca_state": _ca_state(int(icsk.icsk_ca_state)),
        "options": _options(tcp), "rto_ms": milliseconds(dump, int(icsk.icsk_rto)), "ato_ms": milliseconds(dump, int(ack.ato)),
        "retransmits": int(icsk.icsk_retransmits), "probes": int(icsk.icsk_probes_out), "backoff": int(icsk.icsk_backoff),
        "pmtu": int(icsk.icsk_pmtu_cookie), "rcv_mss": int(ack.rcv_mss),
    }  # fmt: skip
    options = tcp.rx_opt
    if options.wscale_ok:
        row["wscale"] = [int(options.snd_wscale), int(options.rcv_wscale)]
    row |= {key: int(getattr(tcp, member)) for key, member in _PLAIN.items() if tcp.hasField(member)}
    # 740b0f1841f6 ("tcp: switch rtt estimations to usec resolution") (in v3.15): eighths and quarters of a microsecond
    row |= {"rtt_us": int(tcp.srtt_us) >> 3, "rttvar_us": int(tcp.mdev_us) >> 2}
    if tcp.rtt_min.s[0].v != 0xFFFFFFFF:
        row["min_rtt_us"] = int(tcp.rtt_min.s[0].v)
    if tcp.snd_ssthresh < MAX_SSTHRESH:
        row["ssthresh"] = int(tcp.snd_ssthresh)
    row["rcv_space"] = int(tcp.rcvq_space.space)
    if sock.hasField("sk_pacing_rate") and sock.sk_pacing_rate not in (0, (1 << 64) - 1):
        row["pacing_rate_bytes_s"] = int(sock.sk_pacing_rate)
    if interval := int(tcp.rate_interval_us) if tcp.hasField("rate_interval_us") else 0:
        row["delivery_rate_bytes_s"] = int(tcp.rate_delivered) * int(tcp.mss_cache) * 1_000_000 // interval
    for key, stamp in (("last_send_ms", tcp.lsndtime), ("last_receive_ms", ack.lrcvtime), ("last_ack_ms", tcp.rcv_tstamp)):
        row[key] = since(dump, stamp) if stamp else None  # never
    return row


def _ca_state(number: int) -> str:
    return CA_STATES[number] if number < len(CA_STATES) else str(number)


def _options(tcp: Any) -> list[str]:
    """Those agreed on, and what the program asked for, as ``ss`` names them."""
    found, nonagle = [], int(tcp.nonagle)
    for name, is_on in (
        ("ts", tcp.rx_opt.tstamp_ok), ("sack", tcp.rx_opt.sack_ok), ("ecn", tcp.ecn_flags & ECN_OK), ("ecnseen", tcp.ecn_flags & ECN_SEEN),
        ("fastopen", tcp.syn_data_acked), ("nodelay", nonagle & NAGLE_OFF), ("cork", nonagle & NAGLE_CORK),
    ):  # fmt: skip
        if is_on:
            found.append(name)
    return found


def is_orphan(sock: Any) -> bool:
    """A full socket whose program has closed it while TCP goes on with it. :raises FaultError:"""
    return not sock.sk_socket


def for_each_waiting(dump: Dump, sock: Any) -> Iterator[Any]:
    """Each ``struct request_sock`` of a listening socket that waits for accept(); ``sk`` of it is the connection. :raises FaultError:"""
    request_sock = _connection(dump, sock).icsk_accept_queue.rskq_accept_head
    for _ in range(MAX_SEGMENTS):
        if not request_sock:
            return
        yield request_sock
        request_sock = request_sock.dl_next


def for_each_unacked(dump: Dump, sock: Any) -> Iterator[Any]:
    """Each ``struct sk_buff`` that was sent and is not acknowledged.

    75c119afe14f ("tcp: implement rb-tree based retransmit queue") (in v4.15); before, they began the write queue and are not told apart here.
    :raises FaultError:
    """
    if sock.hasField("tcp_rtx_queue"):
        yield from _tree(dump, sock, int(sock) + sock.fieldOffset("tcp_rtx_queue"))


def for_each_out_of_order(dump: Dump, sock: Any) -> Iterator[Any]:
    """Each ``struct sk_buff`` that came too early: 9f5afeae5152 ("tcp: use an RB tree for ooo receive queue") (in v4.9)."""
    tcp = connection(dump, sock)
    yield from _tree(dump, tcp, int(tcp) + tcp.fieldOffset("out_of_order_queue"))


def _tree(dump: Dump, owner: Any, root: int) -> Iterator[Any]:
    offset = dump.type("struct sk_buff").offset_of("rbnode")
    for node, *_ in rbtree.nodes(dump, root, lambda error: None):
        yield dump.object("struct sk_buff", node - offset)


def for_each_unsent(dump: Dump, sock: Any) -> Iterator[Any]:
    """Each ``struct sk_buff`` of the write queue. :raises FaultError, LimitError:"""
    yield from for_each_skb(dump, int(sock) + sock.fieldOffset("sk_write_queue"))


def window_from_space(dump: Dump, sock: Any, space: int) -> int:
    """tcp_win_from_space(): how much of *space* bytes of memory may be announced.

    dfa2f0483360 ("tcp: get rid of sysctl_tcp_adv_win_scale") (in v6.6): by each socket's own ratio; per namespace since v4.15, a global before.

    :raises FaultError, NotFoundError:
    """
    tcp = connection(dump, sock)
    if tcp.hasField("scaling_ratio"):
        return space * int(tcp.scaling_ratio) >> 8
    net = sock.Eval("__sk_common.skc_net.net")
    if net.ipv4.hasField("sysctl_tcp_adv_win_scale"):
        scale = int(net.ipv4.sysctl_tcp_adv_win_scale)
    elif dump.symbols("sysctl_tcp_adv_win_scale"):
        scale = dump.read_signed(dump.symbol("sysctl_tcp_adv_win_scale").address, 4)
    else:
        raise NotFoundError("this kernel does not say how much of a buffer a window may be")
    scale = (scale + (1 << 31)) % (1 << 32) - (1 << 31)
    return space >> -scale if scale <= 0 else space - (space >> scale)


def window(dump: Dump, sock: Any) -> Row:
    """What the kernel chooses the window of a full TCP socket by, in bytes: rcv_mss, advmss, free_space, allowed_space, full_space, rcv_wnd,
    rcv_ssthresh; and rcv_wscale.

    :raises FaultError, NotFoundError:
    """
    tcp = connection(dump, sock)
    used = int(sock.sk_backlog.rmem_alloc.counter)
    allowed = window_from_space(dump, sock, int(sock.sk_rcvbuf))
    return {
        "rcv_mss": int(_connection(dump, sock).icsk_ack.rcv_mss), "advmss": int(tcp.advmss),
        "free_space": window_from_space(dump, sock, int(sock.sk_rcvbuf) - used), "allowed_space": allowed,
        "full_space": min(int(tcp.window_clamp), allowed), "rcv_wnd": int(tcp.rcv_wnd), "rcv_ssthresh": int(tcp.rcv_ssthresh),
        "rcv_wscale": int(tcp.rx_opt.rcv_wscale),
    }  # fmt: skip


def since_stamp(dump: Dump, stamp: int, is_usec: bool = False) -> int:
    """Milliseconds since a stamp of TCP's own clock, such as ``retrans_stamp``, of which 32 bits are kept.

    9a568de4818d ("tcp: switch TCP TS option (RFC 7323) to 1ms clock") (in v4.13): of the monotonic clock.

    :param is_usec: it counts microseconds: ``tcp_sock.tcp_usec_ts`` (in v6.7).
    """
    now = ktime(dump) // (1000 if is_usec else 1_000_000)
    passed = now - stamp & 0xFFFFFFFF
    return passed // 1000 if is_usec else passed


def retransmitting_ms(dump: Dump, sock: Any) -> int | None:
    """How long a full TCP socket has been sending the same again, in ms; None: it does not. :raises FaultError:"""
    tcp = connection(dump, sock)
    if not tcp.retrans_stamp:
        return None
    return since_stamp(dump, int(tcp.retrans_stamp), bool(tcp.tcp_usec_ts) if tcp.hasField("tcp_usec_ts") else False)
