# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody may have meant who gave a name that there is not: names that are nearly it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 3
"""Names to suggest."""
LONGEST = 80
"""Characters of a name that is looked at; nobody mistypes a longer one."""


def near(name: str, names: Iterable[str], most: int = MOST) -> list[str]:
    """Those of *names* that are one or two mistakes from *name* (three, of a long one), or go on where it ends; nearest first."""
    if not name or len(name) > LONGEST:
        return []
    limit = 1 if len(name) < 4 else 2 if len(name) < 10 else 3
    found: dict[str, tuple[int, int, str]] = {}
    letters = set(name)
    for other in names:
        if other == name or not other or other in found:
            continue
        apart = abs(len(other) - len(name))
        if other.startswith(name) and len(name) > 2:
            found[other] = (1, apart, other)
        elif apart <= limit and (other[0] == name[0] or other[-1] == name[-1]) and len(letters.difference(other)) <= limit:
            steps = _distance(name, other, limit)
            if steps <= limit:
                found[other] = (steps, apart, other)
    return sorted(found, key=found.__getitem__)[:most]


def _distance(one: str, other: str, limit: int) -> int:
    """Letters to add, to leave out, to change or to swap with the next; more than *limit* if it is more."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, theirs in enumerate(other, 1):
            steps = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != theirs))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                steps = min(steps, before[j - 2] + 1)
            row.append(steps)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]


def sentence(names: list[str]) -> str:
    """``; did you mean `a`, `b` or `c`?``, to go on a message; empty without names."""
    if not names:
        return ""
    quoted = [f"`{name}`" for name in names]
    return "; did you mean " + " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]])) + "?"


def hint(name: str, names: Iterable[str], most: int = 1) -> str:
    """:func:`sentence` of what is :func:`near`."""
    return sentence(near(name, names, most))
