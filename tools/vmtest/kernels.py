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
    architecture: str = "amd64"


KERNELS = (
    Kernel("5.10", "bullseye", "linux-image-amd64", default=True),
    Kernel("5.10-cloud", "bullseye", "linux-image-cloud-amd64"),
    Kernel("5.10-rt", "bullseye", "linux-image-rt-amd64"),
    Kernel("6.1", "bookworm", "linux-image-amd64", default=True),
    Kernel("6.1-cloud", "bookworm", "linux-image-cloud-amd64"),
    Kernel("6.1-rt", "bookworm", "linux-image-rt-amd64"),
    Kernel("6.12", "trixie", "linux-image-amd64", default=True),
    Kernel("6.12-cloud", "trixie", "linux-image-cloud-amd64"),
    Kernel("6.12-bookworm", "bookworm-backports", "linux-image-amd64"),
    Kernel("6.12-rt", "trixie", "linux-image-rt-amd64"),
    Kernel("7", "sid", "linux-image-amd64", default=True),
    Kernel("7-cloud", "sid", "linux-image-cloud-amd64"),
    Kernel("7-rt", "sid", "linux-image-rt-amd64"),
    Kernel("7.3", "trixie-backports", "linux-image-amd64"),
    Kernel("arm64-6.1", "bookworm", "linux-image-arm64", architecture="arm64"),
    Kernel("arm64-6.12", "trixie", "linux-image-arm64", architecture="arm64"),
    Kernel("arm64-6.12-16k", "trixie", "linux-image-arm64-16k", architecture="arm64"),
    Kernel("arm64-7", "sid", "linux-image-arm64", architecture="arm64"),
    Kernel("riscv64-6.12", "trixie", "linux-image-riscv64", architecture="riscv64"),
    Kernel("riscv64-7", "sid", "linux-image-riscv64", architecture="riscv64"),
    Kernel("s390x-6.1", "bookworm", "linux-image-s390x", architecture="s390x"),
    Kernel("s390x-6.12", "trixie", "linux-image-s390x", architecture="s390x"),
    Kernel("s390x-7", "sid", "linux-image-s390x", architecture="s390x"),
    Kernel("ppc64le-6.1", "bookworm", "linux-image-powerpc64le", architecture="ppc64el"),
    Kernel("ppc64le-6.12", "trixie", "linux-image-powerpc64le", architecture="ppc64el"),
    Kernel("ppc64le-7", "sid", "linux-image-powerpc64le", architecture="ppc64el"),
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
        """The bootable image (beside the modules since Debian 14, in /boot before; vmlinux where the machine boots that)."""
        places = [self.modules / "vmlinuz", self.modules / "vmlinux", *(self.root / "boot" / f"{n}-{self.release}" for n in ("vmlinuz", "vmlinux"))]
        return next((path for path in places if path.exists()), places[-1])

    @property
    def modules(self) -> Path:
        """The folder of the modules."""
        return self.root / "usr/lib/modules" / self.release


def resolve(kernel: Kernel, cache: Path, update: bool = False) -> Image:
    """Fetch and unpack ``kernel``; a version once resolved is kept until ``update``."""
    record = cache / "kernels.json"
    known: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    release = known.get(kernel.name)
    if release and not update and _image(release, cache):
        return Image(release, cache / "kernels" / release)
    apt = packages.Apt(cache, kernel.suite, kernel.architecture)
    newest = _newest_release(apt, kernel.package, update)
    missing = None
    for release in [newest, *_older(apt, newest)]:
        try:
            _fetch(apt, release, cache)
        except packages.PackageError as error:
            # A mirror may list a package that it does not hold.
            missing = missing or error
            continue
        known[kernel.name] = release
        record.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        return Image(release, cache / "kernels" / release)
    raise missing or packages.PackageError(f"no image of {kernel.name}")


def _image(release: str, cache: Path) -> bool:
    return (cache / "kernels" / release / ".complete").exists()


def _fetch(apt: packages.Apt, release: str, cache: Path) -> None:
    root = cache / "kernels" / release
    if _image(release, cache):
        return
    for deb in apt.download(*_parts(apt, release)):
        packages.merge_usr(root)
        packages.unpack(deb, root)
        deb.unlink()
    (root / ".complete").touch()


def _older(apt: packages.Apt, release: str) -> list[str]:
    """Older releases of the same series and flavour, newest first."""
    match = re.fullmatch(r"(\d+\.\d+)(\D.*?)(-\D\S*)", release)
    if not match:
        return []
    series, _, flavour = match.groups()
    pattern = re.compile(rf"linux-image-({re.escape(series)}\.[^-]+(?:-\d+)?{re.escape(flavour)})")
    names = [m[1] for m in map(pattern.fullmatch, apt.names(f"linux-image-{series}.")) if m]

    def age(name: str) -> list[int]:
        return [int(n) for n in re.findall(r"\d+", name)]

    return sorted((n for n in names if age(n) < age(release)), key=age, reverse=True)


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
