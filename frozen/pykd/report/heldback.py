# SPDX-License-Identifier: GPL-2.0-or-later
"""I/O that limits of cgroups hold back, by disk."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.walk import caught
from pykd.kernel.block.disks import for_each_disk
from pykd.kernel.block.throttle import for_each_held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.kernel.block.throttle import Held
    from pykd.report.facts import Facts


def held_back(facts: Facts) -> Iterator[tuple[str, Held]]:
    """(disk, what one cgroup's limits hold back of its I/O); nothing where the kernel knows no such limits."""
    for disk in caught(for_each_disk(facts.dump)):
        try:
            if isinstance(disk, Error):
                raise disk
            if not disk.queue:
                continue
            for held in caught(for_each_held(facts.dump, disk.queue)):
                if isinstance(held, Error):
                    raise held
                yield str(disk.disk_name), held
        except NotFoundError:
            return
        except Error as error:
            facts.note(error)
