# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets of the first network namespace, found by the protocols' own tables, as the files in /proc/net write them."""

from itertools import takewhile

from members import entries, first

import pykd

TIME_WAIT, LISTEN, SYN_RECV, NEW_SYN_RECV = 6, 10, 3, 12
INET, INET6 = 2, 10


def heads(dump: pykd.Dump, address: int, count: int, step: int = 8) -> list[int]:
    """First nodes of ``count`` hash chains, the empty ones left out; a chain of nulls ends with an odd number."""
    # Not beyond the last: a hash table may end where its pages do.
    data = dump.read(address, (count - 1) * step + 8)
    values = (int.from_bytes(data[i * step:i * step + 8], "little") for i in range(count))
    return [value for value in values if value and not value & 1]


def chain(dump: pykd.Dump, node: int) -> list[int]:
    """Nodes of a chain, up to its odd end if it has one."""
    return list(takewhile(lambda n: not n & 1, dump.follow(node, limit=1_000_000)[0]))


def inode(dump: pykd.Dump, sock) -> int:
    """Of the socket's file; 0: none."""
    socket = int(sock.sk_socket)
    if not socket:
        return 0
    offset = dump.type("struct socket_alloc").member("vfs_inode").offset
    return int(dump.object("struct inode", socket + offset).i_ino)


def end(dump: pykd.Dump, common, which: str, port: int) -> str:
    """ADDRESS:PORT in the digits of /proc/net."""
    names = {"local": ("skc_v6_rcv_saddr", "skc_rcv_saddr"), "remote": ("skc_v6_daddr", "skc_daddr")}[which]
    if int(common.skc_family) == INET6:
        data = dump.read(int(common) + common.fieldOffset(names[0]), 16)
    else:
        data = dump.read(int(common) + common.fieldOffset(names[1]), 4)
    return "".join(f"{int.from_bytes(data[i:i + 4], 'little'):08X}" for i in range(0, len(data), 4)) + f":{port:04X}"


def swapped(port: int) -> int:
    """Network order to a number."""
    return port >> 8 | (port & 0xFF) << 8


class Table:
    """Collects rows."""

    def __init__(self, dump: pykd.Dump) -> None:
        self.dump = dump
        self.net = dump.object("struct net", dump.address_of("init_net"))
        self.rows: list[list] = []
        common = dump.type("struct sock_common")
        self.node = common.member("skc_nulls_node").offset

    def inet(self, name: str, common, state: int, inode_number: int, queues: list[int] | None) -> None:
        """One of TCP, UDP or raw."""
        if int(common.skc_net.net) != int(self.net):
            return
        six = "6" if int(common.skc_family) == INET6 else ""
        self.rows.append([name + six, state, end(self.dump, common, "local", int(common.skc_num)),
                          end(self.dump, common, "remote", swapped(int(common.skc_dport))), inode_number, queues])

    def common_at(self, node: int):
        """The ``struct sock_common`` whose node it is."""
        return self.dump.object("struct sock_common", node - self.node)

    def tcp(self) -> None:
        """Established and younger, time-wait, listening."""
        dump = self.dump
        table = dump.object("struct inet_hashinfo", dump.address_of("tcp_hashinfo"))
        for head in heads(dump, int(table.ehash), int(table.ehash_mask) + 1):
            for node in chain(dump, head):
                common = self.common_at(node)
                state = int(common.skc_state)
                if state == TIME_WAIT:
                    self.inet("tcp", common, int(dump.object("struct inet_timewait_sock", int(common)).tw_substate), 0, None)
                elif state == NEW_SYN_RECV:
                    self.inet("tcp", common, SYN_RECV, 0, None)
                else:
                    sock = dump.object("struct tcp_sock", int(common))
                    queues = [int(sock.write_seq) - int(sock.snd_una) & 0xFFFFFFFF,
                              int(sock.rcv_nxt) - int(sock.copied_seq) & 0xFFFFFFFF]
                    self.inet("tcp", common, state, inode(dump, dump.object("struct sock", int(common))), queues)
        bucket = dump.type("struct inet_listen_hashbucket")
        # Until v5.20; the object has it as an old name, the type has not.
        if dump.type("struct inet_hashinfo").member("listening_hash"):
            start, count = int(table) + table.fieldOffset("listening_hash"), len(table.listening_hash)
        else:
            start, count = int(table.lhash2), int(table.lhash2_mask) + 1
        offset = bucket.member("nulls_head").offset
        for head in heads(dump, start + offset, count, bucket.size):
            for node in chain(dump, head):
                common = self.common_at(node)
                sock = dump.object("struct sock", int(common))
                self.inet("tcp", common, int(common.skc_state), inode(dump, sock), [0, int(sock.sk_ack_backlog)])

    def udp(self) -> None:
        """Bound sockets."""
        dump = self.dump
        for name in ("udp", "udplite"):
            if name == "udp" and self.net.ipv4.hasField("udp_table"):
                table = self.net.ipv4.udp_table
            else:
                try:
                    table = dump.object("struct udp_table", dump.symbol(f"{name}_table").address)
                except pykd.NotFoundError:
                    continue
            for head in heads(dump, int(table.hash), int(table.mask) + 1, dump.type("struct udp_hslot").size):
                for node in chain(dump, head):
                    common = self.common_at(node)
                    self.inet(name, common, int(common.skc_state), inode(dump, dump.object("struct sock", int(common))), None)

    def raw(self) -> None:
        """IPv4 and IPv6."""
        dump = self.dump
        for name in ("raw_v4_hashinfo", "raw_v6_hashinfo"):
            try:
                table = dump.object("struct raw_hashinfo", dump.symbol(name).address)
            except pykd.NotFoundError:
                continue
            for head in heads(dump, int(table) + table.fieldOffset("ht"), len(table.ht)):
                for node in chain(dump, head):
                    common = self.common_at(node)
                    self.inet("raw", common, int(common.skc_state), inode(dump, dump.object("struct sock", int(common))), None)

    def unix(self) -> None:
        """[unix, type, state, inode, path]"""
        dump = self.dump
        unix_net = self.net.unx
        if unix_net.hasField("table"):
            start, count = int(unix_net.table.buckets), 512
        else:
            start, count = dump.address_of("unix_socket_table"), 512
        seen = set()
        # Names live in the first half, sockets without one in the second.
        for head in heads(dump, start, count):
            for node in chain(dump, head):
                common = self.common_at(node)
                if int(common) in seen or int(common.skc_net.net) != int(self.net):
                    continue
                seen.add(int(common))
                sock = dump.object("struct unix_sock", int(common))
                plain = dump.object("struct sock", int(common))
                path = ""
                if int(sock.addr):
                    offset = dump.type("struct unix_address").member("name").offset + 2
                    data = dump.read(int(sock.addr) + offset, int(sock.addr.len) - 2)
                    path = "@" + data[1:].replace(b"\0", b"@").decode() if data[:1] == b"\0" else data.split(b"\0")[0].decode()
                # SS_UNCONNECTED and so on; of a socket that nobody has accepted yet, connecting or disconnecting.
                established = int(common.skc_state) == 1
                state = (3 if established else 1) if int(plain.sk_socket) else 2 if established else 4
                self.rows.append(["unix", int(plain.sk_type), state, inode(dump, plain), path])

    def netlink(self) -> None:
        """[netlink, protocol, port, groups, inode]"""
        dump = self.dump
        size = dump.type("struct netlink_table").size
        start = dump.read_unsigned(dump.address_of("nl_table"))
        offset = dump.type("struct netlink_sock").member("node").offset
        for protocol in range(32):
            table = dump.object("struct netlink_table", start + protocol * size).hash.tbl
            if not int(table):
                continue
            for head in heads(dump, int(table) + table.fieldOffset("buckets"), int(table.size)):
                for node in chain(dump, head):
                    sock = dump.object("struct netlink_sock", node - offset)
                    if int(sock.sk.__sk_common.skc_net.net) != int(self.net):
                        continue
                    groups = int(sock.groups[0]) if int(sock.groups) else 0
                    self.rows.append(["netlink", protocol, int(sock.portid), groups & 0xFFFFFFFF, inode(dump, sock.sk)])

    def packet(self) -> None:
        """[packet, type, protocol, interface, inode]"""
        for sock in entries(self.dump, self.net.packet.sklist, "struct packet_sock", "sk.__sk_common.skc_node"):
            protocol = first(sock, "num")
            self.rows.append(["packet", int(sock.sk.sk_type), swapped(int(protocol)), int(sock.ifindex), inode(self.dump, sock.sk)])


def ask(dump: pykd.Dump) -> dict:
    """Rows, and by protocol the reason why there are none."""
    table, refused = Table(dump), {}
    for name in ("tcp", "udp", "raw", "unix", "netlink", "packet"):
        try:
            getattr(table, name)()
        except pykd.NotFoundError as error:
            refused[name] = str(error)
    return {"rows": table.rows, "refused": refused}
