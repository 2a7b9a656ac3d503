# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of NFS mounts."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import fault
from pykd.kernel import timekeeping
from pykd.kernel.fs import mounts, nfs
from pykd.kernel.net import sunrpc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row


def chosen(dump: Dump, words: Sequence[str]) -> Iterator[Row]:
    """The NFS mounts that are meant: all, or those at directories, or with addresses of their ``struct mount`` or ``vfsmount``.

    :raises CommandError: a word is neither.
    """
    known: list[Row] = []
    for mount in nfs.for_each_nfs_mount(dump):
        known.append({"error": fault(mount)} if isinstance(mount, Error) else mounts.mount_row(dump, mount))
    if not words:
        yield from known
        return
    offset = dump.type("struct mount").offset_of("mnt")
    for word in words:
        if word.startswith("/"):
            wanted = word.rstrip("/") or "/"
            found = [row for row in known if row.get("directory") == wanted]
            yield from found[-1:] or [{"nothing_at": word}]
            continue
        try:
            address = int(word, 16)
        except ValueError:
            raise CommandError(f"neither a directory nor an address: {word}") from None
        row = next((row for row in known if row.get("mount") in (address, address - offset)), None)
        if row is None:
            raise CommandError(f"no NFS mount is at {word}")
        yield row


def filled(dump: Dump, row: Row, *, counters: bool) -> Row:
    """A row of :func:`chosen` with the options, and with *counters* what was counted."""
    if "error" in row or "mount" not in row:
        return row
    found = dict(row)
    try:
        mount: Any = dump.object("struct mount", row["mount"])
        server = nfs.server_of(dump, mount)
        found["options"] = [*mounts.mount_options(mount), *nfs.mount_options(dump, server)]
        if counters:
            _count(dump, server, found)
    except Error as error:
        found["error"] = fault(error)
    return found


def _count(dump: Dump, server: Any, row: Row) -> None:
    jiffies = timekeeping.jiffies(dump)
    row["age"] = max(jiffies - int(server.mount_time), 0) // timekeeping.hz(dump)
    row |= {"caps_bits": (caps := int(server.caps)), "caps": nfs.capability_names(caps)}
    row |= {name: int(getattr(server, name)) for name in ("wtmult", "dtsize", "bsize", "namelen")}
    if nfs.version_of(server)[0] == 4:
        row |= {"bitmasks": [int(mask) for mask in server.attr_bitmask], "acl": int(server.acl_bitmask)}
    auth = server.client.cl_auth
    row |= {"flavor": int(auth.au_ops.au_flavor), "pseudoflavor": int(auth.au_flavor)}
    row["events"], row["bytes"] = nfs.io_counters(dump, server)
    transport = _transport(dump, server.client.cl_xprt)
    if transport:
        row["transport"] = transport
    row["operations"] = list(nfs.rpc_counters(dump, server.client))


def _transport(dump: Dump, transport: Any) -> Row | None:
    """As the kernel's print_stats() of its kind has it: the numbers of /proc/self/mountstats behind ``xprt:``."""
    symbol = dump.symbol_at(int(transport.ops.print_stats))
    kind = {"xs_tcp_print_stats": "tcp", "xs_udp_print_stats": "udp", "xs_local_print_stats": "local"}.get(symbol.name if symbol else "")
    if kind is None:
        return None
    counted, hz = transport.stat, timekeeping.hz(dump)
    jiffies = timekeeping.jiffies(dump)
    idle = max(jiffies - int(transport.last_used), 0) // hz if "CONNECTED" in sunrpc.flag_names(int(transport.state), sunrpc.XPRT_STATES) else 0
    numbers: list[int] = []
    if kind != "local":
        # xprt is the first member of struct sock_xprt
        numbers.append(int(dump.object("struct sock_xprt", int(transport)).srcport))
    numbers.append(int(counted.bind_count))
    if kind != "udp":
        numbers += [int(counted.connect_count), int(counted.connect_time) // hz, idle]
    names = ("sends", "recvs", "bad_xids", "req_u", "bklog_u", "max_slots", "sending_u", "pending_u")
    return {"kind": kind, "numbers": [*numbers, *(int(getattr(counted, name)) for name in names)]}
