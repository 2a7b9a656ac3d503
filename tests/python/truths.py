# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest of the sample dump wrote down just before it died."""

import functools
import io
import os
import shutil
import subprocess
import tarfile
import tempfile

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


@functools.cache
def busy():
    """The folder of the truth of the busy sample, unpacked once into the build folder."""
    source = os.path.join(ROOT, "tests", "sample", "truth-busy.tar.xz")
    target = os.path.join(ROOT, "build", "truth-busy")
    if os.path.exists(target) and os.path.getmtime(target) < os.path.getmtime(source):
        shutil.rmtree(target, ignore_errors=True)
    if not os.path.exists(target):
        folder = tempfile.mkdtemp(dir=os.path.dirname(target))
        data = subprocess.run(["xz", "-dc", source], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(data)) as packed:
            packed.extractall(folder, filter="data")
        os.utime(folder)
        try:
            os.rename(folder, target)
        except OSError:  # another process was as fast
            shutil.rmtree(folder)
    return target


def folder_of(truth):
    """The same of a folder that the bench keeps."""
    names = [os.path.join(at, name) for at, _, files in os.walk(os.path.join(truth, "proc")) for name in files]
    found = {}
    for name in names:
        with open(name, "rb") as file:
            found[os.path.relpath(name, truth)] = file.read()
    return found
