# SPDX-License-Identifier: GPL-2.0-or-later
"""RPC (sunrpc): clients, the calls they wait for, their transports; transports of the server. Types are those of the module."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.net.namespaces import for_each_net

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

MAX_CLIENTS = 1 << 16
MAX_TASKS = 1 << 22
MAX_NET_ID = 1 << 16

XPRT_STATES = (
    "LOCKED", "CONNECTED", "CONNECTING", "CLOSE_WAIT", "BOUND", "BINDING", "CLOSING", "OFFLINE", "REMOVE", "CONGESTED", "CWND_WAIT", "WRITE_SPACE",
    "SND_IS_COOKIE",
)  # fmt: skip
"""Bits of ``rpc_xprt.state``: XPRT_* of include/linux/sunrpc/xprt.h"""
XPT_FLAGS = (
    "BUSY", "CONN", "CLOSE", "DATA", "TEMP", "", "DEAD", "CHNGBUF", "DEFERRED", "OLD", "LISTENER", "CACHE_AUTH", "LOCAL", "KILL_TEMP",
    "CONG_CTRL", "HANDSHAKE", "TLS_SESSION", "PEER_AUTH",
)  # fmt: skip
"""Bits of ``svc_xprt.xpt_flags``: XPT_* of include/linux/sunrpc/svc_xprt.h; an enum since v6.5, whose names count where they are"""
TASK_FLAGS = (
    (0x1, "ASYNC"), (0x2, "SWAPPER"), (0x4, "MOVEABLE"), (0x10, "NULLCREDS"), (0x20, "MAJORSEEN"), (0x80, "DYNAMIC"), (0x100, "NO_ROUND_ROBIN"),
    (0x200, "SOFT"), (0x400, "SOFTCONN"), (0x800, "SENT"), (0x1000, "TIMEOUT"), (0x2000, "NOCONNECT"), (0x4000, "NO_RETRANS_TIMEOUT"),
    (0x8000, "CRED_NOREF"),
)  # fmt: skip
"""``rpc_task.tk_flags``: RPC_TASK_* of include/linux/sunrpc/sched.h"""


def net_generic(dump: Dump, net: Any, number: int) -> int:
    """Address of what the subsystem of that number keeps for a ``struct net``; 0 if there is none. :raises FaultError:"""
    table = int(net.gen)
    if not table or not 0 < number < MAX_NET_ID:
        return 0
    # 6af2d5fff2fd ("netns: fix net_generic() "id - 1" bloat") (in v4.10): the pointers begin where the length is
    return dump.read_unsigned(table + 8 * number)


def for_each_client(dump: Dump) -> Iterator[Any]:
    """Each ``struct rpc_clnt`` of all network namespaces, and the errors met on the way.

    :raises NotFoundError: sunrpc is not loaded, or the dump has no types of it.
    """
    number = dump.read_unsigned(dump.symbol("sunrpc_net_id").address, 4)
    kind = dump.type("struct sunrpc_net")
    for net in caught(for_each_net(dump)):
        try:
            if isinstance(net, Error):
                raise net
            own = net_generic(dump, net, number)
        except Error as error:
            yield error
            continue
        if own:
            head = own + kind.offset_of("all_clients")
            yield from caught(list_for_each_entry(dump, head, "struct rpc_clnt", "cl_clients", limit=MAX_CLIENTS, what="the list of RPC clients"))


def for_each_task(dump: Dump, client: Any) -> Iterator[Any]:
    """Each ``struct rpc_task`` of a ``struct rpc_clnt``: a call under way. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, int(client) + client.fieldOffset("cl_tasks"), "struct rpc_task", "tk_task", limit=MAX_TASKS)


def task_age(dump: Dump, task: Any) -> float:
    """Seconds since a ``struct rpc_task`` began. :raises FaultError:"""
    return max(timekeeping.ktime(dump) - int(task.tk_start), 0) / 1e9


def client_row(client: Any) -> Row:
    """client, program, version, server, transport, as far as they can be read."""
    row: Row = {"client": int(client)}
    try:
        transport = client.cl_xprt
        row |= {"program": str(client.cl_program.name or ""), "number": int(client.cl_prog), "version": int(client.cl_vers)}
        row |= {"transport": int(transport), "server": str(transport.servername or ""), "address": str(transport.address_strings[0] or "")}
    except Error as error:
        row["error"] = fault(error)
    return row


def task_row(dump: Dump, task: Any) -> Row:
    """task, client, procedure, status, flags, owner (PID), age (s), callback, waits_on, retries, as far as they can be read."""
    row: Row = {"task": int(task)}
    try:
        row |= {"client": int(task.tk_client), "status": int(task.tk_status), "owner": int(task.tk_owner)}
        row["flags"] = [name for bit, name in TASK_FLAGS if int(task.tk_flags) & bit]
        procedure = task.tk_msg.rpc_proc
        row["procedure"] = str(procedure.p_name or procedure.p_proc) if procedure else ""
        row["callback"] = _symbol(dump, int(task.tk_callback))
        queue = task.tk_waitqueue
        row["waits_on"] = str(queue.name or "") if queue else ""
        request = task.tk_rqstp
        row["retries"] = int(request.rq_retries) if request else 0
        row["age"] = task_age(dump, task)
    except Error as error:
        row["error"] = fault(error)
    return row


def transport_row(dump: Dump, transport: Any) -> Row:
    """transport, protocol, state, idle (s), queues (length by name), counters, as far as they can be read."""
    row: Row = {"transport": int(transport)}
    try:
        row |= {"server": str(transport.servername or ""), "address": str(transport.address_strings[0] or ""), "protocol": int(transport.prot)}
        row["state"] = flag_names(int(transport.state), XPRT_STATES)
        jiffies = timekeeping.jiffies(dump)
        row["idle"] = max(jiffies - int(transport.last_used), 0) / timekeeping.hz(dump)
        row["queues"] = {name: int(getattr(transport, name).qlen) for name in ("binding", "sending", "pending", "backlog")}
        counted = transport.stat
        names = ("bind_count", "connect_count", "connect_time", "sends", "recvs", "bad_xids", "max_slots", "req_u", "bklog_u", "sending_u", "pending_u")
        row["counters"] = {name: int(getattr(counted, name)) for name in names}
    except Error as error:
        row["error"] = fault(error)
    return row


def flag_names(value: int, names: tuple[str, ...]) -> list[str]:
    """Names of the bits that are set; their numbers where they have none."""
    return [names[bit] if bit < len(names) and names[bit] else f"bit {bit}" for bit in range(value.bit_length()) if value >> bit & 1]


def _symbol(dump: Dump, address: int) -> str:
    symbol = dump.symbol_at(address) if address else None
    return symbol.name if symbol and symbol.address == address else ""


# ---- the server


def server_transports(dump: Dump, serv: Any) -> Iterator[Any]:
    """(``permanent`` or ``temporary``, ``struct svc_xprt``) of a ``struct svc_serv``: sockets it listens on, and connections.

    :raises FaultError, LimitError:
    """
    for title, member in (("permanent", "sv_permsocks"), ("temporary", "sv_tempsocks")):
        for one in list_for_each_entry(dump, int(serv) + serv.fieldOffset(member), "struct svc_xprt", "xpt_list", limit=MAX_CLIENTS):
            yield title, one
