# SPDX-License-Identifier: GPL-2.0-or-later
"""RPC (sunrpc): clients, the calls they wait for, their transports; transports of the server. Types are those of the module."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel import cpus, timekeeping
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.net.namespaces import for_each_net
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

MAX_CLIENTS = 1 << 16
MAX_TASKS = 1 << 22
MAX_NET_ID = 1 << 16
MAX_VERSIONS = 64
MAX_PROCEDURES = 256

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


CLIENT_COUNTERS = ("netcnt", "netudpcnt", "nettcpcnt", "nettcpconn", "netreconn", "rpccnt", "rpcretrans", "rpcauthrefresh", "rpcgarbage")
"""Of ``struct rpc_stat``: packets, those by UDP and by TCP, connections; calls, those sent again, refreshed credentials, what was no answer"""


def program_statistics(dump: Dump, clients: Iterable[Any]) -> Iterator[Row]:
    """What each program of RPC counted that a ``struct rpc_clnt`` of *clients* speaks, once each (/proc/net/rpc/nfs has those of NFS):
    statistics (``struct rpc_stat``), program, number, counters, and of each version the procedures that were called with how often, as far as
    they can be read. A row with error stands for a client that cannot be.

    Since 1548036ef120 ("nfs: make the rpc_stat per net namespace") (in v6.9) NFS has one ``rpc_stat`` for each network namespace; the calls by
    procedure are counted for all of them together.
    """
    seen: set[int] = set()
    for client in clients:
        try:
            if isinstance(client, Error):
                raise client
            counted = client.cl_stats
            if not counted or int(counted) in seen:
                continue
        except Error as error:
            yield {"error": fault(error)}
            continue
        seen.add(int(counted))
        row: Row = {"statistics": int(counted)}
        try:
            program = client.cl_program  # of rpcbind, mountd and lockd the rpc_stat does not say it
            row |= {"program": str(program.name or ""), "number": int(program.number)}
            row["counters"] = {name: int(getattr(counted, name)) for name in CLIENT_COUNTERS}
            row["versions"] = list(_calls(dump, program))
        except Error as error:
            row["error"] = fault(error)
        yield row


def _calls(dump: Dump, program: Any) -> Iterator[Row]:
    procedure = dump.type("struct rpc_procinfo").size
    for index in range(min(int(program.nrvers), MAX_VERSIONS)):
        address = dump.read_unsigned(int(program.version) + 8 * index)
        if not address:
            continue  # its module is not loaded
        version: Any = dump.object("struct rpc_version", address)
        number = min(int(version.nrprocs), MAX_PROCEDURES)
        counts = words_of(dump, dump.read(int(version.counts), 4 * number), "I") if version.counts else ()
        found = []
        for place, calls in enumerate(counts):
            if calls:
                info: Any = dump.object("struct rpc_procinfo", int(version.procs) + place * procedure)
                found.append({"number": place, "name": str(info.p_name) if info.p_name else "NULL" if place == 0 else str(place), "calls": calls})
        yield {"version": int(version.number), "procedures": found}


def flag_names(value: int, names: tuple[str, ...]) -> list[str]:
    """Names of the bits that are set; their numbers where they have none."""
    return [names[bit] if bit < len(names) and names[bit] else f"bit {bit}" for bit in range(value.bit_length()) if value >> bit & 1]


def _symbol(dump: Dump, address: int) -> str:
    symbol = dump.symbol_at(address) if address else None
    return symbol.name if symbol and symbol.address == address else ""


# ---- the server


SERVER_COUNTERS = ("netcnt", "netudpcnt", "nettcpcnt", "nettcpconn", "rpccnt", "rpcbadfmt", "rpcbadauth", "rpcbadclnt")
"""Of ``struct svc_stat``: packets, those by UDP and by TCP, connections; calls, those whose form, credentials or client were refused"""


def server_statistics(dump: Dump, serv: Any) -> Row:
    """What a ``struct svc_serv`` counted (/proc/net/rpc/nfsd): statistics (``struct svc_stat``), program, number, counters, and of each version the
    procedures that were called with how often, as far as they can be read. Versions count for all network namespaces together.
    """
    row: Row = {}
    try:
        counted = serv.sv_stats
        row["statistics"] = int(counted)
        if counted:
            program = counted.program
            row |= {"program": str(program.pg_name or ""), "number": int(program.pg_prog)}
            row["counters"] = {name: int(getattr(counted, name)) for name in SERVER_COUNTERS}
            row["versions"] = list(_served(dump, program))
    except Error as error:
        row["error"] = fault(error)
    return row


def _served(dump: Dump, program: Any) -> Iterator[Row]:
    procedure: Any = dump.struct_class("struct svc_procedure")
    size, named = dump.type("struct svc_procedure").size, dump.type("struct svc_procedure").member("pc_name")  # since v5.9
    counts = dump.type("struct svc_version").member("vs_count")
    on_cpus = counts is not None and "long" in str(counts.type)  # one for each CPU since v6.3, unsigned int for all before
    for index in range(min(int(program.pg_nvers), MAX_VERSIONS)):
        address = dump.read_unsigned(int(program.pg_vers) + 8 * index)
        if not address:
            continue
        version: Any = dump.object("struct svc_version", address)
        number, first = min(int(version.vs_nproc), MAX_PROCEDURES), int(version.vs_count)
        places = [cpus.address_on(first, cpu) for cpu in range(len(cpus.offsets(dump)))] if on_cpus else [first]
        width = 8 if on_cpus else 4
        read = [words_of(dump, dump.read(place, width * number), "Q" if on_cpus else "I") for place in places if first]
        found = []
        for place, calls in enumerate(map(sum, zip(*read, strict=True))):
            if calls:
                name = procedure(int(version.vs_proc) + place * size).pc_name if named else None
                found.append({"number": place, "name": str(name or place), "calls": calls})
        yield {"version": int(version.vs_vers), "procedures": found}


def server_transports(dump: Dump, serv: Any) -> Iterator[Any]:
    """(``permanent`` or ``temporary``, ``struct svc_xprt``) of a ``struct svc_serv``: sockets it listens on, and connections.

    :raises FaultError, LimitError:
    """
    for title, member in (("permanent", "sv_permsocks"), ("temporary", "sv_tempsocks")):
        for one in list_for_each_entry(dump, int(serv) + serv.fieldOffset(member), "struct svc_xprt", "xpt_list", limit=MAX_CLIENTS):
            yield title, one
