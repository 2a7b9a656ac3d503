# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of ../shared/vmcores-other that are packed as a whole."""

import os
import shutil
import subprocess

from dumps import ROOT, SHARED

_PROGRAMS = {".xz": "xz", ".zst": "zstd"}


def unpacked(packed):
    """The path of such a file, unpacked once into the build folder; "" where it, or the program for it, is not here."""
    source = os.path.join(SHARED, "vmcores-other", packed)
    name, kind = os.path.splitext(packed)
    if not (os.path.exists(source) and shutil.which(_PROGRAMS[kind])):
        return ""
    path = os.path.join(ROOT, "build", name)
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(source):
        with open(f"{path}.{os.getpid()}", "wb") as file:
            subprocess.run([_PROGRAMS[kind], "-dqc", source], stdout=file, check=True)
        os.rename(file.name, path)
    return path


def whole(name):
    """The path of a dump of all memory; "" where it, or zstd, is not here."""
    return unpacked(f"vmcore-{name}.elf.zst")
