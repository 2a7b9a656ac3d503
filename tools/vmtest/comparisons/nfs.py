# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS: mounts, counters, calls under way, state of version 4, the server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from comparisons.registry import comparison, unequal, unequal_sets
from truth import Truth

MILLION = 1_000_000
TIMES = ("queue", "rtt", "execute")


def _mounts(truth: Truth) -> dict[str, list[str]]:
    """By directory the words of /proc/mounts of each NFS mount."""
    return {words[1]: words for words in truth.table("proc/mounts", 0) if words[2] in ("nfs", "nfs4")}


@comparison("$? mountshow --mounts")
def nfs_mounts(truth: Truth, found: list) -> Iterator[str]:
    """NFS mounts with all their options, against /proc/mounts."""
    wanted = _mounts(truth)
    rows = {row["directory"]: row for row in found if "directory" in row}
    if not wanted:
        return
    yield from unequal_sets("mount", set(rows), set(wanted))
    for where, words in wanted.items():
        if where in rows:
            yield from unequal(f"mount {where}", rows[where], {"type": words[2], "device": words[0], "options": words[3].split(",")})


def _statistics(truth: Truth) -> dict[str, list[str]]:
    """By directory the lines of /proc/self/mountstats of each NFS mount."""
    found: dict[str, list[str]] = {}
    at = None
    for line in truth.lines("proc/self/mountstats"):
        if match := re.match(r"device .* mounted on (\S+) with fstype (\S+)", line):
            at = match[1] if match[2] in ("nfs", "nfs4") else None
        if at:
            found.setdefault(at, []).append(line.strip())
    return found


@comparison("$? mountshow --stats")
def nfs_counters(truth: Truth, found: list) -> Iterator[str]:
    """Counters of each NFS mount and procedure, against /proc/self/mountstats: none that was counted may be lost."""
    rows = {row["directory"]: row for row in found if "directory" in row}
    for where, lines in _statistics(truth).items():
        row = rows.get(where)
        if row is None:
            yield f"mount {where} is missing"
            continue
        operations = {one["name"]: one for one in row["operations"]}
        for line in lines:
            label, _, rest = line.partition(":")
            values = rest.split()
            if label in ("events", "bytes"):
                have = list(row[label].values())
                if len(have) != len(values) or any(mine < int(was) for mine, was in zip(have, values, strict=True)):
                    yield f"mount {where}: {label} {have}, were {rest}"
            elif label in operations:
                # The times are in nanoseconds, and told in milliseconds.
                mine = {key: count // MILLION if key in TIMES else count for key, count in operations[label].items() if key != "name"}
                was = dict(zip(("ops", "ntrans", "timeouts", "bytes_sent", "bytes_recv", *TIMES), map(int, values), strict=False))
                if any(mine[key] < count for key, count in was.items()) or any(mine[key] > count + 100 + count // 10 for key, count in was.items() if key.endswith("s")):
                    yield f"mount {where}: {label} {mine}, were {was}"
        told = {line.partition(":")[0] for line in lines if re.match(r"[A-Z][A-Z_0-9]*: \d", line)} - {"RPC"}
        yield from unequal_sets(f"mount {where}: procedure", set(operations) & told, told)


@comparison("$? nfsshow --rpctasks -v")
def rpc_calls(truth: Truth, found: list) -> Iterator[str]:
    """Calls under way by what they wait for, against debugfs."""
    files = sorted(truth.root.glob("sys/kernel/debug/sunrpc/rpc_clnt/*/tasks"))
    if not files:
        return
    wanted = []
    for file in files:
        for line in file.read_text().splitlines():
            # pid flags status client xid timeout ops programV procedure a:action q:queue
            if match := re.match(r"\s*\d+ [0-9a-f]{4} +(-?\d+) .* (\S+) a:\S+(?: \[\w+\])? q:(\S+)", line):
                wanted.append((match[2], match[3]))
    mine = [(row["procedure"], row["waits_on"]) for row in found if row["kind"] == "rpc_task" and "procedure" in row]
    yield from unequal_sets("call", {(*one, mine.count(one)) for one in mine}, {(*one, wanted.count(one)) for one in wanted})


def _calls(row: dict) -> dict[int, dict[int, int]]:
    """By version the calls of a row of statistics by procedure."""
    return {one["version"]: {procedure["number"]: procedure["calls"] for procedure in one["procedures"]} for one in row.get("versions", ())}


@comparison("$? nfsshow --client")
def nfs_client(truth: Truth, found: list) -> Iterator[str]:
    """Mounts of what this machine serves itself, mounts by flags, and calls by program, version and procedure, against /proc.

    Counters were read before the crash: none may be lost, and few come after.
    """
    wanted = _mounts(truth)
    if not wanted:
        return
    # Of a small archive, which has no list of addresses, those of lo.
    own = {"127.0.0.1", "::1"} | {one["local"] for link in json.loads(truth.text("run/truth/ip-addr") or "[]") for one in link.get("addr_info", ())}
    for row in (row for row in found if row["kind"] == "mount" and row.get("directory") in wanted):
        address = next(word.removeprefix("addr=") for word in wanted[row["directory"]][3].split(",") if word.startswith("addr="))
        yield from unequal(f"mount {row['directory']}", row, {"loopback": address in own})
    shares = [row for row in found if row["kind"] == "shares"]
    for name in ("flags", "caps"):
        yield from unequal("mounts by", {name: sum(row["shares"] for row in shares if name in row)}, {name: len(wanted)})
    rows = [row for row in found if row["kind"] == "statistics" and row.get("program") == "nfs"]
    yield from unequal("statistics of NFS", {"rows": len(rows)}, {"rows": 1})
    for words in truth.table("proc/net/rpc/nfs", 0) if rows else ():
        label, *values = words[0], *map(int, words[1:])
        if label == "rpc":
            have = [rows[0]["counters"][name] for name in ("rpccnt", "rpcretrans", "rpcauthrefresh")]
        elif label.startswith("proc"):
            count = values.pop(0)
            calls = _calls(rows[0]).get(int(label.removeprefix("proc")), {})
            have = [calls.get(number, 0) for number in range(count)]
        else:
            continue
        if any(mine < was or mine > was + 100 + was // 10 for mine, was in zip(have, values, strict=True)):
            yield f"{label}: {have}, were {values}"


@comparison("$? nfsshow --server")
def nfs_server(truth: Truth, found: list) -> Iterator[str]:
    """Calls that the server counted, by program, version and procedure, against /proc/net/rpc/nfsd: none may be lost, and few come after."""
    rows = [row for row in found if row["kind"] == "server_statistics"]
    for words in truth.table("proc/net/rpc/nfsd", 0) if rows else ():
        label, *values = words[0], *words[1:]
        version = label.removeprefix("proc")
        if label == "net":
            have = [rows[0]["counters"][name] for name in ("netcnt", "netudpcnt", "nettcpcnt", "nettcpconn")]
        elif label == "rpc":
            have = [rows[0]["counters"]["rpccnt"]]
        elif version.isdigit():
            calls = _calls(rows[0]).get(int(version), {})
            have = [calls.get(number, 0) for number in range(int(values.pop(0)))]
        else:
            continue
        was = [int(value) for value in values[: len(have)]]
        if any(mine < one or mine > one + 100 + one // 10 for mine, one in zip(have, was, strict=True)):
            yield f"{label}: {have}, were {was}"


@comparison("$? nfs4show --server", "$? nfs4show --client -o -l -d")
def nfs4_state(truth: Truth, server: list, client: list) -> Iterator[str]:
    """Clients of the server; files that are open and delegated, by both sides, which are one machine here."""
    folders = sorted(truth.root.glob("proc/fs/nfsd/clients/*"))
    if not folders:
        return
    told, states = set(), []
    for folder in folders:
        info = dict(re.findall(r'^(\w[\w ]*): "?(.*?)"?$', (folder / "info").read_text(errors="surrogateescape"), re.M))
        told.add((info.get("name", ""), info.get("address", "").rsplit(":", 1)[0]))
        if (folder / "states").exists():
            states += re.findall(r"type: (\w+)", (folder / "states").read_text())
    yield from unequal_sets("client", {(row.get("name"), row.get("address", "").rsplit(":", 1)[0]) for row in server if row["kind"] == "server_client"}, told)
    owners = [one for row in client for owner in row.get("owners", ()) for one in owner.get("states", ())]
    # Of what is delegated the server may know neither.
    have = {"open": sum("NFS_OPEN_STATE" in one["flag_names"] for one in owners),
            "lock": sum("INITIALIZED" in lock["flag_names"] for one in owners for lock in one.get("locks", ())),
            "deleg": sum(len(row.get("delegations", ())) for row in client)}
    if states:
        yield from unequal("states of version 4", have, {kind: states.count(kind) for kind in have})
