# SPDX-License-Identifier: GPL-2.0-or-later
"""The first oops since boot: a bad pointer, a BUG, an impossible instruction."""

from __future__ import annotations

import re

from pykd.report.facts import stamp
from pykd.report.finding import CORRUPTION, EXACT, FIRST_MESSAGE, STOPS, Finding, Found
from pykd.report.verdict import OOPSES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

_NUMBERED = re.compile(r" \[#(\d+)\]")
_WHERE = re.compile(r"RIP: 0010:(?:\[<[0-9a-f]+>\] )?([\w.]+)\+(0x[0-9a-f]+)/\S+(?: \[(\w+)\])?")
_BEFORE, _BEHIND = 8, 60
"""Records around the line with the number that belong to the oops"""

_POISONS = (
    (0xDEAD000000000100, 0xDEAD000000000200, "a node of a list that was removed from it (LIST_POISON)"),
    (0x6B6B6B6B6B6B0000, 0x6B6B6B6B6B6C0000, "freed memory of a slab (poison 6b)"),
    (0x5A5A5A5A5A5A0000, 0x5A5A5A5A5A5B0000, "memory of a slab that nobody initialised (poison 5a)"),
    (0xAAAAAAAAAAAA0000, 0xAAAAAAAAAAAB0000, "a free page (poison aa)"),
)


def address_class(address: int) -> str:
    """What an address says that the kernel could not use; "" if nothing."""
    if address < 4096:
        return f"a member at offset {address:#x} of a struct whose pointer is NULL" if address else "a NULL pointer"
    for low, high, text in _POISONS:
        if low <= address < high:
            return text
    data = address.to_bytes(8, "little").rstrip(b"\0")
    if len(data) >= 6 and all(0x20 <= byte < 0x7F for byte in data):
        return f'text where a pointer should be: "{data.decode("ascii")}"'
    return "an address of user space" if address < 1 << 47 else ""


def rule(facts: Facts) -> Iterator[Found]:
    records = facts.records
    place = next((number for number, record in enumerate(records) if _NUMBERED.search(record.text) and not record.facility), None)
    if place is None:
        return
    found = _NUMBERED.search(records[place].text)
    number = int(found[1]) if found else 1
    around = records[max(place - _BEFORE, 0) : place + _BEHIND]
    title, line = "The kernel hit a fault (oops)", records[place]
    for _, pattern, words in OOPSES:
        line = next((record for record in around[: _BEFORE + 1] if re.search(pattern, record.text)), records[place])
        if re.search(pattern, line.text):
            title = words
            break
    evidence = [stamp(line)]
    if line is not records[place]:
        evidence.append(stamp(records[place]))
    where = next((match for record in around if (match := _WHERE.search(record.text))), None)
    text = title
    if where:
        text += f" in {where[1].partition('.')[0]}+{where[2]}" + (f" of the module {where[3]}" if where[3] else "")
    level = FIRST_MESSAGE
    if hexadecimal := re.search(r"address:? (?:0x)?([0-9a-f]{4,16})\b", line.text):
        address = int(hexadecimal[1], 16)
        if meaning := address_class(address):
            evidence.append(f"{address:#x} is {meaning}")
        if poison := next((words for low, high, words in _POISONS if low <= address < high), ""):
            text, level = f"{text}: it used {poison}", CORRUPTION
    if number > 1:
        evidence.append(f"it is oops number {number}: the first ones are no longer in the log, and one of them may be the cause")
    yield Found(text, STOPS, EXACT if number == 1 else "guess", tuple(evidence), "bt", 0, max((facts.clock - line.time) / 1e9, 0.0), level)


FINDING = Finding(
    key="A3",
    title="oops",
    level=FIRST_MESSAGE,
    rule=rule,
    false_alarm="it is not the first one, or memory was corrupt or the hardware broken before it",
    advice="see where the bad pointer came from (dis -r, then struct of its object), and look for fixes of that function in newer kernels; of a foreign module ask its maker",
    excluded="the log has no oops",
)
