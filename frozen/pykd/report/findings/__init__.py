# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about what can be wrong, one a file. :func:`names` lists the files; a file's ``FINDING`` is the rule.

Uses: kernel, the facts of the report.
"""

from __future__ import annotations

import importlib

import _pykd_files as files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.report.finding import Finding

FOLDER = "pykd/report/findings"


def names() -> list[str]:
    """Names of all findings' files, sorted."""
    return sorted(name.removesuffix(".py") for name in files.listdir(FOLDER) if name.endswith(".py") and name[0] != "_")


def find(name: str) -> Finding:
    """The finding of a file of :func:`names`."""
    found: Finding = importlib.import_module(f"pykd.report.findings.{name}").FINDING
    return found
