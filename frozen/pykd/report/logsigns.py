# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings that the kernel itself wrote into its log: how the messages become one."""

from __future__ import annotations

import re

from pykd.report.facts import stamp
from pykd.report.finding import EXACT, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

SHOWN = 3
"""Messages of one kind that are quoted"""


def told(facts: Facts, pattern: str, text: str, severity: int, *, proof: str = EXACT, command: str = "log", least: int = 1, level: int = 0) -> Iterator[Found]:
    """One finding of all messages that match; none if there are fewer than *least*.

    :param text: its sentence; ``{times}`` is how often, ``{0}``, ``{1}``… are groups of the first message that matched.
    """
    records = [record for record in facts.messages(pattern) if not _is_from_user(record)]
    if len(records) < least:
        return
    first = re.search(pattern, records[0].text)
    groups = [group or "" for group in first.groups()] if first else []
    sentence = text.format(*groups, times=number(len(records), "time"))
    quoted = tuple(stamp(record) for record in records[:SHOWN])
    if len(records) > SHOWN:
        quoted = (*quoted, f"… {number(len(records) - SHOWN, 'more message')}, the last one {stamp(records[-1])}")
    since = max((facts.clock - records[0].time) / 1e9, 0.0)
    yield Found(sentence, severity, proof, quoted, command, 0, since, level)


def _is_from_user(record: Any) -> bool:
    """Whether a program wrote it to /dev/kmsg: a facility other than the kernel's."""
    return bool(record.facility)
