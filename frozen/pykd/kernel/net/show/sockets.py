# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets as ``xportshow`` shows them: rows, and the lines that PyKdump prints of them."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import has_member
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.net import sockets, tcp
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.owners import Owner
from pykd.kernel.net.show.packets import SOCK_RAW, end_text, socket_line, state_text
from pykd.kernel.net.skbuffs import PROTOCOLS
from pykd.kernel.net.sockets import AF_INET, AF_INET6, AF_UNIX, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_TIME_WAIT, Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump

RULE = "-" * 78
DAY_MS = 24 * 3_600_000
MAX_DATA = 65536
"""Bytes in one packet; more is damage"""
USERS = {
    "xs_data_ready": "struct rpc_xprt", "xs_udp_data_ready": "struct rpc_xprt", "xs_tcp_data_ready": "struct rpc_xprt",
    "svc_data_ready": "struct svc_sock", "svc_udp_data_ready": "struct svc_sock", "svc_tcp_data_ready": "struct svc_sock",
    "svc_tcp_listen_data_ready": "struct svc_sock", "iscsi_sw_tcp_data_ready": "struct iscsi_conn", "nvme_tcp_data_ready": "struct nvme_tcp_queue",
    "o2net_data_ready": "struct o2net_sock_container", "ksocknal_data_ready": "struct ksock_conn", "lowcomms_data_ready": "struct connection",
}  # fmt: skip
"""What ``sk_user_data`` is, by the function that is called when data come in (``sk_data_ready``)"""


def internet_row(dump: Dump, found: Socket, details: int = 0, held: dict[int, list[Owner]] | None = None) -> Row:
    """Of a socket of TCP, UDP, raw: kind, sock, struct, name, local, remote (address, port), state; with *details* what the protocol knows;
    pids of those who have it open, out of *held*.

    What cannot be read is told under ``error``.
    """
    row: Row = {"kind": "socket", "sock": int(found), "protocol": found.protocol}
    try:
        row |= _plain(found)
        if held is not None:
            row["pids"] = [owner.pid for owner in held.get(int(found), ())]
        if details or row["name"].startswith("tcp"):
            row |= _details(dump, found, details)
    except Error as error:
        row["error"] = fault(error)
    return row


def _plain(found: Socket) -> Row:
    family, state = found.family, int(found.common.skc_state)
    if family not in (AF_INET, AF_INET6):
        return {"name": f"family={family}", "state_number": state}
    name = "raw" if found.is_full and found.type == SOCK_RAW else found.protocol
    if found.is_full and name != "raw":
        name = PROTOCOLS.get(int(found.sock.sk_protocol), str(int(found.sock.sk_protocol)))
    ends = {key: {"address": ip_text(address), "port": port} for key, (address, port) in (("local", found.local), ("remote", found.remote))}
    kinds = {TCP_TIME_WAIT: "struct tcp_timewait_sock", TCP_NEW_SYN_RECV: "struct request_sock"}
    struct = kinds.get(state) or ("struct inet_sock" if name == "raw" and family == AF_INET6 else f"struct {name}_sock")
    # A connection that is being made is one that has answered to SYN.
    shown = " SYN_RECV" if state == TCP_NEW_SYN_RECV else state_text(name, state)
    return {"name": name + "6" * (family == AF_INET6), "family": family, "struct": struct, **ends, "state": shown.strip(), "state_number": state, "shown": shown}


def _details(dump: Dump, found: Socket, details: int) -> Row:
    state = int(found.common.skc_state)
    if state == TCP_TIME_WAIT:
        return {"left_ms": max(tcp.timewait(dump, found)[1], 0)}
    if state == TCP_NEW_SYN_RECV:
        request: Any = dump.object("struct request_sock", int(found))
        return {"mss": int(request.mss), "retransmits": int(request.num_retrans)}
    sock = found.sock
    row: Row = {}
    if found.protocol == "tcp" and state == TCP_LISTEN:
        row |= _listening(dump, found, sock)
    elif found.protocol == "tcp":
        row |= _connected(dump, found, sock, details)
    if not details:
        return {key: row[key] for key in ("retransmits", "ca_state", "retransmitting_ms") if key in row}
    row |= {"rcvbuf": int(sock.sk_rcvbuf), "sndbuf": int(sock.sk_sndbuf)}
    row |= {"rmem_alloc": int(sock.sk_backlog.rmem_alloc.counter), "wmem_alloc": int(sock.sk_wmem_alloc.refs.counter)}
    if found.protocol == "udp":
        udp: Any = dump.object("struct udp_sock", int(found))
        row |= {"pending": int(udp.pending), "corkflag": _cork(udp), "len": int(udp.len)}
    if sock.sk_user_data:
        ready = dump.symbol_at(int(sock.sk_data_ready))
        row["user_data"] = {"address": int(sock.sk_user_data), "struct": USERS.get(ready.name if ready else ""), "ready": ready.name if ready else None}
    return row


def _cork(udp: Any) -> int:
    """A bit of ``udp_flags`` since v6.7"""
    return int(udp.corkflag) if has_member(udp, "corkflag") else int(udp.udp_flags) & 1


def _listening(dump: Dump, found: Socket, sock: Any) -> Row:
    queue: Any = dump.object("struct inet_connection_sock", int(found)).icsk_accept_queue
    waiting: list[Row] = []
    for one in caught(tcp.for_each_waiting(dump, found)):
        if isinstance(one, Error):
            waiting.append({"error": fault(one)})
            continue
        child = Socket(dump, "tcp", int(one.sk))
        try:
            waiting.append({"sock": int(child), "local": ip_text(child.local[0]), "remote": ip_text(child.remote[0]), "port": child.remote[1]})
        except Error as error:
            waiting.append({"sock": int(child), "error": fault(error)})
    return {
        "backlog": int(sock.sk_ack_backlog), "max_backlog": int(sock.sk_max_ack_backlog), "queue": int(queue), "qlen": int(queue.qlen.counter),
        "young": int(queue.young.counter), "waiting": waiting,
    }  # fmt: skip


def _connected(dump: Dump, found: Socket, sock: Any, details: int) -> Row:
    one = tcp.connection(dump, found)
    icsk = one.inet_conn
    options = one.rx_opt
    row: Row = {
        "rcv_wnd": int(one.rcv_wnd), "snd_wnd": int(one.snd_wnd), "advmss": int(one.advmss), "rcv_wscale": int(options.rcv_wscale),
        "snd_wscale": int(options.snd_wscale), "nonagle": int(one.nonagle), "sack_ok": int(options.sack_ok), "tstamp_ok": int(options.tstamp_ok),
        "rx_queue": one.rcv_nxt - one.copied_seq, "tx_queue": one.write_seq - one.snd_una, "rto_ms": tcp.milliseconds(dump, int(icsk.icsk_rto)),
        "received_ms": tcp.since(dump, one.rcv_tstamp) if one.rcv_tstamp else None, "sent_ms": tcp.since(dump, one.lsndtime) if one.lsndtime else None,
        "retransmits": int(icsk.icsk_retransmits), "ca_state": tcp.CA_STATES[icsk.icsk_ca_state] if icsk.icsk_ca_state < 5 else str(icsk.icsk_ca_state),
    }  # fmt: skip
    if row["retransmits"]:
        row["retransmitting_ms"] = tcp.retransmitting_ms(dump, found)
    if details > 1:
        row["write_queue"] = _write_queue(dump, found, sock)
    if details:
        # only a segment larger than ours is worth a line unless all is asked for
        row["window"] = tcp.window(dump, sock) if details > 1 else {"rcv_mss": int(icsk.icsk_ack.rcv_mss), "advmss": int(one.advmss)}
    return row


def _write_queue(dump: Dump, found: Socket, sock: Any) -> list[Row]:
    head = int(sock.sk_send_head) if sock.hasField("sk_send_head") and not sock.hasField("tcp_rtx_queue") else 0
    rows: list[Row] = []
    for skb in caught(tcp.for_each_unsent(dump, sock)):
        if isinstance(skb, Error):
            rows.append({"error": fault(skb)})
            continue
        try:
            # what lies in fragments is not counted
            size = int(skb.len) - int(skb.data_len)
            rows.append({"skb": int(skb), "length": size, "send_head": int(skb) == head, "data_len": int(skb.data_len)})
        except Error as error:
            rows.append({"skb": int(skb), "error": fault(error)})
    return rows


def unix_row(dump: Dump, found: Socket, details: int = 0) -> Row:
    """Of a unix socket: state, inode, path, and its peer's."""
    row: Row = {"kind": "unix", "sock": int(found)}
    try:
        row |= _unix(found)
        peer = dump.object("struct unix_sock", int(found)).peer
        row["peer"] = {"sock": int(peer), **_unix(Socket(dump, "unix", int(peer)))} if details > 1 and peer else None
    except Error as error:
        row["error"] = fault(error)
    return row


def _unix(found: Socket) -> Row:
    state = int(found.common.skc_state)
    name = sockets.TCP_STATES[state] if state < len(sockets.TCP_STATES) else f"|{state}|"
    path = found.path
    # what follows the first NUL of an abstract name is not shown
    return {"state": name, "state_number": state, "inode": found.inode, "path": path[:1] + path[1:].split("@")[0] if path.startswith("@") else path}


# ---- lines


def delay_text(milliseconds: int | None) -> str:
    """As PyKdump's j_delay(): ``9.04 s``, ``11 hours``, ``>24hours``, ``n/a``."""
    if milliseconds is None:
        return "n/a"
    if milliseconds > DAY_MS:
        return ">24hours"
    return f"{milliseconds // 3_600_000} hours" if milliseconds > 10 * 3_600_000 else f"{milliseconds / 1000:3.2f} s"


def line_of(row: Row) -> str:
    """The one line of :func:`internet_row`."""
    if "local" not in row:
        return f"{row.get('name', row['protocol']):<5} {mark(row)}"
    ends = [(row[key]["address"], row[key]["port"]) for key in ("local", "remote")]
    return socket_line(row["name"], ends[0], ends[1], row["shown"])


def internet_lines(row: Row, details: int = 0, only_retransmits: bool = False) -> Iterator[str]:
    """An :func:`internet_row` as ``xportshow`` prints it."""
    if not details or "sock" not in row:
        yield line_of(row)
        if only_retransmits and not details and "retransmits" in row:
            yield _retransmits(row)
        return
    kind = {"tcp": "TCP", "udp": "UDP", "raw": "RAW"}.get(row["protocol"], row["protocol"])
    pids = f" pids={row['pids']}" if "pids" in row else ""
    head = [RULE, f"<{row.get('struct', 'struct sock')} {row['sock']:#x}> \t\t{kind}{pids}"]
    yield from [line_of(row), *head] if row["protocol"] == "udp" else [*head, line_of(row)]
    if "error" in row:
        yield f"\t{mark(row)}"
    elif row["state_number"] == TCP_TIME_WAIT and row["protocol"] == "tcp":
        yield f"\ttw_timeout=None, ttd={row['left_ms']} ms"
    elif row["state_number"] == TCP_NEW_SYN_RECV:
        yield f"\tmss={row['mss']}, num_retrans={row['retransmits']}"
    else:
        yield from _detail_lines(row, details)


def _retransmits(row: Row) -> str:
    since = row.get("retransmitting_ms")
    return f"       retransmits={row['retransmits']}, ca_state=TCP_CA_{row.get('ca_state', '?')}, {'n/a' if since is None else f'{since / 1000:6.1f}s'} since first retransmission"


def _detail_lines(row: Row, details: int) -> Iterator[str]:
    if "rcv_wnd" in row:
        yield from _connection_lines(row, details)
    elif "backlog" in row:
        yield f"\t family={'PF_INET6' if row['family'] == AF_INET6 else 'PF_INET'}"
        yield f"\t backlog={row['backlog']}({row['max_backlog']})"
        yield f"\t max_qlen_log=1 qlen={row['qlen']} qlen_young={row['young']}"
        if row["backlog"]:
            yield f"    --- Accept Queue <struct request_sock_queue {row['queue']:#x}>"
        for one in row["waiting"]:
            yield f"\t  laddr={one['local']} raddr={one['remote']}" if "local" in one else f"\t  {mark(one)}"
    else:
        yield f"\trx_queue={row['rmem_alloc']}, tx_queue={row['wmem_alloc']}"
        yield f"\trcvbuf={row['rcvbuf']}, sndbuf={row['sndbuf']}"
    if "pending" in row:
        yield f"\tpending={row['pending']}, corkflag={row['corkflag']}, len={row['len']}"
    if data := row.get("user_data"):
        what = f"-> '{data['struct']}'" if data["struct"] else f"({data['ready']})" if data["ready"] else ""
        yield f"\t   |user_data| {data['address']:#x} {what}".rstrip()


def _connection_lines(row: Row, details: int) -> Iterator[str]:
    yield f"\twindows: rcv={row['rcv_wnd']}, snd={row['snd_wnd']}  advmss={row['advmss']} rcv_ws={row['rcv_wscale']} snd_ws={row['snd_wscale']}"
    if "window" in row:
        yield from window_lines(row["window"], details)
    yield f"\tnonagle={row['nonagle']} sack_ok={row['sack_ok']} tstamp_ok={row['tstamp_ok']}"
    yield f"\trmem_alloc={row['rmem_alloc']}, wmem_alloc={row['wmem_alloc']}"
    yield f"\trx_queue={row['rx_queue']}, tx_queue={row['tx_queue']}"
    yield f"\trcvbuf={row['rcvbuf']}, sndbuf={row['sndbuf']}"
    sent = "n/a" if row["sent_ms"] is None else f"{delay_text(row['sent_ms'])} ago"
    yield f"\trcv_tstamp={delay_text(row['received_ms'])}, lsndtime={sent},  RTO={row['rto_ms']} ms"
    if queue := row.get("write_queue"):
        yield " **  Write Queue (skbuff, data length)"
        for one in queue:
            where = "   send_head -> " if one.get("send_head") else " " * 16
            yield f"{where} <struct sk_buff {one['skb']:#x}> {one['length']}" if "length" in one else f"{where} {mark(one)}"
    if row["retransmits"]:
        yield "    -- Retransmissions --"
        yield _retransmits(row)


def window_lines(found: Row, v: int = 1) -> Iterator[str]:
    """What :func:`pykd.kernel.net.tcp.window` tells, as steps of __tcp_select_window(); with *v* below 2 only whether the peer's segments
    exceed ours."""
    mss, advmss = found["rcv_mss"], found["advmss"]
    if v < 2:
        if mss > advmss:
            yield f"     !!! mss={mss} > advmss={advmss}"
        return
    yield "        --- Emulating __tcp_select_window ---"
    free, full, window = found["free_space"], found["full_space"], found["rcv_wnd"]
    yield f"          rcv_mss={mss} free_space={free} allowed_space={found['allowed_space']} full_space={full}"
    if free < full >> 1:
        yield "          free_space < (full_space >>1 is True"
    if free > found["rcv_ssthresh"]:
        free = found["rcv_ssthresh"]
        yield f"          rcv_ssthresh={free}, so free_space->{free} "
    if found["rcv_wscale"]:
        yield f"          rcv_wscale={found['rcv_wscale']}"
    if window <= free - mss:
        yield "          window <= free_space-mss"
    if free - mss < 0:
        yield f"          !!!free_space - mss = {free - mss}"
    elif mss == full and free > window + (full >> 1):
        yield "          mss == full_space and free_space > window + (full_space >> 1)"
    else:
        yield "          window is not changed"


def unix_lines(rows: Iterable[Row], details: int = 0) -> Iterator[str]:
    """Rows of :func:`unix_row` with their title."""
    yield "unix   State          i_ino   Path"
    yield "----------------------------------"
    for row in rows:
        if details:
            yield RULE
            yield f"<struct unix_sock {row['sock']:#x}> \t\tUnix"
        if "state" not in row:
            yield f"unix   {mark(row)}"
            continue
        yield f"unix   {row['state']:<12}   {row['inode']:<6d}  {row['path']}"
        if details > 1 and row.get("peer"):
            peer = row["peer"]
            yield f"  Peer {peer['state']:<12}   {peer['inode']:<6d}  {peer['path']}"


__all__ = ["AF_UNIX", "delay_text", "end_text", "internet_lines", "internet_row", "line_of", "unix_lines", "unix_row", "window_lines"]
