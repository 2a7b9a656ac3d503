# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections, sockets, interfaces, routes, counters: the state of the network."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

__version__ = "1.0.1"

TCP_STATES = tuple("ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV".split())
ESTABLISHED, SYN_SENT, TIME_WAIT, LISTEN, NEW_SYN_RECV = 1, 2, 6, 10, 12
EVERYBODY = -2
"""Value of --pid without a number"""


def address(word: str) -> int | str:
    """``all``, or a number in hexadecimal."""
    return word if word == "all" else int(word, 16)


def parser() -> Parser:
    found = Parser("xportshow")
    add = found.add_argument
    add("-a", dest="All", action="store_true", help="print all sockets")
    add("-v", dest="Verbose", default=0, action="count", help="verbose output")
    add("-r", dest="Route", action="store_true", help="Print routing table. Adding -v prints all routing tables and policies")
    add("--program", dest="Program", default="", help="print sockets for cmdname")
    add("--pid", dest="Pid", nargs="?", default=-1, const=EVERYBODY, type=int, help="print sockets for PID")
    add("--netfilter", dest="Netfilter", action="store_true", help="Print Netfilter Hooks")
    add("--softnet", dest="Softnet", action="store_true", help="Print Softnet Queues")
    add("--summary", dest="Summary", action="store_true", help="Print A Summary")
    add("-s", "--statistics", dest="Stats", action="store_true", help="Print Statistics")
    add("-i", dest="Ifaces", action="store_true", help="Print Interface Info")
    add("--interface", dest="If1", default="", help="Limit output to the specified interface only")
    add("--decode", dest="Decode", nargs="+", help="Decode iph/th/uh")
    add("--port", dest="port", default=-1, type=int, help="Limit output to the specified port (src or dst)")
    add("-l", "--listening", dest="Listen", action="store_true", help="Print LISTEN sockets only")
    add("-t", dest="TCP", action="store_true", help="Print TCP Info")
    add("--tcpstate", default="", help="Limit display for this state only, e.g. SYN_SENT")
    add("--retransonly", action="store_true", help="Show only TCP retransmissions")
    add("-u", "--udp", dest="UDP", action="store_true", help="Print UDP Info")
    add("-w", "--raw", dest="RAW", action="store_true", help="Print RAW Info")
    add("-x", "--unix", dest="UNIX", action="store_true", help="Print UNIX Info")
    add("--sysctl", dest="sysctl", action="store_true", help="Print sysctl info for net.")
    add("--devpack", dest="devpack", action="store_true", help="Print dev_pack info")
    add("--arp", dest="arp", action="store_true", help="Print ARP & Neighbouring info")
    add("--rtcache", dest="rtcache", action="store_true", help="Print the routing cache")
    add("--skbuffhead", dest="Skbuffhead", type=address, help="Print sk_buff_head")
    add("--netns", dest="Netns", type=address, help="Set net ns address")
    add("--version", dest="Version", action="store_true", help="Print program version and exit")
    add("--everything", dest="Everything", action="store_true", help="Run all functions available for regression testing")
    return found


# ---- rows


class Asked:
    """What an option asks for, of which namespaces."""

    def __init__(self, session: Any, options: Any) -> None:
        from pykd.kernel.net.namespaces import for_each_net, init_net

        self.session, self.dump, self.options = session, session.dump, options
        self.details: int = options.Verbose
        self.every = options.Netns == "all"
        self.nets: list[Any] = [init_net(self.dump)]
        if options.Netns is not None:
            self.nets = [one for one in for_each_net(self.dump) if self.every or int(one) == options.Netns]
            if not self.nets:
                raise CommandError(f"Invalid net ns {options.Netns:#x}")
        self.listening = options.All or options.Listen or options.Everything
        self.others = not options.Listen

    @property
    def net(self) -> Any:
        return self.nets[0]

    def hooks(self) -> Iterator[Row]:
        from pykd.kernel.net.show import netfilter

        for net in self.nets:
            yield from ({"net": int(net), **row} for row in netfilter.all_rows(self.dump, net, self.details))

    def softnet(self) -> Iterator[Row]:
        from pykd.kernel.net.show import interfaces

        return ({"kind": "softnet", **row} for row in interfaces.softnet_rows(self.dump))

    def sysctls(self) -> Iterator[Row]:
        from pykd.kernel import sysctl

        dump = self.dump
        found: dict[str, Row] = {}
        for one in sysctl.for_each_sysctl(dump, dump.object("struct nsproxy", dump.symbol("init_nsproxy", "").address)):
            if isinstance(one, Error):
                yield {"kind": "sysctl", "error": fault(one)}
            elif one[0].startswith("net."):
                row: Row = {"kind": "sysctl", "name": one[0]}
                try:
                    row["value"] = sysctl.sysctl_value(dump, one[1])
                except Error as error:
                    row["error"] = fault(error)
                found[one[0]] = row
        yield from (found[name] for name in sorted(found))

    def packet_types(self) -> Iterator[Row]:
        from pykd.kernel.net.owners import owners
        from pykd.kernel.net.packettypes import TAPS, for_each_packet_type

        dump = self.dump
        for one in for_each_packet_type(dump):
            row: Row = {"kind": "packet type"}
            try:
                if isinstance(one, Error):
                    raise one
                found = one.found
                symbol = dump.symbol_at(int(found.func))
                device = found.dev
                row |= {"packet_type": int(found), "bucket": one.bucket if one.bucket >= 0 else None, "ethertype": one.type}
                row |= {"device": int(device), "device_name": str(device.name) if device else None, "function": symbol.name if symbol else None}
                row["users"] = []
                if row["function"] in TAPS and found.af_packet_priv and row["function"] != "packet_rcv_fanout":
                    held = owners(dump).get(int(found.af_packet_priv), ())
                    row["users"] = [{"pid": owner.pid, "comm": owner.comm} for owner in sorted(held)]
            except Error as error:
                row["error"] = fault(error)
            yield row

    def neighbours(self) -> Iterator[Row]:
        from pykd.kernel.net.show import neighbours

        return ({"kind": "neighbours", **row} for row in neighbours.table_rows(self.dump))

    def routes(self) -> Iterator[Row]:
        from pykd.kernel.net.show import routes

        for net in self.nets:
            yield from ({"kind": "routes", "net": int(net), **row} for row in routes.table_rows(self.dump, net, bool(self.details)))
            if self.details:
                yield {"kind": "rules", "net": int(net), "operations": int(net.ipv4.rules_ops), "rules": list(routes.rule_rows(self.dump, net))}
                yield from ({"kind": "routes6", "net": int(net), **row} for row in routes.table6_rows(self.dump, net))

    def route_cache(self) -> Iterator[Row]:
        from pykd.kernel.net.show import routes

        for net in self.nets:
            for row in routes.cache_rows(self.dump, net):
                kept = {f"{key}_by" if key == "kind" else key: value for key, value in row.items()}
                yield {"kind": "cached route", "net": int(net), **kept}

    def queue(self) -> Iterator[Row]:
        from pykd.kernel.net import skbuffs
        from pykd.kernel.net.show import packets

        for skb in caught(skbuffs.for_each_skb(self.dump, self.options.Skbuffhead)):
            yield {"kind": "packet", "error": fault(skb)} if isinstance(skb, Error) else packets.packet_row(self.dump, skb)

    def interfaces(self) -> Iterator[Row]:
        from pykd.kernel.net.devices import for_each_netdev
        from pykd.kernel.net.interfaces import interface_row

        for net in self.nets:
            for device in caught(for_each_netdev(self.dump, net)):
                row: Row = {"kind": "interface", "net": int(net)}
                if isinstance(device, Error):
                    yield row | {"error": fault(device)}
                elif not self.options.If1 or self._is_named(device):
                    yield row | interface_row(self.dump, device, details=self.details > 0)

    def _is_named(self, device: Any) -> bool:
        try:
            return str(device.name) == str(self.options.If1)
        except Error:
            return False

    def summary(self) -> Iterator[Row]:
        from pykd.kernel.net.show import summary

        return ({**row, "kind": f"summary of {row['kind']}"} for row in summary.rows(self.dump, self.net))

    def counters(self) -> Iterator[Row]:
        from pykd.kernel.net.show import snmp

        for net in self.nets:
            yield from ({"kind": "counters", "net": int(net), **row} for row in snmp.table_rows(self.dump, net, every=self.details > 0))

    def decoded(self) -> Iterator[Row]:
        from pykd.kernel.net import skbuffs
        from pykd.kernel.net.show import packets

        what, *words = self.options.Decode
        if what not in ("skb", "iph", "th"):
            raise CommandError(f"Cannot decode {what}")
        for word in words:
            try:
                place = int(word, 16)
            except ValueError:
                raise CommandError(f"not an address: {word}") from None
            row: Row = {"kind": f"decoded {what}", "address": place}
            try:
                if what == "skb":
                    row |= packets.packet_row(self.dump, self.dump.object("struct sk_buff", place), owner=False) | {"kind": "decoded skb"}
                elif what == "iph":
                    row["header_fields"] = skbuffs.ip_header(self.dump, place)
                else:
                    row["header_fields"] = skbuffs.transport_header(self.dump, place, skbuffs.IPPROTO_TCP)
            except Error as error:
                row["error"] = fault(error)
            yield row

    def of_tasks(self, tasks: Iterable[Any]) -> Iterator[Row]:
        from pykd.kernel.net.show import tasks as tasksockets

        for task in tasks:
            row = tasksockets.task_row(self.dump, task, self.details)
            if self.options.port != -1:
                row["sockets"] = [one for one in row["sockets"] if self._has_port(one.get("inet", {}))]
            yield {"kind": "sockets of a task", **row}

    def _has_port(self, row: Row) -> bool:
        return self.options.port in [row[key]["port"] for key in ("local", "remote") if key in row]

    def _found(self, *protocols: str) -> Iterator[Any]:
        from pykd.kernel.net.sockets import for_each_socket

        wanted = {int(net) for net in self.nets}
        for found in for_each_socket(self.dump, None, protocols):
            try:
                if isinstance(found, Error) or int(found.net) in wanted:
                    yield found
            except Error as error:
                yield error

    def _state(self, found: Any) -> int:
        return int(found.common.skc_state)

    def tcp(self) -> Iterator[Row]:
        """Those that listen, those that are connected, and behind these those that are being made, and in TIME_WAIT."""
        parts: dict[str, list[Any]] = {"listening": [], "connected": [], "made": [], "sent": [], "ended": []}
        states = {LISTEN: "listening", NEW_SYN_RECV: "made", SYN_SENT: "sent", TIME_WAIT: "ended"}
        for found in self._found("tcp"):
            try:
                parts[states.get(self._state(found), "connected") if not isinstance(found, Error) else "connected"].append(found)
            except Error as error:
                parts["connected"].append(error)
        shown = [*(parts["listening"] if self.listening else ()), *(one for part in list(parts)[1:] for one in parts[part] if self.others)]
        for found in shown:
            if self._is_wanted(row := self._socket(found)):
                yield row

    def _is_wanted(self, row: Row) -> bool:
        options = self.options
        if "local" not in row:
            return True
        if options.tcpstate and row["state_number"] != TCP_STATES.index(options.tcpstate) + 1:
            return bool(row["state_number"] == NEW_SYN_RECV and options.tcpstate == "SYN_RECV")
        if options.retransonly and not row.get("retransmits"):
            return False
        return options.port == -1 or self._has_port(row)

    def _socket(self, found: Any) -> Row:
        from pykd.kernel.net.owners import owners
        from pykd.kernel.net.show import sockets

        if isinstance(found, Error):
            return {"kind": "socket", "protocol": "", "error": fault(found)}
        held = owners(self.dump) if self.options.Pid == EVERYBODY else None
        return sockets.internet_row(self.dump, found, self.details, held)

    def udp(self) -> Iterator[Row]:
        """There is no state of listening: what is not connected listens."""
        for found in self._found("udp"):
            row = self._socket(found)
            if self.others if row.get("state_number", ESTABLISHED) == ESTABLISHED else self.listening:
                yield row

    def raw(self) -> Iterator[Row]:
        rows = [self._socket(found) for found in self._found("raw")]
        yield from (row for row in rows if self.listening or row.get("state_number", ESTABLISHED) == ESTABLISHED)

    def unix(self) -> Iterator[Row]:
        from pykd.kernel.net.show import sockets

        for found in self._found("unix"):
            if isinstance(found, Error):
                yield {"kind": "unix", "sock": 0, "error": fault(found)}
                continue
            try:
                if not found.socket:
                    continue  # nobody has accepted it yet
            except Error:
                pass
            row = sockets.unix_row(self.dump, found, self.details)
            if self.listening if row.get("state_number") == LISTEN else self.others:
                yield row


def rows(session: Any, options: Any) -> Iterator[Row]:
    if options.retransonly:
        options.TCP = True
    if options.tcpstate and options.tcpstate not in TCP_STATES:
        raise CommandError(f"Bad --tcpstate, legal values are {' '.join(TCP_STATES)}")
    asked = Asked(session, options)
    for part in _parts(asked):
        yield from part()


def _parts(asked: Asked) -> list[Callable[[], Iterator[Row]]]:
    """What the options ask for, the first that does."""
    options = asked.options
    if options.Pid > -1:
        return [lambda: asked.of_tasks(_by_pid(asked, options.Pid))]
    if options.Version:
        return [lambda: iter([{"kind": "version", "version": __version__}])]
    if options.Everything:
        asked.details = 2
        return [
            asked.hooks, asked.sysctls, asked.packet_types, asked.routes, asked.route_cache, asked.interfaces, asked.summary, asked.counters,
            asked.tcp, asked.udp, asked.raw, asked.unix,
        ]  # fmt: skip
    for is_asked, part in (
        (options.Netfilter, asked.hooks), (options.Softnet, asked.softnet), (options.sysctl, asked.sysctls), (options.devpack, asked.packet_types),
        (options.arp, asked.neighbours), (options.Route, asked.routes), (options.rtcache, asked.route_cache),
        (options.Skbuffhead is not None, asked.queue), (options.Ifaces, asked.interfaces), (options.Summary, asked.summary),
        (options.Stats, asked.counters), (options.Decode, asked.decoded), (options.Program, lambda: asked.of_tasks(_by_name(asked, options.Program))),
    ):  # fmt: skip
        if is_asked:
            return [part]
    named = [
        part
        for is_asked, part in ((options.TCP or options.tcpstate, asked.tcp), (options.UDP, asked.udp), (options.RAW, asked.raw), (options.UNIX, asked.unix))
        if is_asked
    ]
    return named or ([asked.tcp, asked.udp, asked.raw] if options.All or options.Listen else [])


def _by_pid(asked: Asked, pid: int) -> Iterator[Any]:
    from pykd.kernel.task.threads import threads

    return (task for task in threads(asked.dump) if task.pid == pid)


def _by_name(asked: Asked, name: str) -> Iterator[Any]:
    from pykd.kernel.task.threads import processes

    return (task for task in processes(asked.dump) if name == "*" or str(task.comm) == name)


# ---- text


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    details = 2 if options.Everything else options.Verbose
    found = list(rows)
    kinds = [row["kind"] for row in found]
    if options.UNIX and "unix" not in kinds:
        found.append({"kind": "unix"})
    yield from [_USING.format(options.Netns)] if isinstance(options.Netns, int) else []
    if options.rtcache and "cached route" not in kinds:
        found.append({"kind": "cached route"})
    if options.Netfilter and "hook" not in kinds:
        found.insert(0, {"kind": "hook"})
    start = 0
    while start < len(found):
        kind = found[start]["kind"]
        end = next((i for i in range(start, len(found)) if found[i]["kind"] != kind), len(found))
        yield from _LINES[kind]([row for row in found[start:end] if len(row) > 1], details, options)
        start = end


def _sockets(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import sockets

    for row in rows:
        yield from sockets.internet_lines(row, details, options.retransonly)


def _unix(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import sockets

    return sockets.unix_lines(rows, details)


def _interfaces(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import interfaces

    last = None
    for row in rows:
        if options.Netns == "all" and row["net"] != last:
            if last is not None:
                yield from ("", "", "")
            last = row["net"]
            yield "+" * 76
            yield _USING.format(row["net"])
        yield from interfaces.interface_lines(row, details) if "device" in row else [mark(row)]


def _routes(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import routes

    return routes.table_lines(rows, bool(details), details > 1)


def _rules(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import routes

    for row in rows:
        yield from ("", "=== Policy Rules")
        yield f"-- <struct net {row['net']:#x}> <struct fib_rules_ops {row['operations']:#x}>"
        yield from routes.rule_lines(row["rules"])


def _routes6(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import routes

    return routes.table6_lines(rows)


def _cached(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import routes

    return routes.cache_lines({**row, "kind": row["kind_by"]} if "kind_by" in row else {"error": row["error"]} for row in rows)


def _hooks(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import netfilter

    return netfilter.hook_lines(rows)


def _netfilter(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import netfilter

    return netfilter.more_lines(rows)


def _softnet(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import interfaces

    return interfaces.softnet_lines(rows, details)


def _sysctls(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    for row in rows:
        yield f"{row.get('name', ''):<45} {row['value'] if 'value' in row else mark(row)}"


def _packet_types(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    def lines(row: Row) -> Iterator[str]:
        if "users" not in row:
            yield mark(row)
            return
        yield f"<struct packet_type {row['packet_type']:#x}>" + ("" if row["bucket"] is None else f"  (bucket={row['bucket']})")
        yield f"\ttype=0x{row['ethertype']:04x} dev=0x{row['device']:x} func={row['function']}"
        yield from (f"\t    pid={user['pid']}, command={user['comm']}" for user in row["users"])

    yield "--------ptype_all-------------------------------------------"
    for row in rows:
        if row.get("bucket") is None:
            yield from lines(row)
    yield ""
    yield "--------ptype_base-------------------------------------------"
    for row in rows:
        if row.get("bucket") is not None:
            yield from lines(row)


def _neighbours(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import neighbours

    return neighbours.info_lines(rows, details)


def _counters(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import snmp

    return snmp.rows_lines(rows)


def _summary(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import summary

    for row in rows:
        yield from summary.lines({**row, "kind": row["kind"].removeprefix("summary of ")})


def _packets(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import packets

    return packets.queue_lines(rows, details)


def _decoded(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import packets

    for row in rows:
        if row["kind"] == "decoded skb" and "ethertype" in row:
            yield from packets.packet_lines(row, details)
        elif "header_fields" not in row:
            yield f"{row['address']:#x} {mark(row)}"
        elif row["kind"] == "decoded iph":
            yield from packets.ip_lines(row["header_fields"], row["address"])
        else:
            yield packets.tcp_text(row["header_fields"], details)


def _tasks(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    from pykd.kernel.net.show import tasks

    for row in rows:
        yield from tasks.task_lines(row, details)


def _version(rows: list[Row], details: int, options: Any) -> Iterator[str]:
    yield f"XPORTSHOW version {__version__}"
    if details:
        import crash

        yield f"C-Module version: {crash.version}"


_USING = " *=*=* Using <struct net {:#x} *=*=*"
_LINES: dict[str, Callable[[list[Row], int, Any], Iterator[str]]] = {
    "socket": _sockets, "unix": _unix, "interface": _interfaces, "routes": _routes, "rules": _rules, "routes6": _routes6,
    "cached route": _cached, "hook": _hooks, "nftables": _netfilter, "xtable": _netfilter, "conntrack": _netfilter, "softnet": _softnet,
    "sysctl": _sysctls, "packet type": _packet_types, "neighbours": _neighbours, "counters": _counters, "summary of tcp": _summary,
    "summary of udp": _summary, "summary of unix": _summary, "summary of raw": _summary, "summary of interfaces": _summary,
    "packet": _packets, "decoded skb": _decoded, "decoded iph": _decoded, "decoded th": _decoded, "sockets of a task": _tasks,
    "version": _version,
}  # fmt: skip

COMMAND = Program(
    name="xportshow",
    summary="networking state",
    topic="network",
    parser=parser,
    description=(
        "Connections and sockets by protocol, with -v what TCP knows of them; interfaces, routes, neighbours, counters, netfilter, packets that "
        "wait.\n\n"
        "Without --netns it is about the first network namespace; --summary counts sockets of all. Addresses of IPv6 are in the form of RFC 5952. "
        "Sockets of other families, with those who have them open, are what the command `sockets` shows."
    ),
    fields={
        "kind": "what the row is about, by which the other fields go", "net": "address of its struct net", "sock": "address of the struct sock",
        "protocol": "tcp, udp, raw", "name": "protocol with 6 of IPv6; of a device, table, sysctl its name", "struct": "as which it can be read",
        "family": "AF_* by number; of a table PF_*, of a hook the family of netfilter", "local": "address, port", "remote": "address, port",
        "state": "", "state_number": "skc_state", "shown": "the state as PyKdump has it", "pids": "who has it open, with --pid", "rcvbuf": "bytes",
        "sndbuf": "bytes", "rmem_alloc": "bytes", "wmem_alloc": "bytes; one is the socket's own", "backlog": "connections not accepted",
        "max_backlog": "how many there may be", "queue": "struct request_sock_queue", "qlen": "connections being made",
        "young": "of these not answered again", "waiting": "sock, local, remote, port of each not accepted", "rcv_wnd": "bytes", "snd_wnd": "bytes",
        "advmss": "bytes", "rcv_wscale": "bits", "snd_wscale": "bits", "nonagle": "1 TCP_NODELAY, 2 TCP_CORK", "sack_ok": "", "tstamp_ok": "",
        "rx_queue": "bytes not read", "tx_queue": "bytes not acknowledged", "rto_ms": "", "received_ms": "ago", "sent_ms": "ago", "retransmits": "",
        "ca_state": "", "retransmitting_ms": "since the first", "write_queue": "skb, length, send_head",
        "window": "what the kernel chooses a window by", "user_data": "address, struct, ready", "left_ms": "of TIME_WAIT", "mss": "bytes",
        "pending": "", "corkflag": "", "len": "bytes", "inode": "number", "path": "", "peer": "sock, state, inode, path",
        "device": "address of the struct net_device; of a packet or cached route its name", "index": "", "mtu": "bytes", "type": "of hardware",
        "flags": "", "flag_bits": "", "operstate": "", "hardware": "", "addresses": "address, prefix, mask, label", "addresses6": "address, prefix",
        "feature_bits": "", "features": "as ethtool calls them", "master": "device that it is a part of",
        "stacked": "VLAN, bond: see kernel.net.stacked", "multicast_link": "", "multicast": "address, users", "multicast6": "address, users",
        "link_state": "net_device.state", "promiscuity": "", "open": "function", "stats": "function", "idle_ms": "since it last sent, or was used",
        "statistics": "counters by name", "is_whole": "false: the driver counts elsewhere", "per_cpu": "packets, bytes by CPU",
        "queues": "queue, qdisc", "qdiscs": "name, handle, counters", "table": "address of the table's struct", "table_name": "of nftables", "id": "",
        "routes": "see kernel.net.routes", "rules": "see kernel.net.routes", "operations": "struct", "route": "destination of the route",
        "kind_by": "exception, input, output", "cached": "struct", "cpu": "", "gateway": "", "destination": "", "pmtu": "bytes", "expires_ms": "",
        "age_ms": "", "uses": "", "neighbours": "address, type, hardware, device, state, queued", "proxies": "address, device",
        "counters": "by name", "hook": "", "number": "", "function": "", "module": "", "argument": "", "priority": "", "meaning": "of the priority",
        "chain": "", "nftable": "struct nft_table", "handle": "", "chains": "name, hook, priority, policy, rules", "xtable": "struct xt_table",
        "hooks": "that it is in", "count": "rules", "size": "bytes", "connection": "struct nf_conn", "original": "source, destination, ports",
        "reply": "the same", "status": "IPS_*", "mark": "", "data": "struct softnet_data", "processed": "packets", "dropped": "packets", "squeezed": "times", "input": "packets",
        "completion": "packets", "polled": "struct napi_struct", "value": "of a sysctl", "packet_type": "struct", "bucket": "", "ethertype": "",
        "device_name": "", "users": "pid, comm", "states": "how many in each", "nodelay": "", "queued": "", "full": "", "rcv_closed": "",
        "snd_closed": "", "retransmitting": "", "most_retransmits": "", "sockets": "how many; of a task its sockets", "established": "",
        "rcv_full": "", "snd_full": "", "interfaces": "name, idle_ms", "skb": "struct sk_buff", "owner": "of a packet", "address": "",
        "header_fields": "by name", "task": "struct task_struct", "pid": "", "comm": "", "threads": "", "version": "", "length": "bytes",
        "data_len": "bytes", "source": "", "ttl": "", "header": "bytes", "tos": "", "flow": "", "offset": "8 bytes", "source_port": "",
        "destination_port": "", "sequence": "", "acknowledged": "", "flag_names": "", "network": "address of the header",
        "transport": "address of the header", "shared": "struct skb_shared_info", "fragments": "",
    },
    examples=[
        ("xportshow -av", "all sockets of TCP, UDP and raw, and what TCP knows"), ("xportshow -iv", "interfaces with groups and queues"),
        ("xportshow --retransonly", "connections that send again"), ("xportshow -t --port 2049", "connections of NFS"),
    ],
    rows=rows,
    text=text,
)  # fmt: skip

if __name__ == "__main__":
    COMMAND.main()
