# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices under PyKdump's names: :mod:`pykd.kernel.net.devices`, ``devstats``, ``interfaces``."""

from __future__ import annotations

from collections import defaultdict

import pykd
from LinuxDump.inet import get_ns_net
from pykd.core.walk import caught
from pykd.kernel.lists.linked import chain_for_each
from pykd.kernel.net import devices, devstats, interfaces, softnet, stacked
from pykd.kernel.net.addresses import ip_text, ntohl
from pykd.kernel.net.show.interfaces import FEATURES, STATES, counter_lines, group_lines, interface_lines, prefix_of, qdisc_lines, stacked_lines, state_names
from pykdump import API
from pykdump.highlevel import pylog, readSU, structSetAttr, structSetProcAttr
from pykdump.nodump import of_dump
from pykdump.tparser import CDefine, CEnum
from pykdump.vmcorearch import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.core.rows import Row

IFF_FLAGS = CDefine({f"IFF_{name}": 1 << bit for bit, name in enumerate(devices.FLAGS)})
ARP_HW = CDefine({f"ARPHRD_{name}": number for number, name in devices.HARDWARE_TYPES.items()} | {"ARPHRD_CISCO": 513})
ARP_HW["ARPHRD_HDLC"] = 513  # the last name of a value is the one that is shown
DEVSTATE_c = "enum netdev_state_t {" + ", ".join(f"__LINK_STATE_{name}" for name in STATES) + "};"
DEVSTATE: Any = CEnum(DEVSTATE_c)
NETIF_FEATURES = CDefine({f"NETIF_F_{name}": value for name, value in FEATURES.items()})
NETDEV_ALIGN = devstats.ALIGN
tg3_warning = "    !!!INFO: what a tg3 counted is in its driver's own structs\n"
HZ = of_dump(lambda: float(sys_info.HZ))
sn = "struct net_device"

structSetAttr(sn, "open", ["netdev_ops.ndo_open"])
structSetAttr(sn, "get_stats", ["netdev_ops.ndo_get_stats"])
if not structSetAttr(sn, "priv", "priv"):
    structSetProcAttr(sn, "priv", lambda device: netdev_priv(device))


def netdev_priv(dev: Any) -> int:
    """Address of what the driver keeps with a ``struct net_device``."""
    return devstats.private(pykd.current(), dev)


def decodeDevState(state: int) -> str:
    """``net_device.state`` as PyKdump shows it: ``(XOFF|START)``."""
    return state_names(int(state))


def hwaddr2str(ha: Any, l: int) -> str:  # noqa: E741 (the name is PyKdump's)
    """``aa:bb:cc:dd:ee:ff`` of *l* bytes."""
    return ":".join(f"{ha[i]:02x}" for i in range(l))


def snetmask(u32: int) -> int:
    """Prefix length of a mask as it lies in memory; -1: it is none."""
    return prefix_of(ntohl(u32 & 0xFFFFFFFF))


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
    for line in group_lines(interfaces.interface_row(pykd.current(), dev)):
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
    for line in counter_lines(interfaces.interface_row(pykd.current(), dev), 2):
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
    "lb_get_stats", "netdev_priv", "printBondMaster", "printPerCPU", "printQdisc", "print_If",
    "print_Ifs", "print_mc_list", "sn", "snetmask",
    "tg3_get_stats", "tg3_warning",
]  # fmt: skip
__all__ += API.hand_on(globals())
