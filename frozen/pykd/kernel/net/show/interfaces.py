# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices, and what each CPU has of packets, as rows and lines"""

from __future__ import annotations

from itertools import zip_longest

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel.net import skbuffs, softnet
from pykd.kernel.net.show.packets import packet_lines, packet_row, queue_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _pykd import Dump

STATES = ("XOFF", "START", "PRESENT", "SCHED", "NOCARRIER", "RX_SCHED", "LINKWATCH_PENDING")
"""Bits of ``net_device.state`` as Linux 2.6.24 and before numbered them, which is what PyKdump shows. They begin with START since."""
FEATURES = {
    "SG": 1, "IP_CSUM": 2, "NO_CSUM": 4, "HW_CSUM": 8, "HIGHDMA": 32, "FRAGLIST": 64, "HW_VLAN_TX": 128, "HW_VLAN_RX": 256,
    "HW_VLAN_FILTER": 512, "VLAN_CHALLENGED": 1024, "TSO": 2048, "LLTX": 4096, "UFO": 8192,
}  # fmt: skip
"""Features as Linux 2.6 called them and PyKdump does; :func:`pykd.kernel.net.devices.feature_names` has the names of the kernel in hand."""
_RULE = "            RX                -= Stats =-            TX          \n     -----------------------                ------------------------"


def state_names(state: int) -> str:
    """``net_device.state`` as PyKdump shows it: ``(XOFF|START)``; see :data:`STATES`."""
    return "(" + "|".join(name for bit, name in enumerate(STATES) if state >> bit & 1) + ")"


def prefix_of(mask: int) -> int:
    """Length of the prefix that a mask of 32 bits is; -1: it is none."""
    length = mask.bit_count()
    return length if mask == 0xFFFFFFFF & ~((1 << 32 - length) - 1) else -1


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
    if features := [key for key, value in FEATURES.items() if row.get("feature_bits", 0) & value]:
        yield f"    features=<{'|'.join(features)}>"
    if row.get("master"):
        yield f"    master={row['master']}"
    if "error" in row and first != mark(row):
        yield f"    {mark(row)}"
    if details >= 1:
        yield from _more_lines(row, details)


def _address(one: Row) -> str:
    length = prefix_of(int.from_bytes(bytes(map(int, one["mask"].split("."))), "big"))
    return f"{one['address']}/{length if length >= 0 else one['mask']}"


def _more_lines(row: Row, details: int) -> Iterator[str]:
    yield from stacked_lines(row.get("stacked", {}))
    yield from group_lines(row)
    state = row.get("link_state", 0)
    yield f"    LINK_STATE {state:3d} {state_names(state)}"
    yield f"    open=<{row.get('open')}>, stats=<{row.get('stats')}> mtu={row.get('mtu')} promisc={row.get('promiscuity')}"
    if row.get("idle_ms") is not None and row.get("addresses") is not None:
        yield f"    \ttrans_start {row['idle_ms'] / 1000:7.2f} s ago"
    yield from counter_lines(row, details)
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


def group_lines(row: Row) -> Iterator[str]:
    yield " --------mcast------------"
    if row.get("type") == "ETHER":
        yield from (f"  link: {one}" for one in row.get("multicast_link", ()))
    yield from (f"  inet:  {one['address']} users={one['users']}" for one in row.get("multicast", ()))
    yield from (f"  inet6: {one['address']}" for one in row.get("multicast6", ()))
    yield " -------------------------"


def counter_lines(row: Row, details: int) -> Iterator[str]:
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


def softnet_rows(dump: Dump) -> Iterator[Row]:
    """cpu, input (packets), completion (packets that are sent and not freed yet), processed, dropped, squeezed, of each CPU."""
    for one in softnet.for_each_softnet(dump):
        if isinstance(one, Error):
            yield {"error": fault(one)}
            continue
        row: Row = {"cpu": one.cpu, "data": int(one.data), "processed": one.processed, "dropped": one.dropped, "squeezed": one.squeezed}
        try:
            head = int(one.data) + one.data.fieldOffset("input_pkt_queue")
            row["input"] = [packet_row(dump, skb) for skb in skbuffs.for_each_skb(dump, head)]
            row["completion"] = [packet_row(dump, skb) for skb in skbuffs.for_each_linked(dump, int(one.data.completion_queue))]
            row["polled"] = [int(napi) for napi in softnet.for_each_napi(dump, one.data)]
        except Error as error:
            row["error"] = fault(error, partial=True)
        yield row


def softnet_lines(rows: Iterable[Row], v: int = 0) -> Iterator[str]:
    """What :func:`softnet_rows` yields."""
    for row in rows:
        yield f" --CPU={row.get('cpu', '?')}" + (f" {mark(row)}" if "error" in row else "")
        if "input" in row:
            yield f"    ..input_pkt_queue has {len(row['input'])} elements"
            for packet in row["input"] if v > 1 else ():
                yield f"<struct sk_buff {packet['skb']:#x}>"
                yield from packet_lines(packet)
        yield "    ..Completion queue"
        yield from queue_lines(row.get("completion", ()))
