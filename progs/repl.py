# SPDX-License-Identifier: GPL-2.0-or-later
"""An interactive Python over the globals that all programs share, with the API imported."""

import code
import sys

import __main__


def main() -> None:
    exec("from pykdump.API import *", __main__.__dict__)  # as PyKdump's programs begin
    banner = f"Python {sys.version.split()[0]}; Ctrl-D ends"
    code.interact(banner, local=__main__.__dict__, exitmsg="Returning to crash")


if __name__ == "__main__":
    main()
