# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects of slab caches."""

from __future__ import annotations

from pykdump.API import *


def get_slab_addrs(name: str) -> tuple[list[int], list[int]]:
    """Addresses of the allocated and of the free objects of a slab cache.

    :raises KeyError: no cache of that name.
    """
    text = exec_crash_command_bg(f"kmem -S {name}")
    if not text:
        raise KeyError(f"no slab {name}")
    allocated = [int(a, 16) for a in re.findall(r"^\s+\[([a-f0-9]+)\]\s*$", text, re.MULTILINE)]
    free = [int(a, 16) for a in re.findall(r"^\s+([a-f0-9]+)\s*(?:\(cpu.*cache\))?\s*$", text, re.MULTILINE)]
    return allocated, free
