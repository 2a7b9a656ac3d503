# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels of the bench. Adding one is one line in KERNELS."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import packages


@dataclass(frozen=True)
class Kernel:
    """A Debian kernel: ``package`` is a meta package, or an image package of an exact version."""

    name: str
    suite: str
    package: str
    default: bool = False


KERNELS = (
    Kernel("5.10", "bullseye", "linux-image-amd64", default=True),
    Kernel("5.10-cloud", "bullseye", "linux-image-cloud-amd64"),
    Kernel("5.10-rt", "bullseye", "linux-image-rt-amd64"),
    Kernel("6.1", "bookworm", "linux-image-amd64", default=True),
    Kernel("6.1-cloud", "bookworm", "linux-image-cloud-amd64"),
    Kernel("6.1-rt", "bookworm", "linux-image-rt-amd64"),
    Kernel("6.12", "trixie", "linux-image-amd64", default=True),
    Kernel("6.12-cloud", "trixie", "linux-image-cloud-amd64"),
    Kernel("6.12-rt", "trixie", "linux-image-rt-amd64"),
    Kernel("7", "sid", "linux-image-amd64", default=True),
    Kernel("7-cloud", "sid", "linux-image-cloud-amd64"),
    Kernel("7-rt", "sid", "linux-image-rt-amd64"),
)


def named(name: str) -> Kernel:
    """The kernel called ``name``; KeyError with the names there are."""
    for kernel in KERNELS:
        if kernel.name == name:
            return kernel
    raise KeyError(f"no kernel {name!r}; there are {', '.join(k.name for k in KERNELS)}")


class Image:
    """A kernel unpacked in the cache: its release, its bootable image and its modules."""

    def __init__(self, release: str, root: Path) -> None:
        self.release = release
        self.root = root

    @property
    def vmlinuz(self) -> Path:
        """The bootable image (beside the modules since Debian 14, in /boot before)."""
        beside = self.modules / "vmlinuz"
        return beside if beside.exists() else self.root / "boot" / f"vmlinuz-{self.release}"

    @property
    def modules(self) -> Path:
        """The folder of the modules."""
        return self.root / "usr/lib/modules" / self.release


def resolve(kernel: Kernel, cache: Path, update: bool = False) -> Image:
    """Fetch and unpack ``kernel``; a version once resolved is kept until ``update``."""
    record = cache / "kernels.json"
    known: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    release = known.get(kernel.name)
    if release is None or update:
        release = _newest_release(packages.Apt(cache, kernel.suite), kernel.package, update)
        known[kernel.name] = release
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    image = Image(release, cache / "kernels" / release)
    if not (image.root / ".complete").exists():
        apt = packages.Apt(cache, kernel.suite)
        for deb in apt.download(*_parts(apt, release)):
            packages.merge_usr(image.root)
            packages.unpack(deb, image.root)
            deb.unlink()
        (image.root / ".complete").touch()
    return image


def _newest_release(apt: packages.Apt, package: str, update: bool) -> str:
    if update:
        apt.update()
    if not re.match(r"linux-image-\d", package):
        # A meta package depends on exactly one image.
        match = re.search(r"linux-image-\d\S*", apt.field(package, "Depends"))
        if not match:
            raise packages.PackageError(f"{package} of {apt.suite} depends on no kernel image")
        package = match.group()
    return package.removeprefix("linux-image-")


def _parts(apt: packages.Apt, release: str) -> list[str]:
    # Since Debian 14 the image package is empty and the files are in three others.
    image = f"linux-image-{release}"
    split = [f"linux-{part}-{release}" for part in ("base", "binary", "modules")]
    return split if split[1] in apt.field(image, "Depends") else [image]
