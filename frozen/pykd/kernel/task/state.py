# SPDX-License-Identifier: GPL-2.0-or-later
"""States of threads: the bits of ``task_struct.__state`` (``state`` before Linux 5.14), their names, and two letters for them.

Linux kernel commit 2f064a59a11f ("sched: Change task_struct::state") (in v5.14).
"""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

# What the kernel may report to user space comes first, one bit for each entry of task_state_array after the first.
_REPORTED = {
    "running": "TASK_RUNNING",
    "sleeping": "TASK_INTERRUPTIBLE",
    "disk sleep": "TASK_UNINTERRUPTIBLE",
    "stopped": "__TASK_STOPPED",
    "tracing stop": "__TASK_TRACED",
    "dead": "EXIT_DEAD",
    "zombie": "EXIT_ZOMBIE",
    "parked": "TASK_PARKED",
}

# The bits above TASK_PARKED are not in the array; since 8ef9925b02c2 ("sched/debug: Add explicit TASK_PARKED printing")
# (in v4.14) they follow it in this order, and new ones were only ever added at the end:
# 5f220be21418 (in v5.15) TASK_RTLOCK_WAIT, f5d39b020809 (in v6.1) the freezer's three.
_INTERNAL = (
    "TASK_DEAD",
    "TASK_WAKEKILL",
    "TASK_WAKING",
    "TASK_NOLOAD",
    "TASK_NEW",
    "TASK_RTLOCK_WAIT",
    "TASK_FREEZABLE",
    "__TASK_FREEZABLE_UNSAFE",
    "TASK_FROZEN",
)

# These say whether the freezer may act on a sleeping thread, not how it sleeps; programs compare whole names.
_MODIFIERS = ("TASK_FREEZABLE", "__TASK_FREEZABLE_UNSAFE")

# The first that fits says how a thread waits; ID has two bits. The letters are crash's.
_LETTERS = (
    ("TASK_IDLE", "ID"),
    ("TASK_INTERRUPTIBLE", "IN"),
    ("TASK_UNINTERRUPTIBLE", "UN"),
    ("__TASK_STOPPED", "ST"),
    ("__TASK_TRACED", "TR"),
    ("TASK_PARKED", "PA"),
    ("TASK_DEAD", "DE"),
    ("TASK_WAKEKILL", "WK"),
    ("TASK_WAKING", "WA"),
    ("TASK_NEW", "NE"),
    ("TASK_RTLOCK_WAIT", "RT"),
    ("TASK_FROZEN", "FR"),
)

LETTERS = ("RU", "IN", "UN", "ID", "ST", "TR", "ZO", "DE", "SW", "WA", "PA", "NE", "WK", "RT", "FR", "??")
"""All that :meth:`StateNames.letters` answers, and crash's SW, in crash's order."""

_DEFAULT_ARRAY = tuple(_REPORTED)


def state_bits(descriptions: tuple[str, ...] = _DEFAULT_ARRAY) -> dict[str, int]:
    """Values of the state names for a kernel whose ``task_state_array`` holds these *descriptions* (``disk sleep``)."""
    bits = {}
    for position, text in enumerate(descriptions):
        if name := _REPORTED.get(text):
            bits[name] = 1 << position - 1 if position else 0
    first = bits["TASK_PARKED"] << 1
    bits.update((name, first << position) for position, name in enumerate(_INTERNAL))
    bits["TASK_IDLE"] = bits["TASK_UNINTERRUPTIBLE"] | bits["TASK_NOLOAD"]
    return bits


def state_array(dump: Dump) -> tuple[str, ...]:
    """The texts of the kernel's ``task_state_array`` (``D (disk sleep)``) without the letters.

    What the kernels since 4.14 have when the array cannot be read or is not what it seems.
    """
    try:
        symbol = dump.symbol("task_state_array", "")
        texts = []
        for address in range(symbol.address, symbol.address + min(symbol.size, 16 * 8), 8):
            pointer = dump.read_unsigned(address)
            if not pointer:
                break  # kallsyms gives sizes up to the next symbol, padding included
            text = dump.read_string(pointer, 32).decode("ascii")
            if text[1:3] != " (" or text[-1:] != ")":
                break
            texts.append(text[3:-1])
    except (Error, UnicodeDecodeError):
        return _DEFAULT_ARRAY
    return tuple(texts) if _REPORTED.keys() <= set(texts) else _DEFAULT_ARRAY


class StateNames:
    """Translates states to names; remembers them, since there are few."""

    def __init__(self, bits: dict[str, int]) -> None:
        self.bits = bits
        self._known: dict[int, str] = {0: "TASK_RUNNING"}
        self._ignored = sum(bits[name] for name in _MODIFIERS)
        self._order = sorted((value, name) for name, value in bits.items() if value and name not in ("TASK_IDLE", *_MODIFIERS))
        self._letters = tuple((bits[name], letters) for name, letters in _LETTERS)
        self._known_letters: dict[int, str] = {0: "RU"}

    def name(self, state: int, exit_state: int = 0) -> str:
        """``TASK_UNINTERRUPTIBLE|TASK_WAKEKILL``: lower bits first. A thread past ``exit_notify()`` is ``TASK_DEAD``."""
        if exit_state:
            return "TASK_DEAD"
        name = self._known.get(state)
        if name is None:
            name = self._known[state] = self._make(state & ~self._ignored)
        return name

    def _make(self, state: int) -> str:
        if state == 0:
            return "TASK_RUNNING"
        if state == self.bits["TASK_IDLE"]:
            return "TASK_IDLE"
        names = [name for value, name in self._order if state & value]
        return "|".join(names) or f"state:{state}"

    def letters(self, state: int, exit_state: int = 0) -> str:
        """``RU IN UN ID ST TR ZO DE …``, by the lowest bit that says how the thread waits; ``??`` of bits that are not known.

        :param exit_state: ``task_struct.exit_state``; ``EXIT_ZOMBIE`` is ZO also where ``EXIT_DEAD`` is set with it.
        """
        if exit_state & self.bits["EXIT_ZOMBIE"]:
            return "ZO"
        if exit_state & self.bits["EXIT_DEAD"]:
            return "DE"
        known = self._known_letters.get(state)
        if known is None:
            known = next((letters for bits, letters in self._letters if state & bits == bits), "??")
            self._known_letters[state] = known
        return known


@per_dump
def state_names(dump: Dump) -> StateNames:
    """The names of the kernel in hand, by its own ``task_state_array``."""
    return StateNames(state_bits(state_array(dump)))
