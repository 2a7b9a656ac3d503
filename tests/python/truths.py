# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest of the sample dump wrote down just before it died."""

import os
import subprocess

from dumps import ROOT


def truth(name):
    """The text of a file: ``proc/meminfo``."""
    archive = os.path.join(ROOT, "tests", "sample", "truth.tar.xz")
    return subprocess.run(["tar", "-xJOf", archive, name], capture_output=True, check=True, text=True).stdout
