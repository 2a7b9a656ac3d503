# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that are made of one crash. Adding a format is one line in MAKEDUMPFILE or QEMU.

The guest saves its /proc/vmcore as it is; makedumpfile then runs on the host, natively, once a format.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import packages
import repack

SUITE = "sid"
# Old enough for the C library of every host.
LIBRARIES_SUITE = "bookworm"

# LEVEL stands for the highest dump level that this makedumpfile gets right for the kernel.
MAKEDUMPFILE = {
    "zlib": "-c -d LEVEL", "lzo": "-l -d LEVEL", "zstd": "-z -d LEVEL",
    "elf": "-E -d LEVEL", "flat": "-F -c -d LEVEL", "split": "--split -c -d LEVEL",
    "d0": "-z -d 0", "d1": "-z -d 1", "d17": "-z -d 17", "d31": "-z -d 31",
}

# Arguments of QEMU's dump-guest-memory.
QEMU = {
    "qemu-elf": {"paging": False}, "qemu-elf-paging": {"paging": True},
    "qemu-zlib": {"paging": False, "format": "kdump-zlib"},
    "qemu-lzo": {"paging": False, "format": "kdump-lzo"},
    "qemu-snappy": {"paging": False, "format": "kdump-snappy"},
}
# What a QEMU that was built without the compression cannot write is made of its qemu-zlib.
REPACKED = {"qemu-lzo": repack.Lzo, "qemu-snappy": repack.Snappy}
CUT = "-cut"


def level(release: str) -> int:
    """31, but for kernels whose slab pages makedumpfile 1.7.8 takes for user pages (bit 8)."""
    return 23 if int(release.split(".")[0]) >= 7 else 31


def order(names: tuple[str, ...]) -> list[str]:
    """The formats to make, each truncated one after what it is cut from."""
    whole = [n.removesuffix(CUT) for n in names if n.endswith(CUT)]
    return list(dict.fromkeys([*(n for n in names if not n.endswith(CUT)), *whole,
                               *(n for n in names if n.endswith(CUT))]))


def paths(folder: Path, name: str) -> list[Path]:
    """The file of a format, or the files of a split one."""
    if name == "split":
        return [folder / f"vmcore.split{i}" for i in range(3)]
    return [folder / f"vmcore.{name}"]


class Maker:
    """Makes files of one saved core."""

    def __init__(self, cache: Path, folder: Path, release: str) -> None:
        self._cache = cache
        self._folder = folder
        self._level = level(release)

    def make(self, name: str) -> str | None:
        """Make the file of the format ``name``; the reason when this makedumpfile cannot."""
        target = paths(self._folder, name)
        if name.endswith(CUT):
            source = paths(self._folder, name.removesuffix(CUT))[0]
            if not source.exists():
                return f"{source.name} was not made"
            shutil.copyfile(source, target[0])
            with target[0].open("r+b") as out:
                out.truncate(source.stat().st_size // 2)
            return None
        if name in ("zstd-small", "snappy"):
            codec = repack.Snappy(self._libraries()) if name == "snappy" else None
            target[0].write_bytes(repack.repack(paths(self._folder, "zstd")[0].read_bytes(), codec))
            return None
        if name in REPACKED and not target[0].exists():
            source = paths(self._folder, "qemu-zlib")[0]
            if not source.exists():
                return "neither QEMU's own nor made of qemu-zlib, which is absent"
            target[0].write_bytes(repack.flattened(source.read_bytes(), REPACKED[name](self._libraries())))
            return None
        if name == "raw" or name in QEMU:
            return None if target[0].exists() else f"{target[0].name} was not saved"
        return self._makedumpfile(MAKEDUMPFILE[name].replace("LEVEL", str(self._level)).split(), target)

    def _libraries(self) -> Path:
        """A folder with libsnappy, its runtime, and liblzo2."""
        tree = packages.Apt(self._cache, LIBRARIES_SUITE).tree(self._cache / "libraries", "libsnappy1v5", "liblzo2-2")
        return tree / "usr/lib/x86_64-linux-gnu"

    def _makedumpfile(self, options: list[str], target: list[Path]) -> str | None:
        tree = packages.Apt(self._cache, SUITE).tree(self._cache / "makedumpfile", "makedumpfile")
        argv = [*packages.command(tree, "makedumpfile"), *options, str(self._folder / "vmcore.raw")]
        for path in target:
            path.unlink(missing_ok=True)
        if "-F" in options:
            with target[0].open("wb") as out:
                done = subprocess.run(argv, stdout=out, stderr=subprocess.PIPE, check=False)
            text = done.stderr
        else:
            done = subprocess.run([*argv, *map(str, target)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  check=False)
            text = done.stdout
        if done.returncode == 0:
            return None
        for path in target:
            path.unlink(missing_ok=True)
        lines = [line for line in re.split(r"[\r\n]+", text.decode(errors="replace")) if line.strip()]
        return next((line for line in lines if "failed" not in line.lower()), "makedumpfile failed").strip()
