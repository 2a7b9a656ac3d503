# SPDX-License-Identifier: GPL-2.0-or-later
"""How many threads are in which state."""

from collections import Counter

from members import first, letter

import pykd
from pykd.kernel.task import threads as tasks


def ask(dump: pykd.Dump) -> dict:
    """By letter."""
    return Counter(letter(dump, int(first(task, "__state", "state")), int(task.exit_state)) for task in tasks.threads(dump))
