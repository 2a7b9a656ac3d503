# SPDX-License-Identifier: GPL-2.0-or-later
"""What a finding is: a rule about one thing that can be wrong, and what it found.

A finding lives in a file of its own, ``pykd/report/findings/NAME.py``, as a module attribute ``FINDING``.
"""

from __future__ import annotations

from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pykd.report.facts import Facts

EXACT, FOUND, GUESS = "exact", "found", "guess"
"""Proofs: back pointers or the kernel's own message say so; nothing contradicts it; likely."""

STOPS, SERIOUS, NOTE = 1, 2, 3
"""Severities: explains a stop or a hang by itself; serious, likely a part of the cause; worth knowing, hardly the cause."""

(DUMP, HARDWARE, CORRUPTION, FIRST_MESSAGE, CPU_STUCK, NO_ANSWER, LOCKS, MEMORY, LIMITS, CONSEQUENCE) = range(1, 11)
"""Levels, in the order in which one outranks another: broken hardware makes corrupt memory, corrupt memory makes oopses, a CPU that makes no
progress or a device that does not answer makes lock holders sleep, and all of these make hung tasks."""


class Found(NamedTuple):
    """One thing that is wrong with a system."""

    text: str
    """One sentence."""
    severity: int
    proof: str
    evidence: tuple[str, ...] = ()
    """Lines: numbers with units, addresses, messages."""
    command: str = ""
    """A command that shows more."""
    victims: int = 0
    """Threads that wait for it, themselves or through others."""
    seconds: float = 0.0
    """Since when, before the end, as far as it is known."""
    level: int = 0
    """In place of the finding's own, where that depends on what was found."""
    advice: str = ""
    """In place of the finding's own."""


class Finding:
    """A rule, and what there is to say about it."""

    def __init__(
        self, *, key: str, title: str, level: int, rule: Callable[[Facts], Iterable[Found]], false_alarm: str, advice: str, excluded: str = "",
        concerns: Callable[[Facts], bool] | None = None,
    ) -> None:  # fmt: skip
        """
        :param key: short name, stable: ``I1``.
        :param rule: what it finds; it raises what the core raises, which counts as "not known".
        :param false_alarm: when it would be wrong, so that it is not said.
        :param advice: what somebody who knows would do next.
        :param excluded: what can be said if it finds nothing: ``no file system is frozen``; "" if that says nothing.
        :param concerns: whether the system has what it is about (NVMe, SCSI); of one that has not nothing is said. None: each system has.
        """
        self.key = key
        self.title = title
        self.level = level
        self.rule = rule
        self.false_alarm = false_alarm
        self.advice = advice
        self.excluded = excluded
        self.concerns = concerns
