# SPDX-License-Identifier: GPL-2.0-or-later
"""``net``: interfaces, neighbours, sockets."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.fs.files import for_each_open_file
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.devices import for_each_neighbour, for_each_netdev, hardware_address, neighbour_address, netdev_addresses, nud_text
from pykd.kernel.net.namespaces import init_net
from pykd.kernel.net.sockets import AF_INET, AF_INET6, AF_NETLINK, FAMILIES, NETLINK, TYPES, Socket
from pykd.session import context
from pykd.session.command import Command, Option, centered
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

HARDWARE = {0: "NETROM", 1: "ETHER", 6: "IEEE802", 7: "ARCNET", 15: "DLCI", 19: "ATM", 23: "METRICOM", 24: "IEEE1394", 32: "INFINIBAND"}
"""ARPHRD_* of include/uapi/linux/if_arp.h, as crash calls them"""


def _namespace(session: Session, options: Any) -> Any:
    if options.n or options.arguments:
        task: Any = session.dump.object("struct task_struct", context.chosen(session, options.arguments)[0].address)
        if not task.nsproxy:
            raise CommandError("the task has ended: it has no namespaces")
        return task.nsproxy.net_ns
    return init_net(session.dump)


def _devices(session: Session, options: Any) -> Iterator[Row]:
    for device in caught(for_each_netdev(session.dump, _namespace(session, options))):
        if isinstance(device, Error):
            yield {"error": fault(device)}
            continue
        row: Row = {"device": int(device), "addresses": []}
        try:
            row["name"] = str(device.name)
            for address in netdev_addresses(session.dump, device):
                row["addresses"].append(address)
        except Error as error:
            row["error"] = fault(error)
        yield row


def _neighbour(dump: Dump, found: Any) -> Row:
    row: Row = {"neighbour": int(found)}
    try:
        row["address"] = neighbour_address(dump, found)
        device = found.dev
        row["type"] = HARDWARE.get(device.type, "UNKNOWN")
        row["hardware"] = hardware_address(dump, found).hex(":" if row["type"] == "ETHER" else " ")
        row["device"] = str(device.name)
        row["state"] = nud_text(found.nud_state)
    except Error as error:
        row["error"] = fault(error)
    return row


def _socket(dump: Dump, number: int, file: Any) -> Row | None:
    """A row if the file is a socket."""
    inode = file.f_inode
    if inode.i_mode >> 12 != 0o14:
        return None
    found: Any = dump.object("struct socket", int(file.private_data))
    row: Row = {"fd": number, "socket": int(found)}
    try:
        sock = found.sk
        row["sock"] = int(sock)
        if not sock:
            return row
        common: Any = dump.object("struct sock_common", int(sock))
        family, kind = common.skc_family, found.type
        row["family"], row["type"] = FAMILIES.get(family, str(family)), TYPES.get(kind, str(kind))
        if family == AF_NETLINK:
            protocol = sock.sk_protocol
            row["protocol"] = NETLINK[protocol] if protocol < len(NETLINK) else str(protocol)
        if family in (AF_INET, AF_INET6):
            ends = Socket(dump, "", int(sock))
            (source, row["source_port"]), (destination, row["destination_port"]) = ends.local, ends.remote
            row |= {"source": _text(source), "destination": _text(destination)}
    except Error as error:
        row["error"] = fault(error)
    return row


def _text(address: bytes) -> str:
    """IPv6 addresses in full, as crash prints those of sockets."""
    if len(address) == 4:
        return ip_text(address)
    return ":".join(f"{int.from_bytes(address[i : i + 2], 'big'):x}" for i in range(0, 16, 2))


def _sockets(session: Session, options: Any) -> Iterator[Row]:
    for thread in context.chosen(session, options.arguments):
        row = context.identity(thread)
        row["sockets"] = []
        try:
            for number, file in for_each_open_file(session.dump, thread.address):
                try:
                    found = _socket(session.dump, number, session.dump.object("struct file", file))
                except Error as error:
                    found = {"fd": number, "error": fault(error)}
                if found:
                    row["sockets"].append(found)
        except Error as error:
            row["error"] = fault(error)
        if options.R:
            wanted = options.R.removeprefix("0x")
            row["sockets"] = [
                one for one in row["sockets"] if wanted in (str(one["fd"]), f"{one.get('socket', 0):x}", f"{one.get('sock', 0):x}")
            ]
            if not row["sockets"]:
                continue
        if options.S:
            for one in row["sockets"]:
                one["structs"] = list(_structs(session, options, one))
        yield row


def _structs(session: Session, options: Any, one: Row) -> Iterator[Row]:
    """The ``struct socket`` and the ``struct sock`` of a row of :func:`_socket`."""
    from pykd.commands.data.struct_ import find_struct, formatter_of, structure

    if "sock" not in one:
        return
    formatter = formatter_of(session, options)
    yield from (structure(formatter, find_struct(session, name), one[name], values=options.values) for name in ("socket", "sock"))


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.N:
        try:
            yield {"address": ip_text(int(options.N, 16).to_bytes(4, session.dump.byteorder))}
        except (ValueError, OverflowError):
            raise CommandError(f"not a valid number: {options.N}") from None
    elif (options.x or options.d or options.R) and not (options.s or options.S):
        raise UsageError("-x, -d and -R go with -s or -S")
    elif options.a:
        for found in for_each_neighbour(session.dump):
            yield {"error": fault(found)} if isinstance(found, Error) else _neighbour(session.dump, found)
    elif options.s or options.S:
        yield from _sockets(session, options)
    else:
        yield from _devices(session, options)


def _error(row: Row) -> str:
    return f" {mark(row)}" if "error" in row else ""


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.N:
        yield from (row["address"] for row in rows)
    elif options.a:
        yield "NEIGHBOUR        IP ADDRESS      HW TYPE    HW ADDRESS         DEVICE  STATE"
        for row in rows:
            line = f"{row['neighbour']:016x} " if "neighbour" in row else ""
            widths = (("address", 15), ("type", 10), ("hardware", 18), ("device", 7), ("state", 0))
            line += " ".join(f"{row[key]:<{width}}" if width else row[key] for key, width in widths if key in row)
            yield line + _error(row)
    elif options.s or options.S:
        yield from context.separated(_task(row, options) for row in rows)
    else:
        yield "   NET_DEVICE     NAME       IP ADDRESS(ES)"
        for row in rows:
            line = f"{row['device']:016x}  {row.get('name', ''):<10} {', '.join(row['addresses'])}" if "device" in row else ""
            yield line + _error(row)


def _task(row: Row, options: Any) -> Iterator[str]:
    yield context.header(row)
    if not row["sockets"]:
        yield "No open sockets." if "error" not in row else _error(row).strip()
        return
    if not options.S:
        yield "FD      SOCKET            SOCK       FAMILY:TYPE SOURCE-PORT DESTINATION-PORT"
    for one in row["sockets"]:
        if not options.S:
            yield _line(one)
            continue
        yield "FD       SOCKET             SOCK      "
        yield f"{one['fd']:>2}" + "".join(f"  {one[key]:016x}" for key in ("socket", "sock") if key in one) + _error(one)
        yield ""
        if one["structs"]:
            yield from (line for struct in one["structs"] for line in struct["lines"])
            yield ""
    if "error" in row:
        yield _error(row).strip()


def _line(one: Row) -> str:
    line = f"{one['fd']:>2}"
    if "socket" in one:
        line += f" {one['socket']:016x}"
    if "sock" in one:
        line += f" {one['sock']:016x}"
    if "type" in one:
        protocol = f"/{one['protocol']}" if "protocol" in one else ""
        kind = {"STREAM": "STREAM ", "DGRAM": "DGRAM  "}.get(one["type"], one["type"] + " ")
        line += f" {one['family']}{protocol}:{kind}"
    if "destination_port" in one:
        ends = (f"{one['source']}-{one['source_port']}", f"{one['destination']}-{one['destination_port']}")
        line += f" {ends[0]} {ends[1]}" if one["family"] == "INET" else f"{ends[0]} {centered(ends[1], len(ends[0]))}"
    return line + _error(one)


COMMAND = Command(
    name="net",
    summary="interfaces, neighbours, sockets",
    topic="network",
    options=(
        Option("-a", help="the ARP cache"),
        Option("-n", help="interfaces of the namespace of PID or TASK, or of the context"),
        Option("-s", help="open sockets of PID or TASK"),
        Option("-S", help="the same, with struct socket and struct sock"),
        Option("-R", "REFERENCE", help="with -s: only the socket with this file number or address"),
        Option("-N", "ADDRESS", help="show the IPv4 address of a number as it lies in memory"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
    ),
    arguments="[PID|TASK]…",
    fields={
        "device": "struct net_device", "name": "", "addresses": "", "neighbour": "struct neighbour", "state": "",
        "sockets": "fd, socket, sock, family, type, source, source_port, destination, destination_port; -S: structs",
    },
    rows=rows,
    text=text,
)
