# SPDX-License-Identifier: GPL-2.0-or-later
"""What each CPU has of packets that came in and are not dealt with yet."""

from __future__ import annotations

from _pykd import Error, Struct
from pykd.core.record import NamedTuple
from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LIMIT = 100000


class Softnet(NamedTuple):
    """:ivar data: ``struct softnet_data``
    :ivar processed, dropped, squeezed: packets, packets, times that there was more to do than time, as /proc/net/softnet_stat has them.
    """

    cpu: int
    data: Any
    processed: int
    dropped: int
    squeezed: int


def for_each_softnet(dump: Dump) -> Iterator[Softnet | Error]:
    """Of each possible CPU, or the error met."""
    base = dump.symbol("softnet_data").address
    for cpu in cpus.possible(dump):
        data: Any = dump.object("struct softnet_data", cpus.address_on(base, cpu, dump))
        try:
            yield Softnet(cpu, data, int(data.processed), _dropped(data), int(data.time_squeeze))
        except Error as error:
            yield error


def _dropped(data: Any) -> int:
    """A number; an atomic_t since v6.10, one for each half of the nodes since v7.0 or so."""
    if data.hasField("drop_counters"):
        return int(data.drop_counters.drops0.counter) + int(data.drop_counters.drops1.counter)
    return int(data.dropped.counter if isinstance(data.dropped, Struct) else data.dropped)


def for_each_napi(dump: Dump, data: Any) -> Iterator[Any]:
    """Each ``struct napi_struct`` that waits to be polled. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, int(data) + data.fieldOffset("poll_list"), "struct napi_struct", "poll_list", limit=LIMIT)
