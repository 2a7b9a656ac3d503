# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns of speech that many findings share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def threads(count: int) -> str:
    """``1 thread waits``, ``3 threads wait``"""
    return f"{count} threads wait" if count != 1 else "1 thread waits"


def number(count: int, noun: str, plural: str = "") -> str:
    """``1 CPU``, ``3 CPUs``"""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def chain(functions: Sequence[str], most: int = 8) -> str:
    """Functions, innermost first: ``a < b < …``; an ellipsis stands for those beyond *most*."""
    return " < ".join([*functions[:most], *("…",) * (len(functions) > most)])


def times(count: int) -> str:
    """``once``, ``3 times``"""
    return "once" if count == 1 else f"{count} times"


def members(every: Sequence[str], most: int = 5) -> list[str]:
    """The first of lines of one kind, and how many there are more."""
    return [*every[:most], *([f"and {len(every) - most} more"] if len(every) > most else [])]


STATES = {
    "RU": "running", "IN": "sleeping", "UN": "blocked", "ID": "idle", "ST": "stopped", "TR": "traced", "ZO": "zombie", "DE": "dead", "PA": "parked",
}  # fmt: skip


def state_name(state: str) -> str:
    """``blocked (UN)``: of a thread's state, as commands write it."""
    return f"{STATES[state]} ({state})" if state in STATES else f"not known ({state})"


def seconds(value: float) -> str:
    """``3.0 s``, ``12 min``, ``5 h``"""
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if value >= 2 * unit:
            return f"{value / unit:.0f} {name}"
    return f"{value:.1f} s"
