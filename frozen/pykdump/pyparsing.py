# SPDX-License-Identifier: GPL-2.0-or-later
"""Where programs look for pyparsing if it is nowhere else."""

from pyparsing import *  # type: ignore[import-not-found,unused-ignore]  # noqa: F403 (a name of it)
