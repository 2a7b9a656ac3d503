# SPDX-License-Identifier: GPL-2.0-or-later
"""Audit records that were not handed to user space."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

QUEUES = ("audit_hold_queue", "audit_retry_queue", "audit_queue")
"""``struct sk_buff_head``, the oldest records first. Three since 3197542482df ("audit: rework audit_log_start()") (in v4.10)"""
MAX_RECORDS = 100_000


class Record(NamedTuple):
    """One record."""

    type: int
    """AUDIT_…: include/uapi/linux/audit.h"""
    text: str
    """``audit(TIME:SERIAL): …``"""


def records(dump: Dump) -> Iterator[Record | Error]:
    """The records in each of :data:`QUEUES`, and the errors met on the way: a ``struct sk_buff`` each, with a ``struct nlmsghdr`` before the text."""
    header = dump.type("struct nlmsghdr").size
    for queue in QUEUES:
        head = dump.address_of(queue, "", default=0)
        if not head:
            continue
        addresses, why = dump.follow(head, limit=MAX_RECORDS)
        for address in addresses[1:]:
            try:
                buffer: Any = dump.object("struct sk_buff", address)
                data = int(buffer.data)
                message: Any = dump.object("struct nlmsghdr", data)
                text = dump.read(data + header, max(0, min(message.nlmsg_len, buffer.len) - header))
                yield Record(message.nlmsg_type, text.rstrip(b"\0").decode("utf-8", "backslashreplace"))
            except Error as error:
                yield error
        if why is not None:
            yield ended(why, queue)
