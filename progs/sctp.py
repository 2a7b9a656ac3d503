# SPDX-License-Identifier: GPL-2.0-or-later
"""SCTP: associations and endpoints, as /proc/net/sctp shows them."""

from __future__ import annotations

import argparse

from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "0.1"


def parser() -> argparse.ArgumentParser:
    found = Parser("sctp")
    found.add_argument("-v", dest="verbose", action="store_true", help="paths to each address of the peer too")
    return found


def rows(session: Any, options: Any) -> Iterator[Row]:
    from _pykd import Error
    from pykd.kernel.net import sctp
    from pykd.kernel.net.show.allsockets import association_row

    dump = session.dump
    if not sctp.is_there(dump):
        raise CommandError("the module sctp is not loaded, or the dump lacks its types")
    for found in sctp.for_each_association(dump):
        row = {"kind": "association", **association_row(dump, found)}
        if not isinstance(found, Error):
            row |= _counted(found.base, "sock_state")
        yield row
    for endpoint in sctp.for_each_endpoint(dump):
        # Told above.
        if isinstance(endpoint, Error):
            continue
        row = {"kind": "endpoint", "endpoint": int(endpoint)}
        try:
            row |= {"sock": int(endpoint.base.sk), "local_port": int(endpoint.base.bind_addr.port), **_counted(endpoint.base, "sock_state")}
            row["local"] = list(sctp.local_addresses(dump, endpoint.base))
        except Error as error:
            row["error"] = fault(error, partial=True)
        yield row


def _counted(common: Any, key: str) -> Row:
    """State of the socket of a ``struct sctp_ep_common``, and references to it."""
    from _pykd import Error

    try:
        return {key: int(getattr(common.sk, "__sk_common").skc_state), "references": int(common.refcnt.refs.counter)}
    except Error as error:
        return {"error": fault(error, partial=True)}


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    found = list(rows)
    associations = [row for row in found if row["kind"] == "association"]
    if associations:
        yield from ("", " ASSOC               SOCK            SST ST LPORT RPORT LADDRS <-> RADDRS")
    for row in associations:
        if "sock" not in row:
            yield mark(row)
            continue
        yield (
            f"{row['association']:#x} {row['sock']:#x} {row.get('sock_state', '?')} {row['state']} {row['local_port']} {row['remote_port']} "
            f"{' '.join(row['local'])}<->{' '.join(row['remote'])} {mark(row)}"
        ).rstrip()
        yield f"\t ep={row['endpoint']:#x}  refcnt={row.get('references', '?')}"
        for path in row["transports"] if options.verbose else ():
            yield f"\t path {path['address']} state={path['state']} rto={path['rto_ms']} ms{' primary' if path['primary'] else ''}"
    endpoints = [row for row in found if row["kind"] == "endpoint"]
    if endpoints:
        yield from ("", " ENDPT                SOCK       SST LPORT LADDRS")
    for row in endpoints:
        if "sock" not in row:
            yield mark(row)
            continue
        yield f" {row['endpoint']:#x} {row['sock']:#x} {row.get('sock_state', '?')} {row['local_port']} {' '.join(row.get('local', ()))} {mark(row)}".rstrip()
    if not found:
        yield "No SCTP endpoints"


COMMAND = Program(
    name="sctp",
    summary="SCTP associations and endpoints",
    topic="network",
    parser=parser,
    description="What /proc/net/sctp/assocs and eps show. The state of a socket is a number as TCP has them, that of an association is in words.",
    fields={
        "kind": "association, endpoint", "association": "struct sctp_association", "endpoint": "struct sctp_endpoint", "sock": "struct sock",
        "sock_state": "skc_state", "state": "of the association", "assoc_id": "", "local": "addresses", "remote": "addresses", "local_port": "",
        "remote_port": "", "transports": "transport, address, state, rto_ms, primary", "references": "",
    },
    examples=[("sctp -v", "associations with the paths to each address of the peer")],
    rows=rows,
    text=text,
)  # fmt: skip

if __name__ == "__main__":
    COMMAND.main()
