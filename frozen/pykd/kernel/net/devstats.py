# SPDX-License-Identifier: GPL-2.0-or-later
"""What network devices counted, as dev_get_stats() adds it up."""

from __future__ import annotations

from pykd.core.members import has_member
from pykd.core.record import NamedTuple
from pykd.kernel import cpus
from pykd.kernel.net.snmp import totals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _pykd import Dump

NAMES = (
    "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped", "multicast", "collisions",
    "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors", "rx_missed_errors", "tx_aborted_errors",
    "tx_carrier_errors", "tx_fifo_errors", "tx_heartbeat_errors", "tx_window_errors", "rx_compressed", "tx_compressed", "rx_nohandler",
)  # fmt: skip
"""Counters of ``struct rtnl_link_stats64``"""
_EACH = ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes")
ALIGN = 32
"""NETDEV_ALIGN"""
MAX_QUEUES = 1 << 12


class Statistics(NamedTuple):
    """:ivar counters: by :data:`NAMES`
    :ivar is_whole: False: its driver counts in a place of its own that is not known here; what the kernel's own code counted is there.
    """

    counters: dict[str, int]
    is_whole: bool


def private(dump: Dump, device: Any) -> int:
    """Address of what the driver keeps with a ``struct net_device``: netdev_priv()."""
    # A flexible array in the struct itself since v6.10
    if has_member(device, "priv"):
        return int(device) + int(device.fieldOffset("priv"))
    return int(device) + (len(device) + ALIGN - 1) // ALIGN * ALIGN


def kind(device: Any) -> str:
    """``vlan``, ``bond``, ``bridge``, ``veth``: of a ``struct net_device`` that ``ip link add`` makes; "" of others. :raises FaultError:"""
    operations = device.rtnl_link_ops
    return str(operations.kind) if operations and operations.kind else ""


def statistics(dump: Dump, device: Any) -> Statistics:
    """Of a ``struct net_device``. :raises FaultError:"""
    operations = device.netdev_ops
    how = _symbol(dump, operations.ndo_get_stats64) or _symbol(dump, operations.ndo_get_stats) if operations else ""
    known = _KNOWN.get(how, _own if not how else None)
    counters = known(dump, device) if known else _own(dump, device)
    for name, value in _core(dump, device).items():
        counters[name] += value
    return Statistics(counters, known is not None)


def _symbol(dump: Dump, function: int) -> str:
    symbol = dump.symbol_at(int(function)) if function else None
    return symbol.name if symbol else ""


def _counters(structure: Any) -> dict[str, int]:
    return {name: int(getattr(structure, name)) if structure.hasField(name) else 0 for name in NAMES}


def _core(dump: Dump, device: Any) -> dict[str, int]:
    """What the core itself dropped."""
    # 625788b58445 ("net: add per-cpu storage and net->core_stats") (in v5.18)
    if not device.hasField("core_stats"):
        return {name: int(getattr(device, name).counter) for name in ("rx_dropped", "tx_dropped", "rx_nohandler") if device.hasField(name)}
    pointer = int(device.core_stats)
    sums = totals(dump, pointer, 3) if pointer else [0] * 3
    return dict(zip(("rx_dropped", "tx_dropped", "rx_nohandler"), sums, strict=True))


def _own(dump: Dump, device: Any) -> dict[str, int]:
    """Of devices without a function for it: 34d21de99cea ("net: Move {l,t,d}stats allocation to core …", in v6.8): per CPU by ``pcpu_stat_type``, else ``net_device.stats``."""
    counters = _counters(device.stats)
    number = int(device.pcpu_stat_type) if device.hasField("pcpu_stat_type") else 0
    if number:
        return {**counters, **((_lstats, _tstats, _dstats)[min(number, 3) - 1])(dump, device)}
    return counters


def _percpu(dump: Dump, pointer: int, structure: str, names: tuple[str, ...]) -> dict[str, int]:
    """Sums of members of 64 bits (``u64``, ``u64_stats_t``) and, narrower, of counts, of a struct that each CPU has."""
    if not pointer:
        return dict.fromkeys(names, 0)
    kinds = dump.type(structure)
    sums = dict.fromkeys(names, 0)
    places = {name: member for name in names if (member := kinds.member(name))}
    for cpu in cpus.possible(dump):
        at = cpus.address_on(pointer, cpu, dump)
        for name, member in places.items():
            sums[name] += dump.read_unsigned(at + member.offset, member.type.size)
    return sums


def lstats_each(dump: Dump, device: Any) -> list[tuple[int, int]]:
    """(packets, bytes) by CPU of a device with ``struct pcpu_lstats``, as the loopback device has. :raises FaultError:"""
    # In ml_priv where there is no such member
    pointer = int(device.lstats) if device.hasField("lstats") else int(device.ml_priv)
    kinds = dump.type("struct pcpu_lstats")
    each = [cpus.address_on(pointer, cpu, dump) for cpu in cpus.possible(dump)] if pointer else []
    return [(dump.read_unsigned(at + kinds.offset_of("packets")), dump.read_unsigned(at + kinds.offset_of("bytes"))) for at in each]


def _lstats(dump: Dump, device: Any) -> dict[str, int]:
    each = lstats_each(dump, device)
    return {"tx_packets": sum(packets for packets, _ in each), "tx_bytes": sum(size for _, size in each)}


def _loopback(dump: Dump, device: Any) -> dict[str, int]:
    """What is sent is received."""
    sent = _lstats(dump, device)
    return {**_counters(device.stats), **sent, "rx_packets": sent["tx_packets"], "rx_bytes": sent["tx_bytes"]}


def _sent(dump: Dump, device: Any) -> dict[str, int]:
    return {**_counters(device.stats), **_lstats(dump, device)}


def _tstats(dump: Dump, device: Any) -> dict[str, int]:
    return _percpu(dump, int(device.tstats), "struct pcpu_sw_netstats", _EACH)


def _tunnel(dump: Dump, device: Any) -> dict[str, int]:
    return {**_counters(device.stats), **_tstats(dump, device)}


def _dstats(dump: Dump, device: Any) -> dict[str, int]:
    sums = _percpu(dump, int(device.dstats), "struct pcpu_dstats", (*_EACH, "rx_drops", "tx_drops"))
    return {**{name: sums[name] for name in _EACH}, "rx_dropped": sums["rx_drops"], "tx_dropped": sums["tx_drops"]}


def _bridge(dump: Dump, device: Any) -> dict[str, int]:
    # f3f04f0f3aa2 ("net: bridge: switch to net core statistics counters handling") (in v5.11): before, the bridge had its own
    bridge: Any = dump.object("struct net_bridge", private(dump, device))
    if not bridge.hasField("stats"):
        return _tunnel(dump, device)
    return {**_counters(device.stats), **_percpu(dump, int(bridge.stats), "struct pcpu_sw_netstats", _EACH)}


def _vlan(dump: Dump, device: Any) -> dict[str, int]:
    vlan: Any = dump.object("struct vlan_dev_priv", private(dump, device))
    names = (*_EACH, "rx_multicast", "rx_errors", "tx_dropped")
    sums = _percpu(dump, int(vlan.vlan_pcpu_stats), "struct vlan_pcpu_stats", names)
    return {**_counters(device.stats), **{name: sums[name] for name in names if name in NAMES}, "multicast": sums["rx_multicast"]}


def _virtio(dump: Dump, device: Any) -> dict[str, int]:
    """Of each queue of the pairs that ``struct virtnet_info`` has."""
    info: Any = dump.object("struct virtnet_info", private(dump, device))
    counters = _counters(device.stats)
    for way, queues, member in (("tx", "sq", "struct send_queue"), ("rx", "rq", "struct receive_queue")):
        kinds, first = dump.type(member), int(getattr(info, queues))
        for i in range(min(info.max_queue_pairs, MAX_QUEUES)):
            for what in ("packets", "bytes"):
                counters[f"{way}_{what}"] += dump.read_unsigned(first + i * kinds.size + kinds.offset_of(f"stats.{what}"))
    return counters


_KNOWN: dict[str, Callable[[Dump, Any], dict[str, int]]] = {
    "loopback_get_stats64": _loopback, "dummy_get_stats64": _sent, "nlmon_get_stats64": _sent, "dev_get_tstats64": _tunnel,
    "ip_tunnel_get_stats64": _tunnel, "br_get_stats64": _bridge, "vlan_dev_get_stats64": _vlan, "virtnet_stats": _virtio,
}  # fmt: skip
"""By the function of the device"""
