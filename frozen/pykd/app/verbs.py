# SPDX-License-Identifier: GPL-2.0-or-later
"""What the words that stand in place of a dump (``pykd report``…) have in common: their options, the files that they write."""

from __future__ import annotations

import os
import sys

from pykd.core.errors import UsageError
from pykd.core.output import to_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


def taken_apart(words: Sequence[str], *, flags: Collection[str] = (), values: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """(option, its value) of each option, where the value of one of *flags* is ``""``; ("", word) of each other word.

    ``--option VALUE`` and ``--option=VALUE`` are the same. ``-`` is no option.

    :param values: the options that have one.
    :raises UsageError: there is no such option, or its value is missing.
    """
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word in flags:
            yield word, ""
        elif name in values:
            if not equals:
                if not rest:
                    raise UsageError(f"{name} needs a value")
                value = rest.pop(0)
            yield name, value
        elif word.startswith("-") and word != "-":
            raise UsageError(f"unknown option {word}")
        else:
            yield "", word


def positive(name: str, value: str) -> float:
    """The number above 0 that option *name* has. :raises UsageError: it is none, or larger than anything that is meant."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise UsageError(f"{name}: no number: {value}")
    return number


def write(path: str, content: str) -> None:
    """Write a file, and the folders that it lacks; ``-`` is standard output. :raises OSError: it cannot be written, or is a dump that is open."""
    if path == "-":
        sys.stdout.write(content)
        return
    if folder := os.path.dirname(path):
        os.makedirs(folder, exist_ok=True)
    with to_file(path) as file:
        file.write(content)
