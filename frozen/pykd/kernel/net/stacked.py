# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices that lie on others: VLANs, bonds, bridges, teams."""

from __future__ import annotations

from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.net.addresses import ntohs
from pykd.kernel.net.devstats import kind, private
from pykd.values.named import name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

LIMIT = 1 << 16
BOND_MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
"""``bonding.params.mode``"""
BOND_LINKS = ("up", "fail", "down", "back")
"""``slave.link``"""
BOND_STATES = ("active", "backup")
"""``slave.backup``"""
HASHES = ("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac")
"""``bonding.params.xmit_policy``"""
PROTOCOLS = {0x8100: "802.1Q", 0x88A8: "802.1ad"}


def for_each_adjacent(dump: Dump, device: Any, way: str) -> Iterator[Any]:
    """Each ``struct netdev_adjacent`` of a ``struct net_device`` *way* ``upper`` or ``lower``.

    :raises FaultError, LimitError:
    """
    head = int(device) + device.fieldOffset(f"adj_list.{way}")
    yield from list_for_each_entry(dump, head, "struct netdev_adjacent", "list", limit=LIMIT)


def master(dump: Dump, device: Any) -> Any:
    """The ``struct net_device`` (bond, bridge, team, VRF) that it is a part of; None: of none. :raises FaultError, LimitError:"""
    return next((one.dev for one in for_each_adjacent(dump, device, "upper") if one.master), None)


def details(dump: Dump, device: Any) -> Row:
    """What is known of a stacked device: kind; of a VLAN id, protocol, link; of a bond mode, active, slaves …; empty for others.

    :raises FaultError, LimitError: as far as a driver's types are there (its module's BTF): else the kind alone.
    """
    found = kind(device)
    if not found:
        return {}
    row: Row = {"kind": found}
    lower = [str(one.dev.name) for one in for_each_adjacent(dump, device, "lower")]
    if lower:
        row["lower"] = lower
    if found == "vlan" and dump.find_type("struct", "vlan_dev_priv"):
        vlan: Any = dump.object("struct vlan_dev_priv", private(dump, device))
        number = ntohs(vlan.vlan_proto, dump)
        row |= {"vlan": int(vlan.vlan_id), "protocol": PROTOCOLS.get(number, f"{number:#x}"), "link": str(vlan.real_dev.name)}
    if found == "bond" and dump.find_type("struct", "bonding"):
        row |= _bond(dump, dump.object("struct bonding", private(dump, device)))
    return row


def _bond(dump: Dump, bond: Any) -> Row:
    params = bond.params
    row: Row = {"bonding": int(bond), "mode": name_at(BOND_MODES, params.mode), "xmit_policy": name_at(HASHES, params.xmit_policy)}
    row |= {"miimon_ms": int(params.miimon), "updelay_ms": int(params.updelay) * int(params.miimon), "downdelay_ms": int(params.downdelay) * int(params.miimon)}
    active = bond.curr_active_slave
    row["active"] = str(active.dev.name) if active else None
    row["slaves"] = [
        {
            "name": str(one.dev.name), "link": name_at(BOND_LINKS, one.link), "state": name_at(BOND_STATES, one.backup), "speed_mbps": int(one.speed),
            "failures": int(one.link_failure_count),
        }
        for one in _slaves(dump, bond.dev)
    ]  # fmt: skip
    return row


def _slaves(dump: Dump, device: Any) -> Iterator[Any]:
    """``struct slave``, which a bond's neighbours below carry as their own data."""
    for one in for_each_adjacent(dump, device, "lower"):
        if one.private:
            yield dump.object("struct slave", int(one.private))
