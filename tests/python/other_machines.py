# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of ../shared/vmcores-other that are packed as a whole."""

import os

import dumps


def unpacked(packed):
    """The path of such a file, unpacked once into the build folder; "" where it, or the program for it, is not here."""
    return dumps.unpacked(os.path.join(dumps.SHARED, "vmcores-other", packed))


def whole(name):
    """The path of a dump of all memory; "" where it, or zstd, is not here."""
    return unpacked(f"vmcore-{name}.elf.zst")
