# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets of the first network namespace, as the files in /proc/net write them."""

import pykd
from pykd.kernel.net import sockets
from pykd.kernel.net.addresses import ntohs
from pykd.kernel.net.namespaces import init_net


def digits(end: tuple[bytes, int]) -> str:
    """ADDRESS:PORT in the digits of /proc/net."""
    data, port = end
    return "".join(f"{int.from_bytes(data[i:i + 4], pykd.current().byteorder):08X}" for i in range(0, len(data), 4)) + f":{port:04X}"


def row(dump: pykd.Dump, one: sockets.Socket) -> list:
    """[name, …]: what the file of that name has."""
    if one.protocol == "unix":
        return ["unix", one.type, one.unix_state, one.inode, one.path]
    if one.protocol == "netlink":
        sock = dump.object("struct netlink_sock", int(one))
        groups = int(sock.groups[0]) if int(sock.groups) else 0
        return ["netlink", int(one.sock.sk_protocol), int(sock.portid), groups & 0xFFFFFFFF, one.inode]
    if one.protocol == "packet":
        sock = dump.object("struct packet_sock", int(one))
        return ["packet", one.type, ntohs(int(sock.num)), int(sock.ifindex), one.inode]
    queues = None
    if one.protocol == "tcp" and one.is_full:
        received, sent = one.queues
        queues = [0 if one.state == sockets.TCP_LISTEN else sent, received]
    name = one.protocol + ("6" if one.family == sockets.AF_INET6 else "")
    return [name, one.state, digits(one.local), digits(one.remote), one.inode, queues]


def ask(dump: pykd.Dump) -> dict:
    """Rows, and by protocol the reason why there are none."""
    rows, refused = [], {}
    for protocol in sockets.PROTOCOLS:
        for one in sockets.for_each_socket(dump, init_net(dump), [protocol]):
            if isinstance(one, pykd.Error):
                refused[protocol] = str(one)
            else:
                rows.append(row(dump, one))
    return {"rows": rows, "refused": refused}
