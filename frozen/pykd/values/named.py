# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of the kernel's numbers."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def name_at(names: Sequence[str], number: int) -> str:
    """What stands for *number* in *names*, which begin with that of 0; the number itself where it has none there."""
    return names[number] if 0 <= number < len(names) else str(number)
