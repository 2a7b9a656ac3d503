# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections: the pieces in which memory has a memory map (CONFIG_SPARSEMEM)."""

from __future__ import annotations

from _pykd import FaultError
from pykd.core.rows import fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

DEFAULT_BITS = 27
"""Of a physical address on x86-64 and arm64: 128 MB."""
FLAGS = "PMOE"
"""present, with a memory map, online, early"""


def bits(dump: Dump) -> int:
    """Bits of a physical address within a section; arm64 tells them in vmcoreinfo where they are others."""
    return int(dump.vmcoreinfo.get("NUMBER(SECTION_SIZE_BITS)", DEFAULT_BITS))


def sections(dump: Dump) -> Iterator[dict[str, Any]]:
    """Present sections: section (number), address (``struct mem_section``), coded and map (addresses), state, pfn (the first).

    :raises FaultError: the table of roots cannot be read.
    """
    table = dump.read_unsigned(dump.symbol("mem_section", "").address)
    size = dump.type("struct mem_section").size
    page_size = dump.type("struct page").size
    per_root = dump.page_size // size
    per_section = (1 << bits(dump)) // dump.page_size
    for number in range(dump.max_pfn // per_section + 1):
        root = dump.read_unsigned(table + 8 * (number // per_root))
        if not root:
            continue
        address = root + number % per_root * size
        try:
            coded = dump.read_unsigned(address)
        except FaultError as error:
            yield {"section": number, "address": address, "error": fault(error)}
            continue
        if not coded & 1:
            continue
        state = "".join(letter for bit, letter in enumerate(FLAGS) if coded >> bit & 1)
        start = number * per_section
        # the low bits are flags; the map is coded as if it began at PFN 0
        coded_map = coded & ~0x3F
        yield {"section": number, "address": address, "coded": coded_map, "map": coded_map + start * page_size, "state": state, "pfn": start}
