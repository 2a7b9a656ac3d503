# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands answer with: rows."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
"""One item of an answer by the names of its fields: numbers as numbers, what JSON can hold."""
