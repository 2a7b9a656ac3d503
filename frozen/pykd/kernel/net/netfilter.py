# SPDX-License-Identifier: GPL-2.0-or-later
"""Hooks of netfilter: the functions that see packets at each point of their way."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.net.devices import for_each_netdev
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

FAMILIES = {0: "unspec", 1: "inet", 2: "ipv4", 3: "arp", 5: "netdev", 7: "bridge", 10: "ipv6", 12: "decnet"}
"""NFPROTO_*"""
NFT_FAMILIES = FAMILIES | {2: "ip", 10: "ip6"}
"""The words of nftables for them"""
INET_HOOKS = ("PRE_ROUTING", "LOCAL_IN", "FORWARD", "LOCAL_OUT", "POST_ROUTING", "INGRESS")
"""``enum nf_inet_hooks``"""
ARP_HOOKS = ("IN", "OUT", "FORWARD")
BRIDGE_HOOKS = (*INET_HOOKS[:5], "BROUTING")
NETDEV_HOOKS = ("INGRESS", "EGRESS")
PRIORITIES = {
    -450: "raw before defrag", -400: "conntrack defrag", -300: "raw", -225: "selinux first", -200: "conntrack", -150: "mangle", -100: "nat dst",
    -50: "security", 0: "filter", 50: "security", 100: "nat src", 225: "selinux last", 300: "conntrack helper", (1 << 31) - 1: "last",
    -(1 << 31): "first",
}  # fmt: skip
"""``enum nf_ip_hook_priorities``"""
MAX_HOOKS = 1024
"""MAX_HOOK_COUNT of net/netfilter/core.c"""
_ENTRY = 16
"""Bytes of a ``struct nf_hook_entry``: function, its argument"""
_MEMBERS = {2: ("hooks_ipv4", INET_HOOKS), 10: ("hooks_ipv6", INET_HOOKS), 3: ("hooks_arp", ARP_HOOKS), 7: ("hooks_bridge", BRIDGE_HOOKS), 12: ("hooks_decnet", ())}
"""Of ``struct netns_nf``, by family"""


class Hook(NamedTuple):
    """:ivar family: see :data:`FAMILIES`
    :ivar number: see :data:`INET_HOOKS` and the others
    :ivar operations: ``struct nf_hook_ops``; None where it is not kept.
    :ivar function, argument: what is called, and with what.
    :ivar device: its name, of a hook of one; else "".
    """

    family: int
    number: int
    operations: Any
    function: int
    argument: int
    device: str


def for_each_hook(dump: Dump, net: Any) -> Iterator[Hook | Error]:
    """Each :class:`Hook` of a ``struct net`` in the order in which they are called, and the errors met on the way.

    960632ece694 ("netfilter: convert hook list to an array") (in v4.14): arrays; before, chains of entries by family and hook.
    """
    if not net.hasField("nf"):
        return
    # An object has old names too, its type has not.
    kinds = dump.type("struct netns_nf")
    for family, (name, _) in _MEMBERS.items():
        # an array for each family since v4.16
        if table := kinds.member(name):
            yield from _table(dump, int(net.nf) + table.offset, table.type.strip().length or 0, family)
    if kinds.member("hooks"):
        hooks = net.nf.hooks
        for family in range(len(hooks)):
            width = len(hooks[family])
            yield from _table(dump, int(net.nf) + net.nf.fieldOffset("hooks") + 8 * family * width, width, family)
    for device in caught(for_each_netdev(dump, net)):
        if isinstance(device, Error):
            yield device
            continue
        for number, member in enumerate(("nf_hooks_ingress", "nf_hooks_egress")):
            if device.hasField(member):
                yield from _entries(dump, int(device) + device.fieldOffset(member), 5, number, device)


def _table(dump: Dump, start: int, count: int, family: int) -> Iterator[Hook | Error]:
    for number in range(count):
        yield from _entries(dump, start + 8 * number, family, number, None)


def _entries(dump: Dump, pointer: int, family: int, number: int, device: Any) -> Iterator[Hook | Error]:
    """Of the ``struct nf_hook_entries`` at a pointer: their functions, then, not in its type, their ``struct nf_hook_ops``."""
    try:
        address = dump.read_unsigned(pointer)
        if not address:
            return
        name = str(device.name) if device is not None else ""
        table: Any = dump.object("struct nf_hook_entries", address)
        count = min(int(table.num_hook_entries), MAX_HOOKS)
        first = address + table.fieldOffset("hooks")
        data = words_of(dump, dump.read(first, (_ENTRY + 8) * count))
    except Error as error:
        yield error
        return
    for i in range(count):
        function, argument, operations = data[2 * i], data[2 * i + 1], data[2 * count + i]
        yield Hook(family, number, dump.object("struct nf_hook_ops", operations) if operations else None, function, argument, name)


def hook_name(hook: Hook) -> str:
    """``PRE_ROUTING``"""
    names = NETDEV_HOOKS if hook.family == 5 else _MEMBERS.get(hook.family, ("", INET_HOOKS))[1]
    return names[hook.number] if hook.number < len(names) else str(hook.number)


def hook_row(dump: Dump, hook: Hook) -> Row:
    """family, hook, priority, function, module, operations (address), argument, device; of a chain of nftables table and chain. :raises FaultError:"""
    symbol = dump.symbol_at(hook.function)
    row: Row = {
        "family": FAMILIES.get(hook.family, str(hook.family)), "hook": hook_name(hook), "number": hook.number,
        "function": symbol.name if symbol else f"{hook.function:#x}", "module": symbol.module if symbol else None,
        "argument": hook.argument, "device": hook.device or None,
    }  # fmt: skip
    if hook.operations is not None:
        priority = int(hook.operations.priority)
        row |= {"operations": int(hook.operations), "priority": priority, "meaning": PRIORITIES.get(priority)}
    if row["function"].startswith("nft_do_chain") and hook.argument and dump.find_type("struct", "nft_chain"):
        chain: Any = dump.object("struct nft_chain", hook.argument)
        row |= {"chain": _name(chain.name), "table_name": _name(chain.table.name)}
    return row


def _name(text: Any) -> str:
    return "" if text is None else str(text)


def generic(dump: Dump, net: Any, identifier: str) -> int:
    """Address of what a module keeps with a ``struct net``, by the variable that has the number of its place: net_generic(); 0: nothing.

    :raises NotFoundError: the module is not there. :raises FaultError:
    """
    number = dump.read_unsigned(dump.symbol(identifier).address, 4)
    table = net.gen
    if not table or not number:
        return 0
    count = table.s.len if table.hasField("s") else number + 1
    if number >= count:
        return 0
    return dump.read_unsigned(int(table) + table.fieldOffset("ptr") + 8 * number)
