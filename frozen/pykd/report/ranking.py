# SPDX-License-Identifier: GPL-2.0-or-later
"""Which finding is the cause: by level, and within one by how many threads have waited how long for it."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.record import NamedTuple
from pykd.report import findings
from pykd.report.finding import CONSEQUENCE, DUMP, GUESS, LIMITS, STOPS
from pykd.report.limits import OutOfTimeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pykd.report.facts import Facts
    from pykd.report.finding import Finding, Found
    from pykd.report.limits import Deadline


SHARE = 0.3
"""Of the time that is left, for one rule"""


class Ranked(NamedTuple):
    """A finding's key and title, and one thing that it found."""

    key: str
    title: str
    found: Found
    level: int
    advice: str


class Findings(NamedTuple):
    """What all rules found."""

    every: tuple[Ranked, ...]
    """The worst first."""
    cause: Ranked | None
    """The one that explains the stop or hang by itself; None: none is proven."""
    excluded: tuple[tuple[str, str], ...]
    """(title, in words) of what was looked at and is not so."""
    unknown: tuple[tuple[str, str], ...]
    """(title, why) of rules that could not be tried."""


def is_cause(one: Ranked) -> bool:
    """Whether it may stand in the first line: it explains the stop by itself, is proven, and is no consequence."""
    return one.found.severity == STOPS and one.found.proof != GUESS and DUMP < one.level < LIMITS


def ranked(every: Iterable[Ranked]) -> tuple[Ranked, ...]:
    """The worst first: what may be the cause, by level; then by severity and level. A consequence never leads a cause."""

    def place(one: Ranked) -> tuple[object, ...]:
        found = one.found
        weight = found.victims * max(found.seconds, 1e-3)
        return (not is_cause(one), one.level >= CONSEQUENCE, 0 if is_cause(one) else found.severity, found.proof == GUESS, one.level, -weight, found.text)

    return tuple(sorted(every, key=place))


def _run(rule: Finding, facts: Facts) -> list[Ranked]:
    return [Ranked(rule.key, rule.title, found, found.level or rule.level, found.advice or rule.advice) for found in rule.rule(facts)]


def _concerns(rule: Finding, facts: Facts) -> bool:
    """Whether the system has what a rule is about; what cannot be told counts as yes."""
    try:
        return rule.concerns is None or rule.concerns(facts)
    except NotFoundError:
        return False  # the kernel lacks all that is about it
    except Error:
        return True


def find_all(facts: Facts, deadline: Deadline, names: Iterable[str] | None = None) -> Findings:
    """Try all rules (or those *names*). A rule that fails, or takes too much of the time that is left, costs its own finding."""
    every: list[Ranked] = []
    excluded: list[tuple[str, str]] = []
    unknown: list[tuple[str, str]] = []
    for name in findings.names() if names is None else names:
        rule = findings.find(name)
        facts.skipped.clear()
        try:
            with deadline.part(SHARE):
                found = _run(rule, facts)
        except (Error, OutOfTimeError) as error:
            unknown.append((rule.title, str(error)))
            continue
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            # Data that no check foresaw: it ends a rule, not the report.
            unknown.append((rule.title, f"{type(error).__name__}: {error}"))
            continue
        every += found
        if facts.skipped:
            unknown.append((rule.title, f"not all of it: {facts.skipped[0]}"))
        elif not found and rule.excluded and _concerns(rule, facts):
            excluded.append((rule.title, rule.excluded))
    order = ranked(every)
    cause = order[0] if order and is_cause(order[0]) else None
    return Findings(order, cause, tuple(excluded), tuple(unknown))
