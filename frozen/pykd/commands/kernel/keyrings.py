# SPDX-License-Identifier: GPL-2.0-or-later
"""``keyrings``: the keys that the kernel holds, as /proc/keys."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import keys
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

NOBODY, OVERFLOW = 0xFFFF_FFFF, 65534
"""No group, and what /proc shows for it"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    for key in caught(keys.for_each_key(dump)):
        if isinstance(key, Error):
            yield {"error": fault(key)}
            continue
        row: Row = {"key": int(key)}
        try:
            letters = keys.letters(key)
            row |= {"serial": int(key.serial), "letters": letters, "flags": [one for one in letters if one != "-"]}
            row |= {"usage": int(key.usage.refs.counter), "expires": keys.expiry(key)}
            row |= {"permissions": int(key.perm), "uid": int(key.uid.val), "gid": int(key.gid.val), "type": str(key.type.name)}
            row["description"] = str(key.description or "")
            row["contents"] = keys.contents(key, row["type"])
        except Error as error:
            row["error"] = fault(error, partial="serial" in row)
        yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield "SERIAL   FLAGS   USAGE EXPIRY PERM       UID   GID TYPE      DESCRIPTION"
    for row in rows:
        if "permissions" not in row:
            yield f"{row.get('key', 0):x} {mark(row)}"
            continue
        when = "perm" if row["expires"] is None else str(row["expires"])
        what = row.get("description", "")
        if row.get("contents") is not None:
            what += f": {row['contents'] or ('empty' if row['type'] == 'keyring' else 0)}"
        gid = OVERFLOW if row["gid"] == NOBODY else row["gid"]
        line = f"{row['serial']:08x} {row['letters']} {row['usage']:>5} {when:>6} {row['permissions']:08x} {row['uid']:>5} {gid:>5} {row.get('type', '?')[:9]:<9} {what}"
        yield f"{line.rstrip()} {mark(row)}".rstrip()


COMMAND = Command(
    name="keyrings",
    summary="keys and keyrings, as /proc/keys shows them",
    topic="kernel",
    description="All of them, whoever may see them. Flags: I there is a payload, R revoked, D dead, Q in the quota of its owner, U being made by user space,\n"
    "N negative, i invalidated. Behind the name is the number of keys in a keyring, or the bytes of a payload. No payload is shown.",
    fields={
        "key": "struct key", "serial": "", "flags": "letters of those that are set", "letters": "of all, - is not set",
        "usage": "references", "expires": "seconds since 1970; null: never",
        "permissions": "possessor, user, group, others: a byte each",
        "uid": "", "gid": "", "type": "", "description": "", "contents": "keys of a keyring, bytes of a payload; null: not known of this type",
    },
    examples=(("keyrings", "all"),),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
