# SPDX-License-Identifier: GPL-2.0-or-later
"""What the command ``kmem -f`` prints, parsed."""

from __future__ import annotations

from pykdump import API

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def parse_kmemf(text: str) -> list[list[Any]]:
    """Zones of the first node that have free areas: [number, name, [order, size (``4k``), address of the free area, blocks, pages]…]."""
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
    return [zone for zone in zones if len(zone) > 2]


def print_Zone(zone: list[Any]) -> None:
    """Print the free areas of a zone."""
    _, name, *areas = zone
    print(f"\n   == Zone:{name} ==\n")
    print("AREA    SIZE  FREE_AREA_STRUCT     BLOCKS  PAGES")
    print("----    ----  ------------------   ------  -----")
    for order, size, address, blocks, pages in areas:
        print(f"{order:3d} {size:>8s}  0x{address:016x}    {blocks:5d}  {pages:5d}")


def check_kmemf(nodekmem: list[list[Any]]) -> tuple[bool, bool]:
    """Whether the second zone has run out of areas of 8 KB and more, and of 32 KB and more: at most one is left of each size. Prints both.

    :raises IndexError: there is no second zone.
    """
    left = [int(size.rstrip("kK")) for _, size, _, blocks, _ in nodekmem[1][2:] if blocks > 1]
    out_of = not any(size >= 8 for size in left), not any(size >= 32 for size in left)
    print(*out_of)
    return out_of


# ---- the grammar, in terms of pyparsing


def actionToInt(_string: str, _place: int, tokens: Any) -> int:
    """A number in C's notation, or an octal one of old."""
    text = tokens[0]
    return int(text, 8 if text.isdigit() and text[0] == "0" else 0)


def actionToHex(_string: str, _place: int, tokens: Any) -> int:
    return int(tokens[0], 16)


def stripQuotes(_string: str, _place: int, tokens: Any) -> list[str]:
    return [tokens[0].strip('"')]


_GRAMMAR = ("AREA", "Cid", "NODE", "ZONE", "decval", "dquote", "hexval", "intval", "noprefix_hexval", "size", "zname")


def _grammar() -> dict[str, Any]:
    import pyparsing as pp

    hexval = pp.Combine("0x" + pp.Word(pp.hexnums))
    decval = pp.Word(pp.nums + "-", pp.nums).set_parse_action(actionToInt)
    noprefix = pp.Word(pp.hexnums).set_parse_action(actionToHex)
    size, intval = pp.Word(pp.nums, pp.alphanums), hexval | decval
    zname = pp.Word(pp.alphas, pp.alphanums + "-_")
    area = pp.Group(decval + size + noprefix + decval + decval)
    heading = pp.Suppress("ZONE") + pp.Suppress(pp.SkipTo("\n"))
    zone = heading + intval + zname + pp.Suppress(pp.SkipTo("PAGES", include=True)) + pp.OneOrMore(area)
    node = pp.Suppress(pp.Optional("NODE") + pp.SkipTo("ZONE")) + pp.OneOrMore(pp.Group(zone))
    elements = (area, pp.Word(pp.alphas + "_", pp.alphanums + "_"), node, zone, decval, pp.Literal('"'), hexval, intval, noprefix, size, zname)
    return dict(zip(_GRAMMAR, elements, strict=True))


def __getattr__(name: str) -> Any:
    if name not in _GRAMMAR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals().update(_grammar())
    return globals()[name]


__all__ = ["actionToHex", "actionToInt", "check_kmemf", "parse_kmemf", "print_Zone", "stripQuotes"]
__all__ += API.hand_on(globals())
