# SPDX-License-Identifier: GPL-2.0-or-later
"""What pykd says against what the guest said: one function a comparison, one file a subject. Each file here registers its own."""

from importlib import import_module
from pathlib import Path

from comparisons.registry import COMPARISONS

for _path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    import_module(f"comparisons.{_path.stem}")

__all__ = ["COMPARISONS"]
