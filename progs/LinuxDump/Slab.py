# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects of slab caches."""

from __future__ import annotations

import pykd
from pykd.kernel.mm import slabobjects, slabs
from pykdump import API

__all__ = ["get_slab_addrs"]
__all__ += API.hand_on(globals())


def get_slab_addrs(name: str) -> tuple[list[int], list[int]]:
    """Addresses of the allocated and of the free objects of a slab cache, as far as its slabs are in lists: full ones are in none.

    :raises KeyError: no cache of that name.
    """
    dump = pykd.current()
    cache = slabs.find_cache(dump, name)
    if cache is None:
        raise KeyError(f"no slab {name}")
    objects = slabobjects.Objects(dump, cache)
    allocated: list[int] = []
    free: list[int] = []
    for slab in objects.known_slabs():
        for one in objects.describe(slab).get("objects", ()):
            (free if one["free"] else allocated).append(one["address"])
    # of slabs that are in no list
    known = set(free)
    free += [address for held in objects.sheaves.values() for address in held if address not in known]
    return allocated, free
