# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as JSON, which is valid UTF-8 whatever the dump had."""

from __future__ import annotations

import json

import _pykd_files as files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def encode(report: dict[str, Any]) -> str:
    """One document. Text that is no UTF-8 is escaped."""
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode()


def schema() -> str:
    """The JSON schema of the document."""
    return files.read("pykd/report/schema.json").decode()
