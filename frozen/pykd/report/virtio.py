# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks of the host whose requests are old, with their rings."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.block.disks import for_each_disk
from pykd.kernel.block.requests import inflight_requests, request_age
from pykd.kernel.block.virtio import Ring, device_of_disk, rings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LEAST = 10.0
"""Seconds: an older request has not only not been looked at yet"""
MAX_REQUESTS = 4096


class Late(NamedTuple):
    """A disk of virtio_blk with old requests."""

    name: str
    requests: int
    seconds: float
    rings: list[Ring]


def late_disks(facts: Facts) -> Iterator[Late]:
    """Those whose oldest request is older than :data:`LEAST`, where the dump has the types of their rings."""
    dump = facts.dump
    if dump.find_type("struct", "vring_virtqueue") is None:
        return
    for disk in caught(for_each_disk(dump)):
        try:
            if isinstance(disk, Error):
                raise disk
            device = device_of_disk(dump, disk)
            ages = list(_ages(facts, disk)) if device is not None else []
            if ages and max(ages) >= LEAST:
                yield Late(str(disk.disk_name), len(ages), max(ages), list(rings(dump, device)))
        except Error as error:
            facts.note(error)


def _ages(facts: Facts, disk: Any) -> Iterator[float]:
    queue = disk.queue
    for number, request in enumerate(caught(inflight_requests(facts.dump, queue)) if queue else ()):
        if number >= MAX_REQUESTS:
            return
        if not isinstance(request, Error) and (age := request_age(facts.dump, request)) is not None:
            yield age / 1e9


def was_alive(facts: Facts) -> bool:
    """Whether the guest ran when the dump was made, so that it was the host that stopped it."""
    return facts.stopped is not None and facts.stopped.kind == "alive"
