# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest of the sample dump wrote down just before it died."""

import functools
import io
import os
import subprocess
import tarfile

from dumps import ROOT


def truth(name):
    """The text of a file: ``proc/meminfo``."""
    return archive()[name].decode()


@functools.cache
def archive(path=""):
    """{name: bytes} of all files of proc/ that are in an archive of the truth; default that of the sample."""
    path = path or os.path.join(ROOT, "tests", "sample", "truth.tar.xz")
    data = subprocess.run(["xz", "-dc", path], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        members = [member for member in packed if member.isfile() and member.name.removeprefix("truth/").startswith("proc/")]
        return {member.name.removeprefix("truth/"): packed.extractfile(member).read() for member in members}


def folder_of(truth):
    """The same of a folder that the bench keeps."""
    names = [os.path.join(at, name) for at, _, files in os.walk(os.path.join(truth, "proc")) for name in files]
    found = {}
    for name in names:
        with open(name, "rb") as file:
            found[os.path.relpath(name, truth)] = file.read()
    return found
