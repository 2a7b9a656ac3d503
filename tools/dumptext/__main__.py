# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 tools/dumptext TEXT [FORMAT...] >VMCORE"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dumptext

if len(sys.argv) < 2 or sys.stdout.isatty():
    sys.exit(__doc__ if len(sys.argv) < 2 else "to a file, not to a terminal")
try:
    text = sys.stdin.read() if sys.argv[1] == "-" else Path(sys.argv[1]).read_text(encoding="utf-8")
    sys.stdout.buffer.write(dumptext.make(text).file(*sys.argv[2:]))
except (dumptext.TextError, OSError) as error:
    sys.exit(f"{sys.argv[1]}: {error}")
