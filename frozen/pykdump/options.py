# SPDX-License-Identifier: GPL-2.0-or-later
"""optparse for programs, as PyKdump's end."""

from __future__ import annotations

import optparse
import sys


class OptionParser(optparse.OptionParser):
    """A parser that leaves without the runtime's `` -- sys.exit(2) --`` when it has said what is wrong; the program has failed."""

    def exit(self, status: int = 0, msg: str | None = None) -> None:  # type: ignore[override]
        if msg:
            sys.stderr.write(msg)
        raise SystemExit((msg or status) if status else 0)
