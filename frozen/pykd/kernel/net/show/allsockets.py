# SPDX-License-Identifier: GPL-2.0-or-later
"""Every socket of the machine as a row: what ``ss -tuwxanpoiem`` tells, of all namespaces."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.rows import Row, fault
from pykd.core.walk import caught
from pykd.kernel.net import sctp, sockets, tcp
from pykd.kernel.net.addresses import ip_text, ntohs
from pykd.kernel.net.devices import for_each_netdev
from pykd.kernel.net.owners import Owner, owners
from pykd.kernel.net.skbuffs import PROTOCOLS as PROTOCOL_NAMES
from pykd.kernel.net.sockets import (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    AF_PACKET,
    AF_UNIX,
    FAMILIES,
    NETLINK,
    TCP_LISTEN,
    TCP_NEW_SYN_RECV,
    TCP_STATES,
    TCP_TIME_WAIT,
    TYPES,
    Socket,
)
from pykd.values.words import bitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from _pykd import Dump

PROTOCOLS = sockets.PROTOCOLS
UNIX_STATES = {1: "UNCONNECTED", 2: "CONNECTING", 3: "CONNECTED", 4: "DISCONNECTING"}
NO_INFO = (TCP_LISTEN, 7)
"""States of TCP of which TCP_INFO tells nothing: listening, closed"""
RCV_SHUTDOWN, SEND_SHUTDOWN = 1, 2
ANY_CID = 0xFFFFFFFF
MAX_GROUPS = 4096
"""Bits of a netlink socket's groups that are shown"""


def every_row(dump: Dump, protocols: Sequence[str]) -> Iterator[Row]:
    """A row of each socket in the tables of *protocols*, of all namespaces; under ``""`` of those that are open and in no table."""
    maker = _Maker(dump)
    seen: set[int] = set()
    walked = protocols if "" not in protocols else PROTOCOLS
    for found in sockets.for_each_socket(dump, None, walked):
        if isinstance(found, Error):
            yield {"protocol": "", "error": fault(found)}
            continue
        seen.add(int(found))
        if found.protocol in protocols:
            yield maker.row(found)
    if "" in protocols:
        for address in maker.held:
            if address not in seen and not maker.waits(address):
                yield maker.row(Socket(dump, "", address))


class _Maker:
    """Makes rows, and knows what concerns several of them."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.held: dict[int, list[Owner]] = {}
        self.no_owners: Error | None = None
        """Why nothing is known of who has them open."""
        try:
            self.held = owners(dump)
        except Error as error:
            self.no_owners = error
        self._waiting: dict[int, int] | None = None
        self._devices: dict[int, dict[int, str]] = {}

    def waits(self, address: int) -> int:
        """The listening socket in whose queue a connection waits for accept(); 0: in none."""
        if self._waiting is None:
            self._waiting = {}
            for found in sockets.for_each_socket(self.dump, None, ["tcp"]):
                if isinstance(found, Error):
                    continue
                try:
                    if int(found.common.skc_state) == TCP_LISTEN:
                        for request in tcp.for_each_waiting(self.dump, found):
                            self._waiting[int(request.sk)] = int(found)
                except Error:
                    continue  # the row of the listening socket tells
        return self._waiting.get(address, 0)

    def device(self, net: Any, index: int) -> str:
        """Name of a device by its number in a namespace; the number where none has it."""
        if int(net) not in self._devices:
            names = self._devices[int(net)] = {}
            for one in caught(for_each_netdev(self.dump, net)):
                try:
                    if not isinstance(one, Error):
                        names[int(one.ifindex)] = str(one.name)
                except Error:
                    continue
        return self._devices[int(net)].get(index, str(index))

    def row(self, found: Socket) -> Row:
        """Of one socket, as far as it can be read; ``error`` says what cannot."""
        row: Row = {"sock": int(found), "protocol": found.protocol}
        row["users"] = [owner._asdict() for owner in sorted(self.held.get(int(found), ()))]
        if self.no_owners is not None:
            row["error"] = fault(self.no_owners, partial=True)
        try:
            row |= self._plain(found)
            if found.is_full:
                row |= self._full(found)
            if found.protocol == "tcp":
                row |= self._tcp(found)
            elif found.protocol == "sctp":
                row["associations"] = self._associations(found)
        except Error as error:
            row["error"] = fault(error, partial="state" in row)
        return row

    def _plain(self, found: Socket) -> Row:
        family, state = found.family, found.state
        row: Row = {"family": FAMILIES.get(family, str(family)), "state": TCP_STATES[state] if state < len(TCP_STATES) else str(state)}
        name = found.protocol
        if not name and family in (AF_INET, AF_INET6) and found.is_full:
            name = PROTOCOL_NAMES.get(int(found.sock.sk_protocol), row["family"].lower())
        row["name"] = (name or row["family"].lower()) + "6" * (family == AF_INET6)
        net = found.net
        row |= {"net": int(net), "netns": int(net.ns.inum) if net else None}
        index = int(found.common.skc_bound_dev_if)
        row["device"] = self.device(net, index) if index and net else None
        if family in (AF_INET, AF_INET6):
            for way, (address, port) in (("local", found.local), ("remote", found.remote)):
                row[f"{way}_port"] = port
                row[way] = _end(address, port, row["device"] if way == "local" else None)
        return row

    def _full(self, found: Socket) -> Row:
        sock, family = found.sock, found.family
        kind, shut = int(sock.sk_type), int(sock.sk_shutdown)
        row: Row = {"type": TYPES.get(kind, str(kind)), "inode": found.inode, "uid": int(sock.sk_uid.val)}
        row["recv_q"], row["send_q"] = found.queues
        row["is_listening"] = int(found.common.skc_state) == TCP_LISTEN
        row["shutdown"] = {"recv": bool(shut & RCV_SHUTDOWN), "send": bool(shut & SEND_SHUTDOWN)}
        row["memory"] = {
            "rmem_alloc": int(sock.sk_backlog.rmem_alloc.counter), "rcvbuf": int(sock.sk_rcvbuf), "wmem_alloc": int(sock.sk_wmem_alloc.refs.counter),
            "sndbuf": int(sock.sk_sndbuf), "forward_alloc": int(sock.sk_forward_alloc), "wmem_queued": int(sock.sk_wmem_queued),
            "optmem": int(sock.sk_omem_alloc.counter), "backlog": int(sock.sk_backlog.len), "drops": _drops(sock),
        }  # fmt: skip
        own = {AF_UNIX: self._unix, AF_NETLINK: self._netlink, AF_PACKET: self._packet}.get(family)
        if own:
            row |= own(found)
        elif found.protocol == "vsock":
            row |= self._vsock(found)
        return row

    def _unix(self, found: Socket) -> Row:
        one: Any = self.dump.object("struct unix_sock", int(found))
        path, peer = found.path, one.peer
        row: Row = {"path": path, "local": path or "*", "peer": int(peer), "peer_inode": Socket(self.dump, "unix", int(peer)).inode if peer else 0}
        row["remote"] = f"* {row['peer_inode']}" if peer else "*"
        if int(found.common.skc_state) != TCP_LISTEN:
            row["state"] = UNIX_STATES[found.unix_state]
        return row

    def _netlink(self, found: Socket) -> Row:
        one: Any = self.dump.object("struct netlink_sock", int(found))
        number = int(one.sk.sk_protocol)
        name = NETLINK[number].lower() if number < len(NETLINK) else str(number)
        groups = []
        count = min(int(one.ngroups), MAX_GROUPS)
        if one.groups and count:
            bits = bitmap(self.dump, self.dump.read(int(one.groups), (count + 63) // 64 * 8))
            groups = [group + 1 for group in range(count) if bits >> group & 1]
        return {"local": f"{name}:{int(one.portid) or 'kernel'}", "remote": str(int(one.dst_portid)) if one.dst_portid else "*", "groups": groups, "state": "UNCONNECTED"}

    def _packet(self, found: Socket) -> Row:
        one: Any = self.dump.object("struct packet_sock", int(found))
        index, ethertype = int(one.ifindex), ntohs(int(one.num), self.dump)
        device = self.device(found.net, index) if index else "*"
        # ETH_P_ALL
        return {"local": f"{'all' if ethertype == 3 else f'0x{ethertype:04x}'}:{device}", "remote": "*", "state": "UNCONNECTED"}

    def _vsock(self, found: Socket) -> Row:
        one: Any = self.dump.object("struct vsock_sock", int(found))
        row: Row = {}
        for way, address in (("local", one.local_addr), ("remote", one.remote_addr)):
            cid, port = int(address.svm_cid), int(address.svm_port)
            row |= {way: f"{'*' if cid == ANY_CID else cid}:{'*' if port == ANY_CID else port}", f"{way}_port": port}
        return row

    def _tcp(self, found: Socket) -> Row:
        state = int(found.common.skc_state)
        row: Row = {}
        timer = None
        if state == TCP_TIME_WAIT:
            # /proc/net/tcp has the inner state, which may be FIN_WAIT2
            row["state"] = TCP_STATES[found.state]
            timer = tcp.timewait(self.dump, found)
        elif state == TCP_NEW_SYN_RECV:
            timer = tcp.request(self.dump, found)
            row["retransmits"] = int(self.dump.object("struct request_sock", int(found)).num_retrans)
        else:
            sock = found.sock
            row |= {"accept_queue": self.waits(int(found)) if not sock.sk_socket else 0}
            row["orphan"] = tcp.is_orphan(sock) and not row["accept_queue"] and state != TCP_LISTEN
            if state != TCP_LISTEN:
                timer = tcp.timer(self.dump, sock)
            if state not in NO_INFO:
                row["info"] = tcp.info(self.dump, sock)
                row |= {"retransmits": row["info"]["retransmits"], "retransmitting_ms": tcp.retransmitting_ms(self.dump, sock)}
        row["timer"] = {"kind": timer[0], "ms": timer[1]} if timer else None
        return row

    def _associations(self, found: Socket) -> list[Row]:
        endpoint = self.dump.object("struct sctp_sock", int(found)).ep
        return [association_row(self.dump, one) for one in sctp.for_each_association(self.dump, endpoint)]


def _end(address: bytes, port: int, device: str | None) -> str:
    text = ip_text(address) + (f"%{device}" if device else "")
    return f"[{text}]:{port or '*'}" if len(address) == 16 else f"{text}:{port or '*'}"


def _drops(sock: Any) -> int:
    # Of UDP apart in newer kernels
    return int(sock.sk_drops.counter)


def association_row(dump: Dump, found: Any) -> Row:
    """Of a ``struct sctp_association``, or the error met: association, state, local, remote (addresses), ports, transports, bytes in queues."""
    if isinstance(found, Error):
        return {"error": fault(found)}
    row: Row = {"association": int(found), "local": [], "remote": [], "local_port": 0, "remote_port": 0, "state": "", "transports": []}
    try:
        row |= {"state": sctp.state_name(int(found.state)), "sock": int(found.base.sk), "endpoint": int(found.ep)}
        row |= {"local_port": int(found.base.bind_addr.port), "remote_port": int(found.peer.port), "assoc_id": int(found.assoc_id)}
        row["local"] = list(sctp.local_addresses(dump, found.base))
        for one in sctp.for_each_transport(dump, found):
            try:
                name = sctp.address(dump, one.ipaddr)[0]
            except NotFoundError as error:
                name = str(error)
            row["remote"].append(name)
            is_primary = int(one) == int(found.peer.primary_path)
            path = {"transport": int(one), "address": name, "state": int(one.state), "rto_ms": tcp.milliseconds(dump, int(one.rto))}
            row["transports"].append(path | {"primary": is_primary})
    except Error as error:
        row["error"] = fault(error)
    return row
