# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of comparisons, and what they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Function = Callable[..., Iterator[str]]

# The bench's own last process, and what the kernel starts by itself, change between truth and crash.
PASSING = re.compile(r"kworker/|vmtest_|guest$|kthread|sleep$|busybox$|dd$")
# The module that crashes is loaded after the truth was taken.
LATE_MODULES = ("vmtest_crash",)


@dataclass(frozen=True)
class Comparison:
    """``function(truth, *answers)`` yields a line for each difference; ``questions`` are those of ask.py.
    ``once``: too dear to be asked of every format of the same core."""

    function: Function
    questions: tuple[str, ...]
    once: bool = False


COMPARISONS: dict[str, Comparison] = {}


def comparison(*questions: str, once: bool = False) -> Callable[[Function], Function]:
    """Register a comparison under its function's name, which is also its probe unless questions are named."""

    def register(function: Function) -> Function:
        name = function.__name__
        COMPARISONS[name] = Comparison(function, questions or (name,), once)
        return function

    return register


def unequal(what: str, have: dict, wanted: dict) -> Iterator[str]:
    """A line for each key of ``wanted`` whose value differs."""
    for key, value in wanted.items():
        if have.get(key) != value:
            yield f"{what}: {key} is {have.get(key)!r}, was {value!r}"


def unequal_sets(what: str, have: set, wanted: set) -> Iterator[str]:
    """A line for each element that only one of them has."""
    for element in sorted(wanted - have, key=str):
        yield f"{what} {_shown(element)} is missing"
    for element in sorted(have - wanted, key=str):
        yield f"{what} {_shown(element)} was not there"


def _shown(element: object) -> str:
    return " ".join(map(str, element)) if isinstance(element, tuple) else str(element)
