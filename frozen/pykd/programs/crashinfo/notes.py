# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong, as rows: they are printed where they are found and once more at the end."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.core.rows import Row


def warning(text: str, *, late: bool = False) -> Row:
    """:param late: only at the end."""
    return {"kind": "warning", "text": text, **({"late": True} if late else {})}


def problem(text: str) -> Row:
    """Something of the kernel's is damaged."""
    return {"kind": "problem", "text": text}
