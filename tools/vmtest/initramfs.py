# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's first and only root file system: a cpio archive made without root."""

from __future__ import annotations

import lzma
import os
import re
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from architectures import Architecture


class Archive:
    """A newc cpio archive in memory, uncompressed: emulated CPUs unpack slowly."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._names: set[str] = set()

    def _entry(self, name: str, mode: int, data: bytes = b"", rdev: tuple[int, int] = (0, 0)) -> None:
        parent = os.path.dirname(name)
        if parent and parent not in self._names:
            self.folder(parent)
        if name in self._names:
            return
        self._names.add(name)
        path = name.encode() + b"\0"
        fields = (len(self._names), mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(path), 0)
        self._out += b"070701" + b"".join(b"%08X" % f for f in fields) + path
        self._out += b"\0" * (-len(self._out) % 4) + data
        self._out += b"\0" * (-len(self._out) % 4)

    def folder(self, name: str) -> None:
        """A folder, and the folders above it."""
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name: str, data: bytes, mode: int = 0o755) -> None:
        """A regular file."""
        self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name: str, target: str) -> None:
        """A symbolic link."""
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name: str, major: int, minor: int) -> None:
        """A character device."""
        self._entry(name, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def bytes(self) -> bytes:
        """The finished archive."""
        self._entry("TRAILER!!!", 0)
        return bytes(self._out)


class Modules:
    """Kernel modules of one unpacked kernel, found by name, in the order of their dependencies."""

    def __init__(self, folder: Path) -> None:
        self._paths = {}
        for path in folder.rglob("*.ko*"):
            self._paths[path.name.split(".ko")[0].replace("-", "_")] = path

    def load_order(self, wanted: Iterable[str]) -> dict[str, bytes]:
        """Name to contents, dependencies first. What this kernel has built in or lacks is left out."""
        ordered: dict[str, bytes] = {}

        def add(name: str) -> None:
            path = self._paths.get(name)
            if path is None or name in ordered:
                return
            data = _plain(path)
            for dependency in _depends(data):
                add(dependency)
            ordered[name] = data

        for name in wanted:
            add(name.replace("-", "_"))
        return ordered


def _plain(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    return data


def _depends(module: bytes) -> list[str]:
    # .modinfo holds NUL-terminated "key=value" strings.
    match = re.search(rb"\0depends=([^\0]*)\0", module)
    names = match.group(1).decode() if match else ""
    return [n.replace("-", "_") for n in names.split(",") if n]


def add_program(archive: Archive, tree: Path, architecture: Architecture, program: str) -> None:
    """Add a dynamic program of an unpacked package tree and the libraries it needs."""
    own = f"lib/{architecture.triplet}"
    libraries = [tree / "usr" / own, tree / "usr/lib", tree / "usr" / own / "systemd"]
    for folder in ("usr/sbin", "usr/bin", "usr/lib/systemd"):
        if (tree / folder / program).exists():
            break
    else:
        raise FileNotFoundError(f"{program} is not in {tree}")
    archive.file(f"bin/{program}", (tree / folder / program).read_bytes())
    archive.file(architecture.loader, (tree / "usr" / architecture.loader).read_bytes())
    todo, seen = [tree / folder / program], set()
    if program == "systemd-journald":  # what it opens when it compresses
        for path in libraries[0].glob("libzstd.so.1"):
            archive.file(f"{own}/{path.name}", path.read_bytes(), 0o644)
    while todo:
        out = subprocess.run(["readelf", "-d", str(todo.pop())], capture_output=True, text=True,
                             check=True).stdout
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", out):
            path = next((d / name for d in libraries if (d / name).exists()), None)
            if name in seen or path is None:
                continue
            seen.add(name)
            archive.file(f"{own}/{name}", path.read_bytes(), 0o644)
            todo.append(path)
