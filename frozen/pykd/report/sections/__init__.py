# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of the report below its findings, one a file: a file's ``SECTION`` is the part.

Uses: kernel, the facts and blocks of the report.
"""

from __future__ import annotations

import importlib

from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pykd.report.blocks import Block
    from pykd.report.facts import Facts

NAMES = ("system", "panic", "log", "cpus", "blocked", "memory", "disks", "filesystems", "network", "workqueues", "modules", "lost")
"""In the order in which they are shown"""


class Section(NamedTuple):
    """A part of the report."""

    title: str
    make: Callable[[Facts], Iterable[Block]]
    """Its blocks, as they are made; what it raises is told behind those that there are."""


def find(name: str) -> Section:
    """The section of that name of :data:`NAMES`."""
    found: Section = importlib.import_module(f"pykd.report.sections.{name}").SECTION
    return found
