# SPDX-License-Identifier: GPL-2.0-or-later
"""The modules of the guest, built with the kernel's own headers in an unpacked, never booted root."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import kernels
import packages

SOURCE = Path(__file__).resolve().parent / "guest" / "module"


def digest() -> str:
    """A hash of the modules' sources."""
    return hashlib.sha256(b"".join(p.read_bytes() for p in sorted(SOURCE.iterdir()))).hexdigest()


NAMES = tuple(sorted(p.stem for p in SOURCE.glob("*.c")))


def build(kernel: kernels.Kernel, image: kernels.Image, cache: Path) -> dict[str, Path]:
    """The .ko files for ``image`` by name. Needs mmdebstrap, and root or user namespaces for it."""
    out = cache / "modules" / f"{image.release}-{digest()[:16]}"
    found = {name: out / f"{name}.ko" for name in NAMES}
    if out.exists():
        return found
    out.parent.mkdir(parents=True, exist_ok=True)
    if kernel.architecture != "amd64":
        raise packages.PackageError(f"modules are built for amd64 alone, not for {kernel.architecture}")
    apt = packages.Apt(cache, kernel.suite)
    apt.field("make", "Version")    # writes the list of sources that mmdebstrap is given
    inside = f"/usr/src/linux-headers-{image.release}"
    work = cache / "modules" / f"work-{image.release}"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(SOURCE, work)
    # The root is thrown away: headers of one kernel unpack and build in half a minute.
    done = subprocess.run(
        ["mmdebstrap", "--variant=apt", "--mode=auto", "--format=null",
         '--aptopt=Acquire::Check-Valid-Until "false"',
         *([f'--aptopt=APT::Default-Release "{apt.suite}"'] if apt.suite != apt.base else []),
         f"--include=make,binutils,linux-headers-{image.release}",
         f"--customize-hook=copy-in {work} /tmp",
         f'--customize-hook=chroot "$1" make -s -C {inside} M=/tmp/{work.name} modules',
         *(f"--customize-hook=copy-out /tmp/{work.name}/{name}.ko {work}" for name in NAMES),
         apt.base, "-", str(apt.root / "sources.list")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        # What mmdebstrap says of its own end comes last.
        why = [line for line in done.stderr.splitlines() if line.startswith("E: ") or "error" in line.lower()] or done.stderr.splitlines()[-1:]
        raise packages.PackageError(f"modules for {image.release}: {' / '.join(why[:3])}")
    work.rename(out)
    return found
