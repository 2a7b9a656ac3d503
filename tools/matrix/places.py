# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside pykd: print, as JSON, the addresses that command lines of lines.txt name, as far as this dump has them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pykd
from pykd.core import host


def _rows(command: str) -> list[dict]:
    text, _, worked = host.current().capture_apart(f"{command} --json")
    return json.loads(text)["rows"] if worked else []


def _column(command: str, *keys: str) -> str | int:
    """The first value in a row that has one of these keys, however deep."""

    def deep(value: object) -> str | int | None:
        if isinstance(value, dict):
            for key in keys:
                if value.get(key) not in (None, "", 0, "0x0"):
                    return value[key]
            value = list(value.values())
        if isinstance(value, list):
            return next((found for found in map(deep, value) if found is not None), None)
        return None

    found = deep(_rows(command))
    if found is None:
        raise LookupError(command)
    return found


def _packet(dump: pykd.Dump) -> object:
    """A packet that waits in a queue of a device's discipline."""
    for row in _rows("xportshow -i -v"):
        for one in row.get("qdiscs", ()):
            if one.get("qlen") and one.get("address"):
                queue = dump.object("struct Qdisc", int(one["address"], 16)).q
                if int(queue.head):
                    return queue.head[0]
    raise LookupError("no packet waits")


def places(dump: pykd.Dump) -> dict[str, Callable[[], object]]:
    """How each address is found."""
    first = dump.variable("init_task")
    return {
        "semaphore": lambda: int(dump.variable("console_sem")),
        "rwsem": lambda: int(dump.variable("namespace_sem")),
        "mutex": lambda: int(dump.variable("cgroup_mutex")),
        "dentry": lambda: int(first.fs.root.dentry),
        "radix": lambda: int(dump.variable("init_pid_ns").idr.idr_rt),
        "netns": lambda: int(dump.variable("init_net")),
        "task": lambda: _column("ps 1", "task", "address"),
        "mount": lambda: _column("mount", "mount", "address"),
        "rpctask": lambda: _column("nfsshow --rpctasks", "task", "rpc_task"),
        "nfsclient": lambda: _column("nfsshow --client", "nfs_client", "client"),
        "nfspid": lambda: _column("nfsshow --rpctasks", "pid", "owner"),
        "skb": lambda: int(_packet(dump)),
        "iph": lambda: int(_packet(dump).head) + int(_packet(dump).network_header),
        "th": lambda: int(_packet(dump).head) + int(_packet(dump).transport_header),
    }


def main() -> None:
    dump = pykd.current()
    found = {}
    for name, ask in places(dump).items():
        try:
            value = ask()
        except (pykd.Error, LookupError, AttributeError, TypeError) as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        found[name] = value if isinstance(value, str) else str(value) if name == "nfspid" else hex(value)
    print(json.dumps(found))


main()
