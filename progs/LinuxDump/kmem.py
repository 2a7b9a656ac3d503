# SPDX-License-Identifier: GPL-2.0-or-later
"""What the command ``kmem -f`` prints, parsed."""

from __future__ import annotations

from pykdump import API

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["parse_kmemf", "print_Zone"]
__all__ += API.hand_on(globals())


def parse_kmemf(text: str) -> list[list[Any]]:
    """Zones of the first node: [number, name, [order, size (``4k``), address of the free area, blocks, pages]…]."""
    zones: list[list[Any]] = []
    heading = ""
    nodes = 0
    for line in text.splitlines():
        fields = line.split()
        if not fields:
            continue
        if fields[0] == "NODE":
            nodes += 1
            if nodes > 1:
                break
        if not fields[0].isdigit():
            heading = fields[0]
        elif heading == "ZONE" and len(fields) > 1:
            zones.append([int(fields[0]), fields[1]])
        elif heading == "AREA" and len(fields) == 5 and zones:
            order, size, address, blocks, pages = fields
            zones[-1].append([int(order), size, int(address, 16), int(blocks), int(pages)])
    return zones


def print_Zone(zone: list[Any]) -> None:
    """Print the free areas of a zone."""
    number, name, *areas = zone
    print(f"ZONE {number} {name}")
    for order, size, _, blocks, pages in areas:
        print(f"  {order:3d} {size:>6s} {blocks:8d} blocks {pages:8d} pages")
