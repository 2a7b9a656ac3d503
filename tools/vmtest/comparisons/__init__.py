# SPDX-License-Identifier: GPL-2.0-or-later
"""What pykd says against what the guest said: one function a comparison, one file a subject."""

from comparisons import files, kernel, memory, names, network, tasks  # noqa: F401  each registers its comparisons
from comparisons.registry import COMPARISONS

__all__ = ["COMPARISONS"]
