# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS: this host as a client and as a server, RPC under way, locks."""

from __future__ import annotations

from pykd.core.errors import CommandError
from pykd.core.rows import Row, mark
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "1.1.4"
EVERY = -1
"""Value of --pid without a number"""
SUMMARY_TASKS = 20


def address(word: str) -> int:
    return int(word, 16)


def parser() -> Parser:
    found = Parser("nfsshow")
    add = found.add_argument
    add("-a", "--all", dest="all", action="store_true", help="print all")
    add("--server", dest="server", action="store_true", help="print info about this host as an NFS-server")
    add("--client", dest="client", action="store_true", help="print info about this host as an NFS-client")
    add("--rpctasks", dest="rpctasks", action="store_true", help="print RPC tasks")
    add("--decoderpctask", dest="decoderpctask", type=address, help="Decode RPC task at address")
    add("--nfsclient", dest="nfsclient", type=address, help="Print info about nfs_client at address")
    add("--maxrpctasks", dest="maxrpctasks", default=SUMMARY_TASKS, type=int, help="Maximum number of RPC tasks to print")
    add("--locks", dest="locks", action="store_true", help="print NLM locks")
    add("--deferred", dest="deferred", action="store_true", help="Print Deferred Requests")
    add("--pid", dest="pid", nargs="?", default=None, const=EVERY, type=int, help="Try to find everything NFS-related for this pid")
    add("--version", dest="version", action="store_true", help="Print program version and exit")
    add("-v", dest="verbose", default=0, action="count", help="verbose output")
    return found


def rows(session: Any, options: Any) -> Iterator[Row]:
    from pykd.kernel.net import sunrpc
    from pykd.programs import stacks
    from pykd.programs.nfs import show

    dump = session.dump
    if options.version:
        yield {"kind": "version", "version": __version__}
        return
    if not show.used(dump):
        raise CommandError("This host is not using NFS!")
    if options.decoderpctask is not None:
        yield {"kind": "rpc_task", **sunrpc.task_row(dump, dump.object("struct rpc_task", options.decoderpctask))}
        return
    if options.nfsclient is not None:
        yield from show.one_client(dump, options.nfsclient)
        return
    if options.pid is not None:
        command = "foreach bt" if options.pid == EVERY else f"bt {options.pid}"
        for row in session.rows(command):
            if stacks.has(row, "nfs|rpc"):
                yield {"kind": "stack", **row}
        return
    chosen = options.client or options.server or options.rpctasks or options.locks or options.deferred
    summary = not chosen and not options.all
    loaded = show.used(dump)
    if (options.client or options.all or summary) and "nfs" in loaded:
        yield from show.part("shares", lambda: show.shares(dump))
        yield from show.part("mount", lambda: show.client(dump))
        yield from show.part("statistics", lambda: show.statistics(dump))
    if (options.server or options.all or summary) and "nfsd" in loaded:
        yield from show.part("export", lambda: show.exports(dump))
        yield from show.part("domain", lambda: show.domains(dump))
        yield from show.part("service", lambda: show.transports(dump))
    if (options.rpctasks or options.all or summary) and "sunrpc" in loaded:
        yield from show.part("rpc_client", lambda: show.tasks(dump, options.maxrpctasks))
    if options.locks or options.all:
        yield from show.part("lock", lambda: show.locks(dump))
    if options.deferred or options.all:
        yield from show.part("svc_transport", lambda: (row for row in show.transports(dump) if "DEFERRED" in row.get("flags", ())))


_TITLES = {
    "shares": "  Host As A NFS-client  ", "export": "  Host As A NFS-server  ", "rpc_client": "  RPC  ", "lock": "  Locks  ", "nlm_file": "  NLM(lockd) Info  ",
}  # fmt: skip


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    from pykd.programs import stacks

    shown: set[str] = set()
    for row in rows:
        kind = row["kind"]
        if kind in _TITLES and kind not in shown:
            yield _TITLES[kind].center(70, "*")
        shown.add(kind)
        if len(row) == 2 and "error" in row:
            yield f"  {kind.replace('_', ' ')}: {mark(row)}"
        elif kind == "stack":
            yield ""
            yield from stacks.lines(row)
        elif kind == "version":
            yield f"nfsshow version {row['version']}"
        else:
            yield from _LINES[kind](row, options.verbose)


def _ends(row: Row) -> str:
    return f" {mark(row)}" if "error" in row else ""


def _shares(row: Row, verbose: int) -> Iterator[str]:
    for name in ("flags", "caps"):
        if name in row:
            yield f"  {row['shares']:3d} shares with {name}=<{'|'.join(row[name])}>"
            return
    yield f" -- {row['shares']} mounted shares, by flags/caps:"


def _mount(row: Row, verbose: int) -> Iterator[str]:
    yield f"   ---<struct nfs_server {row.get('server', 0):#x}> {row.get('device', '?')} on {row.get('directory', '?')}{_ends(row)}"
    yield f"       {','.join(row.get('options', ()))}"
    yield from _client(row, verbose)


def _client(row: Row, verbose: int) -> Iterator[str]:
    if "client" in row:
        yield f"       NFS version: {row.get('version', '?')}"
        yield f"    ---<struct nfs_client {row['client']:#x}> {row.get('host', '')} {row.get('address', '')}"
        if row.get("loopback"):
            from pykdump.logging import WARNING, PyLog

            warning = f"NFS loopback mount -> {row['address']}"
            PyLog().warning_onexit(warning)  # told again at the end
            yield f"{WARNING} {warning}"
    if "transport" in row:
        yield from _transport(row["transport"], verbose)


def _transport(row: Row, verbose: int) -> Iterator[str]:
    yield f"      ...<struct rpc_xprt {row['transport']:#x}> {row.get('server', '')} {row.get('address', '')}{_ends(row)}"
    if "state" in row:
        yield f"        state={'|'.join(row['state'])} protocol={row['protocol']}"
        if "idle" in row:
            yield f"        last_used {row['idle']:8.1f} s ago"
        yield from (f"        len({name}) queue is {length}" for name, length in row.get("queues", {}).items() if length or verbose)
        if verbose and "counters" in row:
            yield "        " + " ".join(f"{name}={value}" for name, value in row["counters"].items())


def _statistics(row: Row, verbose: int) -> Iterator[str]:
    kind = "svc_stat" if row["kind"] == "server_statistics" else "rpc_stat"
    yield f"  .... Stats for program  {row.get('program', '?')} <struct {kind} {row.get('statistics', 0):#x}>{_ends(row)}"
    words = [f"{name}={value}" for name, value in row.get("counters", {}).items()]
    yield from (f"       {' '.join(part)}" for part in (words[:5], words[5:]) if part)
    for version in row.get("versions", ()):
        if version["procedures"]:
            yield f"       v{version['version']}: {' '.join(f'{one["name"]}={one["calls"]}' for one in version['procedures'])}"


def _export(row: Row, verbose: int) -> Iterator[str]:
    yield f"{' (p)' if row['pending'] else '    '} {row.get('path', '?')} {row.get('domain', '?')} {','.join(row.get('options', ()))}{_ends(row)}"
    if verbose:
        yield f"         <struct svc_export {row['export']:#x}>"


def _domain(row: Row, verbose: int) -> Iterator[str]:
    yield f"    {row.get('class', ''):<8} {row.get('address', ''):>20}  {row.get('domain', '')}{_ends(row)}"


def _service(row: Row, verbose: int) -> Iterator[str]:
    yield f" ---- <struct svc_serv {row['service']:#x}> {row['name']}, {row['threads']} threads"


def _svc_transport(row: Row, verbose: int) -> Iterator[str]:
    yield f"  <struct svc_xprt {row['transport']:#x}> {row['which']}{_ends(row)}"
    if "flags" in row:
        yield f"    Local: {row['local'][0]} {row['local'][1]} Remote: {row['remote'][0]} {row['remote'][1]}"
        yield f"        flags={'|'.join(row['flags'])}"


def _rpc_client(row: Row, verbose: int) -> Iterator[str]:
    if verbose or row.get("tasks"):
        yield f"    <struct rpc_clnt {row['client']:#x}> {row.get('program', '')} v{row.get('version', '?')} {row.get('server', '')}, {row['tasks']} tasks{_ends(row)}"


def _rpc_task(row: Row, verbose: int) -> Iterator[str]:
    yield f"    --- <struct rpc_task {row['task']:#x}>{_ends(row)}"
    if "procedure" in row:
        yield f"\t  rpc_proc={row['procedure']}  tk_status={row['status']} owner pid={row['owner']}"
        if "age" in row:
            yield f"\t  started {row['age']:.1f} s ago{f', {row["retries"]} retries' if row['retries'] else ''}"
        yield f"\t  flags={'|'.join(row['flags'])}"
        for label in ("callback", "waits_on"):
            if row.get(label):
                yield f"\t  {label}={row[label]}"


def _rpc_total(row: Row, verbose: int) -> Iterator[str]:
    yield f"  ------- {row['tasks']} RPC Tasks, {row['clients']} RPC Clients ---------"


def _lock(row: Row, verbose: int) -> Iterator[str]:
    yield f"    {' '.join(row.get('flags', ()))} {row.get('type', '')} pid={row.get('pid', '?')} {row.get('comm', '')} {row.get('path', '')}{_ends(row)}"


def _nlm_file(row: Row, verbose: int) -> Iterator[str]:
    yield f"    File: {row['path']} <struct nlm_file {row['nlm_file']:#x}>"


_LINES = {
    "shares": _shares, "statistics": _statistics, "server_statistics": _statistics,
    "mount": _mount, "client": _client, "export": _export, "domain": _domain, "service": _service, "svc_transport": _svc_transport,
    "rpc_client": _rpc_client, "rpc_task": _rpc_task, "rpc_total": _rpc_total, "rpc_transport": _transport, "lock": _lock, "nlm_file": _nlm_file,
}  # fmt: skip

COMMAND = Program(
    name="nfsshow",
    summary="NFS client and server",
    topic="files",
    parser=parser,
    description=(
        "Without options a summary of the host as a client (mounts by flags, each with its transport; what RPC counted),\n"
        "as a server (exports, sockets) and of RPC calls under way.\n"
        "The modules' types are in dumps since Linux 5.11."
    ),
    fields={
        "kind": (
            "shares, mount, statistics, client, export, domain, service, server_statistics, svc_transport, rpc_client, rpc_task, rpc_total, rpc_transport, "
            "lock, nlm_file, stack"
        ),
        "mount": "struct mount", "superblock": "struct super_block", "type": "of a mount, of a lock", "device": "HOST:DIRECTORY", "directory": "",
        "options": "words", "loopback": "the server is this machine", "shares": "mounts", "caps": "words", "statistics": "struct rpc_stat, svc_stat",
        "versions": "calls by procedure", "server": "struct nfs_server; name of an RPC server", "client": "struct nfs_client, rpc_clnt", "host": "", "version": "", "address": "",
        "rpc_client": "struct rpc_clnt", "transport": "struct rpc_xprt, svc_xprt, or a row of one", "export": "struct svc_export", "pending": "mountd was asked",
        "domain": "of clients", "path": "", "class": "", "service": "struct svc_serv", "name": "", "threads": "", "which": "permanent or temporary",
        "local": "address, port", "remote": "address, port", "flags": "words", "program": "of RPC", "number": "of the program", "tasks": "under way", "clients": "of RPC",
        "task": "struct rpc_task, task_struct", "status": "", "owner": "PID", "age": "seconds", "procedure": "", "callback": "function", "waits_on": "a queue of RPC",
        "retries": "", "protocol": "6: TCP, 17: UDP", "state": "words", "idle": "seconds", "queues": "length by name", "counters": "of a transport, of a program",
        "lock": "struct file_lock", "pid": "", "comm": "", "file": "struct file", "inode": "struct inode", "start": "byte", "end": "byte, of a stack as `bt`",
        "waits_for": "struct file_lock", "nlm_file": "struct nlm_file", "cpu": "", "frames": "as `bt`", "user_registers": "as `bt`", "why": "as `bt`", "guessed": "as `bt`",
        "nothing_at": "", "active": "as `bt`",
    },
    examples=[("nfsshow", "a summary"), ("nfsshow --client -v", "mounts with their transports"), ("nfsshow --rpctasks", "calls under way")],
    rows=rows,
    text=text,
)  # fmt: skip

if __name__ == "__main__":
    COMMAND.main()
