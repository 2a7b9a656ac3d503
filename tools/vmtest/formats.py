# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that are made of one crash. Adding a format is one line in MAKEDUMPFILE or QEMU.

The guest saves its /proc/vmcore as it is; makedumpfile then runs on the host, once a format.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import answers
import packages
import repack

SUITE = "sid"
# Old enough for the C library of every host.
LIBRARIES_SUITE = "bookworm"

# LEVEL stands for the highest dump level that this makedumpfile gets right for the kernel.
MAKEDUMPFILE = {
    "zlib": "-c -d LEVEL", "lzo": "-l -d LEVEL", "zstd": "-z -d LEVEL",
    "elf": "-E -d LEVEL", "flat": "-F -c -d LEVEL",
    # It splits at multiples of a block, which is 1 GiB unless it is told.
    "split": "--split --splitblock-size 16 -c -d LEVEL",
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
# Files of which something is missing, by the end of their names: how much is left of the file, or of the middle one of a split set.
CUT = {"-cut": 0.5, "-short": 0.95}
# A split set without its middle file.
LOST = "-lost"


def whole(name: str) -> str:
    """The format that a damaged one is made of; of others the name itself."""
    return name[:name.rindex("-")] if name.endswith((*CUT, LOST)) else name


def damaged(name: str, release: str) -> bool:
    """Whether so much is missing that only honest answers can be asked for, not the same ones."""
    return name != whole(name) or (name == "d31" and level(release) != 31)


def level(release: str) -> int:
    """31, but for kernels whose slab pages makedumpfile 1.7.8 takes for user pages (bit 8)."""
    return 23 if int(release.split(".")[0]) >= 7 else 31


def order(names: tuple[str, ...]) -> list[str]:
    """The formats to make, each truncated one after what it is cut from."""
    return list(dict.fromkeys([*(n for n in names if n == whole(n)), *map(whole, names), *names]))


def paths(folder: Path, name: str) -> list[Path]:
    """The file of a format, or the files of a split one."""
    if whole(name) == "split":
        return [folder / f"vmcore.{name}{i}" for i in range(2 if name.endswith(LOST) else 3)]
    return [folder / f"vmcore.{name}"]


class Maker:
    """Makes files of one saved core."""

    def __init__(self, cache: Path, folder: Path, release: str, architecture: str) -> None:
        self._cache = cache
        self._folder = folder
        self._architecture = architecture
        self._level = level(release)

    def make(self, name: str) -> str | None:
        """Make the file of the format ``name``; the reason when this makedumpfile cannot."""
        target = paths(self._folder, name)
        if name != whole(name):
            return self._damage(name, target)
        if name == "lean":
            source = paths(self._folder, "d17")[0]
            target[0].write_bytes(repack.repack(source.read_bytes(), repack.Plain(), answers.run(source, "lean.py")))
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

    def _damage(self, name: str, target: list[Path]) -> str | None:
        sources = paths(self._folder, whole(name))
        if not all(source.exists() for source in sources):
            return f"{sources[0].name} was not made"
        middle = sources.pop(1) if name.endswith(LOST) else sources[len(sources) // 2]
        for path, source in zip(target, sources, strict=True):
            path.unlink(missing_ok=True)
            if source != middle:
                path.hardlink_to(source)
                continue
            shutil.copyfile(source, path)
            with path.open("r+b") as out:
                out.truncate(int(source.stat().st_size * CUT[name.removeprefix(whole(name))]))
        return None

    def _libraries(self) -> Path:
        """A folder with libsnappy, its runtime, and liblzo2."""
        tree = packages.Apt(self._cache, LIBRARIES_SUITE).tree(self._cache / "libraries", "libsnappy1v5", "liblzo2-2")
        return tree / "usr/lib/x86_64-linux-gnu"

    def _makedumpfile(self, options: list[str], target: list[Path]) -> str | None:
        # It reads the dumps of the machine that it is built for.
        own = self._architecture
        where = self._cache / ("makedumpfile" if own == "amd64" else f"makedumpfile-{own}")
        tree = packages.Apt(self._cache, SUITE, own).tree(where, "makedumpfile")
        argv = [*packages.command(tree, "makedumpfile", own), *options, str(self._folder / "vmcore.raw")]
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
