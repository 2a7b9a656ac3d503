# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of other machines in ../shared that are packed as a whole."""

import atexit
import os
import shutil
import subprocess
import tempfile

from dumps import SHARED

_unpacked = {}


def whole(name):
    """The path of a dump of all memory, unpacked for as long as this process lives; "" where it, or zstd, is not here."""
    packed = os.path.join(SHARED, "vmcores-other", f"vmcore-{name}.elf.zst")
    if not os.path.exists(packed) or not shutil.which("zstd"):
        return ""
    if name not in _unpacked:
        folder = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _unpacked[name] = os.path.join(folder, f"vmcore-{name}")
        subprocess.run(["zstd", "-dqf", packed, "-o", _unpacked[name]], check=True)
    return _unpacked[name]
