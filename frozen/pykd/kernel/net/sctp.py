# SPDX-License-Identifier: GPL-2.0-or-later
"""SCTP: endpoints and associations, of the module's own tables."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.walk import caught
from pykd.kernel.lists.linked import hash_for_each_entry, hlist_for_each_entry, list_for_each_entry
from pykd.kernel.net.addresses import ip_text, ntohs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_BUCKETS = 1 << 20
LIMIT = 1 << 16
"""Endpoints in a bucket, associations of an endpoint, addresses"""
AF_INET, AF_INET6 = 2, 10
STATES = (
    "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_PENDING", "SHUTDOWN_SENT", "SHUTDOWN_RECEIVED", "SHUTDOWN_ACK_SENT",
)  # fmt: skip
"""``enum sctp_state``: of an association; upstream's numbers of old begin with EMPTY"""
TRANSPORT_STATES = ("INACTIVE", "PF", "ACTIVE", "UNCONFIRMED", "UNKNOWN")
"""``enum sctp_spinfo_state``, by ``sctp_transport.state``; the module's enum decides where it is there"""
SOCK_STATES = {1: "ESTABLISHED", 2: "ESTABLISHING", 7: "CLOSED", 10: "LISTENING", 11: "DISCONNECTING"}
"""``skc_state`` in the words of SCTP"""


def _globals(dump: Dump) -> Any:
    """``sctp_globals``. :raises NotFoundError: the module is not there."""
    return dump.object("struct sctp_globals", dump.symbol("sctp_globals").address)


def is_there(dump: Dump) -> bool:
    """Whether the dump has SCTP's tables and their type: the module is loaded."""
    return bool(dump.symbols("sctp_globals")) and dump.find_type("struct", "sctp_globals") is not None


def for_each_endpoint(dump: Dump) -> Iterator[Any]:
    """Each ``struct sctp_endpoint``, and the errors met on the way.

    Chains are of endpoints themselves where these have the node, else of their ``sctp_ep_common``.

    :raises NotFoundError: the module is not there.
    """
    table = _globals(dump)
    bucket = dump.type("struct sctp_hashbucket")
    start, count = int(table.ep_hashtable), min(table.ep_hashsize, MAX_BUCKETS)
    member = "node" if dump.struct_class("struct sctp_endpoint").member_offset("node") is not None else "base.node"
    for i in range(count if start else 0):
        head = start + i * bucket.size + bucket.offset_of("chain")
        yield from caught(hlist_for_each_entry(dump, head, "struct sctp_endpoint", member, limit=LIMIT))


def for_each_association(dump: Dump, endpoint: Any = None) -> Iterator[Any]:
    """Each ``struct sctp_association`` of an endpoint, or of all, and the errors met on the way.

    Endpoints list theirs; in the table of endpoints are those that listen alone. 4f0087812648 ("sctp: apply rhashtable api to send/recv
    path") (in v4.6): the table of all has a path for each address of a peer.
    """
    seen: set[int] = set()
    for one in [endpoint] if endpoint is not None else for_each_endpoint(dump):
        if isinstance(one, Error):
            yield one
            continue
        head = int(one) + one.fieldOffset("asocs")
        for found in caught(list_for_each_entry(dump, head, "struct sctp_association", "asocs", limit=LIMIT)):
            seen.add(0 if isinstance(found, Error) else int(found))
            yield found
    for path in _for_each_path(dump) if endpoint is None else ():
        try:
            found = path if isinstance(path, Error) else path.asoc
        except Error as error:
            found = error
        if isinstance(found, Error) or (found and int(found) not in seen):
            seen.add(0 if isinstance(found, Error) else int(found))
            yield found


def _for_each_path(dump: Dump) -> Iterator[Any]:
    """Each ``struct sctp_transport`` of the table of all (a ``struct rhltable``: entries of one key are a list), and the errors met on the way."""
    every = _globals(dump)
    if not every.hasField("transport_hashtable"):
        return
    try:
        table = every.transport_hashtable.ht.tbl
        first, size = int(table) + table.fieldOffset("buckets"), int(table.size)
    except Error as error:
        yield error
        return
    for one in hash_for_each_entry(dump, first, size, "struct sctp_transport", "node"):
        count = 0
        while not isinstance(one, Error) and count < LIMIT:
            yield one
            count += 1
            try:
                following = int(one.node.next)
                if not following:
                    break
                one = dump.object("struct sctp_transport", following - one.fieldOffset("node"))
            except Error as error:
                one = error
        if isinstance(one, Error):
            yield one


def address(dump: Dump, found: Any) -> tuple[str, int]:
    """(address, port) of a ``union sctp_addr``. :raises FaultError: :raises NotFoundError: of another family."""
    family = int(found.sa.sa_family)
    if family == AF_INET:
        return ip_text(dump.read(int(found.v4) + found.v4.fieldOffset("sin_addr"), 4)), ntohs(found.v4.sin_port, dump)
    if family == AF_INET6:
        return ip_text(dump.read(int(found.v6) + found.v6.fieldOffset("sin6_addr"), 16)), ntohs(found.v6.sin6_port, dump)
    raise NotFoundError(f"an address of family {family} in SCTP")


def local_addresses(dump: Dump, common: Any) -> Iterator[str]:
    """Those that a ``struct sctp_ep_common`` is bound to. :raises FaultError, LimitError:"""
    head = int(common) + common.fieldOffset("bind_addr.address_list")
    for one in list_for_each_entry(dump, head, "struct sctp_sockaddr_entry", "list", limit=LIMIT):
        yield address(dump, one.a)[0]


def for_each_transport(dump: Dump, association: Any) -> Iterator[Any]:
    """Each ``struct sctp_transport``, a path to an address of the peer's. :raises FaultError, LimitError:"""
    head = int(association) + association.fieldOffset("peer.transport_addr_list")
    yield from list_for_each_entry(dump, head, "struct sctp_transport", "transports", limit=LIMIT)


def state_name(number: int) -> str:
    """Of an association"""
    return STATES[number] if 0 <= number < len(STATES) else str(number)
