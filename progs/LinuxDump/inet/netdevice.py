# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices under PyKdump's names: :mod:`pykd.kernel.net.devices`, ``devstats``, ``interfaces``."""

from __future__ import annotations

import socket
from collections import defaultdict
from itertools import zip_longest

import pykd
from LinuxDump import percpu
from LinuxDump.inet import get_ns_net, ntodots
from LinuxDump.inet.packets import queue_lines
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.lists.linked import chain_for_each
from pykd.kernel.net import devices, devstats, interfaces, qdiscs, softnet, stacked
from pykd.kernel.net.addresses import ip_text
from pykdump import API
from pykdump.highlevel import pylog, readSU, structSetAttr, structSetProcAttr
from pykdump.tparser import CDefine, CEnum
from pykdump.vmcorearch import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

IFF_FLAGS = CDefine({f"IFF_{name}": 1 << bit for bit, name in enumerate(devices.FLAGS)})
ARP_HW = CDefine({f"ARPHRD_{name}": number for number, name in devices.HARDWARE_TYPES.items()} | {"ARPHRD_CISCO": 513})
ARP_HW["ARPHRD_HDLC"] = 513  # the last name of a value is the one that is shown
DEVSTATE_c = """enum netdev_state_t {
  __LINK_STATE_XOFF = 0, __LINK_STATE_START, __LINK_STATE_PRESENT, __LINK_STATE_SCHED, __LINK_STATE_NOCARRIER, __LINK_STATE_RX_SCHED,
  __LINK_STATE_LINKWATCH_PENDING
};"""
DEVSTATE: Any = CEnum(DEVSTATE_c)
"""Bits of ``net_device.state`` as Linux 2.6 numbered them. They begin with START since, so that what is called XOFF here is START; the names
that the kernel has now are in the rows."""
NETIF_FEATURES = CDefine(
    {
        f"NETIF_F_{name}": value
        for name, value in {
            "SG": 1, "IP_CSUM": 2, "NO_CSUM": 4, "HW_CSUM": 8, "HIGHDMA": 32, "FRAGLIST": 64, "HW_VLAN_TX": 128, "HW_VLAN_RX": 256,
            "HW_VLAN_FILTER": 512, "VLAN_CHALLENGED": 1024, "TSO": 2048, "LLTX": 4096, "UFO": 8192,
        }.items()
    }
)  # fmt: skip
"""Features as Linux 2.6 called them; see :func:`pykd.kernel.net.devices.feature_names` for the names of the kernel in hand."""
NETDEV_ALIGN = devstats.ALIGN
tg3_warning = "    !!!INFO: what a tg3 counted is in its driver's own structs\n"
HZ = float(sys_info.HZ)
sn = "struct net_device"
_RULE = "            RX                -= Stats =-            TX          \n     -----------------------                ------------------------"

structSetAttr(sn, "open", ["netdev_ops.ndo_open"])
structSetAttr(sn, "get_stats", ["netdev_ops.ndo_get_stats"])
if not structSetAttr(sn, "priv", "priv"):
    structSetProcAttr(sn, "priv", lambda device: netdev_priv(device))


def netdev_priv(dev: Any) -> int:
    """Address of what the driver keeps with a ``struct net_device``."""
    return devstats.private(pykd.current(), dev)


def decodeDevState(state: int) -> str:
    """``net_device.state`` as PyKdump shows it: ``(XOFF|START)``; see :data:`DEVSTATE`."""
    return "(" + "|".join(name.removeprefix("__LINK_STATE_") for name, bit in DEVSTATE.vals if state >> bit & 1) + ")"


def hwaddr2str(ha: Any, l: int) -> str:  # noqa: E741 (the name is PyKdump's)
    """``aa:bb:cc:dd:ee:ff`` of *l* bytes."""
    return ":".join(f"{ha[i]:02x}" for i in range(l))


def snetmask(u32: int) -> int:
    """Prefix length of a mask as it lies in memory; -1: it is none."""
    mask = socket.ntohl(u32 & 0xFFFFFFFF)
    length = mask.bit_count()
    return length if mask == 0xFFFFFFFF & ~((1 << 32 - length) - 1) else -1


def dev_base_list() -> list[Any]:
    """Each ``struct net_device`` of the namespace."""
    return [device for device in caught(devices.for_each_netdev(pykd.current(), get_ns_net())) if not _is_error(device)]


def _is_error(found: Any) -> bool:
    if isinstance(found, pykd.Error):
        pylog.error(found)
        return True
    return False


def get_ifa_list(dev: Any) -> list[Any]:
    """Each ``struct in_ifaddr`` of a device. :raises FaultError, LimitError:"""
    return list(chain_for_each(pykd.current(), int(dev.ip_ptr.ifa_list), "struct in_ifaddr", "ifa_next")) if dev.ip_ptr else []


def get_inet6_ifaddr() -> Iterator[Any]:
    """Each ``struct inet6_ifaddr`` of the namespace's devices."""
    for found in get_inet6_devs().values():
        yield from found


def get_inet6_devs() -> dict[Any, list[Any]]:
    """Each ``struct inet6_ifaddr`` by its ``struct net_device``."""
    from pykd.kernel.lists.linked import list_for_each_entry

    dump = pykd.current()
    found: dict[Any, list[Any]] = defaultdict(list)
    for device in dev_base_list():
        try:
            if device.ip6_ptr:
                head = int(device.ip6_ptr) + device.ip6_ptr.fieldOffset("addr_list")
                found[device] = list(list_for_each_entry(dump, head, "struct inet6_ifaddr", "if_list"))
        except pykd.Error as error:
            pylog.error(error)
    return found


def get_host_IPs() -> tuple[set[str], set[str]]:
    """All addresses of the machine: of IPv4, of IPv6."""
    dump = pykd.current()
    four: set[str] = set()
    six: set[str] = set()
    for device in dev_base_list():
        for walk, found in ((devices.for_each_address, four), (devices.for_each_address6, six)):
            found |= {ip_text(one.address) for one in caught(walk(dump, device)) if not isinstance(one, pykd.Error)}
    return four, six


# ---- lines


def interface_lines(row: Row, details: int = 0) -> Iterator[str]:
    """What :func:`pykd.kernel.net.interfaces.interface_row` tells, as ``xportshow -i`` prints it."""
    name = row.get("name", "")
    yield f"{'=' * 22} {name} <struct net_device {row['device']:#x}>  {'=' * 46}"[:78]
    first, *others = [_address(one) for one in row.get("addresses", ())] or [""]
    is_ether = row.get("type") == "ETHER"
    if "addresses" not in row:
        first = mark(row)
    yield f"{name:<6}  {first:>18}  mtu={row.get('mtu', ''):<5}  {row.get('hardware', '') if is_ether else '':>20}  {row.get('type', '')}"
    for text, one in zip(others, row.get("addresses", ())[1:], strict=True):
        yield f"  inet4 addr: {text}" if one["label"] == name else f"  inet4 addr: {text:<20}  {one['label']}"
    for one in row.get("addresses6", ()):
        yield f"  inet6 addr: {one['address']}/{one['prefix']}"
    yield f"    flags=<{'|'.join('IFF_' + one for one in row.get('flags', ()))}>"
    if features := [key[8:] for key, value in NETIF_FEATURES.items() if row.get("feature_bits", 0) & value]:
        yield f"    features=<{'|'.join(features)}>"
    if row.get("master"):
        yield f"    master={row['master']}"
    if "error" in row and first != mark(row):
        yield f"    {mark(row)}"
    if details >= 1:
        yield from _more_lines(row, details)


def _address(one: Row) -> str:
    length = snetmask(int.from_bytes(socket.inet_aton(one["mask"]), "little"))
    return f"{one['address']}/{length if length >= 0 else one['mask']}"


def _more_lines(row: Row, details: int) -> Iterator[str]:
    yield from stacked_lines(row.get("stacked", {}))
    yield from _group_lines(row)
    state = row.get("link_state", 0)
    yield f"    LINK_STATE {state:3d} {decodeDevState(state)}"
    yield f"    open=<{row.get('open')}>, stats=<{row.get('stats')}> mtu={row.get('mtu')} promisc={row.get('promiscuity')}"
    if row.get("idle_ms") is not None and row.get("addresses") is not None:
        yield f"    \ttrans_start {row['idle_ms'] / 1000:7.2f} s ago"
    yield from _counter_lines(row, details)
    known = {one["qdisc"]: one for one in row.get("qdiscs", ()) if "qdisc" in one}
    for queue in row.get("queues", ()):
        yield "    .................."
        yield f"    | tx queue {queue['queue']}"
        yield from qdisc_lines(known.pop(queue["qdisc"], {}), details - 1)
    yield "    .................."
    yield "    | rx_queue"
    for one in known.values():
        yield from qdisc_lines(one, details - 1)


def stacked_lines(row: Row) -> Iterator[str]:
    """What :func:`pykd.kernel.net.stacked.details` tells of bonds and VLANs."""
    if row.get("kind") == "vlan" and "vlan" in row:
        yield f"    VLAN {row['vlan']} ({row['protocol']}) on {row['link']}"
    if "bonding" not in row:
        return
    yield " ---Bond Master-----"
    yield f"    ...Bond params... <struct bonding {row['bonding']:#x}>"
    yield f"    mode={row['mode']} xmit_policy={row['xmit_policy']} miimon={row['miimon_ms']} updelay={row['updelay_ms']} downdelay={row['downdelay_ms']}"
    yield f"    active={row['active']}"
    for one in row["slaves"]:
        yield f"    slave {one['name']}: link={one['link']} state={one['state']} speed={one['speed_mbps']} failures={one['failures']}"


def _group_lines(row: Row) -> Iterator[str]:
    yield " --------mcast------------"
    if row.get("type") == "ETHER":
        yield from (f"  link: {one}" for one in row.get("multicast_link", ()))
    yield from (f"  inet:  {one['address']} users={one['users']}" for one in row.get("multicast", ()))
    yield from (f"  inet6: {one['address']}" for one in row.get("multicast6", ()))
    yield " -------------------------"


def _counter_lines(row: Row, details: int) -> Iterator[str]:
    """Of each CPU for the loopback device; sums of every device where more is asked for."""
    left: list[str] = []
    right: list[str] = []
    for cpu, one in enumerate(row.get("per_cpu", ())):
        left.append(f"   --CPU {cpu}")
        right.append("")
        for key in ("packets", "bytes"):
            for side, way in ((left, "rx"), (right, "tx")):
                side.append(f"    {way + '_' + key:<20} {one[key]}")
    if not left and details > 1 and "statistics" in row:
        for key, value in row["statistics"].items():
            (left if key[0] in "rm" else right).append(f"    {key:<20} {value}")
    if not left:
        return
    yield ""
    yield from _RULE.split("\n")
    for one, other in zip_longest([*left, ""], [*right, ""], fillvalue=""):
        yield f"{one:<38} {other}"
    if details > 1 and row.get("is_whole") is False:
        yield "    the driver counts in a place of its own, which is not shown"


def qdisc_lines(row: Row, verbosity: int = 0) -> Iterator[str]:
    """What :func:`pykd.kernel.net.interfaces.qdisc_row` tells; nothing of one that does not queue."""
    if not row.get("enqueue") or not row.get("dequeue"):
        return
    yield "    ............................................................."
    yield f"    <struct Qdisc {row['qdisc']:#x}> qlen={row['qlen']}\n\tenqueue=<{row['enqueue']}> dequeue=<{row['dequeue']}>"
    yield f"\tqlen={row['qlen']} backlog={row['backlog']} drops={row['drops']} requeues={row['requeues']} overlimits={row['overlimits']}"
    if "bands" in row:
        yield "\t== Bands =="
        yield from (f"\t  skb_array={one['address']:#x} len={one['qlen']}" for one in row["bands"])


# ---- printing


def print_If(dev: Any, details: int = 0) -> None:
    """Print a ``struct net_device``."""
    for line in interface_lines(interfaces.interface_row(pykd.current(), dev, details=details > 0), details):
        print(line)


def print_Ifs(IF: str) -> None:
    """Print the devices of the namespace, or the one of that name."""
    for device in dev_base_list():
        if not IF or str(device.name) == IF:
            print_If(device)


def print_mc_list(dev: Any) -> None:
    """Print the groups that a device listens to."""
    for line in _group_lines(interfaces.interface_row(pykd.current(), dev)):
        print(line)


def printQdisc(qdisc: Any, verbosity: int) -> None:
    """Print a ``struct Qdisc``. A backlog of more than 1000 bytes is a warning."""
    try:
        row = interfaces.qdisc_row(pykd.current(), qdisc)
    except pykd.Error as error:
        print("       ", error)
        return
    if row["backlog"] > 1000 and row["enqueue"]:
        pylog.warning("Huge Backlog")
    for line in qdisc_lines(row, verbosity):
        print(line)


def printBondMaster(bondaddr: int) -> None:
    """Print the ``struct bonding`` at an address; nothing if the kernel's module has no types."""
    dump = pykd.current()
    if not dump.find_type("struct", "bonding"):
        return
    bond: Any = dump.object("struct bonding", int(bondaddr))
    for line in stacked_lines(stacked.details(dump, bond.dev)):
        print(line)


def getStats(dev: Any) -> None:
    """Print what a device counted."""
    for line in _counter_lines(interfaces.interface_row(pykd.current(), dev), 2):
        print(line)


def lb_get_stats(priv: Any) -> list[Row]:
    """Packets and bytes of the loopback device by CPU."""
    (device,) = [one for one in dev_base_list() if str(one.name) == "lo"]
    return [{"packets": packets, "bytes": size} for packets, size in devstats.lstats_each(pykd.current(), device)]


def bond_get_stats(priv: Any) -> None:
    """Print the ``struct bonding`` at an address."""
    printBondMaster(priv)


def get_stat64(val: Any) -> int:
    """Of a tg3's counter in two halves."""
    return int(val.high) << 32 | int(val.low)


def tg3_get_stats(priv: int) -> Any:
    """``struct net_device_stats`` of a tg3's own struct; None if its module has no types."""
    if not pykd.current().find_type("struct", "tg3"):
        print(tg3_warning)
        return None
    found: Any = readSU("struct tg3", priv)
    return found.net_stats_prev


def printPerCPU() -> None:
    """Print what each CPU has of packets that came in."""
    print("\n\n ===== Per-CPU Data =====")
    for one in softnet.for_each_softnet(pykd.current()):
        if isinstance(one, pykd.Error):
            pylog.error(one)
            continue
        print(f"--CPU {one.cpu}")
        queue = one.data.input_pkt_queue
        print(f"\tinput_pkt_queue={int(queue):#x} qlen={queue.qlen}")
        print(f"\tnetif_rx_stats total={one.processed}, dropped={one.dropped}")


def softnet_rows(dump: pykd.Dump) -> Iterator[Row]:
    """cpu, input (packets), completion (packets that are sent and not freed yet), processed, dropped, squeezed, of each CPU."""
    from pykd.kernel.net import skbuffs

    for one in softnet.for_each_softnet(dump):
        if isinstance(one, pykd.Error):
            yield {"error": fault(one)}
            continue
        row: Row = {"cpu": one.cpu, "data": int(one.data), "processed": one.processed, "dropped": one.dropped, "squeezed": one.squeezed}
        try:
            head = int(one.data) + one.data.fieldOffset("input_pkt_queue")
            row["input"] = [int(skb) for skb in skbuffs.for_each_skb(dump, head)]
            row["completion"] = [int(skb) for skb in skbuffs.for_each_linked(dump, int(one.data.completion_queue))]
            row["polled"] = [int(napi) for napi in softnet.for_each_napi(dump, one.data)]
        except pykd.Error as error:
            row["error"] = fault(error, partial=True)
        yield row


def softnet_lines(rows: Iterable[Row]) -> Iterator[str]:
    """What :func:`softnet_rows` yields."""
    for row in rows:
        yield f" --CPU={row.get('cpu', '?')}" + (f" {mark(row)}" if "error" in row else "")
        if "input" in row:
            yield f"    ..input_pkt_queue has {len(row['input'])} elements"
        yield "    ..Completion queue"
        yield from row.get("completion_lines", ())


def __getattr__(name: str) -> Any:
    if name == "prio2band":
        # sch_default_prio2band in newer kernels
        dump = pykd.current()
        known = next((one for one in ("sch_default_prio2band", "prio2band") if dump.symbols(one)), None)
        return list(dump.read(dump.symbol(known).address, 16)) if known else []
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ARP_HW", "DEVSTATE", "HZ", "IFF_FLAGS", "NETDEV_ALIGN", "NETIF_FEATURES", "DEVSTATE_c", "bond_get_stats", "decodeDevState",
    "dev_base_list", "getStats", "get_host_IPs", "get_ifa_list", "get_inet6_devs", "get_inet6_ifaddr", "get_stat64", "hwaddr2str",
    "interface_lines", "lb_get_stats", "netdev_priv", "ntodots", "percpu", "printBondMaster", "printPerCPU", "printQdisc", "print_If",
    "print_Ifs", "print_mc_list", "qdisc_lines", "qdiscs", "queue_lines", "sn", "snetmask", "softnet_lines", "softnet_rows",
    "tg3_get_stats", "tg3_warning",
]  # fmt: skip
__all__ += API.hand_on(globals())
