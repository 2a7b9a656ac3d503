# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as JSON, which is valid UTF-8 whatever the dump had."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def encode(report: dict[str, Any]) -> str:
    """One document. Text that is no UTF-8 is escaped."""
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode()
