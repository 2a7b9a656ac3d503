# SPDX-License-Identifier: GPL-2.0-or-later
"""``sockets``: every socket of the machine, its state, queues, timers and owners."""

from __future__ import annotations

from collections import Counter

from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, mark
from pykd.kernel.net.show.allsockets import PROTOCOLS, every_row
from pykd.kernel.net.sockets import TCP_STATES
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

KINDS = {
    "t": ("tcp",), "u": ("udp", "udplite"), "w": ("raw",), "x": ("unix",), "netlink": ("netlink",), "packet": ("packet",), "vsock": ("vsock",),
    "sctp": ("sctp",), "other": ("",),
}  # fmt: skip
"""Protocols by option"""
UNCONNECTED = ("LISTEN", "CLOSE", "BOUND_INACTIVE", "UNCONNECTED")


def _number(text: str | None, what: str, base: int = 10) -> int | None:
    try:
        return None if text is None else int(text, base)
    except ValueError:
        raise CommandError(f"not a {what}: {text}") from None


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.l and options.c:
        raise UsageError("-l and -c exclude each other")
    wanted = [protocol for key, protocols in KINDS.items() if getattr(options, key) for protocol in protocols] or [*PROTOCOLS, ""]
    states = {state.upper() for state in options.state}
    for state in states:
        if state not in TCP_STATES and state not in ("UNCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING"):
            raise CommandError(f"no state {state}: they are {' '.join(filter(None, TCP_STATES))}")
    pid, port, net = _number(options.pid, "PID"), _number(options.port, "port"), _number(options.net, "struct net", 16)
    for row in every_row(session.dump, wanted):
        is_wanted = (
            (pid is None or any(user["pid"] == pid for user in row.get("users", ())))
            and (port is None or port in (row.get("local_port"), row.get("remote_port")))
            and (net is None or row.get("net") == net)
            and (not states or row.get("state") in states)
            and (not options.orphan or row.get("orphan"))
            and (not options.q or row.get("recv_q") or row.get("send_q"))
            and (not options.l or row.get("is_listening"))
            and (not options.c or row.get("state") not in UNCONNECTED)
        )
        if is_wanted or ("error" in row and "state" not in row):
            yield row


def _time(milliseconds: int) -> str:
    """As ``ss -o`` prints it: ``2.04sec``, ``1min``, ``119min``; with a minus what is overdue."""
    sign, passed = "-" * (milliseconds < 0), abs(milliseconds)
    if passed >= 60_000:
        seconds = passed // 1000 % 60
        return f"{sign}{passed // 60_000}min" + (f"{seconds}sec" if seconds and passed < 600_000 else "")
    return f"{sign}{passed // 1000}sec" if passed >= 10_000 else f"{sign}{passed / 1000:g}sec"


def _users(row: Row) -> str:
    users = row.get("users", ())
    text = ",".join(f"{user['comm']}({user['pid']}):{user['fd']}" for user in users[:3])
    return text + (f",+{len(users) - 3}" if len(users) > 3 else "")


def _line(row: Row, options: Any) -> str:
    end = _users(row)
    if row.get("orphan"):
        end = "(orphaned)"
    elif row.get("accept_queue"):
        end = f"(not accepted, sk:{row['accept_queue']:x})"
    if timer := row.get("timer"):
        end += f" timer:({timer['kind']},{_time(timer['ms'])},{row.get('retransmits', 0)})"
    if options.e:
        end += f" uid:{row.get('uid', '?')} ino:{row.get('inode', 0)} sk:{row['sock']:x} net:{row.get('netns', '?')}"
    queues = f"{row.get('recv_q', ''):>7} {row.get('send_q', ''):>7}"
    line = f"{row.get('name', row['protocol'] or '?'):<8} {row.get('state', ''):<12} {queues} {row.get('local', ''):<26} {row.get('remote', ''):<26} {end.strip()}"
    return f"{line.rstrip()} {mark(row)}".rstrip()


def _memory(row: Row) -> str:
    memory = row["memory"]
    keys = ("rmem_alloc", "rcvbuf", "wmem_alloc", "sndbuf", "forward_alloc", "wmem_queued", "optmem", "backlog", "drops")
    return "skmem:(" + ",".join(f"{short}{memory[key]}" for short, key in zip(("r", "rb", "t", "tb", "f", "w", "o", "bl", "d"), keys, strict=True)) + ")"


def _info(info: Row) -> str:
    """In the order and words of ``ss -i``."""
    words = [*info["options"], info["congestion"]]
    if "wscale" in info:
        words.append(f"wscale:{info['wscale'][0]},{info['wscale'][1]}")
    words += [f"ca:{info['ca_state']}"] * (info["ca_state"] != "Open")
    words.append(f"rto:{info['rto_ms']}")
    if info["rtt_us"]:
        words.append(f"rtt:{info['rtt_us'] / 1000:g}/{info['rttvar_us'] / 1000:g}")
    names = {
        "backoff": "backoff", "ato_ms": "ato", "snd_mss": "mss", "pmtu": "pmtu", "rcv_mss": "rcvmss", "advmss": "advmss", "cwnd": "cwnd", "ssthresh": "ssthresh",
        "bytes_sent": "bytes_sent", "bytes_retrans": "bytes_retrans", "bytes_acked": "bytes_acked", "bytes_received": "bytes_received",
        "segs_out": "segs_out", "segs_in": "segs_in", "data_segs_out": "data_segs_out", "data_segs_in": "data_segs_in",
    }  # fmt: skip
    words += [f"{name}:{info[key]}" for key, name in names.items() if info.get(key)]
    for key, name in (("last_send_ms", "lastsnd"), ("last_receive_ms", "lastrcv"), ("last_ack_ms", "lastack")):
        if info[key] is not None:
            words.append(f"{name}:{info[key]}")
    for key, name in (("pacing_rate_bytes_s", "pacing_rate"), ("delivery_rate_bytes_s", "delivery_rate")):
        if info.get(key):
            words.append(f"{name} {info[key] * 8}bps")
    names = {
        "delivered": "delivered", "unacked": "unacked", "retransmits": "retransmits", "lost": "lost", "sacked": "sacked", "dsack_dups": "dsack_dups",
        "rcv_space": "rcv_space", "rcv_ssthresh": "rcv_ssthresh", "snd_wnd": "snd_wnd", "rcv_wnd": "rcv_wnd",
    }  # fmt: skip
    words += [f"{name}:{info[key]}" for key, name in names.items() if info.get(key) or key.endswith("_wnd")]
    if info.get("total_retrans"):
        words.append(f"retrans:{info['retrans']}/{info['total_retrans']}")
    if "min_rtt_us" in info:
        words.append(f"minrtt:{info['min_rtt_us'] / 1000:g}")
    return " ".join(words)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield f"{'PROTO':<8} {'STATE':<12} {'RECV-Q':>7} {'SEND-Q':>7} {'LOCAL':<26} {'PEER':<26} PROCESS"
    counts: Counter[str] = Counter()
    for row in rows:
        if "sock" not in row:
            yield mark(row)
            continue
        counts[row.get("protocol") or "other"] += 1
        counts["orphaned"] += bool(row.get("orphan"))
        yield _line(row, options)
        if options.m and "memory" in row:
            yield f"\t {_memory(row)}"
        if options.i and "info" in row:
            yield f"\t {_info(row['info'])}"
        for one in row.get("associations", ()):
            if "association" not in one:
                yield f"\t association {mark(one)}"
                continue
            yield f"\t association {one['association']:x} {one['state']}: {','.join(one['local'])}:{one['local_port']} <-> {','.join(one['remote'])}:{one['remote_port']}"
    orphaned = counts.pop("orphaned", 0)
    yield f"{counts.total()} sockets: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()) + (f"; {orphaned} orphaned" if orphaned else "")


COMMAND = Command(
    name="sockets",
    summary="all sockets: states, queues, timers, owners",
    topic="network",
    options=(
        Option("-t", help="TCP"),
        Option("-u", help="UDP"),
        Option("-w", help="raw"),
        Option("-x", help="unix"),
        Option("--netlink", help="netlink"),
        Option("--packet", help="packet"),
        Option("--vsock", help="between virtual machines"),
        Option("--sctp", help="SCTP, with associations"),
        Option("--other", help="those that are open and in no table: of other families, or not bound yet"),
        Option("-l", help="only those that listen"),
        Option("-c", help="only those that are connected, or were"),
        Option("-q", help="only those with something in a queue"),
        Option("--orphan", help="only those of TCP that their program has closed"),
        Option("--state", "STATE", help="only those in a state: established, syn_sent, time_wait …", repeat=True),
        Option("--port", "PORT", help="only those with this port, at either end"),
        Option("--pid", "PID", help="only those that a process has open"),
        Option("--net", "ADDRESS", help="only those of the struct net at ADDRESS"),
        Option("-e", help="with user, inode, struct sock, namespace"),
        Option("-i", help="with what TCP knows of the connection"),
        Option("-m", help="with memory"),
    ),
    description=(
        "As `ss -tuwxanpo` shows them, of all network namespaces; -e, -i and -m add what they add there. Queues are in bytes; of a listening socket "
        "they are connections that wait for accept() and how many may. A timer is due in the time that is shown, overdue with a minus; behind it is "
        "how often was sent again.\n\n"
        "TCP in TIME_WAIT, being made, not accepted yet, or orphaned (its program has closed it while TCP goes on) has no process."
    ),
    fields={
        "sock": "struct sock, or the smaller struct of TIME_WAIT and of a connection that is being made", "protocol": "table in which it is; empty: in none",
        "name": "protocol as shown, with 6 of IPv6", "family": "", "type": "SOCK_*", "state": "", "is_listening": "", "recv_q": "bytes; connections not accepted",
        "send_q": "bytes; connections that may wait", "local": "", "remote": "", "local_port": "", "remote_port": "", "device": "that it is bound to",
        "net": "struct net", "netns": "inode of the namespace", "inode": "of the socket; 0: no task has it", "uid": "", "users": "pid, comm, fd, task of who has it open",
        "orphan": "TCP goes on without a program", "accept_queue": "struct sock of the listening socket that has it in its queue",
        "timer": "kind (on, keepalive, timewait, persist), ms until it is due", "retransmits": "", "retransmitting_ms": "since the first",
        "info": "of TCP, as TCP_INFO: see kernel.net.tcp.info", "memory": "bytes, and drops (packets)", "peer": "struct sock of a unix socket's peer",
        "peer_inode": "", "path": "", "groups": "netlink", "associations": "association, state, local, remote, ports", "shutdown": "recv, send",
    },
    examples=[
        ("sockets -l", "who listens, and what waits to be accepted"), ("sockets -tq", "TCP connections with data that are not read or not acknowledged"),
        ("sockets -ti --port 2049", "what TCP knows of connections to NFS"), ("sockets --orphan", "connections without a program"),
    ],
    rows=rows,
    text=text,
    may_be_empty=True,
)  # fmt: skip
